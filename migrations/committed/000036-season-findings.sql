--! Previous: sha1:946cda88f78000c30b555c21573f85fe12212bde
--! Hash: sha1:65e4adadcb9103361933e0e76a67fe37a911c0b4
--! Message: season-findings

--! split: 010-customers.sql
-- What a month of a running marketplace found (test/season): every account was a customer, also those of employees and
-- providers; a withdrawn leave left notifications that opened nothing; no profile was ever complete; administrators could
-- not enter figures, and beauticians not change their own reach; and the limits of requests were those of a single user,
-- while thousands share one address in India.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-required-field, adding-serial-primary-key-field

-- A user becomes a customer with the first booking, or with the first entry that only customers have.
--! Included functions/customers/make_customer.sql
create or replace function app_private.make_customer(p_user_id uuid) returns public.customers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers;
begin
  select * into v_customer from public.customers c where c.id = p_user_id;
  if not found then
    -- Of two at once the second waits for the first, and finds its row.
    insert into public.customers (id) values (p_user_id) on conflict do nothing;
    select * into strict v_customer from public.customers c where c.id = p_user_id;
  end if;
  return v_customer;
end
$$;
comment on function app_private.make_customer(uuid) is
  'The customer profile of a user, which is made here where there is none: a user becomes a customer when they first need to be one.';
