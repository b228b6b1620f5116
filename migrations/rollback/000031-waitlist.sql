delete from public.notification_templates where type = 'waitlist_offer' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'waitlist_offer' and audience = 'customer' and language = 'hi';
delete from public.notification_templates where type = 'waitlist_open' and audience = 'customer' and language = 'en';
delete from public.notification_templates where type = 'waitlist_open' and audience = 'customer' and language = 'hi';

-- Undoes the waitlist. Entries are lost; times that are being offered stay held until they expire.

drop trigger _500_freed on app_private.provider_reservations;
drop trigger _500_freed on public.closures;
drop trigger _500_waitlist on public.booking_holds;
drop function
  app_private.end_waiting(integer),
  app_private.offer_freed_times(integer),
  app_private.offer_time(public.waitlist_entries, app_private.freed_times),
  app_private.tell_waitlist(public.waitlist_entries, text, timestamptz, public.booking_holds),
  app_private.tg_booking_holds__waitlist(),
  app_private.tg_closures__freed(),
  app_private.tg_provider_reservations__freed(),
  app_private.note_freed_time(uuid, uuid, timestamptz, timestamptz),
  app_private.waiting_for(uuid, uuid, timestamptz, timestamptz),
  public.leave_waitlist(uuid),
  public.join_waitlist(uuid, uuid[], timestamptz, timestamptz, uuid, text, uuid),
  app_private.open_starts(public.waitlist_entries, uuid);
delete from app_private.personal_links where table_name in ('public.waitlist_entries', 'app_private.freed_times');
drop table app_private.freed_times;
drop table public.waitlist_entries;
drop table enums.waitlist_status;
delete from public.notifications where type in ('waitlist_offer', 'waitlist_open');
delete from public.notification_templates where type in ('waitlist_offer', 'waitlist_open');
delete from enums.notification_type where value in ('waitlist_offer', 'waitlist_open');
delete from public.system_settings where category = 'waitlist';
delete from public.schema_versions where version = '1.27';

CREATE OR REPLACE FUNCTION app_private.forget_account(p_user_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_mobiles text[];
  v_emails text[];
begin
  select array_agg(distinct m.mobile), array_agg(distinct m.email) into v_mobiles, v_emails
  from (
    select p.mobile::text, p.email::text from public.user_profiles p where p.id = p_user_id
    union all
    select u.phone, u.email from auth.users u where u.id = p_user_id
  ) m (mobile, email);
  delete from public.vendor_otp_codes c where c.mobile = any (v_mobiles) or c.email = any (v_emails);

  -- Open websockets are notified before the sessions are gone.
  update public.user_sessions s set status = 'terminated' where s.user_id = p_user_id and s.status = 'active';
  delete from public.user_sessions s where s.user_id = p_user_id;
  delete from public.vendor_social_auth l where l.user_id = p_user_id;
  delete from public.user_devices d where d.user_id = p_user_id;
  delete from public.notifications n where n.user_id = p_user_id;
  delete from public.user_activity_log l where l.user_id = p_user_id;
  delete from public.error_logs l where l.user_id = p_user_id;
  delete from app_private.calendar_feeds f where f.user_id = p_user_id;
  delete from app_private.idempotency_keys k where k.user_id = p_user_id;

  delete from public.user_documents d where d.user_id = p_user_id;
  delete from public.user_kyc_verification k where k.user_id = p_user_id;
  delete from public.user_bank_details b where b.user_id = p_user_id;
  delete from public.emergency_contacts c where c.user_id = p_user_id;
  delete from public.user_preferences p where p.user_id = p_user_id;
  delete from public.quick_signup_profiles q where q.user_id = p_user_id;
  delete from public.department_widgets w where w.user_id = p_user_id;
  delete from public.user_roles r where r.user_id = p_user_id;

  delete from public.support_tickets t where p_user_id in (t.user_id, t.customer_id);
  delete from public.favourites f where f.customer_id = p_user_id;
  delete from public.payment_methods m where m.customer_id = p_user_id;
  delete from public.booking_holds h where h.customer_id = p_user_id;
  delete from public.customer_addresses a where a.customer_id = p_user_id;
  update public.customers c
  set preferred_services = null, preferred_therapists = null, preferred_vendors = null,
    preferred_gender = null, allergies = null, medical_conditions = null, special_requirements = null,
    referral_code = default
  where c.id = p_user_id;

  update public.user_profiles p
  set name = 'Deleted', mobile = null, email = null, gender = null, date_of_birth = null,
    profile_image = null, employee_id = null, designation = null, joining_date = null, address = null,
    emergency_contact = null, preferences = '{}', mobile_verified = false, social_provider = null,
    profile_completed = false, department_id = null, status = 'inactive', deleted_at = now()
  where p.id = p_user_id;
  -- No row refers to the user's files any more.
  with gone as (
    update public.files f set status = 'deleted', deleted_at = now(), unused_since = null
    where f.owner_id = p_user_id and f.status <> 'deleted'
      and not exists (select from app_private.file_uses u where u.file_id = f.id)
    returning f.id
  ), closed as (
    update app_private.file_storage s set key = null from gone g where s.file_id = g.id
  )
  insert into app_private.file_removals (id) select g.id from gone g;
  update auth.users u
  set email = null, phone = null, raw_user_meta_data = null, last_sign_in_at = null, updated_at = now()
  where u.id = p_user_id;
end
$function$;
comment on function app_private.forget_account(uuid) is 'Deletes an account: removes what identifies the user and is not needed otherwise, and leaves an anonymous profile. Mobile number and e-mail address are free for another account.';
revoke all on function app_private.forget_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.forget_account(uuid) to service_role;
