-- Undoes search and performance: counted figures stay and are not updated.

-- 030-performance.sql. Counted figures stay; no other job counts them.
drop function if exists public.vendor_leaderboard(uuid, date);
drop type if exists public.leaderboard_entry;
comment on column public.therapist_performance.average_rating is
  'Average rating received in the month, up to 5; 0 when there are none.';
comment on column public.therapist_performance.total_earnings is
  'Rupees earned in the month, without tips.';
comment on column public.therapist_performance.total_tips is 'Rupees of tips in the month.';
comment on column public.therapist_performance.on_time_percentage is
  'Percentage of assignments that began on time.';
comment on column public.therapist_performance.customer_satisfaction is
  'Percentage of customers who were satisfied.';
comment on column public.beautician_performance.average_rating is
  'Average rating received in the month, up to 5; 0 when there are none.';
comment on column public.beautician_performance.total_earnings is
  'Rupees earned in the month, without tips.';
comment on column public.beautician_performance.total_tips is 'Rupees of tips in the month.';
comment on column public.beautician_performance.on_time_percentage is
  'Percentage of assignments that began on time.';
comment on column public.beautician_performance.customer_satisfaction is
  'Percentage of customers who were satisfied.';
drop trigger if exists _600_performance on public.system_settings;
drop function if exists app_private.tg_system_settings__performance();
drop trigger if exists _600_performance on public.bookings;
drop function if exists app_private.tg_bookings__performance();
drop trigger if exists _600_performance on public.reviews;
drop trigger if exists _600_performance on public.commission_records;
drop function if exists app_private.tg__performance_of_booking();
drop function if exists app_private.note_performance_of(uuid[]);
drop trigger if exists _600_performance on public.beautician_assignments;
drop function if exists app_private.tg_beautician_assignments__performance();
drop trigger if exists _600_performance on public.therapist_assignments;
drop function if exists app_private.tg_therapist_assignments__performance();
drop function if exists app_private.refresh_performance(integer);
drop function if exists app_private.recount_performance();
drop function if exists app_private.recount_next_performance(integer);
drop function if exists app_private.record_performance(app_private.provider_month[]);
drop function if exists app_private.count_performance(app_private.provider_month[]);
drop type if exists app_private.provider_month;
drop function if exists app_private.month_of(date);
drop table if exists app_private.performance_refreshes;
drop table if exists app_private.performance_changes;
delete from public.system_settings
where key in ('performance.on_time_minutes', 'performance.satisfied_rating');

-- 020-searching.sql.
drop function if exists public.search_services(
  text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid);
drop function if exists public.search_vendors(
  text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid);
drop function if exists app_private.search_hits(
  text, text, app_private.search_filter, uuid[], app_private.search_filter);
drop function if exists app_private.all_hits(
  text, tsquery, text, app_private.search_filter, uuid[], app_private.search_filter, boolean);
drop function if exists app_private.most_wanted_hits(
  text, tsquery, text, app_private.search_filter, uuid[], app_private.search_filter, integer, integer);
drop type if exists app_private.search_hit;
drop function if exists app_private.offered_by(uuid[], numrange);
drop function if exists app_private.vendors_who_fit(app_private.search_filter, integer);
drop function if exists app_private.without_prices(app_private.search_filter);
drop function if exists app_private.fits(app_private.search_documents, app_private.search_filter);
drop function if exists app_private.second_of_week(text);
drop function if exists app_private.search_filter(
  public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean);
drop type if exists app_private.search_filter;
drop function if exists app_private.kilometres(public.cube, public.cube);
drop function if exists app_private.relevance(app_private.search_documents, tsquery, text);
drop function if exists public.found_service_service(public.found_service);
drop function if exists public.found_vendor_vendor(public.found_vendor);
drop type if exists public.found_service;
drop type if exists public.found_vendor;
drop function if exists public.suggest(text, text);
drop type if exists public.suggestion;
drop function if exists app_private.suggestion_query(text);
drop function if exists app_private.search_query(text);
drop function if exists app_private.words_like(text, boolean);
drop function if exists app_private.search_input(text);
delete from public.system_settings where key in ('search.maximum_length', 'search.maximum_results');

-- 010-search.sql.
drop trigger if exists _600_search_changes on public.zones;
drop trigger if exists _600_search_changes on public.cities;
drop trigger if exists _600_search_changes on public.vendor_categories;
drop trigger if exists _600_search_changes on public.service_categories;
drop trigger if exists _600_search_changes on public.services;
drop function if exists app_private.tg__search_changes();
drop trigger if exists _500_search_delete on public.vendor_availability;
drop trigger if exists _500_search_update on public.vendor_availability;
drop trigger if exists _500_search_insert on public.vendor_availability;
drop trigger if exists _500_search_delete on public.vendor_category_members;
drop trigger if exists _500_search_update on public.vendor_category_members;
drop trigger if exists _500_search_insert on public.vendor_category_members;
drop trigger if exists _500_search_delete on public.vendor_services;
drop trigger if exists _500_search_update on public.vendor_services;
drop trigger if exists _500_search_insert on public.vendor_services;
drop function if exists app_private.tg__search_vendors();
drop trigger if exists _500_search on public.pincode_master;
drop trigger if exists _500_search on public.zones;
drop trigger if exists _500_search on public.cities;
drop trigger if exists _500_search_delete on public.vendors;
drop trigger if exists _500_search_update on public.vendors;
drop trigger if exists _500_search_insert on public.vendors;
drop trigger if exists _500_search_update on public.services;
drop trigger if exists _500_search on public.services;
drop function if exists app_private.tg__search_document();
drop function if exists app_private.rebuild_search();
drop function if exists app_private.refresh_search(integer);
drop function if exists app_private.index_search_documents(text, uuid[]);
drop function if exists app_private.index_places(text, uuid[]);
drop function if exists app_private.index_vendors(uuid[]);
drop function if exists app_private.index_services(uuid[]);
drop function if exists app_private.keep_search_documents(app_private.search_documents[]);
drop function if exists app_private.search_words_of("char", text[]);
drop table if exists app_private.search_changes;
drop table if exists app_private.search_words;
drop index if exists public.vendor_services_available_idx;
drop table if exists app_private.search_documents;
drop table if exists enums.suggestion_kind;
drop function if exists app_private.search_title(text);
drop function if exists app_private.search_text(text);

delete from public.schema_versions where version = '1.17';
