--! Previous: sha1:6d749fbde94991497d47e1638064b3b3010ff780
--! Hash: sha1:43980223bf99fa8260ca3544c647126e693696f5
--! Message: referrals

--! split: 010-referrals.sql
-- Referrals that cost no more than they bring: a reward for what was paid online, both together at most the commission of the
-- booking, so many a year, within a monthly budget, never between people of one business, and only for a friend whose verified
-- mobile number no account has had before. Docs: decisions/0046-referrals.md.
-- squawk-ignore-file require-concurrent-index-creation, adding-foreign-key-constraint

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('referral.minimum_amount', 'referral', '500', 'number', 0, 100000, true, 'Rupees of a friend''s booking that must be paid online for a reward'),
  ('referral.maximum_per_year', 'referral', '20', 'integer', 0, 10000, true, 'Referrals of a customer that count in a year'),
  ('referral.monthly_budget', 'referral', '200000', 'number', 0, 10000000, false, 'Maximum rupees of all rewards for referrals in a month');

-- The key of the hashes: made here, known to no person, moved and backed up with the data.
create table app_private.mobile_hash_key (
  is_only boolean primary key default true check (is_only),
  key bytea not null
);
alter table app_private.mobile_hash_key enable row level security;
comment on table app_private.mobile_hash_key is 'The key of the hashes of mobile numbers; one row. A new key would make every number a new one.';
comment on column app_private.mobile_hash_key.is_only is 'True: there is one row.';
comment on column app_private.mobile_hash_key.key is 'Random bytes, made by the migration.';
insert into app_private.mobile_hash_key (key)
values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

create table app_private.proven_mobiles (
  mobile_hash bytea primary key,
  user_id uuid references public.user_profiles on delete set null
);
alter table app_private.proven_mobiles enable row level security;
create index proven_mobiles_user_id_idx on app_private.proven_mobiles (user_id);
comment on table app_private.proven_mobiles is
  'Mobile numbers that an account has ever verified, as keyed hashes. They outlive the account, so that no one is new twice.';
comment on column app_private.proven_mobiles.mobile_hash is 'Keyed hash of the number.';
comment on column app_private.proven_mobiles.user_id is 'The first account that verified it; null when that account was deleted.';

insert into app_private.personal_links (table_name, column_name, is_about) values
  ('app_private.proven_mobiles', 'user_id', false);

-- What was rewarded in a month.
create index customer_referrals_completed_at_idx on public.customer_referrals (completed_at) where status = 'rewarded';

--! Included functions/money/mobile_hash.sql
create or replace function app_private.mobile_hash(p_mobile text) returns bytea
language sql stable security definer set search_path = '' as $$
  select sha256(k.key || sha256(k.key || convert_to(p_mobile, 'UTF8'))) from app_private.mobile_hash_key k
$$;
comment on function app_private.mobile_hash(text) is
  'Keyed hash of a mobile number in E.164 form, from which the number is not found without the key.';
