--! Previous: sha1:3c3c088c6366f80ceeabae4465ed5f194950faba
--! Hash: sha1:806058db5cf3b46f77bd285faec1f8e8957e6ebb
--! Message: sign-in

--! split: 010-sessions.sql
-- Signing in: from a proof (a code that was sent, or the confirmation of Google or Facebook) to an account, a
-- session and its tokens.
--
-- Where each part is. Proofs are checked only here. Secrets are created outside and arrive as hashes: codes
-- under a key that the database does not have, refresh tokens, which are 256 random bits, without a key.
-- Access tokens are signed outside, for the user and the session that these functions name. What a refusal
-- must record (a counted attempt, an ended session) would be lost with an exception, so these functions
-- return the code of a refusal and do not raise it.
--
-- Where auth.users belongs to another issuer, accounts are created there and none of this signs anyone in.
--
-- Comes before the first release, to databases that are small or empty.
-- squawk-ignore-file require-concurrent-index-creation

--! Included functions/signing-in/keeps_accounts.sql
create or replace function app_private.keeps_accounts() returns boolean
language sql stable security definer set search_path = '' as $$
  select has_table_privilege('auth.users', 'insert')
$$;
comment on function app_private.keeps_accounts() is
  'Whether this database keeps the accounts: false where auth.users belongs to another issuer.';
revoke all on function app_private.keeps_accounts() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/keeps_accounts.sql

--! Included functions/signing-in/require_own_accounts.sql
create or replace function app_private.require_own_accounts() returns void
language plpgsql stable set search_path = '' as $$
begin
  if not app_private.keeps_accounts() then
    raise exception 'Another service manages the accounts here. Sign in there.' using errcode = 'OB091';
  end if;
end
$$;
comment on function app_private.require_own_accounts() is
  'Raises OB091 where another issuer keeps the accounts.';
revoke all on function app_private.require_own_accounts() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/require_own_accounts.sql

create type app_private.session_start as (
  token_hash bytea,
  device jsonb,
  address inet,
  user_agent text
);
comment on type app_private.session_start is
  'The start of a session: SHA-256 of its first refresh token, and the device and address of the sign-in.';

create type app_private.signed_in as (
  refusal text,
  user_id uuid,
  session_id uuid,
  is_new boolean,
  access_seconds integer,
  refresh_seconds integer
);
comment on type app_private.signed_in is
  'The result of a sign-in: either the code of its refusal, or the user and session, whether the profile was just created, and for how many seconds the two tokens are valid.';

--! Included functions/signing-in/refused.sql
create or replace function app_private.refused(p_code text) returns app_private.signed_in
language sql immutable set search_path = '' as $$
  select row(p_code, null, null, null, null, null)::app_private.signed_in
