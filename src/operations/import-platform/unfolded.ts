import { bareAccountNumber, categoryOf, openingTime } from './rules.ts';

/** Rows of other tables that the existing platform keeps inside of one. Run when all tables are moved. */
export const unfolded: readonly { readonly of: string; readonly statement: string }[] = [
  {
    of: 'user_bank_details.account_number',
    statement: `insert into app_private.bank_account_numbers (bank_detail_id, account_number)
      select b.id, ${bareAccountNumber}
      from pg_temp.old_user_bank_details s
      join public.user_bank_details b on b.id::text = s.id
      where not s.is_there and ${bareAccountNumber} ~ '^[0-9]{9,18}$'
      on conflict do nothing`,
  },
  {
    of: 'vendor_applications.vendor_category',
    statement: `insert into public.vendor_application_categories (application_id, category_id, is_primary)
      select a.id, ${categoryOf('vendor_category')}, true
      from pg_temp.old_vendor_applications s
      join public.vendor_applications a on a.id::text = s.id
      where not s.is_there and ${categoryOf('vendor_category')} is not null
      on conflict do nothing`,
  },
  {
    of: 'vendors.operating_hours',
    statement: `insert into public.vendor_availability (vendor_id, day_of_week, open_time, close_time)
      select v.id, d.number, h.opens, h.closes
      from pg_temp.old_vendors s
      join public.vendors v on v.id::text = s.id
      cross join (values (0, 'sunday'), (1, 'monday'), (2, 'tuesday'), (3, 'wednesday'), (4, 'thursday'),
        (5, 'friday'), (6, 'saturday')) d (number, name)
      cross join lateral (
        select ${openingTime('s.operating_hours::jsonb -> d.name', 'open')} as opens,
          ${openingTime('s.operating_hours::jsonb -> d.name', 'close')} as closes
      ) h
      where not s.is_there and jsonb_typeof(s.operating_hours::jsonb) = 'object' and h.opens <> h.closes
        and not exists (select from pg_temp.old_vendor_availability a where a.vendor_id = s.id)`,
  },
  {
    of: 'vendors.services_offered',
    statement: `insert into public.vendor_services (vendor_id, service_id)
      select distinct v.id, x.id
      from pg_temp.old_vendors s
      join public.vendors v on v.id::text = s.id
      cross join lateral unnest(s.services_offered::uuid[]) u (id)
      join public.services x on x.id = u.id
      where not s.is_there
      on conflict (vendor_id, service_id) do nothing`,
  },
  {
    of: 'vendors.verification_documents',
    statement: `insert into public.vendor_documents (vendor_id, document_type, document_name, file_url)
      select v.id, coalesce(t.value, 'other'), coalesce(nullif(trim(d ->> 'name'), ''), 'Document'),
        app_private.adopt_file(coalesce(d ->> 'url', d ->> 'file_url'), 'vendor_document')
      from pg_temp.old_vendors s
      join public.vendors v on v.id::text = s.id
      cross join lateral jsonb_array_elements(case jsonb_typeof(s.verification_documents::jsonb)
        when 'array' then s.verification_documents::jsonb else '[]' end) d
      left join enums.vendor_document_type t on t.value = lower(coalesce(d ->> 'type', d ->> 'document_type'))
      where not s.is_there and coalesce(d ->> 'url', d ->> 'file_url') is not null`,
  },
];
