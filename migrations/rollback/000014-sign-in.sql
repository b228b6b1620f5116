-- Undoes signing in: open sessions stay and expire by themselves.

drop function if exists app_private.api_requests_a_minute(), app_private.count_sign_in_request(inet);
drop table if exists app_private.sign_in_requests;

drop function if exists
  app_private.recover_administrator(text, text, text, text),
  app_private.create_administrator(uuid, text, text, text, text),
  app_private.require_contact(text, text),
  app_private.give_administration(uuid, text),
  app_private.name_operator(text),
  app_private.administrators(),
  app_private.proven_contacts(uuid);

drop function if exists
  app_private.link_social_account(jsonb, bytea),
  app_private.prove_social_account(bytea, app_private.social_account),
  app_private.sign_in_with_provider(
    app_private.social_account, text, app_private.session_start, integer),
  app_private.remember_social_account(uuid, app_private.social_account),
  app_private.email_or_null(text),
  app_private.take_social_sign_in(bytea, text),
  app_private.begin_social_sign_in(bytea, text, text, text, text, text, text);
drop table if exists app_private.social_proofs, app_private.social_sign_ins;
drop type if exists app_private.social_account;

drop function if exists
  app_private.link_with_code(jsonb, text, text, bytea, uuid, text),
  app_private.sign_in_with_code(text, text, bytea, uuid, text, app_private.session_start),
  app_private.try_code(text, text, bytea, uuid),
  app_private.send_code(text, text, bytea, cidr),
  app_private.lock_codes(text, text);
drop type if exists app_private.code_sending;

drop function if exists
  app_private.signed_in_account(uuid, boolean, app_private.session_start, integer),
  app_private.begin_quick_signup(uuid, text),
  app_private.complete_account(uuid, text, text, text, text),
  app_private.account_by(text, text, text, text),
  app_private.lock_account(text, text);

drop function if exists
  public.end_other_sessions(), public.end_session(uuid),
  public.user_sessions_is_current(public.user_sessions), public.my_sessions();
drop trigger if exists _900_publish_event on public.user_sessions;
drop function if exists app_private.tg_user_sessions__publish_event();
drop trigger if exists _900_publish_event on public.user_profiles;
drop function if exists app_private.tg_user_profiles__publish_event();
drop index if exists public.user_sessions_expires_at_idx, app_private.refresh_tokens_expires_at_idx;
drop function if exists
  app_private.forget_sign_ins(),
  app_private.touch_sessions(uuid[]),
  app_private.is_account_active(uuid),
  app_private.sign_out(bytea),
  app_private.refresh_session(bytea, bytea, inet),
  app_private.start_session(uuid, app_private.session_start, integer),
  app_private.refresh_seconds(),
  app_private.admitted(uuid, uuid, boolean, integer),
  app_private.refused(text);
drop type if exists app_private.signed_in, app_private.session_start;
drop function if exists app_private.require_own_accounts(), app_private.keeps_accounts();

delete from public.schema_versions where version = '1.10';
