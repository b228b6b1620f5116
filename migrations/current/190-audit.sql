-- What is audited: everything that gives somebody rights, money or a good name, and the rules
-- that the platform runs by. The argument of the trigger is the column that identifies the row.
do $$
declare
  v_guarded record;
begin
  for v_guarded in select * from (values
    ('system_settings', 'id'), ('feature_flags', 'id'), ('departments', 'id'), ('roles', 'id'),
    ('role_permissions', 'id'), ('user_roles', 'id'), ('user_profiles', 'id'),
    ('user_documents', 'id'), ('user_kyc_verification', 'id'), ('user_bank_details', 'id'),
    ('employees', 'id'), ('employee_private_details', 'employee_id'),
    ('vendor_applications', 'id'), ('vendors', 'id'), ('vendor_private_details', 'vendor_id'),
    ('vendor_documents', 'id'), ('vendor_services', 'id'), ('vendor_staff', 'id'),
    ('vendor_payouts', 'id'), ('therapists', 'id'), ('therapist_private_details', 'therapist_id'),
    ('therapist_leaves', 'id'), ('services', 'id'), ('addon_services', 'id'),
    ('service_packages', 'id'), ('zones', 'id'), ('pincode_master', 'id'),
    ('bookings', 'id'), ('payments', 'id'), ('refunds', 'id'), ('commission_records', 'id')
  ) g (table_name, id_column)
  loop
    execute format(
      'create trigger _800_audit after insert or update or delete on public.%I '
      'for each row execute function app_private.tg__audit(%L)',
      v_guarded.table_name, v_guarded.id_column);
  end loop;
end
$$;

/*
 * Questions about oneself.
 */
create function public.me() returns public.user_profiles
language sql stable security definer set search_path = '' as $$
  select p.* from public.user_profiles p where p.id = (select auth.uid())
$$;
comment on function public.me() is 'The signed-in person; null for visitors.';
create function public.my_permissions() returns text[]
language plpgsql stable security definer set search_path = '' as $$
begin
  return array(
    select distinct p.code
    from public.user_roles ur
    join public.roles r on r.id = ur.role_id and r.status = 'active'
    join public.role_permissions rp on rp.role_id = ur.role_id
    join public.permissions p on p.id = rp.permission_id
    where ur.user_id = (select auth.uid())
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
    order by p.code
  );
end
$$;
comment on function public.my_permissions() is
  'Codes of everything that the roles of the signed-in person allow today, for menus.';
create function public.unread_notification_count() returns integer
language sql stable set search_path = '' as $$
  select count(*)::integer from public.notifications n
  where n.user_id = (select auth.uid()) and not n.is_read
$$;
comment on function public.unread_notification_count() is
  'How many notifications the signed-in person has not read.';
grant execute on function public.me() to anon, authenticated, staff;
grant execute on function public.my_permissions(), public.unread_notification_count()
to authenticated, staff;
