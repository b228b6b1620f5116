-- Undoes the editing of roles, the list of memberships and the list of linked accounts. Roles and permissions stay as
-- they were last set.

drop function if exists
  public.unlink_account(text), public.linked_accounts(), public.my_memberships(),
  public.set_role_permissions(text, text[]), public.update_role(text, text, text, text),
  public.create_role(text, text, text, text, integer), app_private.editable_role(text),
  app_private.require_super_admin();
drop type if exists public.linked_account, public.membership;

delete from public.schema_versions where version = '1.22';
