drop function if exists app_private.expire_otp_codes();
drop table if exists public.vendor_social_auth;
drop table if exists public.vendor_otp_codes;
drop table if exists enums.social_provider;

delete from public.schema_versions where version = '1.5';
