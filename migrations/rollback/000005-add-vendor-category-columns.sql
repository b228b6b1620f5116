drop trigger if exists _500_categories on public.vendor_private_details;
drop function if exists app_private.tg_vendor_private_details__categories();
drop function if exists public.vendors_primary_category(public.vendors);
drop table if exists public.vendor_application_categories;
drop function if exists app_private.my_editable_application_ids();
drop table if exists public.vendor_category_members;