revoke all on function app_private.make_customer(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/make_customer.sql
--! Included functions/customers/signed_up_at.sql
create or replace function app_private.signed_up_at(p_user_id uuid) returns timestamptz
language sql stable security definer set search_path = '' as $$
  select p.created_at from public.user_profiles p where p.id = p_user_id
$$;
comment on function app_private.signed_up_at(uuid) is
  'When a user signed up. The customer profile is made later, when it is first needed.';
revoke all on function app_private.signed_up_at(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/signed_up_at.sql
--! Included functions/customers/tg__make_customer.sql
-- Before the foreign key looks for the customer. Whose row it is, row level security decides afterwards.
create or replace function app_private.tg__make_customer() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.make_customer(new.customer_id);
  return new;
end
$$;
comment on function app_private.tg__make_customer() is
  'Makes a customer of a user who keeps something that only customers have: an address, a way to pay, a favourite.';
revoke all on function app_private.tg__make_customer() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/customers/tg__make_customer.sql
--! Included functions/booking/require_customer.sql
create or replace function app_private.require_customer() returns public.customers
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_born date;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select p.date_of_birth into v_born from public.user_profiles p where p.id = (select auth.uid());
  if v_born is null then
    raise exception 'Your date of birth is missing. Enter it in your profile first.' using errcode = 'OB037';
  end if;
  if v_born + app_private.setting('booking.minimum_age')::integer * interval '1 year' > app_private.today() then
    raise exception 'You must be at least % years old to book. Ask an adult to book for you.',
      app_private.setting('booking.minimum_age')
      using errcode = 'OB065';
  end if;
  return app_private.make_customer((select auth.uid()));
end
$$;
comment on function app_private.require_customer() is
  'The signed-in user as a customer, who must be old enough to book; the first time it makes the customer profile. Raises OB001, OB037 (no date of birth), OB065 (too young).';
revoke all on function app_private.require_customer() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/booking/require_customer.sql
--! Included functions/booking/hold_slot.sql
create or replace function public.hold_slot(
  vendor_id uuid, provider_id uuid, starts_at timestamptz, idempotency_key text,
  service_ids uuid[] default null, addon_ids uuid[] default null, package_id uuid default null,
  booking_type text default 'spa_visit', address_id uuid default null, guest_name text default null
) returns public.booking_holds
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_hold public.booking_holds;
  v_done uuid;
begin
  v_done := app_private.replayed(hold_slot.idempotency_key, 'hold_slot', jsonb_build_object(
    'vendor', hold_slot.vendor_id, 'provider', hold_slot.provider_id,
    'at', extract(epoch from hold_slot.starts_at), 'services', hold_slot.service_ids, 'addons', coalesce(hold_slot.addon_ids, '{}'),
    'package', hold_slot.package_id, 'type', hold_slot.booking_type, 'address', hold_slot.address_id, 'guest', hold_slot.guest_name));
  if v_done is not null then
    select * into strict v_hold from public.booking_holds h where h.id = v_done;
    return v_hold;
  end if;
  v_hold.customer_id := v_customer.id;
  v_hold.vendor_id := hold_slot.vendor_id;
  v_hold.provider_id := hold_slot.provider_id;
  v_hold.booking_type := hold_slot.booking_type;
  v_hold.service_ids := hold_slot.service_ids;
  v_hold.addon_ids := hold_slot.addon_ids;
  v_hold.package_id := hold_slot.package_id;
  v_hold.address_id := hold_slot.address_id;
  v_hold.guest_name := hold_slot.guest_name;
  v_hold.starts_at := hold_slot.starts_at;
  v_hold := app_private.make_hold(v_hold);
  perform app_private.remember_result(hold_slot.idempotency_key, v_hold.id);
  return v_hold;
end
$$;
comment on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) is
  'Holds a slot of one provider (10 minutes by default), for services and add-ons or for a package. A home service needs an address; a hotel service takes place at the address or, without one, at the vendor''s premises. Price, address and terms are frozen: the booking costs finalAmount, whatever changes meanwhile. A customer has one booking at a time: another at the same time needs the name of the guest who is served then. Repeating the same idempotency key repeats the answer. Raises OB001, OB003, OB020, OB037 (no date of birth), OB043 (another booking or hold at this time, and no guest), OB048 (an amount of an earlier booking is due), OB060 (not free, or sooner or later than the vendor takes bookings), OB062 (not offered, or not by this provider, or the vendor takes no bookings), OB065 (too young), OB066 (key of another request), OB071 (too many holds), OB073 (the postal code is not served).';
revoke all on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.hold_slot(uuid, uuid, timestamptz, text, uuid[], uuid[], uuid, text, uuid, text) to authenticated;
--! EndIncluded functions/booking/hold_slot.sql
--! Included functions/booking/claim_booking.sql
create or replace function public.claim_booking(booking_number text) returns public.bookings
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_number text := upper(btrim(claim_booking.booking_number));
  v_mobile text;
  v_booking public.bookings;
begin
  -- In the order of deleting an account: the profile, then bookings. A number that changes hands at this moment is
  -- waited for.
  perform from public.user_profiles p where p.id = v_customer.id for no key update;
  v_mobile := app_private.require_verified_mobile();
  select b.* into v_booking from public.bookings b
  where b.booking_number = v_number and b.channel = 'desk' and (
    b.customer_id = v_customer.id or b.id in (select c.id from app_private.claimable(v_mobile) c))
  for no key update;
  -- Checked again after locking: of two claims at once the second finds the customer.
  if v_booking.customer_id = v_customer.id then
    return v_booking;
  end if;
  if v_booking.id is null or v_booking.id not in (select c.id from app_private.claimable(v_mobile) c) then
    raise exception 'The booking was not found among those that your verified mobile number can claim. Check the booking number.'
      using errcode = 'OB003', column = 'booking_number';
  end if;
  perform app_private.lock_customer(v_customer.id);
  update public.bookings b
  set customer_id = v_customer.id,
    -- A customer is served once at a time: then it is for the guest whom the desk has named.
    guest_name = (
      select d.guest_name from public.desk_bookings d
      where d.booking_id = b.id and b.status in ('confirmed', 'assigned', 'in_progress')
        and app_private.is_elsewhere(v_customer.id, b.starts_at, b.ends_at, b.id))
  where b.id = v_booking.id;
  update public.therapist_assignments a set customer_id = v_customer.id where a.booking_id = v_booking.id;
  update public.beautician_assignments a set customer_id = v_customer.id where a.booking_id = v_booking.id;
  update public.payments p set customer_id = v_customer.id where p.booking_id = v_booking.id;
  update public.refunds r set customer_id = v_customer.id where r.booking_id = v_booking.id;
  update public.desk_bookings d set customer_id = v_customer.id, claimed_at = now()
  where d.booking_id = v_booking.id;
  v_booking := app_private.current_booking(v_booking.id);
  if v_booking.status in ('confirmed', 'assigned') then
    perform app_private.notify(v_customer.id, 'customer', 'booking_confirmed',
      app_private.customer_booking_fields(v_booking),
      jsonb_build_object('screen', 'booking', 'bookingId', v_booking.id));
  end if;
  return v_booking;
end
$$;
comment on function public.claim_booking(text) is
  'Makes a booking that a vendor''s desk has made for your verified mobile number your own: a coming one or, by default, one of the last 90 days (claimableBookings). From then on you see, cancel and move it, get its start code and, where that was used, review it. Claiming again gives the same booking. Raises OB001, OB003 (no such booking for your number, or claimed by another account), OB037 (no date of birth or verified mobile number), OB065 (too young).';
revoke all on function public.claim_booking(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.claim_booking(text) to authenticated;
--! EndIncluded functions/booking/claim_booking.sql
--! Included functions/waitlist/join_waitlist.sql
create or replace function public.join_waitlist(
  vendor_id uuid, service_ids uuid[], starts_from timestamptz, starts_until timestamptz,
  provider_id uuid default null, booking_type text default 'spa_visit', address_id uuid default null
) returns public.waitlist_entries
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_customer public.customers := app_private.require_customer();
  v_most integer := app_private.setting('waitlist.maximum_entries')::integer;
  v_longest integer := app_private.setting('waitlist.longest_days')::integer;
  v_address public.customer_addresses;
  v_entry public.waitlist_entries;
begin
  perform app_private.require_bookable(join_waitlist.vendor_id);
  if join_waitlist.booking_type is null
    or join_waitlist.booking_type not in ('spa_visit', 'home_service', 'hotel_service') then
    raise exception 'Booking type must be a spa visit, a home service or a hotel service.'
      using errcode = 'OB020', column = 'booking_type';
  end if;
  if (join_waitlist.booking_type = 'home_service') <> (join_waitlist.address_id is not null)
    and join_waitlist.booking_type <> 'hotel_service' then
    raise exception 'A home or hotel service needs an address, and a visit to the vendor must not have one. Correct the address or the booking type.'
      using errcode = 'OB020', column = 'address_id';
  end if;
  if join_waitlist.address_id is not null then
    select * into v_address from public.customer_addresses a
    where a.id = join_waitlist.address_id and a.customer_id = v_customer.id;
    if not found then
      raise exception 'You have no address with this id. Check the id.' using errcode = 'OB003', column = 'address_id';
    end if;
  end if;
  if (join_waitlist.starts_from < join_waitlist.starts_until) is not true then
    raise exception 'The end of the span must be after its beginning. Choose a later end.'
      using errcode = 'OB020', column = 'starts_until';
  end if;
  if join_waitlist.starts_until > join_waitlist.starts_from + v_longest * interval '1 day' then
    raise exception 'The span can be at most % days. Choose an earlier end.', v_longest
      using errcode = 'OB020', column = 'starts_until';
  end if;
  if join_waitlist.starts_until
    < now() + app_private.setting('waitlist.notice_minutes')::integer * interval '1 minute' then
    raise exception 'Offers are made until % minutes before the start. Choose a later end of the span.',
      app_private.setting('waitlist.notice_minutes')
      using errcode = 'OB020', column = 'starts_until';
  end if;
  if not exists (
    select from app_private.qualified_providers(join_waitlist.vendor_id, join_waitlist.service_ids,
      join_waitlist.booking_type) q
    where q = coalesce(join_waitlist.provider_id, q)
  ) then
    raise exception 'No provider of this vendor performs all of these services at this place. Choose another provider, or fewer services.'
      using errcode = 'OB062', column = 'provider_id';
  end if;

  v_entry.vendor_id := join_waitlist.vendor_id;
  v_entry.service_ids := join_waitlist.service_ids;
  v_entry.provider_id := join_waitlist.provider_id;
  v_entry.booking_type := join_waitlist.booking_type;
  v_entry.address_id := join_waitlist.address_id;
  v_entry.starts_from := join_waitlist.starts_from;
  v_entry.starts_until := join_waitlist.starts_until;
  select p.minutes into v_entry.duration_minutes
  from app_private.price_of(join_waitlist.vendor_id, join_waitlist.service_ids, null, null,
    join_waitlist.booking_type, v_address.pincode) p;
  if exists (select from app_private.open_starts(v_entry, null)) then
    raise exception 'There are free times in this span. Book one of them instead.'
      using errcode = 'OB030', column = 'starts_from';
  end if;

  -- One at a time, so that each sees the others.
  perform app_private.lock_customer(v_customer.id);
  if (
    select count(*) from public.waitlist_entries w
    where w.customer_id = v_customer.id and w.status in ('waiting', 'offered')
  ) >= v_most then
    raise exception 'You already wait in % places. Leave one first.', v_most using errcode = 'OB071';
  end if;
  insert into public.waitlist_entries
    (customer_id, vendor_id, service_ids, provider_id, booking_type, address_id, starts_from, starts_until,
      duration_minutes)
  values (v_customer.id, v_entry.vendor_id, v_entry.service_ids, v_entry.provider_id, v_entry.booking_type,
    v_entry.address_id, v_entry.starts_from, v_entry.starts_until, v_entry.duration_minutes)
  returning * into v_entry;
  return v_entry;
end
$$;
comment on function public.join_waitlist(uuid, uuid[], timestamptz, timestamptz, uuid, text, uuid) is
  'Waits for a time at a vendor that is booked out: for these services, with a provider if one is given, with a start in a span of at most 14 days by default. When such a time becomes free, it is held for the first who waits, for ten minutes, then for the next, for three at most; after them it is open to all. No offer comes within two hours of the start. At most three entries of a customer wait. Raises OB001, OB003, OB020, OB030 (there are free times), OB037 (no date of birth), OB062 (not offered, or the vendor takes no bookings), OB065 (too young), OB071 (too many entries).';
revoke all on function public.join_waitlist(uuid, uuid[], timestamptz, timestamptz, uuid, text, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.join_waitlist(uuid, uuid[], timestamptz, timestamptz, uuid, text, uuid) to authenticated;
--! EndIncluded functions/waitlist/join_waitlist.sql
--! Included functions/identity/provision_profile.sql
create or replace function app_private.provision_profile(p_claims jsonb) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.make_profile(p_claims);
end
$$;
comment on function app_private.provision_profile(jsonb) is
  'Creates the profile of a user who signed in elsewhere and comes here for the first time. Raises OB008 where there is no such account.';
revoke all on function app_private.provision_profile(jsonb) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.provision_profile(jsonb) to ombaro_api;
--! EndIncluded functions/identity/provision_profile.sql
--! Included functions/signing-in/complete_account.sql
create or replace function app_private.complete_account(
  p_user_id uuid, p_mobile text, p_email text, p_name text, p_as text
) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_is_new boolean := not exists (select from public.user_profiles p where p.id = p_user_id);
begin
  if p_mobile is not null then
    -- A verified contact has priority over one that was only entered.
    update public.user_profiles p set mobile = null
    where p.mobile = p_mobile and p.id <> p_user_id and not p.mobile_verified;
    update public.user_profiles p set mobile = p_mobile, mobile_verified = true
    where p.id = p_user_id and (p.mobile is distinct from p_mobile or not p.mobile_verified)
      and not exists (select from public.user_profiles o where o.mobile = p_mobile and o.id <> p_user_id);
  end if;
  if v_is_new then
    perform app_private.make_profile(jsonb_build_object(
      'sub', p_user_id, 'phone', p_mobile, 'email', p_email,
      'user_metadata', jsonb_build_object('full_name', p_name)));
  end if;
  if not app_private.is_account_active(p_user_id) then
    return v_is_new;
  end if;
  -- Others become customers when they first book, or keep an address, a way to pay or a favourite.
  if p_as = 'customer' then
    -- People who work here book with another account.
    perform app_private.make_customer(p_user_id) where not app_private.is_staff(p_user_id);
  elsif p_as = 'vendor' then
    -- Without a number the quick sign-up cannot begin yet: it comes with the code that verifies one.
    perform app_private.begin_quick_signup(p.id, p.mobile)
    from public.user_profiles p where p.id = p_user_id and p.mobile_verified;
    update public.user_profiles p set signup_method = 'quick'
    where v_is_new and p.id = p_user_id;
  end if;
  return v_is_new;
end
$$;
comment on function app_private.complete_account(uuid, text, text, text, text) is
  'Gives an account the profile, the verified number and what the user signs up as, if anything: a customer profile, or the quick sign-up of a vendor. Returns whether the profile is new.';
revoke all on function app_private.complete_account(uuid, text, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/complete_account.sql
--! Included functions/money/use_referral_code.sql
create or replace function public.use_referral_code(code text) returns public.customer_referrals
language plpgsql volatile security definer set search_path = '' as $$
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
$$;
comment on function public.use_referral_code(text) is
  'Enters the referral code of the friend who referred the signed-in new customer. The first completed booking within 30 days of sign-up then rewards both wallets. Raises OB001, OB003 (no such code, or your own), OB030 (not a new customer, or already entered).';
revoke all on function public.use_referral_code(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.use_referral_code(text) to authenticated;
--! EndIncluded functions/money/use_referral_code.sql
--! Included functions/money/reward_customer.sql
create or replace function app_private.reward_customer(p_booking public.bookings) returns void
language plpgsql volatile security definer set search_path = '' as $$
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
  perform app_private.move_points(p_booking.customer_id, 'earned',
    floor(m.paid / app_private.setting('loyalty.rupees_per_point')::numeric)::integer,
    p_booking.id, 'Points of ' || p_booking.booking_number,
    (now() at time zone 'Asia/Kolkata' + app_private.setting('loyalty.expiry_months')::integer * interval '1 month')
      at time zone 'Asia/Kolkata')
  from (
    select coalesce(sum(app_private.refundable(p)), 0) as paid from public.payments p
    where p.booking_id = p_booking.id and p.payment_method not in ('points', 'wallet')
  ) m;

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
$$;
comment on function app_private.reward_customer(public.bookings) is
  'Applies the benefits of a completed booking to its customer, none for a desk booking: totals, tier, and where it was started with the start code one point per ₹100 of money (not points or wallet), and with the first such booking the referral reward for both.';
revoke all on function app_private.reward_customer(public.bookings) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/money/reward_customer.sql

create trigger _150_customer before insert on public.customer_addresses for each row
  when (new.customer_id = auth.uid()) execute function app_private.tg__make_customer();
create trigger _150_customer before insert on public.payment_methods for each row
  when (new.customer_id = auth.uid()) execute function app_private.tg__make_customer();
create trigger _150_customer before insert on public.favourites for each row
  when (new.customer_id = auth.uid()) execute function app_private.tg__make_customer();

comment on table public.customers is
  'Users who book, or keep an address, a way to pay or a favourite: the row is made then, or by the user. Tier, points and totals are computed by the platform.';
comment on column app_private.social_sign_ins.sign_up_as is 'What a new user signs up as; null where that is not said.';

-- Profiles that were complete all along are so from now on.
--! Included functions/identity/tg_user_profiles__completed.sql
create or replace function app_private.tg_user_profiles__completed() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  new.profile_completed := btrim(new.name) <> '' and new.date_of_birth is not null and new.mobile_verified;
  return new;
end
$$;
comment on function app_private.tg_user_profiles__completed() is
  'Computes whether a profile has all that a booking asks for: name, date of birth and a verified mobile number.';
revoke all on function app_private.tg_user_profiles__completed() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/tg_user_profiles__completed.sql
create trigger _300_completed
  before insert or update of name, date_of_birth, mobile_verified, profile_completed on public.user_profiles
  for each row execute function app_private.tg_user_profiles__completed();
drop trigger _600_figures on public.user_profiles;
comment on column public.user_profiles.profile_completed is
  'Whether the profile has all that a booking asks for: name, date of birth and a verified mobile number; computed by the platform.';
-- The figure of earlier days follows with app_private.recount_dashboards().
alter table public.user_profiles disable trigger _800_audit;
alter table public.user_profiles disable trigger _100_timestamps;
update public.user_profiles p set profile_completed = p.profile_completed
where p.profile_completed is distinct from
  (btrim(p.name) <> '' and p.date_of_birth is not null and p.mobile_verified);
alter table public.user_profiles enable trigger _100_timestamps;
alter table public.user_profiles enable trigger _800_audit;
create trigger _600_figures
  after insert or update of role, created_at, name, date_of_birth, mobile_verified, profile_completed
  on public.user_profiles for each row execute function app_private.tg_user_profiles__figure_days();

--! split: 020-rights.sql
-- A withdrawn leave takes its notifications along.
create index notifications_leave_idx on public.notifications ((data ->> 'leaveId')) where data ->> 'leaveId' is not null;
comment on index public.notifications_leave_idx is 'Notifications of a leave, to delete them with it.';
--! Included functions/providers/tg__forget_leave.sql
create or replace function app_private.tg__forget_leave() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  -- notifications_leave_idx: all who were told of it, also those who have left the vendor since.
  delete from public.notifications n where n.data ->> 'leaveId' = old.id::text;
  return null;
end
$$;
comment on function app_private.tg__forget_leave() is
  'Deletes the notifications of a leave request that its provider withdraws: there is nothing left to open.';
revoke all on function app_private.tg__forget_leave() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/providers/tg__forget_leave.sql
create trigger _700_forget_notifications after delete on public.therapist_leaves for each row
  execute function app_private.tg__forget_leave();
create trigger _700_forget_notifications after delete on public.beautician_leaves for each row
  execute function app_private.tg__forget_leave();
-- Of those that were withdrawn before.
delete from public.notifications n
where n.data ->> 'leaveId' is not null
  and not exists (select from public.therapist_leaves l where l.id::text = n.data ->> 'leaveId')
  and not exists (select from public.beautician_leaves l where l.id::text = n.data ->> 'leaveId');

-- Administrators enter figures of every department.
--! Included functions/departments/my_department_ids.sql
create or replace function app_private.my_department_ids(p_part text) returns uuid[]
language plpgsql stable security definer set search_path = '' as $$
begin
  if (p_part = 'read' and app_private.has_permission('dashboards.read'))
    or (p_part in ('write', 'configure') and app_private.has_permission('departments.update'))
  then
    return array(select d.id from public.departments d);
  end if;
  return array(
    select a.department_id
    from public.department_user_assignments a
    where a.user_id = (select auth.uid())
      and a.status = 'active'
      and now() between a.valid_from and coalesce(a.valid_until, 'infinity')
      and case p_part
        when 'read' then true
        when 'write' then a.assignment_type in ('head', 'deputy')
        when 'configure' then a.assignment_type in ('head', 'deputy')
        when 'head' then a.assignment_type = 'head'
      end
    union
    select coalesce(ur.department_id, r.department_id)
    from public.user_roles ur
    join public.roles r on r.id = ur.role_id
    where p_part = 'read'
      and ur.user_id = (select auth.uid())
      and ur.status = 'active'
      and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity')
      and r.status = 'active'
      and coalesce(ur.department_id, r.department_id) is not null
  );
end
$$;
comment on function app_private.my_department_ids(text) is
  'Departments in which the signed-in user has this right today: read (any assignment, a role of the department, or dashboards.read), write and configure (head, deputy, or departments.update), head.';
revoke all on function app_private.my_department_ids(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.my_department_ids(text) to staff;
--! EndIncluded functions/departments/my_department_ids.sql
--! Included functions/dashboards/writable_kpi.sql
create or replace function app_private.writable_kpi(p_code text) returns public.kpi_definitions
language plpgsql stable security definer set search_path = '' as $$
declare
  v_kpi public.kpi_definitions;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_kpi from public.kpi_definitions k
    where k.code = p_code and k.department_id = any (app_private.my_department_ids('write'));
  if not found then
    raise exception 'Only the head or deputy of a department and administrators may enter its figures, and the figure "%" was not found among those that you may enter. Check the code.',
      p_code
      using errcode = 'OB002', column = 'kpi_code';
  end if;
  return v_kpi;
end
$$;
comment on function app_private.writable_kpi(text) is
  'The key figure with this code, of a department in which the signed-in user is head or deputy, or of any for administrators. Raises OB001, OB002 (also where there is no such figure, so that others do not learn which figures exist).';
revoke all on function app_private.writable_kpi(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/dashboards/writable_kpi.sql
--! Included functions/dashboards/enter_kpi_value.sql
create or replace function public.enter_kpi_value(kpi_code text, day date, value numeric)
returns public.kpi_values
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_kpi public.kpi_definitions := app_private.writable_kpi(enter_kpi_value.kpi_code);
  v_value public.kpi_values;
begin
  if v_kpi.source = 'computed' then
    raise exception 'This figure is computed and cannot be entered. Choose another figure.'
      using errcode = 'OB050', column = 'kpi_code';
  end if;
  if enter_kpi_value.day is null or enter_kpi_value.day < '2000-01-01' then
    raise exception 'Day is required. Enter the day of the figure.' using errcode = 'OB020', column = 'day';
  end if;
  if enter_kpi_value.day > app_private.today() then
    raise exception 'Day must not be in the future. Set a target for a day to come.'
      using errcode = 'OB051', column = 'day';
  end if;
  perform app_private.require_in_unit(v_kpi, enter_kpi_value.value);
  insert into public.kpi_values (kpi_id, day, value, entered_by, entered_at)
  values (v_kpi.id, enter_kpi_value.day, enter_kpi_value.value, (select auth.uid()), now())
  on conflict on constraint kpi_values_pkey do update
  set value = excluded.value, entered_by = excluded.entered_by, entered_at = excluded.entered_at
  returning * into v_value;
  perform app_private.update_dashboard_data(v_kpi.id);
  return v_value;
end
$$;
comment on function public.enter_kpi_value(text, date, numeric) is
  'Enters or corrects a key figure for a day, with the signed-in head, deputy or administrator as its author. The dashboard shows it at once. Raises OB001, OB002, OB020 (no day, or out of the range of the unit), OB050 (the figure is computed), OB051 (day in the future).';
revoke all on function public.enter_kpi_value(text, date, numeric) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.enter_kpi_value(text, date, numeric) to staff;
--! EndIncluded functions/dashboards/enter_kpi_value.sql
--! Included functions/dashboards/set_kpi_target.sql
create or replace function public.set_kpi_target(kpi_code text, target numeric, valid_from date default null)
returns public.kpi_targets
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_kpi public.kpi_definitions := app_private.writable_kpi(set_kpi_target.kpi_code);
  v_from date := coalesce(set_kpi_target.valid_from, app_private.today());
  v_target public.kpi_targets;
begin
  perform app_private.require_in_unit(v_kpi, set_kpi_target.target);
  if v_from < app_private.today() then
    raise exception 'A target must start today or later. Choose a later day.'
      using errcode = 'OB020', column = 'valid_from';
  end if;
  insert into public.kpi_targets (kpi_id, valid_from, target, set_by)
  values (v_kpi.id, v_from, set_kpi_target.target, (select auth.uid()))
  on conflict on constraint kpi_targets_pkey do update
  set target = excluded.target, set_by = excluded.set_by, set_at = now()
  returning * into v_target;
  perform app_private.update_dashboard_data(v_kpi.id);
  return v_target;
end
$$;
comment on function public.set_kpi_target(text, numeric, date) is
  'Sets the target of a key figure, computed or entered, from a day on (default: today). For the department''s head and deputy, and administrators. Raises OB001, OB002, OB020.';
revoke all on function public.set_kpi_target(text, numeric, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.set_kpi_target(text, numeric, date) to staff;
--! EndIncluded functions/dashboards/set_kpi_target.sql

-- Beauticians have a row of their own, too.
drop policy update_own_or_vendor on public.providers;
create policy update_own_or_vendor on public.providers for update to authenticated
  using (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]))
  with check (
    therapist_id = any ((select app_private.my_therapist_ids())::uuid[])
    or beautician_id = any ((select app_private.my_beautician_ids())::uuid[])
    or vendor_id = any ((select app_private.my_vendor_ids('manage'))::uuid[]));

--! split: 030-limits.sql
-- Limits of requests: thousands of people share one address in India. What an operator has chosen stays.
alter table public.system_settings disable trigger _100_timestamps;
update public.system_settings s set value = n.value::jsonb
from (values
  ('limits.api_requests_a_minute', '100', '600'),
  ('limits.signin_requests_a_minute', '10', '300')
) n (key, old_value, value)
where s.key = n.key and s.value = n.old_value::jsonb;
alter table public.system_settings enable trigger _100_timestamps;
insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('limits.visitor_requests_a_minute', 'limits', '1200', 'integer', 1, 1000000000, false, 'API requests per minute of all anonymous users at one address'),
  ('limits.signin_codes_a_minute', 'limits', '60', 'integer', 1, 1000000, false, 'Codes to sign in with that one address can ask for in a minute');

-- Codes are counted beside the requests of which they are a part.
alter table app_private.sign_in_requests
  add column is_code boolean not null default false,
  drop constraint sign_in_requests_pkey,
  add constraint sign_in_requests_pkey primary key (address, is_code);
comment on column app_private.sign_in_requests.is_code is 'Whether requests for codes are counted, or requests of all kinds.';
drop function app_private.count_sign_in_request(inet);
--! Included functions/signing-in/count_sign_in_request.sql
create or replace function app_private.count_sign_in_request(p_address inet, p_is_code boolean default false) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_most integer := app_private.setting(
    case when p_is_code then 'limits.signin_codes_a_minute' else 'limits.signin_requests_a_minute' end)::integer;
  v_now timestamptz := clock_timestamp();
  -- Requests at the same moment may have a somewhat later time. What is later than that was counted before the
  -- clock was set back.
  v_window constant tstzrange := tstzrange(v_now - interval '1 minute', v_now + interval '1 minute', '()');
  v_wait interval;
begin
  -- One statement, so that of many at once exactly the allowed number passes. Refused requests are not
  -- counted.
  insert into app_private.sign_in_requests as r (address, is_code, recent)
  values (p_address, p_is_code, array[v_now])
  on conflict (address, is_code) do update
  set recent = array(select t from unnest(r.recent) t where t <@ v_window) || v_now
  where (select count(*) from unnest(r.recent) t where t <@ v_window) < v_most;
  if found then
    return null;
  end if;
  select t + interval '1 minute' - v_now into v_wait
  from app_private.sign_in_requests r cross join unnest(r.recent) t
  where r.address = p_address and r.is_code = p_is_code and t <@ v_window
  order by t desc
  offset greatest(v_most, 1) - 1
  limit 1;
  return least(60, greatest(1, ceil(extract(epoch from v_wait))));
end
$$;
comment on function app_private.count_sign_in_request(inet, boolean) is
  'Counts a request to the sign-in, or one for a code: null when it is accepted, otherwise the seconds to wait.';
revoke all on function app_private.count_sign_in_request(inet, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.count_sign_in_request(inet, boolean) to ombaro_api;
--! EndIncluded functions/signing-in/count_sign_in_request.sql
--! Included functions/signing-in/visitor_requests_a_minute.sql
create or replace function app_private.visitor_requests_a_minute() returns integer
language sql stable security definer set search_path = '' as $$
  select greatest(1, app_private.setting('limits.visitor_requests_a_minute')::integer)
$$;
comment on function app_private.visitor_requests_a_minute() is
  'How many requests per minute the API answers for anonymous users of one address: the setting limits.visitor_requests_a_minute, at least 1.';
revoke all on function app_private.visitor_requests_a_minute() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.visitor_requests_a_minute() to ombaro_api;
--! EndIncluded functions/signing-in/visitor_requests_a_minute.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.32', 'season-findings', '2026-11-29', 'Users become customers when they first need to be; complete profiles are known; higher limits of requests, for visitors and codes separately; withdrawn leave takes its notifications along');
