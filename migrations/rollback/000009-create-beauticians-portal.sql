-- Undoes migration 9. Values that older rows have taken from its lists return to the nearest earlier value;
-- the role is taken from its holders; reviews of beauticians are removed with the beauticians.

drop function if exists public.decide_beautician_leave(uuid, boolean, text);
drop function if exists public.decide_therapist_leave(uuid, boolean, text);
drop function if exists app_private.decide_leave(text, uuid, boolean, text);

create or replace function app_private.booking_providers(p_booking_id uuid) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select t.user_id from public.therapist_assignments a
  join public.therapists t on t.id = a.therapist_id
  where a.booking_id = p_booking_id and a.status <> 'cancelled' and t.user_id is not null
$$;

create or replace function app_private.my_assigned_booking_ids() returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select a.booking_id from public.therapist_assignments a
    join public.therapists t on t.id = a.therapist_id
    where t.user_id = (select auth.uid()) and a.status <> 'cancelled'
  );
end
$$;

drop trigger if exists _200_one_provider_update on public.therapist_assignments;
drop trigger if exists _200_one_provider_insert on public.therapist_assignments;

drop table if exists
  public.beautician_performance,
  public.beautician_assignments,
  public.beautician_leaves,
  public.beautician_schedules,
  public.beautician_services,
  public.beautician_private_details,
  public.beauticians
cascade;
drop function if exists app_private.tg__one_provider();
drop function if exists app_private.tg_beautician_assignments__parties();
drop function if exists app_private.my_vendor_beautician_ids(text);
drop function if exists app_private.my_beautician_ids();
drop function if exists app_private.copy_rules(regclass, text, text);

delete from app_private.audit_redactions
where table_name in ('beautician_private_details', 'beautician_leaves');

delete from public.user_roles
where role_id in (select id from public.roles where code = 'beautician');
delete from public.roles where code = 'beautician';
update public.user_profiles set role = 'customer' where role = 'beautician';
delete from enums.profile_role where value = 'beautician';

delete from public.reviews where reviewable_type = 'beautician';
delete from enums.reviewable_type where value = 'beautician';
comment on table public.reviews is
  'Customers'' reviews of services, therapists, vendors and bookings. Decisions of moderators are in reviewModeration.';
comment on column public.reviews.reviewable_id is
  'Id of the service, therapist, vendor or booking that is reviewed.';

update public.therapist_leaves set leave_type = 'annual' where leave_type = 'vacation';
update public.therapist_leaves set leave_type = 'casual' where leave_type = 'personal';
delete from enums.leave_type where value in ('vacation', 'personal');

drop table if exists enums.beautician_assignment_status;
drop table if exists enums.beautician_availability;

delete from public.schema_versions where version = '1.7';