revoke all on function app_private.mobile_hash(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/mobile_hash.sql
--! Included functions/money/note_proven_mobiles.sql
create or replace function app_private.note_proven_mobiles() returns void
language sql volatile security definer set search_path = '' as $$
  insert into app_private.proven_mobiles (mobile_hash, user_id)
  select app_private.mobile_hash(p.mobile), p.id
  from public.user_profiles p where p.mobile_verified and p.mobile is not null
  on conflict do nothing
$$;
comment on function app_private.note_proven_mobiles() is
  'Notes the verified mobile numbers of all accounts, as the trigger does one by one: after rows were written with triggers off.';
revoke all on function app_private.note_proven_mobiles() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/note_proven_mobiles.sql
--! Included functions/money/tg_user_profiles__proven_mobile.sql
create or replace function app_private.tg_user_profiles__proven_mobile() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.proven_mobiles (mobile_hash, user_id) values (app_private.mobile_hash(new.mobile), new.id)
  on conflict do nothing;
  return null;
end
$$;
comment on function app_private.tg_user_profiles__proven_mobile() is
  'Notes a mobile number as soon as an account has verified it. The first account stays the one that is noted.';
revoke all on function app_private.tg_user_profiles__proven_mobile() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/tg_user_profiles__proven_mobile.sql
create trigger _500_proven_mobile
  after insert or update of mobile, mobile_verified on public.user_profiles
  for each row when (new.mobile_verified and new.mobile is not null)
  execute function app_private.tg_user_profiles__proven_mobile();
select app_private.note_proven_mobiles();

--! Included functions/vendors/vendors_of_person.sql
create or replace function app_private.vendors_of_person(p_user_id uuid) returns uuid[]
language sql stable security definer set search_path = '' as $$
  select array(
    select v.id from public.vendors v where v.user_id = p_user_id
    union
    select s.vendor_id from public.vendor_staff s where s.user_id = p_user_id and s.status = 'active'
    union
    select t.vendor_id from public.therapists t where t.user_id = p_user_id and t.status <> 'ended'
    union
    select b.vendor_id from public.beauticians b where b.user_id = p_user_id and b.status <> 'ended')
$$;
comment on function app_private.vendors_of_person(uuid) is
  'Vendors that a user owns, works for or serves as a provider.';
revoke all on function app_private.vendors_of_person(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/vendors/vendors_of_person.sql
--! Included functions/money/paid_online.sql
create or replace function app_private.paid_online(p_booking_id uuid) returns numeric
language sql stable security definer set search_path = '' as $$
  select app_private.money_paid(p_booking_id) - coalesce((
    select sum(app_private.refundable(p)) from public.payments p
    where p.booking_id = p_booking_id and (p.payment_method = 'cash' or p.is_at_desk)), 0)
$$;
comment on function app_private.paid_online(uuid) is
  'Rupees of money that the platform received for a booking and kept: through the gateway, and of the wallet''s own money. Without what the vendor received itself.';
revoke all on function app_private.paid_online(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/paid_online.sql
--! Included functions/money/rewarded_this_month.sql
create or replace function app_private.rewarded_this_month() returns numeric
language sql stable security definer set search_path = '' as $$
  select coalesce(sum(r.referrer_reward + r.referee_reward), 0)
  from public.customer_referrals r
  where r.status = 'rewarded'
    and r.completed_at >= app_private.start_of(date_trunc('month', app_private.today()::timestamp)::date)
$$;
comment on function app_private.rewarded_this_month() is
  'Rupees of the rewards for referrals since the first of this month in India, also of those that were taken back after a refund.';
revoke all on function app_private.rewarded_this_month() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/rewarded_this_month.sql
--! Included functions/money/reward_referral.sql
create or replace function app_private.reward_referral(
  p_referral public.customer_referrals, p_booking public.bookings
) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_paid numeric := app_private.paid_online(p_booking.id);
  v_reward numeric;
begin
  if v_paid < app_private.setting('referral.minimum_amount')::numeric then
    return;
  end if;
  -- Both rewards together cost at most what the booking brought.
  select least(app_private.percent_of(v_paid, app_private.setting('referral.percentage')::numeric),
      app_private.setting('referral.maximum')::numeric, trunc(c.commission_amount / 2, 2))
    into v_reward
  from public.commission_records c
  where c.booking_id = p_booking.id
    -- They may have become colleagues since.
    and not app_private.vendors_of_person(p_referral.referrer_id) && app_private.vendors_of_person(p_referral.referee_id)
    and now() < app_private.signed_up_at(p_booking.customer_id)
      + app_private.setting('referral.within_days')::integer * interval '1 day';
  v_reward := coalesce(v_reward, 0);
  if v_reward > 0 then
    -- One after the other, until the end of the transaction, so that two do not spend the rest of the budget.
    perform pg_advisory_xact_lock(hashtext('ombaro.referrals'));
    if 2 * v_reward > app_private.setting('referral.monthly_budget')::numeric
      - app_private.rewarded_this_month() then
      v_reward := 0;
    end if;
  end if;
  update public.customer_referrals r
  set status = case when v_reward > 0 then 'rewarded' else 'completed' end,
    referrer_reward = v_reward, referee_reward = v_reward,
    first_booking_id = p_booking.id, completed_at = now()
  where r.id = p_referral.id and r.status = 'pending';
  if found then
    perform app_private.move_wallet(p_referral.referrer_id, 'bonus', v_reward, 'rewards', null,
      null, null, 'Reward for referring a friend');
    perform app_private.move_wallet(p_referral.referee_id, 'bonus', v_reward, 'rewards', null,
      p_booking.id, null, 'Reward for joining through a referral');
  end if;
end
$$;
comment on function app_private.reward_referral(public.customer_referrals, public.bookings) is
  'Rewards both customers of a referral for a completed and attested booking of the friend, of which enough was paid online: a percentage of that, at most the maximum and together at most its commission, and nothing beyond the budget of the month. One that does not count leaves the referral pending. Both customers must be locked.';
revoke all on function app_private.reward_referral(public.customer_referrals, public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reward_referral.sql
--! Included functions/money/reward_customer.sql
create or replace function app_private.reward_customer(p_booking public.bookings) returns void
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_referral public.customer_referrals;
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

  if v_referral.id is not null then
    perform app_private.reward_referral(v_referral, p_booking);
  end if;
end
$$;
comment on function app_private.reward_customer(public.bookings) is
  'Applies the benefits of a completed booking to its customer, none for a desk booking: totals, tier, and where it was started with the start code its points and the reward of its referral.';
revoke all on function app_private.reward_customer(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reward_customer.sql
--! Included functions/money/use_referral_code.sql
create or replace function public.use_referral_code(code text) returns public.customer_referrals
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers;
  v_referrer public.customers;
  v_referral public.customer_referrals;
  v_mobile text := (app_private.proven_contacts((select auth.uid()))).mobile;
  v_days interval := app_private.setting('referral.within_days')::integer * interval '1 day';
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  if v_mobile is null then
    raise exception 'Verify your mobile number first. Then enter the code again.' using errcode = 'OB037';
  end if;
  v_customer := app_private.make_customer((select auth.uid()));
  select * into v_referrer from public.customers c
  where c.referral_code = upper(trim(use_referral_code.code)) and c.id <> v_customer.id;
  if not found then
    raise exception 'The referral code was not found, or is your own. Check the code.'
      using errcode = 'OB003', column = 'code';
  end if;
  if app_private.vendors_of_person(v_customer.id) && app_private.vendors_of_person(v_referrer.id) then
    raise exception 'This code belongs to someone of your own business. Use the code of another friend.'
      using errcode = 'OB031', column = 'code';
  end if;
  perform app_private.lock_customer(p) from (
    select p from unnest(array[v_customer.id, v_referrer.id]) p order by p) o;
  -- As it is now: a first booking may have been made meanwhile.
  v_customer := app_private.lock_customer(v_customer.id);
  if v_customer.referred_by is not null or v_customer.total_bookings > 0
    or app_private.signed_up_at(v_customer.id) < now() - v_days then
    raise exception 'You can use a referral code only once and before your first booking. Book without one.' using errcode = 'OB030';
  end if;
  insert into app_private.proven_mobiles (mobile_hash, user_id)
  values (app_private.mobile_hash(v_mobile), v_customer.id) on conflict do nothing;
  if exists (
    select from app_private.proven_mobiles m
    where m.mobile_hash = app_private.mobile_hash(v_mobile) and m.user_id is distinct from v_customer.id) then
    raise exception 'Another account has had your mobile number, and referral codes are for new people only. Book without a code.'
      using errcode = 'OB030';
  end if;
  -- Those that may still be rewarded count too.
  if (
    select count(*) from public.customer_referrals r
    where r.referrer_id = v_referrer.id and r.created_at > now() - interval '365 days'
      and (r.status = 'rewarded' or r.status = 'pending' and r.created_at > now() - v_days)
  ) >= app_private.setting('referral.maximum_per_year')::integer then
    raise exception 'This code has been used as often as it can be in a year. Use the code of another friend.'
      using errcode = 'OB030', column = 'code';
  end if;
  insert into public.customer_referrals (referrer_id, referee_id, referral_code)
  values (v_referrer.id, v_customer.id, v_referrer.referral_code)
  on conflict (referee_id) do nothing
  returning * into v_referral;
  if not found then
    raise exception 'You can use a referral code only once and before your first booking. Book without one.' using errcode = 'OB030';
  end if;
  update public.customers c set referred_by = v_referrer.id where c.id = v_customer.id;
  update public.customers c set referral_count = c.referral_count + 1 where c.id = v_referrer.id;
  return v_referral;
end
$$;
comment on function public.use_referral_code(text) is
  'Enters the referral code of the friend who referred the signed-in new customer, whose verified mobile number no other account has ever had. The first completed booking within 30 days of sign-up of which ₹500 or more were paid online then rewards both wallets. Raises OB001, OB003 (no such code, or your own), OB030 (not a new customer, already entered, or the code was used as often as it can be in a year), OB031 (someone of your own business), OB037 (no verified mobile number).';
revoke all on function public.use_referral_code(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.use_referral_code(text) to authenticated;
--! EndIncluded functions/money/use_referral_code.sql
--! Included functions/customers/forget_account.sql
create or replace function app_private.forget_account(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
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
  -- That the number was here once stays known, but not whose it was.
  update app_private.proven_mobiles m set user_id = null where m.user_id = p_user_id;
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
$$;
comment on function app_private.forget_account(uuid) is
  'Deletes an account: removes what identifies the user and is not needed otherwise, and leaves an anonymous profile. Mobile number and e-mail address are free for another account.';
revoke all on function app_private.forget_account(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/forget_account.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.40', 'referrals', '2026-11-30', 'Rewards for referrals: for what was paid online, at most the commission, 20 a year, within a monthly budget, for verified mobile numbers that no account has had');