$$;
comment on function app_private.refused(text) is 'A refused sign-in, with the error code.';
revoke all on function app_private.refused(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/refused.sql

--! Included functions/signing-in/admitted.sql
create or replace function app_private.admitted(
  p_user_id uuid, p_session_id uuid, p_is_new boolean, p_refresh_seconds integer
) returns app_private.signed_in
language sql stable security definer set search_path = '' as $$
  select row(
    null, p_user_id, p_session_id, p_is_new,
    app_private.setting('signin.access_token_minutes')::integer * 60,
    p_refresh_seconds
  )::app_private.signed_in
$$;
comment on function app_private.admitted(uuid, uuid, boolean, integer) is
  'A successful sign-in, with the seconds for which the tokens are valid.';
revoke all on function app_private.admitted(uuid, uuid, boolean, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/admitted.sql

--! Included functions/signing-in/refresh_seconds.sql
create or replace function app_private.refresh_seconds() returns integer
language sql stable security definer set search_path = '' as $$
  select app_private.setting('signin.refresh_token_days')::integer * 86400
$$;
comment on function app_private.refresh_seconds() is 'Seconds for which a refresh token is valid.';
revoke all on function app_private.refresh_seconds() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/refresh_seconds.sql

--! Included functions/signing-in/start_session.sql
-- The session ends with its newest refresh token; each refresh extends it.
create or replace function app_private.start_session(
  p_user_id uuid, p_start app_private.session_start, p_valid_seconds integer
) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_ends_at timestamptz := now() + p_valid_seconds * interval '1 second';
  v_session_id uuid;
begin
  insert into public.user_sessions (user_id, device_info, ip_address, user_agent, expires_at)
  values (p_user_id, p_start.device, p_start.address, left(p_start.user_agent, 500), v_ends_at)
  returning id into v_session_id;
  insert into app_private.refresh_tokens (token_hash, session_id, expires_at)
  values (p_start.token_hash, v_session_id, v_ends_at);
  update auth.users set last_sign_in_at = now() where id = p_user_id;
  return v_session_id;
end
$$;
comment on function app_private.start_session(uuid, app_private.session_start, integer) is
  'Opens a session with its first refresh token, valid for p_valid_seconds.';
revoke all on function app_private.start_session(uuid, app_private.session_start, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/start_session.sql

--! Included functions/signing-in/refresh_session.sql
create or replace function app_private.refresh_session(
  p_token_hash bytea, p_new_token_hash bytea, p_address inet
) returns app_private.signed_in
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_seconds integer := app_private.refresh_seconds();
  v_ends_at timestamptz := now() + v_seconds * interval '1 second';
  v_token app_private.refresh_tokens;
  v_session public.user_sessions;
begin
  -- A second use of the same token waits here and then finds it used.
  select * into v_token from app_private.refresh_tokens t where t.token_hash = p_token_hash for update;
  if not found then
    return app_private.refused('OB087');
  end if;
  if v_token.spent_at is not null then
    -- Two clients have had it, and it is not known which of them is the thief.
    update public.user_sessions s set status = 'terminated'
    where s.id = v_token.session_id and s.status = 'active';
    return app_private.refused('OB088');
  end if;
  if v_token.expires_at <= now() then
    return app_private.refused('OB087');
  end if;
  select * into v_session from public.user_sessions s where s.id = v_token.session_id for update;
  if v_session.status <> 'active' then
    return app_private.refused('OB007');
  end if;
  if not app_private.is_account_active(v_session.user_id) then
    return app_private.refused('OB006');
  end if;

  update app_private.refresh_tokens t set spent_at = now() where t.token_hash = p_token_hash;
  insert into app_private.refresh_tokens (token_hash, session_id, expires_at)
  values (p_new_token_hash, v_session.id, v_ends_at);
  update public.user_sessions s
  set expires_at = v_ends_at, last_activity_at = now(), ip_address = coalesce(p_address, s.ip_address)
  where s.id = v_session.id;
  return app_private.admitted(v_session.user_id, v_session.id, false, v_seconds);
end
$$;
comment on function app_private.refresh_session(bytea, bytea, inet) is
  'Uses up a refresh token and replaces it. Refuses with OB006 (account suspended or closed), OB007 (session ended), OB087 (no such token, or expired), OB088 (already used: the whole session ends).';
revoke all on function app_private.refresh_session(bytea, bytea, inet) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.refresh_session(bytea, bytea, inet) to ombaro_api;
--! EndIncluded functions/signing-in/refresh_session.sql

--! Included functions/signing-in/sign_out.sql
create or replace function app_private.sign_out(p_token_hash bytea) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_session_id uuid;
begin
  select t.session_id into v_session_id from app_private.refresh_tokens t where t.token_hash = p_token_hash;
  if not found then
    return 'OB087';
  end if;
  update public.user_sessions s set status = 'terminated'
  where s.id = v_session_id and s.status = 'active';
  return null;
end
$$;
comment on function app_private.sign_out(bytea) is
  'Ends the session of a refresh token, used or not; an ended session stays ended. Refuses with OB087 (no such token).';
revoke all on function app_private.sign_out(bytea) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.sign_out(bytea) to ombaro_api;
--! EndIncluded functions/signing-in/sign_out.sql

--! Included functions/signing-in/is_account_active.sql
create or replace function app_private.is_account_active(p_user_id uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from public.user_profiles p where p.id = p_user_id and p.status = 'active'
  )
$$;
comment on function app_private.is_account_active(uuid) is
  'Whether a user''s account is active.';
revoke all on function app_private.is_account_active(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/is_account_active.sql

--! Included functions/signing-in/touch_sessions.sql
create or replace function app_private.touch_sessions(p_session_ids uuid[]) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  update public.user_sessions s set last_activity_at = now()
  where s.id in (
    -- A session that is being ended or refreshed at this moment needs no mark.
    select a.id from public.user_sessions a
    where a.id = any (p_session_ids) and a.status = 'active'
      and a.last_activity_at < now() - interval '30 seconds'
    for update skip locked
  );
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function app_private.touch_sessions(uuid[]) is
  'Marks many sessions as used now. API processes call it from time to time and not at every request. Returns how many.';
revoke all on function app_private.touch_sessions(uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.touch_sessions(uuid[]) to ombaro_api;
--! EndIncluded functions/signing-in/touch_sessions.sql

--! Included functions/signing-in/forget_sign_ins.sql
create or replace function app_private.forget_sign_ins() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
  v_sum integer := app_private.expire_otp_codes();
begin
  update public.user_sessions s set status = 'expired'
  where s.status = 'active' and s.expires_at <= now();
  get diagnostics v_count = row_count;
  v_sum := v_sum + v_count;
  -- A used token is kept until it would have expired: until then its reuse indicates theft.
  delete from app_private.refresh_tokens t where t.expires_at < now() - interval '1 day';
  get diagnostics v_count = row_count;
  v_sum := v_sum + v_count;
  delete from app_private.social_sign_ins a where a.expires_at < now();
  get diagnostics v_count = row_count;
  v_sum := v_sum + v_count;
  delete from app_private.social_proofs p where p.expires_at < now();
  get diagnostics v_count = row_count;
  v_sum := v_sum + v_count;
  delete from app_private.sign_in_requests r
  where r.recent[cardinality(r.recent)] < now() - interval '1 minute';
  get diagnostics v_count = row_count;
  return v_sum + v_count;
end
$$;
comment on function app_private.forget_sign_ins() is
  'Marks sessions that have expired, and deletes codes, tokens and counts that are no longer needed. Returns how many rows. Called by a job.';
revoke all on function app_private.forget_sign_ins() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.forget_sign_ins() to ombaro_worker;
--! EndIncluded functions/signing-in/forget_sign_ins.sql

-- Expired tokens.
create index refresh_tokens_expires_at_idx on app_private.refresh_tokens (expires_at);
-- Expired sessions.
create index user_sessions_expires_at_idx on public.user_sessions (expires_at) where status = 'active';

/*
 * Websockets stay open across requests: their processes are notified when to check access again.
 */
--! Included functions/signing-in/tg_user_profiles__publish_event.sql
create or replace function app_private.tg_user_profiles__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_event(
    array['user:' || new.id], 'account.' || new.status, new.id, '{"changed": ["status"]}');
  return null;
end
$$;
comment on function app_private.tg_user_profiles__publish_event() is
  'Records account.<new status> for live subscribers: open websockets of a suspended user are closed by it.';
revoke all on function app_private.tg_user_profiles__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/tg_user_profiles__publish_event.sql
create trigger _900_publish_event after update of status on public.user_profiles
  for each row when (old.status <> new.status)
  execute function app_private.tg_user_profiles__publish_event();

--! Included functions/signing-in/tg_user_sessions__publish_event.sql
create or replace function app_private.tg_user_sessions__publish_event() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.emit_event(
    array['user:' || new.user_id], 'session.' || new.status, new.id, '{"changed": ["status"]}');
  return null;
end
$$;
comment on function app_private.tg_user_sessions__publish_event() is
  'Records session.<new status> for live subscribers: open websockets of an ended session are closed by it.';
revoke all on function app_private.tg_user_sessions__publish_event() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/tg_user_sessions__publish_event.sql
create trigger _900_publish_event after update of status on public.user_sessions
  for each row when (old.status <> new.status)
  execute function app_private.tg_user_sessions__publish_event();

--! Included functions/signing-in/my_sessions.sql
create or replace function public.my_sessions() returns setof public.user_sessions
language sql stable set search_path = '' as $$
  select s.* from public.user_sessions s
  where s.user_id = (select auth.uid()) and s.status = 'active' and s.expires_at > now()
  order by s.last_activity_at desc, s.id
$$;
comment on function public.my_sessions() is
  'Sessions of the signed-in user, with device, network address and last activity; the last used first.';
revoke all on function public.my_sessions() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.my_sessions() to authenticated, staff;
--! EndIncluded functions/signing-in/my_sessions.sql

--! Included functions/signing-in/user_sessions_is_current.sql
create or replace function public.user_sessions_is_current(session public.user_sessions) returns boolean
language sql stable set search_path = '' as $$
  select session.id = ((select auth.jwt()) ->> 'session_id')::uuid is true
$$;
comment on function public.user_sessions_is_current(public.user_sessions) is
  'Whether the current request uses this session.';
revoke all on function public.user_sessions_is_current(public.user_sessions) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.user_sessions_is_current(public.user_sessions) to authenticated, staff;
--! EndIncluded functions/signing-in/user_sessions_is_current.sql

--! Included functions/signing-in/end_session.sql
create or replace function public.end_session(session_id uuid) returns public.user_sessions
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_session public.user_sessions;
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  select * into v_session from public.user_sessions s
  where s.id = end_session.session_id and s.user_id = (select auth.uid())
  for update;
  if not found then
    raise exception 'You have no session with this id. Check the id.' using errcode = 'OB003';
  end if;
  if v_session.status = 'active' then
    update public.user_sessions s set status = 'terminated' where s.id = v_session.id
    returning * into v_session;
  end if;
  return v_session;
end
$$;
comment on function public.end_session(uuid) is
  'Ends one of your own sessions at once. A session that has already ended stays as it is. Raises OB001, OB003.';
revoke all on function public.end_session(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.end_session(uuid) to authenticated, staff;
--! EndIncluded functions/signing-in/end_session.sql

--! Included functions/signing-in/end_other_sessions.sql
create or replace function public.end_other_sessions() returns setof public.user_sessions
language plpgsql volatile security definer set search_path = '' as $$
begin
  if (select auth.uid()) is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  return query
    update public.user_sessions s set status = 'terminated'
    where s.user_id = (select auth.uid()) and s.status = 'active'
      and s.id is distinct from ((select auth.jwt()) ->> 'session_id')::uuid
    returning s.*;
end
$$;
comment on function public.end_other_sessions() is
  'Ends all of your own sessions except the current one, and returns those that it ended. Raises OB001.';
revoke all on function public.end_other_sessions() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.end_other_sessions() to authenticated, staff;
--! EndIncluded functions/signing-in/end_other_sessions.sql

--! split: 020-accounts.sql
-- From a verified address to an account. A number or an address that is verified by a code, or by a provider
-- that has verified it, identifies the user of its account; no other account can have it then.

--! Included functions/signing-in/lock_account.sql
create or replace function app_private.lock_account(p_mobile text, p_email text) returns void
language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('account ' || coalesce(p_mobile, p_email), 0))
  where coalesce(p_mobile, p_email) is not null
$$;
comment on function app_private.lock_account(text, text) is
  'Waits until no other transaction verifies this number or address: the second finds the account that the first has created.';
revoke all on function app_private.lock_account(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/lock_account.sql

--! Included functions/signing-in/account_by.sql
create or replace function app_private.account_by(
  p_mobile text, p_email text, p_name text, p_as text, out user_id uuid, out is_new boolean
)
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.lock_account(p_mobile, p_email);
  if p_mobile is not null then
    select u.id into user_id from auth.users u where u.phone = p_mobile;
    if not found then
      -- Verified with another issuer, or before the move here.
      update auth.users u set phone = p_mobile, updated_at = now()
      where u.id = (select p.id from public.user_profiles p where p.mobile = p_mobile and p.mobile_verified)
      returning u.id into user_id;
    end if;
  elsif p_email is not null then
    select u.id into user_id from auth.users u where u.email = p_email;
  end if;
  if user_id is null then
    insert into auth.users (phone, email) values (p_mobile, p_email) returning id into user_id;
  end if;
  is_new := app_private.complete_account(user_id, p_mobile, p_email, p_name, p_as);
end
$$;
comment on function app_private.account_by(text, text, text, text) is
  'The account of the user who has verified this mobile number or e-mail address, created where there is none, with everything that p_as needs: customer, vendor, staff (nothing), or null for what the user already is.';
revoke all on function app_private.account_by(text, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/account_by.sql

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
  if p_as = 'customer' or (v_is_new and p_as is null) then
    -- People who work here book with another account.
    insert into public.customers (id) select p_user_id where not app_private.is_staff(p_user_id)
    on conflict do nothing;
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
  'Gives an account the profile, the verified number and what the user signs up as: a customers row, or the quick sign-up of a vendor. Returns whether the profile is new.';
revoke all on function app_private.complete_account(uuid, text, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/complete_account.sql

--! Included functions/signing-in/begin_quick_signup.sql
create or replace function app_private.begin_quick_signup(p_user_id uuid, p_mobile text) returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.quick_signup_profiles as q (user_id, mobile, mobile_verified)
  select p_user_id, p_mobile, true where not app_private.is_staff(p_user_id)
  on conflict (user_id) do update set mobile = excluded.mobile, mobile_verified = true
  where (q.mobile, q.mobile_verified) <> (excluded.mobile, true)
$$;
comment on function app_private.begin_quick_signup(uuid, text) is
  'Begins a user''s quick sign-up as a vendor with a verified number, or records the number in the existing one.';
revoke all on function app_private.begin_quick_signup(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/begin_quick_signup.sql

--! Included functions/signing-in/signed_in_account.sql
create or replace function app_private.signed_in_account(
  p_user_id uuid, p_is_new boolean, p_start app_private.session_start, p_valid_seconds integer
) returns app_private.signed_in
language plpgsql volatile security definer set search_path = '' as $$
begin
  if not app_private.is_account_active(p_user_id) then
    return app_private.refused('OB006');
  end if;
  return app_private.admitted(
    p_user_id, app_private.start_session(p_user_id, p_start, p_valid_seconds), p_is_new, p_valid_seconds);
end
$$;
comment on function app_private.signed_in_account(uuid, boolean, app_private.session_start, integer) is
  'Opens a session for a verified user. Refuses with OB006 (account suspended or closed).';
revoke all on function app_private.signed_in_account(uuid, boolean, app_private.session_start, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/signed_in_account.sql

--! split: 030-codes.sql
-- One-time codes to a mobile number or an e-mail address.
--
-- Sending does not check whether an account exists: the answer for known and unknown is the same because the
-- work is the same. Sends and attempts for one address happen one after another, behind one lock, and each attempt is
-- counted before the code is compared. A code is tried with the challenge that only its requester was told: a stranger
-- who asks for codes to a number, or tries some, uses up none of what its owner asked for.

create type app_private.code_sending as (
  retry_seconds integer,
  valid_seconds integer,
  resend_seconds integer,
  challenge uuid
);
comment on type app_private.code_sending is
  'Whether a code can be sent: the seconds to wait, null when it can be sent now; for how many seconds it is valid; after how many seconds another can be sent; and the challenge with which it is tried.';

--! Included functions/signing-in/lock_codes.sql
create or replace function app_private.lock_codes(p_mobile text, p_email text) returns void
language sql volatile set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended('code ' || coalesce(p_mobile, p_email), 0))
$$;
comment on function app_private.lock_codes(text, text) is
  'Waits until no other transaction sends or tries a code for this number or address.';
revoke all on function app_private.lock_codes(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/lock_codes.sql

--! Included functions/signing-in/send_code.sql
create or replace function app_private.send_code(p_mobile text, p_email text, p_code_hash bytea, p_requester cidr)
returns app_private.code_sending
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_valid integer := app_private.setting('signin.otp_minutes')::integer * 60;
  v_pause integer := app_private.setting('signin.otp_resend_seconds')::integer;
  v_an_hour integer := app_private.setting('signin.otp_sends_an_hour')::integer;
  v_a_day integer := app_private.setting('signin.otp_sends_a_day')::integer;
  v_challenge uuid := gen_random_uuid();
  v_now timestamptz;
  v_free_at timestamptz;
begin
  perform app_private.require_own_accounts();
  perform app_private.lock_codes(p_mobile, p_email);
  v_now := clock_timestamp();
  -- Some of the day's codes are left for those who have signed in from this network before.
  if not exists (
    select from auth.users u
    join public.user_sessions s on s.user_id = u.id
    where (u.phone = p_mobile or u.email = p_email) and s.ip_address <<= p_requester
  ) then
    v_a_day := greatest(1, v_a_day - app_private.setting('signin.otp_sends_reserved')::integer);
  end if;
  -- After the pause since this requester's last one; at the hourly limit when the oldest one that counts is an hour
  -- old, and at the daily limit, which is that of all requesters, when it is a day old.
  select greatest(
    max(c.created_at) filter (where c.is_own) + v_pause * interval '1 second',
    max(c.created_at) filter (where c.is_own and c.own_place = v_an_hour) + interval '1 hour',
    max(c.created_at) filter (where c.place = v_a_day) + interval '1 day'
  ) into v_free_at
  from (
    select s.created_at, s.requester is not distinct from p_requester as is_own,
      row_number() over (order by s.created_at desc) as place,
      row_number() over (partition by s.requester is not distinct from p_requester order by s.created_at desc) as own_place
    from public.vendor_otp_codes s
    where (s.mobile = p_mobile or s.email = p_email)
      -- Later ones are of before the clock was set back.
      and s.created_at <= v_now and s.created_at > v_now - interval '1 day'
  ) c;
  if v_free_at > v_now then
    return row(ceil(extract(epoch from v_free_at - v_now)), v_valid, v_pause, null)::app_private.code_sending;
  end if;
  insert into public.vendor_otp_codes (id, mobile, email, code_hash, requester, created_at, expires_at)
  values (v_challenge, p_mobile, p_email, p_code_hash, p_requester, v_now, v_now + v_valid * interval '1 second');
  return row(null, v_valid, v_pause, v_challenge)::app_private.code_sending;
end
$$;
comment on function app_private.send_code(text, text, bytea, cidr) is
  'Records a code that is to be sent to a number or an address, as HMAC-SHA-256 of both under a key that is not in the database, and returns the challenge with which it is tried; or how long to wait: by requester and number, and for the number in all. Raises OB091 (another issuer keeps the accounts).';
revoke all on function app_private.send_code(text, text, bytea, cidr) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.send_code(text, text, bytea, cidr) to ombaro_api;
--! EndIncluded functions/signing-in/send_code.sql

--! Included functions/signing-in/try_code.sql
create or replace function app_private.try_code(p_mobile text, p_email text, p_code_hash bytea, p_challenge uuid) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_most integer := app_private.setting('signin.otp_attempts')::integer;
  v_code public.vendor_otp_codes;
begin
  perform app_private.lock_codes(p_mobile, p_email);
  select * into v_code from public.vendor_otp_codes c
  where c.id = p_challenge and (c.mobile = p_mobile or c.email = p_email)
    -- A later one is of before the clock was set back.
    and c.created_at <= clock_timestamp();
  if not found or v_code.is_verified or v_code.expires_at <= clock_timestamp() then
    return 'OB085';
  end if;
  if v_code.attempt_count >= v_most then
    return 'OB086';
  end if;
  update public.vendor_otp_codes c set
    attempt_count = c.attempt_count + 1,
    is_verified = v_code.code_hash = p_code_hash,
    verified_at = case when v_code.code_hash = p_code_hash then now() end
  where c.id = v_code.id;
  return case when v_code.code_hash = p_code_hash then null else 'OB085' end;
end
$$;
comment on function app_private.try_code(text, text, bytea, uuid) is
  'Tries the code of a challenge once and uses it up when it is right: null then, otherwise OB085 (wrong, used, expired or never sent) or OB086 (too many attempts).';
revoke all on function app_private.try_code(text, text, bytea, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/try_code.sql

--! Included functions/signing-in/sign_in_with_code.sql
create or replace function app_private.sign_in_with_code(
  p_mobile text, p_email text, p_code_hash bytea, p_challenge uuid, p_as text, p_start app_private.session_start
) returns app_private.signed_in
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_refusal text;
  v_account record;
begin
  perform app_private.require_own_accounts();
  v_refusal := app_private.try_code(p_mobile, p_email, p_code_hash, p_challenge);
  if v_refusal is not null then
    return app_private.refused(v_refusal);
  end if;
  v_account := app_private.account_by(p_mobile, p_email, null, p_as);
  return app_private.signed_in_account(
    v_account.user_id, v_account.is_new, p_start, app_private.refresh_seconds());
end
$$;
comment on function app_private.sign_in_with_code(text, text, bytea, uuid, text, app_private.session_start) is
  'Signs in a user with the code that was sent, and creates the account of a new user, as a customer unless p_as says vendor. Refuses with OB006 (account suspended or closed), OB085, OB086 (see try_code). Raises OB091.';
revoke all on function app_private.sign_in_with_code(text, text, bytea, uuid, text, app_private.session_start) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.sign_in_with_code(text, text, bytea, uuid, text, app_private.session_start) to ombaro_api;
--! EndIncluded functions/signing-in/sign_in_with_code.sql

--! Included functions/signing-in/link_with_code.sql
create or replace function app_private.link_with_code(
  p_claims jsonb, p_mobile text, p_email text, p_code_hash bytea, p_challenge uuid, p_as text
) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user_id uuid := (p_claims ->> 'sub')::uuid;
  v_refusal text;
begin
  perform app_private.require_own_accounts();
  perform app_private.enter_request(p_claims);
  v_refusal := app_private.try_code(p_mobile, p_email, p_code_hash, p_challenge);
  if v_refusal is not null then
    return v_refusal;
  end if;
  perform app_private.lock_account(p_mobile, p_email);
  if exists (
    select from auth.users u where u.id <> v_user_id and (u.phone = p_mobile or u.email = p_email)
  ) or exists (
    select from public.user_profiles p where p.id <> v_user_id and p.mobile = p_mobile and p.mobile_verified
  ) then
    return 'OB089';
  end if;
  update auth.users u
  set phone = coalesce(p_mobile, u.phone), email = coalesce(p_email, u.email), updated_at = now()
  where u.id = v_user_id;
  update public.user_profiles p set email = p_email where p.id = v_user_id and p_email is not null;
  perform app_private.complete_account(v_user_id, p_mobile, p_email, null, p_as);
  return null;
end
$$;
comment on function app_private.link_with_code(jsonb, text, text, bytea, uuid, text) is
  'Links the number or address to which the code was sent to the signed-in user of these claims, who can sign in with it from now on. Refuses with OB085, OB086 (see try_code), OB089 (it belongs to another account). Raises OB004, OB006, OB007, OB008 (see enter_request), OB091.';
revoke all on function app_private.link_with_code(jsonb, text, text, bytea, uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.link_with_code(jsonb, text, text, bytea, uuid, text) to ombaro_api;
--! EndIncluded functions/signing-in/link_with_code.sql

--! split: 040-social.sql
-- Signing in with Google or Facebook, by the identity that they confirm.
--
-- A provider's account is linked to one here in only two ways: the provider has verified its e-mail address,
-- or a user who is signed in here proves to own it.

create type app_private.social_account as (
  provider text,
  provider_user_id text,
  email text,
  email_verified boolean,
  name text,
  picture text
);
comment on type app_private.social_account is
  'What a provider reports about an account; whether the e-mail address is verified is null where the provider does not say.';

create table app_private.social_sign_ins (
  state_hash bytea primary key constraint social_sign_ins_hash_length check (length(state_hash) = 32),
  provider text not null references enums.social_provider,
  nonce text not null,
  code_verifier text not null,
  redirect_to text,
  purpose text not null constraint social_sign_ins_purpose check (purpose in ('sign_in', 'link')),
  sign_up_as text constraint social_sign_ins_sign_up_as check (sign_up_as in ('customer', 'vendor')),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '10 minutes'
);
alter table app_private.social_sign_ins enable row level security;
create index social_sign_ins_expires_at_idx on app_private.social_sign_ins (expires_at);
create index social_sign_ins_provider_idx on app_private.social_sign_ins (provider);
comment on table app_private.social_sign_ins is
  'Users who were sent to a provider and have not come back yet. The row is removed when they come back, so that it works once.';
comment on column app_private.social_sign_ins.state_hash is 'SHA-256 of the state parameter.';
comment on column app_private.social_sign_ins.provider is 'Provider to which the user was sent.';
comment on column app_private.social_sign_ins.nonce is 'Nonce that the provider''s token must contain.';
comment on column app_private.social_sign_ins.code_verifier is 'PKCE verifier: proves to the provider that the same client fetches the token.';
comment on column app_private.social_sign_ins.redirect_to is
  'Where the user goes afterwards, one of the listed addresses; null when the answer is shown as it is.';
comment on column app_private.social_sign_ins.purpose is 'Whether to sign in, or to link the account to the signed-in user.';
comment on column app_private.social_sign_ins.sign_up_as is
  'What a new user signs up as; null for customer.';
comment on column app_private.social_sign_ins.created_at is 'When the user was sent there.';
comment on column app_private.social_sign_ins.expires_at is 'Until when the user can come back.';

create table app_private.social_proofs (
  proof_hash bytea primary key constraint social_proofs_hash_length check (length(proof_hash) = 32),
  account app_private.social_account not null,
  expires_at timestamptz not null default now() + interval '1 minute'
);
alter table app_private.social_proofs enable row level security;
create index social_proofs_expires_at_idx on app_private.social_proofs (expires_at);
comment on table app_private.social_proofs is
  'Accounts at providers that users have proved to own in order to link them, for the minute in which their app must name the account here.';
comment on column app_private.social_proofs.proof_hash is 'SHA-256 of the proof that the app received.';
comment on column app_private.social_proofs.account is 'What the provider reported.';
comment on column app_private.social_proofs.expires_at is 'Until when the account can be linked.';

--! Included functions/signing-in/begin_social_sign_in.sql
create or replace function app_private.begin_social_sign_in(
  p_state_hash bytea, p_provider text, p_nonce text, p_code_verifier text, p_redirect_to text,
  p_purpose text, p_sign_up_as text
) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.require_own_accounts();
  insert into app_private.social_sign_ins
    (state_hash, provider, nonce, code_verifier, redirect_to, purpose, sign_up_as)
  values (p_state_hash, p_provider, p_nonce, p_code_verifier, p_redirect_to, p_purpose, p_sign_up_as);
end
$$;
comment on function app_private.begin_social_sign_in(bytea, text, text, text, text, text, text) is
  'Records that a user is sent to a provider, for ten minutes. Raises OB091 (another issuer keeps the accounts).';
revoke all on function app_private.begin_social_sign_in(bytea, text, text, text, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.begin_social_sign_in(bytea, text, text, text, text, text, text) to ombaro_api;
--! EndIncluded functions/signing-in/begin_social_sign_in.sql

--! Included functions/signing-in/take_social_sign_in.sql
create or replace function app_private.take_social_sign_in(p_state_hash bytea, p_provider text)
returns setof app_private.social_sign_ins
language sql volatile security definer set search_path = '' as $$
  delete from app_private.social_sign_ins a
  where a.state_hash = p_state_hash and a.provider = p_provider and a.expires_at > now()
  returning a.*
$$;
comment on function app_private.take_social_sign_in(bytea, text) is
  'The sign-in of a user who comes back from a provider with this state: one row once, none for a state that is unknown, used or too old.';
revoke all on function app_private.take_social_sign_in(bytea, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.take_social_sign_in(bytea, text) to ombaro_api;
--! EndIncluded functions/signing-in/take_social_sign_in.sql

--! Included functions/signing-in/email_or_null.sql
create or replace function app_private.email_or_null(p_email text) returns public.email_address
language plpgsql immutable set search_path = '' as $$
declare
  v_email public.email_address;
begin
  -- Into a variable: the returned value is checked after the block, where no handler catches it.
  v_email := lower(p_email);
  return v_email;
exception when check_violation then
  return null;
end
$$;
comment on function app_private.email_or_null(text) is
  'An address in lower case; null for one that is not valid by our rules.';
revoke all on function app_private.email_or_null(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/email_or_null.sql

--! Included functions/signing-in/remember_social_account.sql
create or replace function app_private.remember_social_account(p_user_id uuid, p_account app_private.social_account)
returns void
language sql volatile security definer set search_path = '' as $$
  insert into public.vendor_social_auth (user_id, provider, provider_user_id, provider_email,
    provider_email_verified, provider_name, provider_picture)
  values (p_user_id, p_account.provider, p_account.provider_user_id,
    app_private.email_or_null(p_account.email), p_account.email_verified is true,
    left(p_account.name, 200), p_account.picture)
  on conflict (provider, provider_user_id) do update set
    provider_email = excluded.provider_email,
    provider_email_verified = excluded.provider_email_verified,
    provider_name = excluded.provider_name,
    provider_picture = excluded.provider_picture
$$;
comment on function app_private.remember_social_account(uuid, app_private.social_account) is
  'Links a provider''s account to a user, or updates what the provider reports about it.';
revoke all on function app_private.remember_social_account(uuid, app_private.social_account) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/signing-in/remember_social_account.sql

--! Included functions/signing-in/sign_in_with_provider.sql
create or replace function app_private.sign_in_with_provider(
  p_account app_private.social_account, p_as text, p_start app_private.session_start, p_first_seconds integer
) returns app_private.signed_in
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_email text := app_private.email_or_null(p_account.email);
  -- An unverified address finds no account, and gives none its name.
  v_verified text := case when p_account.email_verified then v_email end;
  v_account record;
  v_user_id uuid;
  v_is_new boolean;
begin
  perform app_private.require_own_accounts();
  perform pg_advisory_xact_lock(hashtextextended(
    'social ' || p_account.provider || ' ' || p_account.provider_user_id, 0));
  select l.user_id into v_user_id from public.vendor_social_auth l
  where l.provider = p_account.provider and l.provider_user_id = p_account.provider_user_id;
  if found then
    v_is_new := app_private.complete_account(v_user_id, null, null, p_account.name, p_as);
  else
    if v_email is not null and p_account.email_verified = false then
      return app_private.refused('OB096');
    end if;
    perform app_private.lock_account(null, v_verified);
    perform from public.user_profiles p
    where p.id = (select u.id from auth.users u where u.email = v_verified)
    for no key update;
    if exists (
      select from auth.users u join public.vendor_social_auth l on l.user_id = u.id
      where u.email = v_verified and l.provider = p_account.provider
    ) then
      return app_private.refused('OB089');
    end if;
    v_account := app_private.account_by(null, v_verified, p_account.name, p_as);
    v_user_id := v_account.user_id;
    v_is_new := v_account.is_new;
    update public.user_profiles p
    set signup_method = 'social', social_provider = p_account.provider, email = coalesce(p.email, v_email)
    where v_is_new and p.id = v_user_id;
  end if;
  if not app_private.is_account_active(v_user_id) then
    return app_private.refused('OB006');
  end if;
  perform app_private.remember_social_account(v_user_id, p_account);
  return app_private.signed_in_account(v_user_id, v_is_new, p_start, p_first_seconds);
end
$$;
comment on function app_private.sign_in_with_provider(
  app_private.social_account, text, app_private.session_start, integer) is
  'Signs in the user of a provider''s account: the one that is linked to it, otherwise the one with its verified e-mail address, otherwise a new user. The first refresh token is valid for p_first_seconds. Refuses with OB006 (account suspended or closed), OB089 (the user has another account there), OB096 (the provider has not verified the address). Raises OB091.';
revoke all on function app_private.sign_in_with_provider( app_private.social_account, text, app_private.session_start, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.sign_in_with_provider( app_private.social_account, text, app_private.session_start, integer) to ombaro_api;
--! EndIncluded functions/signing-in/sign_in_with_provider.sql

--! Included functions/signing-in/prove_social_account.sql
create or replace function app_private.prove_social_account(p_proof_hash bytea, p_account app_private.social_account)
returns void
language sql volatile security definer set search_path = '' as $$
  insert into app_private.social_proofs (proof_hash, account) values (p_proof_hash, p_account)
$$;
comment on function app_private.prove_social_account(bytea, app_private.social_account) is
  'Records for a minute that the holder of this proof owns an account at a provider.';
revoke all on function app_private.prove_social_account(bytea, app_private.social_account) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.prove_social_account(bytea, app_private.social_account) to ombaro_api;
--! EndIncluded functions/signing-in/prove_social_account.sql

--! Included functions/signing-in/link_social_account.sql
create or replace function app_private.link_social_account(p_claims jsonb, p_proof_hash bytea) returns text
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_user_id uuid := (p_claims ->> 'sub')::uuid;
  v_account app_private.social_account;
begin
  perform app_private.require_own_accounts();
  perform app_private.enter_request(p_claims);
  delete from app_private.social_proofs p
  where p.proof_hash = p_proof_hash and p.expires_at > now()
  returning (p.account).* into v_account;
  if not found then
    return 'OB098';
  end if;
  perform pg_advisory_xact_lock(hashtextextended(
    'social ' || v_account.provider || ' ' || v_account.provider_user_id, 0));
  perform from public.user_profiles p where p.id = v_user_id for no key update;
  if exists (
    select from public.vendor_social_auth l
    where l.provider = v_account.provider
      and (l.provider_user_id = v_account.provider_user_id or l.user_id = v_user_id)
      and (l.provider_user_id, l.user_id) <> (v_account.provider_user_id, v_user_id)
  ) then
    return 'OB089';
  end if;
  perform app_private.remember_social_account(v_user_id, v_account);
  return null;
end
$$;
comment on function app_private.link_social_account(jsonb, bytea) is
  'Links the proven account at a provider to the signed-in user of these claims. Refuses with OB089 (it is linked to another account, or the user has another one there), OB098 (no such proof, or too old). Raises OB004, OB006, OB007, OB008 (see enter_request), OB091.';
revoke all on function app_private.link_social_account(jsonb, bytea) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.link_social_account(jsonb, bytea) to ombaro_api;
--! EndIncluded functions/signing-in/link_social_account.sql

--! split: 045-administrators.sql
-- Administrators, on the word of the holder of the owner's connection: the first one of an empty database,
-- and one who has lost access. No one else may call these functions. What they change is audited as the
-- operator's.

--! Included functions/identity/proven_contacts.sql
create or replace function app_private.proven_contacts(p_user_id uuid, out mobile text, out email text)
language plpgsql stable security definer set search_path = '' as $$
begin
  if app_private.keeps_accounts() then
    select u.phone, u.email into mobile, email from auth.users u where u.id = p_user_id;
  end if;
  -- Verified with another issuer, or before the move here.
  mobile := coalesce(mobile, (
    select p.mobile from public.user_profiles p where p.id = p_user_id and p.mobile_verified));
end
$$;
comment on function app_private.proven_contacts(uuid) is
  'Mobile number and e-mail address that a user has verified, by our own records; null where there is none. An address that the user only wrote into the profile is not verified. Addresses that another issuer verified are not recorded here.';
revoke all on function app_private.proven_contacts(uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/proven_contacts.sql

--! Included functions/identity/administrators.sql
create or replace function app_private.administrators() returns table (
  id uuid, name text, role text, is_active boolean, account_status text, mobile text, email text,
  since timestamptz, last_session_at timestamptz
)
language sql stable security definer set search_path = '' as $$
  select p.id, p.name, h.code, h.is_active, p.status, c.mobile, c.email, h.assigned_at,
    (select max(s.last_activity_at) from public.user_sessions s where s.user_id = p.id)
  from (
    select distinct on (ur.user_id) ur.user_id, r.code, ur.assigned_at,
      ur.status = 'active'
        and app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity') as is_active
    from public.user_roles ur join public.roles r on r.id = ur.role_id
    where r.code in ('admin', 'super_admin')
    order by ur.user_id, is_active desc, r.level desc, ur.assigned_at desc
  ) h
  join public.user_profiles p on p.id = h.user_id
  cross join app_private.proven_contacts(p.id) c
  order by h.is_active desc, h.code desc, p.name, p.id
$$;
comment on function app_private.administrators() is
  'All users who hold or held the role admin or super_admin, the highest that counts of each, with the contacts by which they sign in.';
revoke all on function app_private.administrators() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/administrators.sql

--! Included functions/identity/name_operator.sql
create or replace function app_private.name_operator(p_operator text) returns void
language sql volatile set search_path = '' as $$
  select set_config('request.operator', left(concat_ws(', ', session_user, p_operator), 200), true)
$$;
comment on function app_private.name_operator(text) is
  'Who the audit log names for the rest of this transaction: the connected database role and the name of the operator.';
revoke all on function app_private.name_operator(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/name_operator.sql

--! Included functions/identity/give_administration.sql
create or replace function app_private.give_administration(p_user_id uuid, p_role_code text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_role public.roles;
begin
  select * into strict v_role from public.roles r where r.code = p_role_code;
  if v_role.status <> 'active' then
    update public.roles r set status = 'active' where r.id = v_role.id;
  end if;
  insert into public.user_roles as ur (user_id, role_id, department_id)
  values (p_user_id, v_role.id, v_role.department_id)
  on conflict (user_id, role_id) where status = 'active'
  do update set valid_from = least(ur.valid_from, excluded.valid_from), valid_until = null
  where not app_private.today() between ur.valid_from and coalesce(ur.valid_until, 'infinity');
  return found;
end
$$;
comment on function app_private.give_administration(uuid, text) is
  'Gives a role to a user from today without an end. Returns whether that changed anything.';
revoke all on function app_private.give_administration(uuid, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/give_administration.sql

--! Included functions/identity/require_contact.sql
create or replace function app_private.require_contact(p_mobile text, p_email text) returns void
language plpgsql immutable set search_path = '' as $$
declare
  v_mobile public.mobile_number;
  v_email public.email_address;
begin
  if num_nonnulls(p_mobile, p_email) <> 1 then
    raise exception 'Give either a mobile number or an e-mail address, not both.' using errcode = 'OB020';
  end if;
  v_mobile := p_mobile;
  v_email := p_email;
exception when check_violation then
  raise exception '"%" is not a valid %. Write it like %.',
    coalesce(p_mobile, p_email),
    case when p_mobile is null then 'e-mail address' else 'mobile number' end,
    case when p_mobile is null then 'asha@example.com' else '+919876543210' end
    using errcode = 'OB020', column = case when p_mobile is null then 'email' else 'mobile' end;
end
$$;
comment on function app_private.require_contact(text, text) is
  'Refuses anything but exactly one contact in its stored form: E.164, or an address in lower case. Raises OB020.';
revoke all on function app_private.require_contact(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/require_contact.sql

--! Included functions/identity/create_administrator.sql
create or replace function app_private.create_administrator(
  p_user_id uuid, p_mobile text, p_email text, p_name text, p_operator text,
  out user_id uuid, out name text, out is_new_account boolean, out is_new_administrator boolean
)
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_name text := nullif(trim(p_name), '');
  v_known_id uuid := p_user_id;
  v_status text;
begin
  perform app_private.name_operator(p_operator);
  if p_user_id is null then
    perform app_private.require_contact(p_mobile, p_email);
    if v_name is null then
      raise exception 'The administrator''s name is missing. Give a name.' using errcode = 'OB020';
    end if;
    if not app_private.keeps_accounts() then
      raise exception 'Another service manages the accounts here. Let the person sign in there once, then give the id of the account instead of a contact.'
        using errcode = 'OB091';
    end if;
    perform app_private.lock_account(p_mobile, p_email);
    select u.id into v_known_id from auth.users u where u.phone = p_mobile or u.email = p_email;
    if not found then
      select p.id into v_known_id from public.user_profiles p where p.mobile = p_mobile and p.mobile_verified;
    end if;
  end if;
  if p_user_id is not null or exists (select from public.user_profiles p where p.id = v_known_id) then
    select p.name, p.status into name, v_status from public.user_profiles p where p.id = v_known_id for no key update;
    if not found then
      raise exception 'No account has the id %. Let the person sign in once first.', p_user_id
        using errcode = 'OB003';
    end if;
    user_id := v_known_id;
    if exists (
      select from app_private.administrators() a
      where a.id = v_known_id and a.role = 'super_admin' and a.is_active and a.account_status = 'active'
    ) then
      is_new_account := false;
      is_new_administrator := false;
      return;
    end if;
    -- A number with one wrong digit belongs to another person.
    if p_user_id is null and lower(name) <> lower(v_name) then
      raise exception 'The account with this contact belongs to "%". If you mean this person, give this name; otherwise correct the contact.',
        name
        using errcode = 'OB089';
    end if;
    if v_status <> 'active' then
      raise exception 'The account of "%" is %. Restore the account of an administrator with: ombaro admin recover %',
        name, v_status, v_known_id
        using errcode = 'OB006';
    end if;
  end if;
  if p_user_id is null then
    select a.user_id, a.is_new into user_id, is_new_account
    from app_private.account_by(p_mobile, p_email, v_name, 'staff') a;
  end if;
  is_new_account := coalesce(is_new_account, false);
  select p.name into name from public.user_profiles p where p.id = create_administrator.user_id;
  is_new_administrator := app_private.give_administration(user_id, 'super_admin');
end
$$;
comment on function app_private.create_administrator(uuid, text, text, text, text) is
  'Makes a user super admin, on the operator''s word: the account with this id or this contact, which then counts as verified; an account is created where there is none. An existing account must have the given name. Repeating it changes nothing. Raises OB003 (no account with this id), OB006 (account suspended or closed), OB020 (no name, no contact, or an invalid one), OB089 (the contact belongs to a user with another name), OB091 (by contact, where another issuer keeps the accounts).';
revoke all on function app_private.create_administrator(uuid, text, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/create_administrator.sql

--! Included functions/identity/recover_administrator.sql
create or replace function app_private.recover_administrator(
  p_who text, p_mobile text, p_email text, p_operator text,
  out user_id uuid, out name text, out has_new_contact boolean, out restored_role text,
  out is_account_restored boolean
)
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_administrator record;
begin
  perform app_private.name_operator(p_operator);
  has_new_contact := num_nonnulls(p_mobile, p_email) > 0;
  if has_new_contact then
    perform app_private.require_contact(p_mobile, p_email);
    perform app_private.require_own_accounts();
    perform app_private.lock_account(p_mobile, p_email);
  end if;
  select a.* into v_administrator from app_private.administrators() a
  where p_who in (a.id::text, a.mobile, a.email);
  if not found then
    raise exception 'No present or former administrator is known as "%". List them with "ombaro admin list", or create a new one with: ombaro admin create',
      p_who
      using errcode = 'OB003';
  end if;
  user_id := v_administrator.id;
  name := v_administrator.name;

  if has_new_contact then
    if exists (
      select from auth.users u where u.id <> v_administrator.id and (u.phone = p_mobile or u.email = p_email)
    ) or exists (
      select from public.user_profiles p
      where p.id <> v_administrator.id and p.mobile = p_mobile and p.mobile_verified
    ) then
      raise exception 'This contact belongs to another account. Give a contact that only "%" has.', name
        using errcode = 'OB089';
    end if;
    -- The holder of the old telephone, mailbox or social account must not be able to sign in any more.
    update auth.users u set phone = p_mobile, email = p_email, updated_at = now()
    where u.id = v_administrator.id;
    update public.user_profiles p set mobile = null, mobile_verified = false, email = p_email
    where p.id = v_administrator.id
      and (p.mobile, p.email) is distinct from (p_mobile::public.mobile_number, p_email::public.email_address);
    perform app_private.complete_account(v_administrator.id, p_mobile, p_email, null, 'staff');
    delete from public.vendor_social_auth l where l.user_id = v_administrator.id;
    update public.user_sessions s set status = 'terminated'
    where s.user_id = v_administrator.id and s.status = 'active';
  end if;

  update public.user_profiles p set status = 'active' where p.id = v_administrator.id and p.status <> 'active';
  is_account_restored := found;
  if app_private.give_administration(v_administrator.id, v_administrator.role) then
    restored_role := v_administrator.role;
  end if;
end
$$;
comment on function app_private.recover_administrator(text, text, text, text) is
  'Gives access back to a present or former administrator, identified by id or by a contact: reactivates the account, restores the highest of the two roles that the user held, and makes a new contact the only one for signing in, on the operator''s word; all sessions of the user then end. Raises OB003 (no such administrator), OB020 (two contacts, or an invalid one), OB089 (the contact belongs to another account), OB091 (a contact, where another issuer keeps the accounts).';
revoke all on function app_private.recover_administrator(text, text, text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/identity/recover_administrator.sql
-- Only the owner's connection may do this, and no program with the rights of service_role.
revoke execute on function
  app_private.administrators(), app_private.name_operator(text), app_private.give_administration(uuid, text),
  app_private.create_administrator(uuid, text, text, text, text),
  app_private.recover_administrator(text, text, text, text)
from service_role;

--! split: 050-limits.sql
-- How often one network address may try to sign in, exact across processes. Requests to the API are counted
-- in each process instead, because a read must not cost a write.

create table app_private.sign_in_requests (
  address inet primary key,
  recent timestamptz[] not null
);
alter table app_private.sign_in_requests enable row level security;
comment on table app_private.sign_in_requests is
  'When a network address sent requests to the sign-in: in the last minute, oldest first.';
comment on column app_private.sign_in_requests.address is 'Address, or the block of addresses that counts as one.';
comment on column app_private.sign_in_requests.recent is 'The requests that were accepted.';

--! Included functions/signing-in/count_sign_in_request.sql
create or replace function app_private.count_sign_in_request(p_address inet) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_most integer := app_private.setting('limits.signin_requests_a_minute')::integer;
  v_now timestamptz := clock_timestamp();
  -- Requests at the same moment may have a somewhat later time. What is later than that was counted before the
  -- clock was set back.
  v_window constant tstzrange := tstzrange(v_now - interval '1 minute', v_now + interval '1 minute', '()');
  v_wait interval;
begin
  -- One statement, so that of many at once exactly the allowed number passes. Refused requests are not
  -- counted.
  insert into app_private.sign_in_requests as r (address, recent)
  values (p_address, array[v_now])
  on conflict (address) do update
  set recent = array(select t from unnest(r.recent) t where t <@ v_window) || v_now
  where (select count(*) from unnest(r.recent) t where t <@ v_window) < v_most;
  if found then
    return null;
  end if;
  select t + interval '1 minute' - v_now into v_wait
  from app_private.sign_in_requests r cross join unnest(r.recent) t
  where r.address = p_address and t <@ v_window
  order by t desc
  offset greatest(v_most, 1) - 1
  limit 1;
  return least(60, greatest(1, ceil(extract(epoch from v_wait))));
end
$$;
comment on function app_private.count_sign_in_request(inet) is
  'Counts a request to the sign-in: null when it is accepted, otherwise the seconds to wait.';
revoke all on function app_private.count_sign_in_request(inet) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.count_sign_in_request(inet) to ombaro_api;
--! EndIncluded functions/signing-in/count_sign_in_request.sql

--! Included functions/signing-in/api_requests_a_minute.sql
create or replace function app_private.api_requests_a_minute() returns integer
language sql stable security definer set search_path = '' as $$
  select greatest(1, app_private.setting('limits.api_requests_a_minute')::integer)
$$;
comment on function app_private.api_requests_a_minute() is
  'How many requests per minute the API answers for one user and address: the setting limits.api_requests_a_minute, at least 1.';
revoke all on function app_private.api_requests_a_minute() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.api_requests_a_minute() to ombaro_api;
--! EndIncluded functions/signing-in/api_requests_a_minute.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.10', 'sign-in', '2026-11-25', 'Signing in by code, Google and Facebook, sessions, limits');
