--! Previous: sha1:7aaaa59554761d3855b8cef18e31b07dc591d044
--! Hash: sha1:90a85b05ab93112116ec3ffe1b76bdadcb55185f
--! Message: search and performance

--! split: 010-search.sql
-- Search over what the public sees: services, vendors and places, with tolerance for typing mistakes.
--
-- The searched data is a copy in a table of its own, kept by triggers: a vendor is found by its offers and
-- its place, which are in other tables; and row security, which is applied before any condition that could
-- reveal a row, would keep every index of words from being used. So the table contains what the public
-- catalogue shows and nothing else: no vendor that is not listed, no service that is not active, nothing
-- private. No client reads it; the functions below answer from it with the rights of their owner, the same
-- for everyone.
--
-- Comes before the first release, to databases that are small or empty.
-- squawk-ignore-file require-concurrent-index-creation
--
-- Words are English, Hindi and names, so none is stemmed: the dictionary is `simple`. The extension unaccent
-- would be trusted, but its result depends on a file of the server, so that it is not immutable, and it does
-- not handle Devanagari. One line of our own is enough.

--! Included functions/search/search_text.sql
-- These three are called for every text of every row: plpgsql keeps their plans, sql would not.
create or replace function app_private.search_text(p_text text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return regexp_replace(
    regexp_replace(
      -- Compatibility forms are decomposed; then accents of Latin letters, the nukta (ज़ is often typed ज),
      -- joiners and apostrophes are removed. The vowel signs of Indian scripts stay.
      lower(normalize(p_text, nfkd)),
      '[\u0300-\u036f\u093c\u200b-\u200d\ufeff''’‘`´]', '', 'g'),
    '[\u0001-\u0020!#$%&()*+,./:;<=>?@\[\\\]^_{|}~\u00a0-\u00bf\u0964\u0965\u2010-\u206f\u3000]+', ' ', 'g');
end
$$;
comment on function app_private.search_text(text) is
  'Text as search compares it: in lower case, without accents and punctuation, except hyphens and double quotes, which a query may need.';
revoke all on function app_private.search_text(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/search_text.sql

--! Included functions/search/search_title.sql
create or replace function app_private.search_title(p_text text) returns text
language plpgsql immutable strict parallel safe set search_path = '' as $$
begin
  return btrim(regexp_replace(app_private.search_text(p_text), '[-"\s]+', ' ', 'g'));
end
$$;
comment on function app_private.search_title(text) is
  'The words of a text as search compares them, each followed by one space.';
revoke all on function app_private.search_title(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/search_title.sql

create table enums.suggestion_kind (value text primary key, description text not null);
select app_private.publish_list('enums.suggestion_kind');
comment on table enums.suggestion_kind is E'@enum\n@enumName SuggestionKind\nWhat a search finds.';
insert into enums.suggestion_kind values
  ('service', 'A service of the catalogue'),
  ('vendor', 'A vendor'),
  ('city', 'A city'),
  ('zone', 'A part of a city'),
  ('pincode', 'A postal code');

create table app_private.search_documents (
  kind text not null references enums.suggestion_kind,
  id uuid not null,
  title text collate "C" not null,
  label text not null,
  detail text,
  name tsvector not null,
  words tsvector not null,
  quality real not null,
  category_ids uuid[] not null default '{}',
  prices nummultirange not null default '{}',
  city text collate "C",
  pincode text collate "C",
  location public.cube,
  rating numeric(3, 2),
  time_zone text,
  hours int4multirange,
  primary key (kind, id)
);
alter table app_private.search_documents enable row level security;
select app_private.limit_numbers('app_private.search_documents', '{
  "quality": "share", "rating": "rating"
}');
-- By words, and by those of names alone. Written at once, because a search would have to read pending
-- entries.
create index search_documents_service_words_idx on app_private.search_documents
  using gin (words) with (fastupdate = off) where kind = 'service';
create index search_documents_vendor_words_idx on app_private.search_documents
  using gin (words) with (fastupdate = off) where kind = 'vendor';
create index search_documents_service_name_idx on app_private.search_documents
  using gin (name) with (fastupdate = off) where kind = 'service';
create index search_documents_vendor_name_idx on app_private.search_documents
  using gin (name) with (fastupdate = off) where kind = 'vendor';
create index search_documents_place_name_idx on app_private.search_documents
  using gin (name) with (fastupdate = off) where kind in ('city', 'zone', 'pincode');
-- Names that begin with a text, most popular first.
create index search_documents_title_idx on app_private.search_documents (kind, title, id);
create index search_documents_quality_idx on app_private.search_documents (kind, quality desc, id);
-- The vendors of a place.
create index search_documents_city_idx on app_private.search_documents (city) where kind = 'vendor';
create index search_documents_pincode_idx on app_private.search_documents (pincode) where kind = 'vendor';
create index search_documents_location_idx on app_private.search_documents using gist (location)
  where kind = 'vendor';
comment on table app_private.search_documents is
  'Searchable copies of services, vendors and places, as the public catalogue shows them. Kept by triggers.';
comment on column app_private.search_documents.kind is 'Kind of document.';
comment on column app_private.search_documents.id is 'Id of the copied row.';
comment on column app_private.search_documents.title is 'Words of the name, as search compares them.';
comment on column app_private.search_documents.label is 'Name to display.';
comment on column app_private.search_documents.detail is
  'What distinguishes two documents with the same name: a category, a city, a state; null where there is nothing.';
comment on column app_private.search_documents.name is 'Words of the name.';
comment on column app_private.search_documents.words is
  'A: name; B: category and place; C: for a vendor what it offers, for a service what it is good for; D: description.';
comment on column app_private.search_documents.quality is
  'Popularity from 0 to 1, for the order of equally good matches.';
comment on column app_private.search_documents.category_ids is
  'Categories of a vendor, or the category of a service.';
comment on column app_private.search_documents.prices is
  'Rupees before GST: what a vendor asks for each of its offers, or what a service costs at catalogue price; points, so that a range is one operator.';
comment on column app_private.search_documents.city is 'City of a vendor, as search compares it.';
comment on column app_private.search_documents.pincode is 'Postal code of a vendor.';
comment on column app_private.search_documents.location is 'Point of a vendor, as in vendors.location.';
comment on column app_private.search_documents.rating is 'Rating of a vendor.';
comment on column app_private.search_documents.time_zone is 'Time zone of a vendor''s opening hours.';
comment on column app_private.search_documents.hours is
  'When a vendor is open, in seconds of the week since Sunday began in its time zone.';

-- Offers of the vendors of a place, without reading the offers.
create index vendor_services_available_idx on public.vendor_services (vendor_id) include (service_id)
  where is_available;

create table app_private.search_words (word text collate "C" primary key);
alter table app_private.search_words enable row level security;
-- Words with a similar spelling.
create index search_words_word_idx on app_private.search_words using gin (word public.gin_trgm_ops);
comment on table app_private.search_words is
  'Words of names, categories, places and services, with which typing mistakes are corrected. Words that are no longer used do no harm.';
comment on column app_private.search_words.word is 'The word, as search compares it.';

create table app_private.search_changes (
  id bigint generated always as identity primary key,
  kind text not null,
  document_id uuid not null
);
alter table app_private.search_changes enable row level security;
comment on table app_private.search_changes is
  'Documents that must be copied again because a shared row changed: a category, or a service that many vendors offer. Written by triggers, processed by a job.';
comment on column app_private.search_changes.kind is 'Kind of row: service, vendor, zone or pincode.';
comment on column app_private.search_changes.document_id is 'Id of the row.';

/*
 * Copying. Before a change of a service or vendor is copied, its row is locked, in a statement of its own:
 * what is read after that is what was committed meanwhile, so that no copy is older than its row.
 */
--! Included functions/search/search_words_of.sql
create or replace function app_private.search_words_of(p_weight "char", variadic p_texts text[]) returns tsvector
language plpgsql immutable set search_path = '' as $$
begin
  return setweight(to_tsvector('pg_catalog.simple',
    app_private.search_title(array_to_string(p_texts, ' '))), p_weight);
end
$$;
comment on function app_private.search_words_of("char", text[]) is
  'Words of texts, each with a weight from A to D; empty for nulls.';
revoke all on function app_private.search_words_of("char", text[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/search_words_of.sql

--! Included functions/search/keep_search_documents.sql
create or replace function app_private.keep_search_documents(p_documents app_private.search_documents[])
returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.search_documents as d
  select n.* from unnest(p_documents) n order by n.kind, n.id
  on conflict (kind, id) do update
  set title = excluded.title, label = excluded.label, detail = excluded.detail,
    name = excluded.name, words = excluded.words, quality = excluded.quality,
    category_ids = excluded.category_ids, prices = excluded.prices, city = excluded.city,
    pincode = excluded.pincode, location = excluded.location, rating = excluded.rating,
    time_zone = excluded.time_zone, hours = excluded.hours
  where d is distinct from excluded;
  -- In one order, so that two transactions with the same new words do not wait for each other.
  insert into app_private.search_words (word)
  select distinct w.lexeme
  from unnest(p_documents) n, unnest(n.words) w
  where w.weights && '{A,B,C}'
    and not exists (select from app_private.search_words k where k.word = w.lexeme)
  order by 1
  on conflict do nothing;
end
$$;
comment on function app_private.keep_search_documents(app_private.search_documents[]) is
  'Writes copies and their new words.';
revoke all on function app_private.keep_search_documents(app_private.search_documents[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/keep_search_documents.sql

--! Included functions/search/index_services.sql
create or replace function app_private.index_services(p_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.services s where s.id = any (p_ids) order by s.id for no key update;
  delete from app_private.search_documents d
  where d.kind = 'service' and d.id = any (p_ids)
    and not exists (select from public.services s where s.id = d.id and s.is_active);
  perform app_private.keep_search_documents(array(
    select row('service', s.id, app_private.search_title(s.name), s.name, c.name,
      n.words,
      n.words
        || app_private.search_words_of('B', c.name)
        || app_private.search_words_of('C', s.short_description, array_to_string(s.benefits, ' '),
          array_to_string(s.focus_areas, ' '), s.techniques)
        || app_private.search_words_of('D', s.description),
      0.5 + case when s.is_popular then 0.25 else 0 end + case when s.is_featured then 0.25 else 0 end,
      array_remove(array[s.category_id], null),
      nummultirange(numrange(coalesce(s.discounted_price, s.base_price), coalesce(s.discounted_price, s.base_price), '[]')),
      null, null, null, null, null, null
    )::app_private.search_documents
    from public.services s
    cross join lateral (select app_private.search_words_of('A', s.name) as words offset 0) n
    left join public.service_categories c on c.id = s.category_id and c.is_active
    where s.id = any (p_ids) and s.is_active
  ));
end
$$;
comment on function app_private.index_services(uuid[]) is
  'Copies these services for search and removes inactive ones.';
revoke all on function app_private.index_services(uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/index_services.sql

--! Included functions/search/index_vendors.sql
create or replace function app_private.index_vendors(p_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform from public.vendors v where v.id = any (p_ids) order by v.id for no key update;
  delete from app_private.search_documents d
  where d.kind = 'vendor' and d.id = any (p_ids)
    and not exists (select from public.vendors v where v.id = d.id and v.is_listed);
  perform app_private.keep_search_documents(array(
    select row('vendor', v.id, app_private.search_title(v.business_name), v.business_name, v.city,
      n.words,
      n.words
        || app_private.search_words_of('B', v.city, v.pincode, v.address_line2,
          replace(v.business_type, '_', ' '), k.names)
        || app_private.search_words_of('C', o.names)
        || app_private.search_words_of('D', v.description),
      -- As if five customers had given three stars, because one review has little weight.
      (v.rating * v.total_reviews + 15) / (v.total_reviews + 5) / 5,
      coalesce(k.ids, '{}'), coalesce(o.prices, '{}'),
      app_private.search_title(v.city), v.pincode, v.location, v.rating, v.time_zone, h.open
    )::app_private.search_documents
    from public.vendors v
    cross join lateral (select app_private.search_words_of('A', v.business_name) as words offset 0) n
    left join lateral (
      select string_agg(c.category_name, ' ' order by c.id) as names, array_agg(c.id order by c.id) as ids
      from public.vendor_category_members m
      join public.vendor_categories c on c.id = m.category_id
      where m.vendor_id = v.id and c.is_active
    ) k on true
    left join lateral (
      select string_agg(s.name, ' ' order by s.id) as names,
        range_agg(numrange(p.price, p.price, '[]')) as prices
      from public.vendor_services o
      join public.services s on s.id = o.service_id
      cross join lateral (select coalesce(o.custom_price, s.discounted_price, s.base_price) as price) p
      where o.vendor_id = v.id and o.is_available and s.is_active
    ) o on true
    left join lateral (
      -- As vendors_is_open_at reads them: at its closing time a vendor is no longer open, and during a break
      -- it is closed.
      select range_agg(app_private.shift_span(a.day_of_week, a.open_time, a.close_time))
        - coalesce(range_agg(app_private.shift_span(
            a.day_of_week + (a.break_start < a.open_time)::integer, a.break_start, a.break_end))
          filter (where a.break_start is not null), '{}') as open
      from public.vendor_availability a
      where a.vendor_id = v.id and a.is_open
    ) h on true
    where v.id = any (p_ids) and v.is_listed
  ));
end
$$;
comment on function app_private.index_vendors(uuid[]) is
  'Copies these vendors for search and removes those that are not listed.';
revoke all on function app_private.index_vendors(uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/index_vendors.sql

--! Included functions/search/index_places.sql
create or replace function app_private.index_places(p_kind text, p_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  delete from app_private.search_documents d where d.kind = p_kind and d.id = any (p_ids);
  perform app_private.keep_search_documents(array(
    select row(p.kind, p.id, app_private.search_title(p.label), p.label, nullif(p.detail, ''),
      app_private.search_words_of('A', p.label),
      app_private.search_words_of('A', p.label) || app_private.search_words_of('B', p.detail),
      p.quality, '{}', '{}', null, null, null, null, null, null)::app_private.search_documents
    from (
      select 'city' as kind, c.id, c.name as label, s.name as detail, 0.9 as quality
      from public.cities c join public.states s on s.id = c.state_id
      where p_kind = 'city' and c.id = any (p_ids) and c.is_active
      union all
      select 'zone', z.id, z.name, c.name, 0.7
      from public.zones z left join public.cities c on c.id = z.city_id
      where p_kind = 'zone' and z.id = any (p_ids)
      union all
      select 'pincode', p.id, p.pincode, concat_ws(', ', z.name, c.name), 0.5
      from public.pincode_master p
      left join public.zones z on z.id = p.zone_id
      left join public.cities c on c.id = coalesce(p.city_id, z.city_id)
      where p_kind = 'pincode' and p.id = any (p_ids)
    ) p
  ));
end
$$;
comment on function app_private.index_places(text, uuid[]) is
  'Copies these cities, zones or postal codes for search; a city only while the platform works there.';
revoke all on function app_private.index_places(text, uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/index_places.sql

--! Included functions/search/index_search_documents.sql
create or replace function app_private.index_search_documents(p_kind text, p_ids uuid[]) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
  case p_kind
  when 'service' then perform app_private.index_services(p_ids);
  when 'vendor' then perform app_private.index_vendors(p_ids);
  else perform app_private.index_places(p_kind, p_ids);
  end case;
end
$$;
comment on function app_private.index_search_documents(text, uuid[]) is
  'Copies rows of one kind for search.';
revoke all on function app_private.index_search_documents(text, uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/index_search_documents.sql

--! Included functions/search/refresh_search.sql
create or replace function app_private.refresh_search(p_limit integer) returns integer
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  v_taken record;
  v_changes integer := 0;
begin
  for v_taken in
    with taken as (
      delete from app_private.search_changes c
      where c.id = any (array(
        select n.id from app_private.search_changes n order by n.id limit p_limit
        for update skip locked))
      returning c.kind, c.document_id
    )
    select t.kind, count(*)::integer as changes, array_agg(distinct t.document_id) as ids
    from taken t group by t.kind order by t.kind
  loop
    perform app_private.index_search_documents(v_taken.kind, v_taken.ids);
    v_changes := v_changes + v_taken.changes;
  end loop;
  return v_changes;
end
$$;
comment on function app_private.refresh_search(integer) is
  'Copies again what triggers have recorded, at most p_limit entries; returns how many. Runs every minute.';
revoke all on function app_private.refresh_search(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.refresh_search(integer) to ombaro_worker;
--! EndIncluded functions/search/refresh_search.sql

--! Included functions/search/rebuild_search.sql
create or replace function app_private.rebuild_search() returns void
language plpgsql volatile security definer set search_path = '' set jit = off as $$
begin
  delete from app_private.search_changes;
  delete from app_private.search_words;
  delete from app_private.search_documents;
  perform app_private.index_services(array(select s.id from public.services s));
  perform app_private.index_vendors(array(select v.id from public.vendors v));
  perform app_private.index_places('city', array(select c.id from public.cities c));
  perform app_private.index_places('zone', array(select z.id from public.zones z));
  perform app_private.index_places('pincode', array(select p.id from public.pincode_master p));
end
$$;
comment on function app_private.rebuild_search() is
  'Copies everything for search again, after rows were loaded with triggers off (demo data, import, restore). Reads and writes everything that is searched; it takes minutes with 100,000 services.';
revoke all on function app_private.rebuild_search() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.rebuild_search() to ombaro_worker;
--! EndIncluded functions/search/rebuild_search.sql

/*
 * Triggers. A change of the row itself is copied at once, most of all when it may no longer be seen.
 */
--! Included functions/search/tg__search_document.sql
create or replace function app_private.tg__search_document() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.index_search_documents(tg_argv[0], array[coalesce(new.id, old.id)]);
  return null;
end
$$;
comment on function app_private.tg__search_document() is
  'Copies the row for search. Argument: its kind.';
revoke all on function app_private.tg__search_document() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/tg__search_document.sql

create trigger _500_search after insert or delete on public.services
  for each row execute function app_private.tg__search_document('service');
create trigger _500_search_update after update of name, category_id, short_description, description,
    benefits, focus_areas, techniques, base_price, discounted_price, is_popular, is_featured, is_active
  on public.services
  for each row when (old is distinct from new)
  execute function app_private.tg__search_document('service');
create trigger _500_search_insert after insert on public.vendors
  for each row when (new.is_listed) execute function app_private.tg__search_document('vendor');
create trigger _500_search_update after update of business_name, business_type, description, city,
    pincode, address_line2, latitude, longitude, rating, total_reviews, user_id, is_active,
    account_is_active, status, verification_status, time_zone
  on public.vendors
  for each row when ((old.is_listed or new.is_listed) and (
    old.business_name is distinct from new.business_name
    or old.business_type is distinct from new.business_type
    or old.description is distinct from new.description
    or old.city is distinct from new.city
    or old.pincode is distinct from new.pincode
    or old.address_line2 is distinct from new.address_line2
    or old.latitude is distinct from new.latitude
    or old.longitude is distinct from new.longitude
    or old.rating is distinct from new.rating
    or old.total_reviews is distinct from new.total_reviews
    or old.is_listed is distinct from new.is_listed
    or old.time_zone is distinct from new.time_zone))
  execute function app_private.tg__search_document('vendor');
create trigger _500_search_delete after delete on public.vendors
  for each row execute function app_private.tg__search_document('vendor');
create trigger _500_search after insert or delete or update of name, state_id, is_active
  on public.cities for each row execute function app_private.tg__search_document('city');
create trigger _500_search after insert or delete or update of name, city_id
  on public.zones for each row execute function app_private.tg__search_document('zone');
create trigger _500_search after insert or delete or update of pincode, city_id, zone_id
  on public.pincode_master for each row execute function app_private.tg__search_document('pincode');

--! Included functions/search/tg__search_vendors.sql
-- Offers, hours and categories of a vendor change by the dozen: one copy per statement.
create or replace function app_private.tg__search_vendors() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    perform app_private.index_vendors(array(select distinct n.vendor_id from new_rows n));
  elsif tg_op = 'DELETE' then
    perform app_private.index_vendors(array(select distinct o.vendor_id from old_rows o));
  else
    perform app_private.index_vendors(array(
      select o.vendor_id from old_rows o union select n.vendor_id from new_rows n));
  end if;
  return null;
end
$$;
comment on function app_private.tg__search_vendors() is
  'Copies the vendors of the changed rows for search.';
revoke all on function app_private.tg__search_vendors() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/tg__search_vendors.sql
create trigger _500_search_insert after insert on public.vendor_services
  referencing new table as new_rows
  for each statement execute function app_private.tg__search_vendors();
create trigger _500_search_update after update on public.vendor_services
  referencing old table as old_rows new table as new_rows
  for each statement execute function app_private.tg__search_vendors();
create trigger _500_search_delete after delete on public.vendor_services
  referencing old table as old_rows
  for each statement execute function app_private.tg__search_vendors();
create trigger _500_search_insert after insert on public.vendor_category_members
  referencing new table as new_rows
  for each statement execute function app_private.tg__search_vendors();
create trigger _500_search_update after update on public.vendor_category_members
  referencing old table as old_rows new table as new_rows
  for each statement execute function app_private.tg__search_vendors();
create trigger _500_search_delete after delete on public.vendor_category_members
  referencing old table as old_rows
  for each statement execute function app_private.tg__search_vendors();
create trigger _500_search_insert after insert on public.vendor_availability
  referencing new table as new_rows
  for each statement execute function app_private.tg__search_vendors();
create trigger _500_search_update after update on public.vendor_availability
  referencing old table as old_rows new table as new_rows
  for each statement execute function app_private.tg__search_vendors();
create trigger _500_search_delete after delete on public.vendor_availability
  referencing old table as old_rows
  for each statement execute function app_private.tg__search_vendors();

--! Included functions/search/tg__search_changes.sql
-- Changes of shared rows are recorded, and copied within a minute.
create or replace function app_private.tg__search_changes() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  case tg_table_name
  when 'services' then
    insert into app_private.search_changes (kind, document_id)
    select 'vendor', o.vendor_id from public.vendor_services o where o.service_id = new.id;
  when 'service_categories' then
    insert into app_private.search_changes (kind, document_id)
    select 'service', s.id from public.services s where s.category_id = new.id;
  when 'vendor_categories' then
    insert into app_private.search_changes (kind, document_id)
    select 'vendor', m.vendor_id from public.vendor_category_members m where m.category_id = new.id;
  when 'cities' then
    insert into app_private.search_changes (kind, document_id)
    select 'zone', z.id from public.zones z where z.city_id = new.id
    union all
    select 'pincode', p.id from public.pincode_master p where p.city_id = new.id;
  when 'zones' then
    insert into app_private.search_changes (kind, document_id)
    select 'pincode', p.id from public.pincode_master p where p.zone_id = new.id;
  end case;
  return null;
end
$$;
comment on function app_private.tg__search_changes() is
  'Records the documents whose copy contains the name of the changed row.';
revoke all on function app_private.tg__search_changes() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/tg__search_changes.sql
create trigger _600_search_changes
  after update of name, is_active, base_price, discounted_price on public.services
  for each row when (old.name is distinct from new.name or old.is_active is distinct from new.is_active
    or old.base_price is distinct from new.base_price
    or old.discounted_price is distinct from new.discounted_price)
  execute function app_private.tg__search_changes();
create trigger _600_search_changes after update of name, is_active on public.service_categories
  for each row when (old.name <> new.name or old.is_active <> new.is_active)
  execute function app_private.tg__search_changes();
create trigger _600_search_changes after update of category_name, is_active on public.vendor_categories
  for each row when (old.category_name <> new.category_name or old.is_active <> new.is_active)
  execute function app_private.tg__search_changes();
create trigger _600_search_changes after update of name on public.cities
  for each row when (old.name <> new.name) execute function app_private.tg__search_changes();
create trigger _600_search_changes after update of name, city_id on public.zones
  for each row when (old.name <> new.name or old.city_id is distinct from new.city_id)
  execute function app_private.tg__search_changes();

-- Existing rows.
select app_private.rebuild_search();

--! split: 020-searching.sql
-- Searching. The typed text is never part of a statement and is not logged: websearch_to_tsquery parses it,
-- which takes any text, knows "phrases", or and -not, and does not fail.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('search.maximum_length', 'search', '200', 'integer', 10, 1000, true, 'Maximum number of characters of a search text'),
  ('search.maximum_results', 'search', '200', 'integer', 10, 1000, true, 'Maximum number of results of a search');

--! Included functions/search/search_input.sql
create or replace function app_private.search_input(p_query text) returns text
language plpgsql stable set search_path = '' as $$
declare
  v_maximum constant integer := app_private.setting('search.maximum_length');
begin
  if length(p_query) > v_maximum then
    raise exception 'The search text must have at most % characters. Shorten it.', v_maximum
      using errcode = 'OB020', column = 'query';
  end if;
  -- A hyphen excludes only at the beginning of a word.
  return regexp_replace(
    app_private.search_text(coalesce(p_query, '')), '(?<=[^\s])-|-(?=\s|$)', ' ', 'g');
end
$$;
comment on function app_private.search_input(text) is
  'The input text, as search compares it. Raises OB020 where it is too long.';
revoke all on function app_private.search_input(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/search_input.sql

--! Included functions/search/words_like.sql
create or replace function app_private.words_like(p_word text, p_is_begun boolean) returns tsquery
language sql stable set search_path = '' as $$
  select string_agg(quote_literal(n.word), ' | ')::tsquery
  from (
    select w.word
    from app_private.search_words w
    where (w.word operator(public.%) p_word or (p_is_begun and p_word operator(public.<%) w.word))
      -- An unknown number is not replaced by another number.
      and p_word !~ '[0-9]' and length(p_word) > 2
    order by greatest(
        public.similarity(w.word, p_word),
        case when p_is_begun then public.similarity(left(w.word, length(p_word)), p_word) end
      ) desc, w.word
    limit 3
  ) n
$$;
comment on function app_private.words_like(text, boolean) is
  'The three words with the most similar spelling or the same beginning; null when there are none. Only Latin letters: pg_trgm uses the locale of the database, and C knows no others.';
revoke all on function app_private.words_like(text, boolean) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/words_like.sql

--! Included functions/search/search_query.sql
create or replace function app_private.search_query(p_query text) returns tsquery
language plpgsql stable set search_path = '' as $$
declare
  v_text constant text := app_private.search_input(p_query);
  v_query tsquery := websearch_to_tsquery('pg_catalog.simple', v_text);
  v_word text;
  v_alike tsquery;
begin
  -- Only punctuation, or only exclusions.
  if numnode(v_query) = 0 or querytree(v_query) in ('', 'T') then
    return null;
  end if;
  for v_word in
    select t.lexeme from unnest(to_tsvector('pg_catalog.simple', app_private.search_title(v_text))) t
    where not exists (select from app_private.search_words k where k.word = t.lexeme)
    order by t.positions[1]
    limit 10
  loop
    v_alike := app_private.words_like(v_word, false);
    if v_alike is not null then
      v_query := ts_rewrite(v_query, quote_literal(v_word)::tsquery,
        quote_literal(v_word)::tsquery || v_alike);
    end if;
  end loop;
  return v_query;
end
$$;
comment on function app_private.search_query(text) is
  'The query of a search: the words of the input, and for unknown words those with a similar spelling. Null where there is nothing to search for. Raises OB020 where it is too long.';
revoke all on function app_private.search_query(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/search_query.sql

--! Included functions/search/suggestion_query.sql
create or replace function app_private.suggestion_query(p_title text) returns tsquery
language plpgsql stable set search_path = '' as $$
declare
  v_words constant text[] := string_to_array(p_title, ' ');
  v_last constant integer := cardinality(v_words);
  v_query tsquery;
  v_word text;
  v_alike tsquery;
begin
  for v_place in 1 .. v_last loop
    -- The last typed word may be incomplete.
    v_word := quote_literal(v_words[v_place]) || case when v_place = v_last then ':*' else '' end;
    v_alike := null;
    if not exists (
      select from app_private.search_words w
      where w.word = v_words[v_place]
        or (v_place = v_last and w.word > v_words[v_place] and w.word < v_words[v_place] || chr(1114109))
    ) and v_place <= 10 then
      v_alike := app_private.words_like(v_words[v_place], v_place = v_last);
    end if;
    v_query := coalesce(v_query && (v_word::tsquery || v_alike), v_query && v_word::tsquery,
      v_word::tsquery || v_alike, v_word::tsquery);
  end loop;
  return v_query;
end
$$;
comment on function app_private.suggestion_query(text) is
  'The query of a suggestion, from words as search compares them: all but the last as they are, or corrected.';
revoke all on function app_private.suggestion_query(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/suggestion_query.sql

/*
 * Suggestions. The beginning of a word may match a tenth of all documents, of which ten are needed. So the
 * most popular few are looked through first, in the order of an index. Only words that these do not contain
 * are rare enough for the index of words.
 */
create type public.suggestion as (kind text, id uuid, label text, detail text);
comment on type public.suggestion is 'A suggestion for a text that is being typed.';
comment on column public.suggestion.kind is 'Kind of suggestion.';
comment on column public.suggestion.id is 'Id of the service, vendor, city, zone or postal code.';
comment on column public.suggestion.label is 'Its name.';
comment on column public.suggestion.detail is
  'What distinguishes two suggestions with the same name: category, city or state; null where there is nothing.';

--! Included functions/search/suggest.sql
create or replace function public.suggest(query text, kind text default null) returns setof public.suggestion
language plpgsql stable security definer rows 10 set search_path = ''
set jit = off set plan_cache_mode = force_custom_plan as $$
declare
  v_title constant text := app_private.search_title(app_private.search_input(suggest.query));
  v_wanted constant integer := 10;
  v_query tsquery;
  v_kind text;
  v_hits app_private.search_documents[];
  v_found app_private.search_documents[] := '{}';
begin
  if suggest.kind is not null
    and not exists (select from enums.suggestion_kind k where k.value = suggest.kind) then
    raise exception 'The kind of suggestion is unknown. Choose one of the known kinds.'
      using errcode = 'OB020', column = 'kind';
  end if;
  if v_title = '' then
    return;
  end if;
  v_query := app_private.suggestion_query(v_title);
  for v_kind in
    select k.value from enums.suggestion_kind k where k.value = coalesce(suggest.kind, k.value)
  loop
    v_hits := array(
      select d from app_private.search_documents d
      where d.kind = v_kind and d.title >= v_title and d.title < v_title || chr(1114109)
      order by d.title, d.id
      limit v_wanted
    ) || array(
      select d from (
        select s from app_private.search_documents s
        where s.kind = v_kind
        order by s.quality desc, s.id
        limit 1000
      ) best (d)
      where (best.d).name @@ v_query
      limit v_wanted
    );
    if cardinality(v_hits) < v_wanted then
      v_hits := v_hits || array(
        select r.d
        -- With its own plan: otherwise all documents would be walked through for ten of them.
        from (
          select d from app_private.search_documents d
          where d.kind = v_kind and d.name @@ v_query offset 0
        ) r (d)
        order by (r.d).quality desc, (r.d).id
        limit v_wanted
      );
    end if;
    v_found := v_found || v_hits;
  end loop;
  return query
    select r.kind, r.id, r.label, r.detail
    from (
      select f.*, row_number() over (
        partition by f.kind order by f.title <> v_title, not f.is_beginning, f.quality desc, f.title, f.id) as place
      from (
        select distinct on (u.kind, u.id) u.*, starts_with(u.title, v_title) as is_beginning
        from unnest(v_found) u
      ) f
    ) r
    -- Each kind in turn.
    order by r.title <> v_title, not r.is_beginning, r.place, r.quality desc, r.title, r.id
    limit v_wanted;
end
$$;
comment on function public.suggest(text, text) is
  'Suggestions for a text that is being typed, at most ten: services, listed vendors and places whose names contain these words, of which the last may be incomplete; typing mistakes are tolerated. Exact names come first, then names that begin with the text. With kind only this kind. An empty text finds nothing. Raises OB020 (too long, or an unknown kind).';
revoke all on function public.suggest(text, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.suggest(text, text) to anon, authenticated, staff;
--! EndIncluded functions/search/suggest.sql

/*
 * Pages. A word such as massage matches a fifth of all documents, and ranking each of those costs more than a
 * page may. So here, too, the most popular are looked through first; where they fill the maximum number of
 * results, that is the result. Otherwise all matches are ranked.
 */
create type public.found_vendor as (vendor_id uuid, relevance real, distance_km numeric(10, 2));
comment on type public.found_vendor is 'A vendor that a search found.';
comment on column public.found_vendor.vendor_id is 'Vendor that was found.';
comment on column public.found_vendor.relevance is
  'How well it matches, for comparison with other results of the same search.';
comment on column public.found_vendor.distance_km is
  'Kilometres from the place of the search, in a straight line; null without a place.';
create type public.found_service as (service_id uuid, relevance real);
comment on type public.found_service is 'A service that a search found.';
comment on column public.found_service.service_id is 'Service that was found.';
comment on column public.found_service.relevance is
  'How well it matches, for comparison with other results of the same search.';

--! Included functions/search/found_vendor_vendor.sql
create or replace function public.found_vendor_vendor(found_vendor public.found_vendor) returns public.vendors
language sql stable set search_path = '' as $$
  select v.* from public.vendors v where v.id = found_vendor.vendor_id
$$;
comment on function public.found_vendor_vendor(public.found_vendor) is 'The vendor that was found.';
revoke all on function public.found_vendor_vendor(public.found_vendor) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.found_vendor_vendor(public.found_vendor) to anon, authenticated, staff;
--! EndIncluded functions/search/found_vendor_vendor.sql
--! Included functions/search/found_service_service.sql
create or replace function public.found_service_service(found_service public.found_service)
returns public.services
language sql stable set search_path = '' as $$
  select s.* from public.services s where s.id = found_service.service_id
$$;
comment on function public.found_service_service(public.found_service) is
  'The service that was found.';
revoke all on function public.found_service_service(public.found_service) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.found_service_service(public.found_service) to anon, authenticated, staff;
--! EndIncluded functions/search/found_service_service.sql

--! Included functions/search/relevance.sql
-- The following is evaluated for thousands of documents per search, so it is written to be inlined: no `set`,
-- and every name outside pg_catalog with its schema.
create or replace function app_private.relevance(
  p_document app_private.search_documents, p_query tsquery, p_title text
) returns real
language sql immutable as $$
  select ts_rank((p_document).words, p_query)
    + case when (p_document).title = p_title then 1
      when starts_with((p_document).title, p_title) then 0.3 else 0 end::real
    + (p_document).quality / 10::real
$$;
comment on function app_private.relevance(app_private.search_documents, tsquery, text) is
  'How well a document matches: by where and how often it contains the words, most of all when its name is the same; of equal matches the more popular one.';
revoke all on function app_private.relevance(app_private.search_documents, tsquery, text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/relevance.sql

--! Included functions/search/kilometres.sql
create or replace function app_private.kilometres(p_one public.cube, p_other public.cube) returns numeric
language sql immutable strict set search_path = '' as $$
  -- From the straight line through the ground to the distance over it.
  select round((2 * 6371.0088
    * asin(least(1, (p_one operator(public.<->) p_other) / (2 * 6371.0088))))::numeric, 2)
$$;
comment on function app_private.kilometres(public.cube, public.cube) is
  'Kilometres over the ground between two points on the sphere.';
revoke all on function app_private.kilometres(public.cube, public.cube) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/kilometres.sql

create type app_private.search_filter as (
  centre public.cube, chord double precision, city text, pincode text,
  prices numrange, rating numeric, is_open boolean, category_ids uuid[]
);
comment on type app_private.search_filter is
  'Conditions on documents beside the words; null for no condition.';

--! Included functions/search/search_filter.sql
create or replace function app_private.search_filter(
  p_latitude public.latitude, p_longitude public.longitude, p_radius_km numeric, p_city text,
  p_pincode text, p_minimum_price numeric, p_maximum_price numeric, p_minimum_rating numeric,
  p_open_now boolean
) returns app_private.search_filter
language plpgsql stable set search_path = '' as $$
declare
  v_filter app_private.search_filter;
begin
  perform
    app_private.require_number('minimum_price', 'total', p_minimum_price),
    app_private.require_number('maximum_price', 'total', p_maximum_price),
    app_private.require_number('minimum_rating', 'rating', p_minimum_rating);
  if p_minimum_price > p_maximum_price then
    raise exception 'The minimum price must not be above the maximum price. Correct one of them.'
      using errcode = 'OB020', column = 'minimum_price';
  end if;
  if p_pincode is not null and p_pincode !~ '^[1-9][0-9]{5}$' then
    raise exception 'Pincode must have six digits and must not begin with 0.'
      using errcode = 'OB020', column = 'pincode';
  end if;
  if num_nonnulls(p_latitude, p_longitude, p_radius_km) > 0 then
    v_filter.chord := 2 * 6371.0088 * sin(
      app_private.search_radius(p_latitude, p_longitude, p_radius_km, '{}', 'distance') / (2 * 6371.0088));
    v_filter.centre := app_private.earth_point(p_latitude, p_longitude);
  end if;
  v_filter.city := app_private.search_title(p_city);
  v_filter.pincode := p_pincode;
  if num_nonnulls(p_minimum_price, p_maximum_price) > 0 then
    v_filter.prices := numrange(p_minimum_price, p_maximum_price, '[]');
  end if;
  v_filter.rating := p_minimum_rating;
  v_filter.is_open := nullif(p_open_now, false);
  return v_filter;
end
$$;
comment on function app_private.search_filter(
  public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean
) is
  'The filters of a search. Raises OB020 where they are not allowed or do not go together.';
revoke all on function app_private.search_filter( public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/search_filter.sql

--! Included functions/search/second_of_week.sql
create or replace function app_private.second_of_week(p_time_zone text) returns integer
language sql stable as $$
  select extract(dow from now() at time zone p_time_zone)::integer * 86400
    + floor(extract(epoch from (now() at time zone p_time_zone)::time))::integer
$$;
comment on function app_private.second_of_week(text) is
  'Seconds since Sunday began in this time zone.';
revoke all on function app_private.second_of_week(text) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/second_of_week.sql

--! Included functions/search/fits.sql
create or replace function app_private.fits(
  p_document app_private.search_documents, p_filter app_private.search_filter
) returns boolean
language sql stable as $$
  select ((p_filter).city is null or (p_document).city = (p_filter).city)
    and ((p_filter).pincode is null or (p_document).pincode = (p_filter).pincode)
    and ((p_filter).rating is null or (p_document).rating >= (p_filter).rating)
    and ((p_filter).centre is null
      or (p_document).location operator(public.<->) (p_filter).centre <= (p_filter).chord)
    and ((p_filter).category_ids is null or (p_document).category_ids && (p_filter).category_ids)
    and ((p_filter).is_open is null
      or (p_document).hours @> app_private.second_of_week((p_document).time_zone))
    and ((p_filter).prices is null or (p_document).prices && (p_filter).prices)
$$;
comment on function app_private.fits(app_private.search_documents, app_private.search_filter) is
  'Whether a document matches a filter.';
revoke all on function app_private.fits(app_private.search_documents, app_private.search_filter) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/fits.sql

--! Included functions/search/without_prices.sql
create or replace function app_private.without_prices(p_filter app_private.search_filter)
returns app_private.search_filter
language plpgsql immutable set search_path = '' as $$
begin
  p_filter.prices := null;
  return p_filter;
end
$$;
comment on function app_private.without_prices(app_private.search_filter) is
  'The same filter without its price range, which is applied to each offer.';
revoke all on function app_private.without_prices(app_private.search_filter) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/without_prices.sql

--! Included functions/search/vendors_who_fit.sql
create or replace function app_private.vendors_who_fit(p_filter app_private.search_filter, p_most integer)
returns uuid[]
language plpgsql stable security definer set search_path = ''
set jit = off set plan_cache_mode = force_custom_plan set enable_seqscan = off as $$
begin
  return array(
    select d.id
    from app_private.search_documents d
    where d.kind = 'vendor'
      -- These conditions are for the indexes.
      and (p_filter.city is null or d.city = p_filter.city)
      and (p_filter.pincode is null or d.pincode = p_filter.pincode)
      and (p_filter.centre is null
        or d.location operator(public.<@) public.cube_enlarge(p_filter.centre, p_filter.chord, 3))
      and app_private.fits(d, p_filter)
    limit p_most);
end
$$;
comment on function app_private.vendors_who_fit(app_private.search_filter, integer) is
  'Vendors that match a filter, at most p_most; all for null.';
revoke all on function app_private.vendors_who_fit(app_private.search_filter, integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/vendors_who_fit.sql

--! Included functions/search/offered_by.sql
create or replace function app_private.offered_by(p_vendor_ids uuid[], p_prices numrange) returns uuid[]
language plpgsql stable security definer set search_path = ''
set jit = off set plan_cache_mode = force_custom_plan as $$
begin
  return array(
    select distinct o.service_id
    from unnest(p_vendor_ids) v (id)
    join public.vendor_services o on o.vendor_id = v.id
    where o.is_available
      and (p_prices is null or exists (
        select from public.services s
        where s.id = o.service_id
          and coalesce(o.custom_price, s.discounted_price, s.base_price) <@ p_prices)));
end
$$;
comment on function app_private.offered_by(uuid[], numrange) is
  'Services that these vendors offer now at a price in the range; at any price for null.';
revoke all on function app_private.offered_by(uuid[], numrange) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/offered_by.sql

create type app_private.search_hit as (id uuid, relevance real, location public.cube);
comment on type app_private.search_hit is 'A document that was found, with its position.';

/*
 * Two ways to the documents that contain the words and pass the filters. The first goes downwards from the
 * most popular, at most the requested number; it is good for common words.
 */
--! Included functions/search/most_wanted_hits.sql
create or replace function app_private.most_wanted_hits(
  p_kind text, p_query tsquery, p_title text, p_filter app_private.search_filter, p_among uuid[],
  p_offered_by app_private.search_filter, p_documents integer, p_hits integer
) returns setof app_private.search_hit
language plpgsql stable security definer rows 100 set search_path = ''
set jit = off set plan_cache_mode = force_custom_plan
-- The way is given; the planner's estimate depends on words that it does not know.
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_hashjoin = off as $$
begin
  return query
    select (m.d).id, app_private.relevance(m.d, p_query, p_title), (m.d).location
    from (
      select b from app_private.search_documents b
      where b.kind = p_kind
      order by b.quality desc, b.id
      limit p_documents
    ) m (d)
    where (m.d).words @@ p_query and app_private.fits(m.d, p_filter)
        and (p_among is null or (m.d).id = any (p_among))
        and (p_offered_by is null or exists (
          select from public.vendor_services o
          join app_private.search_documents v on v.kind = 'vendor' and v.id = o.vendor_id
          join public.services s on s.id = o.service_id
          where o.service_id = (m.d).id and o.is_available
            and app_private.fits(v, app_private.without_prices(p_offered_by))
            and (p_offered_by.prices is null
              or coalesce(o.custom_price, s.discounted_price, s.base_price) <@ p_offered_by.prices)))
    limit p_hits;
end
$$;
comment on function app_private.most_wanted_hits(
  text, tsquery, text, app_private.search_filter, uuid[], app_private.search_filter, integer, integer
) is
  'At most p_hits hits among the p_documents most popular documents of a kind. Filters as in search_hits.';
revoke all on function app_private.most_wanted_hits( text, tsquery, text, app_private.search_filter, uuid[], app_private.search_filter, integer, integer ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/most_wanted_hits.sql

/*
 * The second uses the index of words, for all matches; it is good for rare words.
 */
--! Included functions/search/all_hits.sql
create or replace function app_private.all_hits(
  p_kind text, p_query tsquery, p_title text, p_filter app_private.search_filter, p_among uuid[],
  p_offered_by app_private.search_filter, p_is_called_so boolean
) returns setof app_private.search_hit
language plpgsql stable security definer rows 100 set search_path = ''
set jit = off set plan_cache_mode = force_custom_plan set enable_seqscan = off as $$
begin
  return query
    select d.id, app_private.relevance(d, p_query, p_title), d.location
    from app_private.search_documents d
    where d.kind = p_kind
      and (not p_is_called_so or (d.title >= p_title and d.title < p_title || chr(1114109)))
      and d.words @@ p_query and app_private.fits(d, p_filter)
        and (p_among is null or d.id = any (p_among))
        and (p_offered_by is null or exists (
          select from public.vendor_services o
          join app_private.search_documents v on v.kind = 'vendor' and v.id = o.vendor_id
          join public.services s on s.id = o.service_id
          where o.service_id = d.id and o.is_available
            and app_private.fits(v, app_private.without_prices(p_offered_by))
            and (p_offered_by.prices is null
              or coalesce(o.custom_price, s.discounted_price, s.base_price) <@ p_offered_by.prices)));
end
$$;
comment on function app_private.all_hits(
  text, tsquery, text, app_private.search_filter, uuid[], app_private.search_filter, boolean
) is
  'All hits of a kind, or those whose names begin with the text. Filters as in search_hits.';
revoke all on function app_private.all_hits( text, tsquery, text, app_private.search_filter, uuid[], app_private.search_filter, boolean ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/all_hits.sql

--! Included functions/search/search_hits.sql
create or replace function app_private.search_hits(
  p_kind text, p_query text, p_filter app_private.search_filter,
  p_among uuid[], p_offered_by app_private.search_filter
) returns setof app_private.search_hit
language plpgsql stable security definer rows 100 set search_path = '' as $$
declare
  v_query constant tsquery := app_private.search_query(p_query);
  v_title constant text := app_private.search_title(p_query);
  v_wanted constant integer := app_private.setting('search.maximum_results');
  v_hits app_private.search_hit[];
begin
  if v_query is null then
    return;
  end if;
  -- The services of most places are few enough.
  if (p_among is null or cardinality(p_among) > 5000) and (select count(*) = 10
    from app_private.most_wanted_hits(
      p_kind, v_query, v_title, p_filter, p_among, p_offered_by, 2000, 10)) then
    v_hits := array(
      select h from app_private.most_wanted_hits(
        p_kind, v_query, v_title, p_filter, p_among, p_offered_by, 2147483647, v_wanted) h
      union
      -- Exact names, however unpopular.
      select h from app_private.all_hits(
        p_kind, v_query, v_title, p_filter, p_among, p_offered_by, true) h);
  else
    v_hits := array(
      select h from app_private.all_hits(
        p_kind, v_query, v_title, p_filter, p_among, p_offered_by, false) h);
  end if;
  return query
    select h.id, h.relevance, h.location from unnest(v_hits) h
    order by h.relevance desc, h.id
    limit v_wanted;
end
$$;
comment on function app_private.search_hits(
  text, text, app_private.search_filter, uuid[], app_private.search_filter
) is
  'Documents of one kind that contain the words, match the filter, are among those named (null: all) and, for a service, are offered by a vendor that matches the last filter (null: any or none), best first. Where more match than a search returns, those with the exact name and the most popular are kept. Raises OB020 where the text is too long.';
revoke all on function app_private.search_hits( text, text, app_private.search_filter, uuid[], app_private.search_filter ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/search/search_hits.sql

--! Included functions/search/search_vendors.sql
create or replace function public.search_vendors(
  query text,
  latitude public.latitude default null, longitude public.longitude default null,
  radius_km numeric default null, city text default null, pincode text default null,
  minimum_price numeric default null, maximum_price numeric default null,
  minimum_rating numeric default null, open_now boolean default null,
  category_id uuid default null
) returns setof public.found_vendor
language plpgsql stable security definer rows 100 set search_path = '' as $$
declare
  v_among uuid[];
  v_filter app_private.search_filter := app_private.search_filter(
    search_vendors.latitude, search_vendors.longitude, search_vendors.radius_km, search_vendors.city,
    search_vendors.pincode, search_vendors.minimum_price, search_vendors.maximum_price,
    search_vendors.minimum_rating, search_vendors.open_now);
begin
  if search_vendors.category_id is not null then
    v_filter.category_ids := array(
      with recursive tree (id) as (
        select search_vendors.category_id
        union
        select c.id from public.vendor_categories c join tree t on c.parent_id = t.id
      )
      select t.id from tree t);
  end if;
  if num_nonnulls(v_filter.city, v_filter.pincode, v_filter.centre) > 0 then
    v_among := app_private.vendors_who_fit(v_filter, null);
  end if;
  return query
    select h.id, h.relevance, app_private.kilometres(h.location, v_filter.centre)::numeric(10, 2)
    from app_private.search_hits('vendor', search_vendors.query, v_filter, v_among, null) h
    order by h.relevance desc, h.id;
end
$$;
comment on function public.search_vendors(
  text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid
) is
  'Listed vendors whose names, places, categories, offers or descriptions contain all these words, best match first, up to a maximum number of results. "Phrases", or and -not work; typing mistakes are tolerated. Filters: within radiusKm of a place, in a city (by name), in a postal code, with an offer in a price range (rupees before GST), with a minimum rating, open now, in a category or one below it. A search without words and filters finds nothing. Raises OB020 (too long, or filters that are not allowed or do not go together) and 23514 (invalid coordinates).';
revoke all on function public.search_vendors( text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
revoke all on function public.search_vendors(text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.search_vendors(text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid) to anon, authenticated, staff;
--! EndIncluded functions/search/search_vendors.sql

--! Included functions/search/search_services.sql
create or replace function public.search_services(
  query text,
  latitude public.latitude default null, longitude public.longitude default null,
  radius_km numeric default null, city text default null, pincode text default null,
  minimum_price numeric default null, maximum_price numeric default null,
  minimum_rating numeric default null, open_now boolean default null,
  category_id uuid default null
) returns setof public.found_service
language plpgsql stable security definer rows 100 set search_path = '' as $$
declare
  v_vendors app_private.search_filter := app_private.search_filter(
    search_services.latitude, search_services.longitude, search_services.radius_km,
    search_services.city, search_services.pincode, search_services.minimum_price,
    search_services.maximum_price, search_services.minimum_rating, search_services.open_now);
  v_services app_private.search_filter;
  v_vendor_ids uuid[];
  v_among uuid[];
begin
  v_services.category_ids := nullif(array_remove(array[search_services.category_id], null), '{}');
  if num_nonnulls(v_vendors.city, v_vendors.pincode, v_vendors.centre) > 0 then
    -- The vendors of a place are few compared with all who offer a service.
    v_vendor_ids := app_private.vendors_who_fit(app_private.without_prices(v_vendors), null);
  elsif num_nonnulls(v_vendors.rating, v_vendors.is_open) = 0 then
    v_services.prices := v_vendors.prices;
    v_vendors := null;
  else
    -- At night few vendors are open: their offers are read first, instead of checking each match in vain.
    v_vendor_ids := app_private.vendors_who_fit(app_private.without_prices(v_vendors), 501);
    if cardinality(v_vendor_ids) > 500 then
      v_vendor_ids := null;
    end if;
  end if;
  if v_vendor_ids is not null then
    v_among := app_private.offered_by(v_vendor_ids, v_vendors.prices);
    v_vendors := null;
  end if;
  return query
    select h.id, h.relevance
    from app_private.search_hits('service', search_services.query, v_services, v_among, v_vendors) h
    order by h.relevance desc, h.id;
end
$$;
comment on function public.search_services(
  text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid
) is
  'Active services whose names, categories or descriptions contain all these words, best match first, up to a maximum number of results. "Phrases", or and -not work; typing mistakes are tolerated. Filters: in a category; with a catalogue price in a range (rupees before GST). With a place (within radiusKm, in a city, in a postal code), a rating or openNow only services that such a vendor offers now, and then the price is the vendor''s. A search without words and filters finds nothing. Raises OB020 (too long, or filters that are not allowed or do not go together) and 23514 (invalid coordinates).';
revoke all on function public.search_services( text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid ) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
revoke all on function public.search_services(text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.search_services(text, public.latitude, public.longitude, numeric, text, text, numeric, numeric, numeric, boolean, uuid) to anon, authenticated, staff;
--! EndIncluded functions/search/search_services.sql

--! split: 030-performance.sql
-- Monthly figures of therapists and beauticians, computed from assignments. As with dashboards, triggers
-- record which months of which provider must be counted again and a job counts them: never in the transaction
-- of a booking, and incremental and full counts use the same text.
--
-- Everything counts for the month of the service, even if it comes later: a review that is approved, a tip, a
-- correction of earnings. A review without a booking (old data) counts for no month.

insert into public.system_settings
  (key, category, value, value_type, minimum, maximum, is_public, description)
values
  ('performance.on_time_minutes', 'performance', '5', 'integer', 0, 120, true,
    'Minutes after the agreed time until which the start of a service counts as on time'),
  ('performance.satisfied_rating', 'performance', '4', 'integer', 1, 5, true,
    'Stars from which a customer counts as satisfied');

create table app_private.performance_changes (
  id bigint generated always as identity primary key,
  kind text not null,
  provider_id uuid not null,
  month date not null
);
alter table app_private.performance_changes enable row level security;
comment on table app_private.performance_changes is
  'Months of providers that must be counted again: written by triggers, processed by the refresh. Rows are only added and need not be unique, so that no writer waits for another writer of the same month.';
comment on column app_private.performance_changes.kind is 'Kind of provider: therapist or beautician.';
comment on column app_private.performance_changes.provider_id is 'The therapist or beautician.';
comment on column app_private.performance_changes.month is 'First day of the month.';

create table app_private.performance_refreshes (
  only_row boolean primary key default true check (only_row),
  recounted_at timestamptz,
  recounted_through uuid
);
alter table app_private.performance_refreshes enable row level security;
insert into app_private.performance_refreshes default values;
comment on table app_private.performance_refreshes is 'Progress of a complete count of the performance figures.';
comment on column app_private.performance_refreshes.recounted_at is
  'When the performance figures were last counted completely; null when they must be.';
comment on column app_private.performance_refreshes.recounted_through is
  'In a complete count that is running: therapists and beauticians up to this id are counted.';

--! Included functions/performance/month_of.sql
create or replace function app_private.month_of(p_day date) returns date
language sql immutable set search_path = '' as $$
  select date_trunc('month', p_day::timestamp)::date
$$;
comment on function app_private.month_of(date) is 'First day of the month of a day.';
revoke all on function app_private.month_of(date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/month_of.sql

/*
 * Counting. therapist_assignments_therapist_id_idx and beautician_assignments_beautician_id_idx give the
 * assignments of a month, whether it is one or all.
 */
create type app_private.provider_month as (kind text, provider_id uuid, month date);
comment on type app_private.provider_month is 'A month of a therapist or beautician.';

--! Included functions/performance/count_performance.sql
create or replace function app_private.count_performance(p_months app_private.provider_month[])
returns table (
  kind text, provider_id uuid, month date, total_assignments integer, completed_assignments integer,
  cancelled_assignments integer, average_rating numeric, total_earnings numeric, total_tips numeric,
  on_time_percentage numeric, customer_satisfaction numeric
)
language plpgsql stable security definer set search_path = ''
-- Each assignment finds its booking, its earnings and its review by an index: the cost is that of the
-- requested months, however many others there are.
set plan_cache_mode = force_custom_plan set enable_hashjoin = off set enable_mergejoin = off
set enable_seqscan = off as $$
declare
  v_minutes constant integer := app_private.setting('performance.on_time_minutes');
  v_satisfied constant integer := app_private.setting('performance.satisfied_rating');
begin
  return query
    select m.kind, m.provider_id, m.month,
      count(*)::integer,
      count(*) filter (where a.status = 'completed')::integer,
      count(*) filter (where a.status = 'cancelled')::integer,
      coalesce(round(avg(r.rating), 2), 0),
      coalesce(sum(c.therapist_earning), 0),
      sum(a.tips_amount),
      coalesce(round(100 * avg((a.began_at <= a.agreed_at + v_minutes * interval '1 minute')::integer)
        filter (where a.status <> 'cancelled' and a.began_at is not null), 2), 0),
      coalesce(round(100 * avg((r.rating >= v_satisfied)::integer), 2), 0)
    from (select distinct u.* from unnest(p_months) u) m
    cross join lateral (
      select t.booking_id, t.status, t.tips_amount, t.actual_start_time as began_at,
        (t.assignment_date + t.assignment_time) at time zone b.time_zone as agreed_at
      from public.therapist_assignments t
      join public.bookings b on b.id = t.booking_id
      where m.kind = 'therapist' and t.therapist_id = m.provider_id
        and t.assignment_date >= m.month and t.assignment_date < m.month + interval '1 month'
      union all
      select s.booking_id, s.status, s.tips_amount, s.actual_start_time, s.assignment_time
      from public.beautician_assignments s
      where m.kind = 'beautician' and s.beautician_id = m.provider_id
        and s.assignment_time >= app_private.start_of(m.month)
        and s.assignment_time < app_private.start_of((m.month + interval '1 month')::date)
    ) a
    -- At most one assignment of a booking is completed, and a booking has at most one review of a provider.
    left join public.commission_records c on c.booking_id = a.booking_id and a.status = 'completed'
    left join public.reviews r on r.booking_id = a.booking_id and r.reviewable_type = m.kind
      and r.reviewable_id = m.provider_id and r.status = 'approved' and a.status = 'completed'
    group by m.kind, m.provider_id, m.month;
end
$$;
comment on function app_private.count_performance(app_private.provider_month[]) is
  'The figures of these months, computed from assignments; none for a month without assignments. Ratings are of approved reviews of the services of the month; months of beauticians are those of India.';
revoke all on function app_private.count_performance(app_private.provider_month[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/count_performance.sql

--! Included functions/performance/record_performance.sql
create or replace function app_private.record_performance(p_months app_private.provider_month[]) returns void
language plpgsql volatile security definer set search_path = ''
set plan_cache_mode = force_custom_plan set enable_hashjoin = off set enable_mergejoin = off
set enable_seqscan = off as $$
declare
  v_kind text;
begin
  foreach v_kind in array '{therapist,beautician}'::text[] loop
    execute format(
      $sql$
      with counted as materialized (select c.* from app_private.count_performance($1) c),
      gone as (
        -- Months without any assignments left.
        delete from public.%1$I p
        using unnest($1) m
        where p.%2$I = m.provider_id and p.month = m.month
          -- Hashed, because joins here use indexes.
          and (m.provider_id, m.month) not in (select c.provider_id, c.month from counted c)
      )
      insert into public.%1$I as p (%2$I, month, total_assignments,
        completed_assignments, cancelled_assignments, average_rating, total_earnings, total_tips,
        on_time_percentage, customer_satisfaction)
      select c.provider_id, c.month, c.total_assignments, c.completed_assignments, c.cancelled_assignments,
        c.average_rating, c.total_earnings, c.total_tips, c.on_time_percentage, c.customer_satisfaction
      from counted c
      on conflict (%2$I, month) do update
      set total_assignments = excluded.total_assignments,
        completed_assignments = excluded.completed_assignments,
        cancelled_assignments = excluded.cancelled_assignments,
        average_rating = excluded.average_rating, total_earnings = excluded.total_earnings,
        total_tips = excluded.total_tips, on_time_percentage = excluded.on_time_percentage,
        customer_satisfaction = excluded.customer_satisfaction
      where (p.total_assignments, p.completed_assignments, p.cancelled_assignments, p.average_rating,
          p.total_earnings, p.total_tips, p.on_time_percentage, p.customer_satisfaction)
        is distinct from (excluded.total_assignments, excluded.completed_assignments,
          excluded.cancelled_assignments, excluded.average_rating, excluded.total_earnings,
          excluded.total_tips, excluded.on_time_percentage, excluded.customer_satisfaction)
      $sql$, v_kind || '_performance', v_kind || '_id')
    using array(select m from unnest(p_months) m where m.kind = v_kind);
  end loop;
end
$$;
comment on function app_private.record_performance(app_private.provider_month[]) is
  'Counts these months and writes changed figures.';
revoke all on function app_private.record_performance(app_private.provider_month[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/record_performance.sql

--! Included functions/performance/recount_next_performance.sql
create or replace function app_private.recount_next_performance(p_providers integer) returns boolean
language plpgsql volatile security definer set search_path = '' set jit = off
set plan_cache_mode = force_custom_plan as $$
declare
  v_after constant uuid := coalesce(
    (select r.recounted_through from app_private.performance_refreshes r),
    '00000000-0000-0000-0000-000000000000');
  v_through uuid;
begin
  select n.id into v_through
  from (
    select p.id
    from (
      (select t.id from public.therapists t where t.id > v_after order by t.id limit p_providers)
      union
      (select b.id from public.beauticians b where b.id > v_after order by b.id limit p_providers)
    ) p
    order by p.id
    limit p_providers
  ) n
  order by n.id desc
  limit 1;
  if v_through is null then
    update app_private.performance_refreshes set recounted_at = now(), recounted_through = null;
    return false;
  end if;
  perform app_private.record_performance(array(
    select row(m.kind, m.provider_id, m.month)::app_private.provider_month
    from (
      select 'therapist' as kind, a.therapist_id as provider_id,
        app_private.month_of(a.assignment_date) as month
      from public.therapist_assignments a
      where a.therapist_id > v_after and a.therapist_id <= v_through
      union
      select 'beautician', a.beautician_id, app_private.month_of(app_private.day_of(a.assignment_time))
      from public.beautician_assignments a
      where a.beautician_id > v_after and a.beautician_id <= v_through
    ) m
  ));
  update app_private.performance_refreshes set recounted_through = v_through;
  return true;
end
$$;
comment on function app_private.recount_next_performance(integer) is
  'The next step of a complete count, for at most p_providers therapists and beauticians: every month with assignments. Returns whether there may be more. The caller holds the lock of the refresh.';
revoke all on function app_private.recount_next_performance(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/recount_next_performance.sql

--! Included functions/performance/recount_performance.sql
create or replace function app_private.recount_performance() returns void
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  v_noted app_private.provider_month[];
begin
  perform pg_advisory_xact_lock(hashtext('performance refresh'));
  -- Before counting: changes that are committed meanwhile stay recorded and are counted at the next refresh.
  -- None of the recorded months may be left.
  with taken as (delete from app_private.performance_changes returning kind, provider_id, month)
  select coalesce(array_agg(distinct row(t.kind, t.provider_id, t.month)::app_private.provider_month), '{}')
    into v_noted
  from taken t;
  perform app_private.record_performance(v_noted);
  update app_private.performance_refreshes set recounted_through = null;
  while app_private.recount_next_performance(100) loop
  end loop;
end
$$;
comment on function app_private.recount_performance() is
  'Counts every month of every provider again: for verification, and after rows were loaded with triggers off (demo data, import). A month of an earlier platform without stored assignments stays as it is. Reads all assignments.';
revoke all on function app_private.recount_performance() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.recount_performance() to ombaro_worker;
--! EndIncluded functions/performance/recount_performance.sql

--! Included functions/performance/refresh_performance.sql
create or replace function app_private.refresh_performance(p_months integer) returns integer
language plpgsql volatile security definer set search_path = '' set jit = off as $$
declare
  v_months app_private.provider_month[];
  v_taken integer;
begin
  -- Another refresh is running: recorded days stay for the next minute.
  if not pg_try_advisory_xact_lock(hashtext('performance refresh')) then
    return 0;
  end if;
  if (select r.recounted_at is null from app_private.performance_refreshes r) then
    perform app_private.recount_next_performance(greatest(p_months / 10, 1));
    return p_months;
  end if;
  -- Taken before counting, in a statement of its own: changes that are committed after it stay recorded.
  with taken as (
    delete from app_private.performance_changes c
    where c.id in (select n.id from app_private.performance_changes n order by n.id limit p_months)
    returning c.kind, c.provider_id, c.month
  )
  select coalesce(array_agg(distinct row(t.kind, t.provider_id, t.month)::app_private.provider_month), '{}'),
      count(*)
    into v_months, v_taken
  from taken t;
  perform app_private.record_performance(v_months);
  return case when v_taken = p_months then p_months else cardinality(v_months) end;
end
$$;
comment on function app_private.refresh_performance(integer) is
  'Counts changed months of providers, at most p_months, and returns how many; that number itself while there may be more. The first time, and after a change of its settings, it counts everything, some providers per call. Runs every minute.';
revoke all on function app_private.refresh_performance(integer) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function app_private.refresh_performance(integer) to ombaro_worker;
--! EndIncluded functions/performance/refresh_performance.sql

/*
 * Records of changed days.
 */
--! Included functions/performance/tg_therapist_assignments__performance.sql
create or replace function app_private.tg_therapist_assignments__performance() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.performance_changes (kind, provider_id, month)
  select distinct 'therapist', v.therapist_id, app_private.month_of(v.assignment_date)
  from (values (old.therapist_id, old.assignment_date), (new.therapist_id, new.assignment_date))
    v (therapist_id, assignment_date)
  where v.therapist_id is not null;
  return null;
end
$$;
comment on function app_private.tg_therapist_assignments__performance() is
  'Records the months of an assignment, before and after its change.';
revoke all on function app_private.tg_therapist_assignments__performance() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/tg_therapist_assignments__performance.sql
create trigger _600_performance after insert or delete or update of booking_id, therapist_id,
    assignment_date, assignment_time, status, actual_start_time, tips_amount
  on public.therapist_assignments
  for each row execute function app_private.tg_therapist_assignments__performance();

--! Included functions/performance/tg_beautician_assignments__performance.sql
create or replace function app_private.tg_beautician_assignments__performance() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  insert into app_private.performance_changes (kind, provider_id, month)
  select distinct 'beautician', v.beautician_id,
    app_private.month_of(app_private.day_of(v.assignment_time))
  from (values (old.beautician_id, old.assignment_time), (new.beautician_id, new.assignment_time))
    v (beautician_id, assignment_time)
  where v.beautician_id is not null;
  return null;
end
$$;
comment on function app_private.tg_beautician_assignments__performance() is
  'Records the months of an assignment, before and after its change.';
revoke all on function app_private.tg_beautician_assignments__performance() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/tg_beautician_assignments__performance.sql
create trigger _600_performance after insert or delete or update of booking_id, beautician_id,
    assignment_time, status, actual_start_time, tips_amount
  on public.beautician_assignments
  for each row execute function app_private.tg_beautician_assignments__performance();

--! Included functions/performance/note_performance_of.sql
create or replace function app_private.note_performance_of(p_booking_ids uuid[]) returns void
language sql volatile security definer set search_path = '' as $$
  insert into app_private.performance_changes (kind, provider_id, month)
  select 'therapist', a.therapist_id, app_private.month_of(a.assignment_date)
  from public.therapist_assignments a
  where a.booking_id = any (p_booking_ids) and a.status = 'completed'
  union
  select 'beautician', a.beautician_id, app_private.month_of(app_private.day_of(a.assignment_time))
  from public.beautician_assignments a
  where a.booking_id = any (p_booking_ids) and a.status = 'completed'
$$;
comment on function app_private.note_performance_of(uuid[]) is
  'Records the months in which these bookings were performed.';
revoke all on function app_private.note_performance_of(uuid[]) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/note_performance_of.sql

--! Included functions/performance/tg__performance_of_booking.sql
create or replace function app_private.tg__performance_of_booking() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.note_performance_of(array[old.booking_id, new.booking_id]);
  return null;
end
$$;
comment on function app_private.tg__performance_of_booking() is
  'Records the month in which the booking of the row was performed.';
revoke all on function app_private.tg__performance_of_booking() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/tg__performance_of_booking.sql
create trigger _600_performance after insert or delete or update of booking_id, therapist_earning
  on public.commission_records
  for each row execute function app_private.tg__performance_of_booking();
create trigger _600_performance after insert or delete
  or update of booking_id, reviewable_type, reviewable_id, status, rating
  on public.reviews
  for each row execute function app_private.tg__performance_of_booking();

--! Included functions/performance/tg_bookings__performance.sql
-- The time zone of a booking decides when a therapist had to begin.
create or replace function app_private.tg_bookings__performance() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  perform app_private.note_performance_of(array[new.id]);
  return null;
end
$$;
comment on function app_private.tg_bookings__performance() is
  'Records the month in which the booking was performed.';
revoke all on function app_private.tg_bookings__performance() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/tg_bookings__performance.sql
create trigger _600_performance after update of time_zone on public.bookings
  for each row when (old.time_zone <> new.time_zone)
  execute function app_private.tg_bookings__performance();

--! Included functions/performance/tg_system_settings__performance.sql
create or replace function app_private.tg_system_settings__performance() returns trigger
language plpgsql volatile security definer set search_path = '' as $$
begin
  update app_private.performance_refreshes set recounted_at = null, recounted_through = null;
  return null;
end
$$;
comment on function app_private.tg_system_settings__performance() is
  'Has everything counted again with the changed settings.';
revoke all on function app_private.tg_system_settings__performance() from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
--! EndIncluded functions/performance/tg_system_settings__performance.sql
create trigger _600_performance after update of value on public.system_settings
  for each row when (new.category = 'performance' and old.value <> new.value)
  execute function app_private.tg_system_settings__performance();

comment on column public.therapist_performance.average_rating is
  'Average of approved reviews of services of the month, up to 5; 0 when there are none.';
comment on column public.therapist_performance.total_earnings is
  'Rupees earned with services of the month, without tips.';
comment on column public.therapist_performance.total_tips is 'Rupees of tips for services of the month.';
comment on column public.therapist_performance.on_time_percentage is
  'Percentage of started services that began on time, within the tolerance of the platform; 0 when there are none.';
comment on column public.therapist_performance.customer_satisfaction is
  'Percentage of approved reviews of services of the month with enough stars to count as satisfied; 0 when there are none.';
comment on column public.beautician_performance.average_rating is
  'Average of approved reviews of services of the month, up to 5; 0 when there are none.';
comment on column public.beautician_performance.total_earnings is
  'Rupees earned with services of the month, without tips.';
comment on column public.beautician_performance.total_tips is 'Rupees of tips for services of the month.';
comment on column public.beautician_performance.on_time_percentage is
  'Percentage of started services that began on time, within the tolerance of the platform; 0 when there are none.';
comment on column public.beautician_performance.customer_satisfaction is
  'Percentage of approved reviews of services of the month with enough stars to count as satisfied; 0 when there are none.';

/*
 * Leaderboards. The desk reads them too, so they contain no money: users who may read it find it in the
 * monthly figures.
 */
create type public.leaderboard_entry as (
  rank integer, therapist_id uuid, beautician_id uuid, name text, total_assignments integer,
  completed_assignments integer, average_rating numeric(3, 2), on_time_percentage numeric(5, 2),
  customer_satisfaction numeric(5, 2)
);
comment on type public.leaderboard_entry is 'The position of a provider among those of its vendor.';
comment on column public.leaderboard_entry.rank is 'Position from 1; providers with equal figures share one.';
comment on column public.leaderboard_entry.therapist_id is 'Therapist; null for a beautician.';
comment on column public.leaderboard_entry.beautician_id is 'Beautician; null for a therapist.';
comment on column public.leaderboard_entry.name is 'Name of the provider.';
comment on column public.leaderboard_entry.total_assignments is 'How many assignments fell in the month.';
comment on column public.leaderboard_entry.completed_assignments is 'How many of them were completed.';
comment on column public.leaderboard_entry.average_rating is
  'Average of approved reviews of services of the month; 0 when there are none.';
comment on column public.leaderboard_entry.on_time_percentage is 'Percentage of services that began on time.';
comment on column public.leaderboard_entry.customer_satisfaction is 'Percentage of satisfied customers.';

--! Included functions/performance/vendor_leaderboard.sql
create or replace function public.vendor_leaderboard(vendor_id uuid, month date)
returns setof public.leaderboard_entry
language plpgsql stable security definer set search_path = '' as $$
declare
  v_uid constant uuid := auth.uid();
  v_sees_all boolean;
begin
  if v_uid is null then
    raise exception 'Sign in first.' using errcode = 'OB001';
  end if;
  v_sees_all := coalesce(vendor_leaderboard.vendor_id = any (app_private.my_vendor_ids('bookings')), false)
    or app_private.has_permission('vendors.read');
  if not v_sees_all and not exists (
    select from public.therapists t
    where t.vendor_id = vendor_leaderboard.vendor_id and t.user_id = v_uid
    union all
    select from public.beauticians b
    where b.vendor_id = vendor_leaderboard.vendor_id and b.user_id = v_uid
  ) then
    raise exception 'Only people of this vendor may see its leaderboard. Check vendorId.'
      using errcode = 'OB002', column = 'vendor_id';
  end if;
  if (extract(day from vendor_leaderboard.month) = 1) is not true then
    raise exception 'Month must be the first day of a month, such as 2026-11-01.'
      using errcode = 'OB020', column = 'month';
  end if;
  return query
    select e.rank, e.therapist_id, e.beautician_id, e.name, e.total_assignments,
      e.completed_assignments, e.average_rating, e.on_time_percentage, e.customer_satisfaction
    from (
      select p.*, rank() over (
        order by p.completed_assignments desc, p.average_rating desc, p.on_time_percentage desc)::integer
      from (
        select t.user_id, t.id as therapist_id, null::uuid as beautician_id, t.name, f.total_assignments,
          f.completed_assignments, f.average_rating, f.on_time_percentage, f.customer_satisfaction
        from public.therapists t
        join public.therapist_performance f on f.therapist_id = t.id
        where t.vendor_id = vendor_leaderboard.vendor_id and f.month = vendor_leaderboard.month
        union all
        select b.user_id, null, b.id, b.name, f.total_assignments, f.completed_assignments,
          f.average_rating, f.on_time_percentage, f.customer_satisfaction
        from public.beauticians b
        join public.beautician_performance f on f.beautician_id = b.id
        where b.vendor_id = vendor_leaderboard.vendor_id and f.month = vendor_leaderboard.month
      ) p
    ) e
    where v_sees_all or e.user_id = v_uid
    order by e.rank, e.name, coalesce(e.therapist_id, e.beautician_id);
end
$$;
comment on function public.vendor_leaderboard(uuid, date) is
  'The therapists and beauticians of a vendor ranked for a month (given by its first day): most completed services, then best rated, then most punctual. The figures are at most a minute old. For the vendor''s desk and the platform; a provider sees only their own position. Raises OB001, OB002, OB020 (not the first day of a month).';
revoke all on function public.vendor_leaderboard(uuid, date) from public, anon, authenticated, staff, ombaro_api, ombaro_worker;
grant execute on function public.vendor_leaderboard(uuid, date) to authenticated, staff;
--! EndIncluded functions/performance/vendor_leaderboard.sql

--! split: 900-version.sql
insert into public.schema_versions (version, migration, released_on, changes)
values ('1.17', 'search-and-performance', '2026-11-25', 'Search over services, vendors and places, and monthly figures of providers');
