-- Undoes the acts on providers. States stay as they are; accounts that are not active no longer unlist their
-- business and provider.

drop trigger if exists _500_account_is_active on public.user_profiles;
drop function if exists
  app_private.tg_user_profiles__account_is_active(),
  public.end_provider(uuid, date, text, text, public.booking_assignment[]),
  app_private.end_due_providers(integer),
  app_private.set_last_day(uuid, date, text),
  app_private.finish_providers(uuid[]),
  public.reassign_bookings(public.booking_assignment[]),
  app_private.reassign(uuid, uuid),
  app_private.check_assignments(public.booking_assignment[]),
  public.suspend_provider(uuid, text),
  public.resume_provider(uuid),
  public.pause_provider(uuid, text),
  app_private.provider_row(uuid),
  app_private.write_provider_details(uuid, text, text),
  app_private.act_on_provider(uuid, text[]),
  app_private.roles_for_provider(app_private.provider_person),
  app_private.release_bookings(uuid[], date),
  app_private.release_booking(public.bookings, text),
  app_private.end_holds(uuid[], uuid[], date),
  app_private.lock_reservations(uuid[], uuid[]),
  app_private.open_holds(uuid[], uuid[], date),
  public.providers_open_bookings(public.providers, date),
  app_private.open_booking_ids(uuid, date),
  app_private.reserved_bookings(uuid[], date),
  app_private.tell_provider_state(app_private.provider_person, text, text[], jsonb);
drop type if exists public.reassignment, public.booking_assignment;
drop table if exists enums.open_bookings_choice;
update public.vendors set account_is_active = true where not account_is_active;
update public.therapists set account_is_active = true where not account_is_active;
update public.beauticians set account_is_active = true where not account_is_active;

delete from public.notification_templates
where type in ('provider_paused', 'provider_resumed', 'provider_suspended', 'provider_ended');
delete from public.notifications
where type in ('provider_paused', 'provider_resumed', 'provider_suspended', 'provider_ended');
delete from enums.notification_type
where value in ('provider_paused', 'provider_resumed', 'provider_suspended', 'provider_ended');

delete from public.schema_versions where version = '1.20';
