drop function if exists public.vendor_categories_depth(public.vendor_categories);
drop function if exists public.vendor_category_tree();
drop table if exists public.vendor_categories;
drop function if exists app_private.tg_vendor_categories__no_cycle();

delete from public.schema_versions where version = '1.3';
