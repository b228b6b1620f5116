-- Undoes the limits of referrals. Which mobile numbers accounts have had before is lost.
delete from public.schema_versions where version = '1.40';
drop trigger _500_proven_mobile on public.user_profiles;
drop index public.customer_referrals_completed_at_idx;
drop function
  app_private.tg_user_profiles__proven_mobile(), app_private.note_proven_mobiles(), app_private.mobile_hash(text),
  app_private.reward_referral(public.customer_referrals, public.bookings), app_private.rewarded_this_month(),
  app_private.paid_online(uuid), app_private.vendors_of_person(uuid);
delete from app_private.personal_links where table_name = 'app_private.proven_mobiles';
drop table app_private.proven_mobiles, app_private.mobile_hash_key;
delete from public.system_settings
where key in ('referral.minimum_amount', 'referral.maximum_per_year', 'referral.monthly_budget');

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

  -- What finance needs to pay a withdrawal that is pending stays apart until it is paid.
  update public.wallet_withdrawals w
  set account_number = null, failure_reason = case when w.failure_reason is not null then 'Deleted' end
  where w.customer_id = p_user_id;
  update public.booking_goodwill g set reason = 'Deleted' where g.customer_id = p_user_id;

  delete from public.support_tickets t where p_user_id in (t.user_id, t.customer_id);
  delete from public.favourites f where f.customer_id = p_user_id;
  delete from public.payment_methods m where m.customer_id = p_user_id;
  delete from public.waitlist_entries w where w.customer_id = p_user_id;
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

CREATE OR REPLACE FUNCTION app_private.reward_customer(p_booking public.bookings)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_referral public.customer_referrals;
  v_reward numeric;
  v_person uuid;
begin
  -- What is booked and paid at a vendor's desk earns nothing.
  if p_booking.channel = 'desk' then
    return;
  end if;
  -- Everyone who is rewarded is locked in one order, the referrer and the friend too.
  select * into v_referral from public.customer_referrals r
  where r.referee_id = p_booking.customer_id and r.status = 'pending';
  for v_person in
    select p from unnest(array[p_booking.customer_id, v_referral.referrer_id]) p
    where p is not null order by p
  loop
    perform app_private.lock_customer(v_person);
  end loop;

  update public.customers c
  set total_spent = c.total_spent + p_booking.final_amount,
    total_saved = c.total_saved + p_booking.discount_amount,
    membership_tier = app_private.tier_of(app_private.spent_in_a_year(c.id))
  where c.id = p_booking.customer_id;

  -- Services started without the start code earn no points and no reward.
  if p_booking.is_attested is not true then
    return;
  end if;
  perform app_private.expect_points(p_booking);

  -- Only the first completed and attested booking of a friend counts, and only in the first days.
  if v_referral.id is null or exists (
    select from public.bookings b
    where b.customer_id = p_booking.customer_id and b.status = 'completed' and b.id <> p_booking.id
      and b.is_attested is not false and b.channel = 'platform') then
    return;
  end if;
  select least(app_private.percent_of(p_booking.final_amount, app_private.setting('referral.percentage')::numeric),
      app_private.setting('referral.maximum')::numeric)
    into v_reward
  from public.customers c
  where c.id = p_booking.customer_id
    and now() < app_private.signed_up_at(c.id) + app_private.setting('referral.within_days')::integer * interval '1 day';
  v_reward := coalesce(v_reward, 0);
  update public.customer_referrals r
  set status = case when v_reward > 0 then 'rewarded' else 'completed' end,
    referrer_reward = v_reward, referee_reward = v_reward,
    first_booking_id = p_booking.id, completed_at = now()
  where r.id = v_referral.id and r.status = 'pending';
  if found then
    perform app_private.move_wallet(v_referral.referrer_id, 'bonus', v_reward, 'rewards', null,
      null, null, 'Reward for referring a friend');
    perform app_private.move_wallet(v_referral.referee_id, 'bonus', v_reward, 'rewards', null,
      p_booking.id, null, 'Reward for joining through a referral');
  end if;
end
$function$;
comment on function app_private.reward_customer(public.bookings) is 'Applies the benefits of a completed booking to its customer, none for a desk booking: totals, tier, and where it was started with the start code its points, and with the first such booking the referral reward for both.';
revoke all on function app_private.reward_customer(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.reward_customer(public.bookings) to service_role;

CREATE OR REPLACE FUNCTION public.use_referral_code(code text)
 RETURNS public.customer_referrals
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO ''
AS $function$
declare
  v_customer public.customers;
  v_referrer public.customers;
  v_referral public.customer_referrals;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  v_customer := app_private.make_customer((select auth.uid()));
  select * into v_referrer from public.customers c
  where c.referral_code = upper(trim(use_referral_code.code)) and c.id <> v_customer.id;
  if not found then
    raise exception 'The referral code was not found, or is your own. Check the code.'
      using errcode = 'OB003', column = 'code';
  end if;
  if v_customer.referred_by is not null or v_customer.total_bookings > 0
    or app_private.signed_up_at(v_customer.id) < now()
      - app_private.setting('referral.within_days')::integer * interval '1 day' then
    raise exception 'You can use a referral code only once and before your first booking.' using errcode = 'OB030';
  end if;
  insert into public.customer_referrals (referrer_id, referee_id, referral_code)
  values (v_referrer.id, v_customer.id, v_referrer.referral_code)
  on conflict (referee_id) do nothing
  returning * into v_referral;
  if not found then
    raise exception 'You can use a referral code only once and before your first booking.' using errcode = 'OB030';
  end if;
  perform app_private.lock_customer(p) from (
    select p from unnest(array[v_customer.id, v_referrer.id]) p order by p) o;
  update public.customers c set referred_by = v_referrer.id where c.id = v_customer.id;
  update public.customers c set referral_count = c.referral_count + 1 where c.id = v_referrer.id;
  return v_referral;
end
$function$;
comment on function public.use_referral_code(text) is 'Enters the referral code of the friend who referred the signed-in new customer. The first completed booking within 30 days of sign-up then rewards both wallets. Raises OB001, OB003 (no such code, or your own), OB030 (not a new customer, or already entered).';
revoke all on function public.use_referral_code(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.use_referral_code(text) to authenticated;
grant execute on function public.use_referral_code(text) to service_role;
