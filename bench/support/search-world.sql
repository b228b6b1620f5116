-- 100,000 services and 20,000 vendors with ten offers each, for bench/search.ts. Loaded as superuser with
-- triggers off. Words are distributed as in names: a few everywhere, most hardly ever.

create schema bench;

create function bench.word(p_words text[], p_number integer) returns text
language sql immutable as $$
  -- A square makes the first words frequent and the last ones rare.
  select p_words[1 + floor(power((p_number * 2654435761::bigint % 1000003) / 1000003.0, 2)
    * cardinality(p_words))::integer]
$$;

create table bench.words as
select
  string_to_array('massage facial haircut spa therapy manicure pedicure cleanup polish scrub wrap waxing bleach threading colour keratin smoothing highlights shave trim makeup mehndi bath steam sauna reflexology acupressure shiatsu abhyanga shirodhara udvartana pizhichil potli lomi champi ubtan exfoliation peel detox lift firming hydration glow repair ritual cupping stretching tattoo extension lamination', ' ') as things,
  string_to_array('swedish thai deep relaxing aroma herbal gold pearl fruit charcoal balinese hot-stone bridal party express classic royal luxury organic vitamin chocolate coffee sandalwood rose lavender jasmine turmeric neem aloe saffron honey oxygen diamond platinum caviar collagen seaweed volcanic bamboo himalayan ayurvedic kerala moroccan japanese turkish hawaiian egyptian french korean brazilian prenatal sports lymphatic', ' ') as kinds,
  string_to_array('blossom lotus serenity bliss tranquil aura zen urban golden silver emerald velvet crystal divine eternal pure nature green river mountain sunrise moonlight oasis harmony elegance radiance glamour grace charm vogue trendz mirror scissors curls tresses locks style studio lounge house palace retreat sanctuary haven garden temple village island cloud ocean', ' ') as names;

insert into public.service_categories (name, slug)
select 'Category ' || n, 'category-' || n from generate_series(1, 20) n;

insert into public.services (name, slug, category_id, short_description, description, benefits, duration,
  base_price, is_popular, is_featured)
select
  initcap(bench.word(w.kinds, n) || ' ' || bench.word(w.things, n * 7 + 3)
    || case when n % 3 = 0 then ' with ' || bench.word(w.things, n * 13 + 5) else '' end)
    || ' ' || (30 + n % 5 * 15) || ' min',
  'service-' || n,
  (select c.id from public.service_categories c where c.slug = 'category-' || (1 + n % 20)),
  'A ' || bench.word(w.kinds, n * 3) || ' ' || bench.word(w.things, n * 5) || ' for body and mind',
  'Our people take their time. ' || bench.word(w.kinds, n * 11) || ' oils, ' || bench.word(w.things, n * 17)
    || ' and a cup of tea afterwards, in a quiet room with warm towels.',
  array['relaxes', 'refreshes', bench.word(w.names, n)],
  30 + n % 5 * 15, 300 + n % 47 * 100, n % 50 = 0, n % 200 = 0
from bench.words w, generate_series(1, 100000) n;

insert into public.vendors (business_name, business_type, description, address_line1, address_line2, city, state,
  pincode, latitude, longitude, rating, total_reviews, verification_status)
select
  initcap(bench.word(w.names, n) || ' ' || bench.word(w.names, n * 7 + 1)) || case n % 3
    when 0 then ' Spa' when 1 then ' Salon' else ' Wellness' end,
  (array['spa', 'salon', 'wellness_center'])[1 + n % 3],
  'A ' || bench.word(w.names, n * 3) || ' place for ' || bench.word(w.things, n * 5) || ' since ' || 1990 + n % 30,
  'MG Road', 'Floor ' || n % 9, c.name, 'India', (411000 + n % 200)::text,
  c.latitude + (n * 7919 % 997 - 498) / 5000.0, c.longitude + (n * 6101 % 991 - 495) / 5000.0,
  n * 31 % 500 / 100.0, n % 300, 'verified'
from bench.words w, generate_series(1, 20000) n
join (
  select name, latitude, longitude,
    row_number() over (order by name, latitude) - 1 as position, count(*) over () as total
  from public.cities where latitude is not null
) c on c.position = n % least(c.total, 40);

insert into public.vendor_services (vendor_id, service_id, custom_price)
select v.id, s.id, case when o % 2 = 0 then 400 + (v.position * 7 + o) % 40 * 100 end
from (select id, row_number() over (order by id) as position from public.vendors) v
cross join generate_series(1, 10) o
join (select id, row_number() over (order by slug) as position from public.services) s
  on s.position = 1 + (v.position * 10 + o * 7919) % 100000
on conflict do nothing;

insert into public.vendor_category_members (vendor_id, category_id, is_primary)
select v.id, c.id, true
from (select id, row_number() over (order by id) as position from public.vendors) v
join (select id, row_number() over (order by category_code) - 1 as position from public.vendor_categories) c
  on c.position = v.position % 8;

insert into public.vendor_availability (vendor_id, day_of_week, open_time, close_time)
select v.id, d, '09:00', '21:00' from public.vendors v, generate_series(0, 6) d;

select app_private.rebuild_search();
