--! Previous: sha1:1c0b60e7110549113ac0d6fc03b6f46f9f7252e1
--! Hash: sha1:c7c589237771fe2ac9850557206d01182f3a86db
--! Message: vendor-social-auth-and-otp

--! split: 010-social-sign-in-and-otp.sql
-- Storage for the sign-in by one-time code and by Google or Facebook. No client role can read or write either
-- table: functions for the API's own account do the sign-in.

create table enums.social_provider (value text primary key, description text not null);
comment on table enums.social_provider is E'@enum\n@enumName SocialProvider\nThe provider of a social account.';
select app_private.publish_list('enums.social_provider');
insert into enums.social_provider values
  ('google', 'Google'), ('facebook', 'Facebook'), ('instagram', 'Instagram');

create table public.vendor_otp_codes (
  id uuid primary key default gen_random_uuid(),
  mobile public.mobile_number,
  email public.email_address,
  code_hash bytea not null constraint vendor_otp_codes_hash_length check (length(code_hash) = 32),
  requester cidr,
  attempt_count integer not null default 0 check (attempt_count >= 0),
  is_verified boolean not null default false,
  expires_at timestamptz not null,
  verified_at timestamptz,
  created_at timestamptz not null default now(),
  constraint vendor_otp_codes_one_address check (num_nonnulls(mobile, email) = 1),
  constraint vendor_otp_codes_verified_at_when_verified check (is_verified = (verified_at is not null)),
  constraint vendor_otp_codes_expire_after_sending check (expires_at > created_at)
);
alter table public.vendor_otp_codes enable row level security;
-- The newest code of an address, and how many were sent in an hour.
create index vendor_otp_codes_mobile_idx on public.vendor_otp_codes (mobile, created_at desc)
  where mobile is not null;
create index vendor_otp_codes_email_idx on public.vendor_otp_codes (email, created_at desc)
  where email is not null;
create index vendor_otp_codes_expires_at_idx on public.vendor_otp_codes (expires_at);
comment on table public.vendor_otp_codes is
  'One-time codes that were sent, stored only as keyed hashes. There is no policy and no grant: no client can read them.';
comment on constraint vendor_otp_codes_one_address on public.vendor_otp_codes is
  'A code must go to either a mobile number or an e-mail address. Enter exactly one.';
comment on column public.vendor_otp_codes.id is
  'Identifies the code. The one who asked for it is told it as the challenge, and verifies the code with it.';
comment on column public.vendor_otp_codes.mobile is 'Number to which it was sent; null where it was sent to an e-mail address.';
comment on column public.vendor_otp_codes.email is 'Address to which it was sent; null where it was sent to a number.';
comment on column public.vendor_otp_codes.code_hash is 'HMAC-SHA-256 of address and code under a key that is not in the database.';
comment on column public.vendor_otp_codes.requester is
  'Network from which it was asked for; null where it is not known. Sends are limited by it.';
comment on column public.vendor_otp_codes.attempt_count is 'How often a code was tried.';
comment on column public.vendor_otp_codes.is_verified is 'Whether it was used. A code can be used once.';
comment on column public.vendor_otp_codes.expires_at is 'Until when it may be used.';
comment on column public.vendor_otp_codes.verified_at is 'When it was used; null until then.';
comment on column public.vendor_otp_codes.created_at is 'When it was sent.';
revoke all on public.vendor_otp_codes from service_role;

create table public.vendor_social_auth (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.user_profiles (id) on delete cascade,
  provider text not null references enums.social_provider,
  provider_user_id text not null,
  provider_email public.email_address,
  provider_email_verified boolean not null default false,
  provider_name text,
  provider_picture text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- An account of a provider belongs to one user, and a user has one account with each provider.
  unique (provider, provider_user_id),
  unique (user_id, provider)
);
alter table public.vendor_social_auth enable row level security;
select app_private.keep_timestamps('public.vendor_social_auth');
comment on table public.vendor_social_auth is
  'Accounts with Google and Facebook that users sign in with. The provider''s tokens are deliberately not stored, because nothing needs them after the sign-in. There is no policy and no grant.';
comment on column public.vendor_social_auth.id is 'Identifies the link.';
comment on column public.vendor_social_auth.user_id is 'User of the account.';
comment on column public.vendor_social_auth.provider is 'Provider of the account.';
comment on column public.vendor_social_auth.provider_user_id is 'The provider''s own id of the user (subject).';
comment on column public.vendor_social_auth.provider_email is 'E-mail address that the provider gave.';
comment on column public.vendor_social_auth.provider_email_verified is 'Whether the provider has verified the address.';
comment on column public.vendor_social_auth.provider_name is 'Name that the provider gave.';
comment on column public.vendor_social_auth.provider_picture is 'Address of a picture that the provider gave.';
revoke all on public.vendor_social_auth from service_role;

--! Included functions/signing-in/expire_otp_codes.sql
create or replace function app_private.expire_otp_codes() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
  v_count integer;
begin
  -- A day longer than they are valid: the limits on sending look back a day.
  delete from public.vendor_otp_codes where expires_at < now() - interval '1 day';
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function app_private.expire_otp_codes() is
  'Deletes codes that expired more than a day ago and returns how many. Called by maintenance.';
revoke all on function app_private.expire_otp_codes() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.expire_otp_codes() to ombaro_worker;
--! EndIncluded functions/signing-in/expire_otp_codes.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.5', 'vendor-social-auth-and-otp', '2025-10-07', 'Social sign-in and one-time codes');
