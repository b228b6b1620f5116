import { mobileNumber } from './mobile-number.ts';

/**
 * What the mapping of columns cannot say: values. In every expression `s` is a row of the existing
 * platform, each column as text, null where that database does not have it; `pg_temp.old_<table>` are all its rows.
 */

/** Tables whose rows may be there already under another id, and by what they are known. */
export const naturalKeys: Readonly<Record<string, readonly string[]>> = {
  system_settings: ['key'],
  feature_flags: ['name'],
  countries: ['code'],
  states: ['country_id', 'code'],
  cities: ['state_id', 'name'],
  zones: ['city_id', 'name'],
  pincode_master: ['pincode'],
  departments: ['code'],
  roles: ['code'],
  permissions: ['code'],
  role_permissions: ['role_id', 'permission_id'],
  partner_types: ['type_code'],
  vendor_categories: ['category_code'],
  department_modules: ['department_id', 'module_key'],
};

/** Spellings of values, by the column that they come to, in lower case with underscores. */
export const synonyms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // It is not a state that lasts here: a booking that was moved is confirmed.
  'bookings.status': { rescheduled: 'confirmed' },
  'payments.status': { completed: 'success' },
  'therapists.status': { inactive: 'paused', terminated: 'ended' },
  'beauticians.status': { inactive: 'paused', terminated: 'ended' },
  'vendor_applications.status': { under_review: 'fo_review' },
  'vendors.status': { inactive: 'paused', terminated: 'closed' },
  // Sessions end with the move: their tokens stay behind.
  'user_sessions.status': { active: 'terminated' },
  'audit_logs.action': {
    create: 'insert',
    created: 'insert',
    updated: 'update',
    deleted: 'delete',
  },
};

const object = (column: string, ...names: readonly string[]): string =>
  `coalesce(${names.map((name) => `nullif(trim(s.${column}::jsonb ->> '${name}'), '')`).join(', ')})`;

const addressRules = (table: string): Readonly<Record<string, string>> => ({
  [`${table}.address_line1`]: `coalesce(nullif(trim(s.address_line1), ''), ${object('business_address', 'address_line1', 'line1', 'address', 'street')})`,
  [`${table}.city`]: `coalesce(nullif(trim(s.city), ''), ${object('business_address', 'city')})`,
  [`${table}.state`]: `coalesce(nullif(trim(s.state), ''), ${object('business_address', 'state')})`,
  [`${table}.pincode`]: `regexp_replace(coalesce(nullif(trim(s.pincode), ''), ${object('business_address', 'pincode', 'postal_code', 'zip')}), '\\s', '', 'g')`,
});

const departmentOf = `(select d.id from public.departments d
  where upper(d.code) = upper(replace(trim(s.department), ' ', '_')) or lower(d.name) = lower(trim(s.department))
  order by d.code limit 1)`;
export const categoryOf = (column: string): string => `(select c.id from public.vendor_categories c
  where c.category_code = lower(replace(trim(s.${column}), ' ', '_')) or lower(c.category_name) = lower(trim(s.${column}))
  order by c.category_code limit 1)`;
const vendorOfBooking = `(select b.vendor_id from public.bookings b where b.id = s.booking_id::uuid)`;
const durationOfBooking = `(select b.duration_minutes from public.bookings b where b.id = s.booking_id::uuid)`;
const plannedStart = `(select b.starts_at from public.bookings b where b.id = s.booking_id::uuid)`;
const noReason = 'No reason was recorded';
/** Of what the platform wrote into a log: by whatever table, no column that our audit log redacts, and no number of a document. */
const withoutSecrets = (column: string): string =>
  `case when jsonb_typeof(s.${column}::jsonb) = 'object' then (
    select coalesce(jsonb_object_agg(e.key, case
      when e.value <> 'null' and exists (select from app_private.audit_redactions r where r.column_name = e.key)
        then '"***"' else app_private.without_numbers(e.value) end), '{}')
    from jsonb_each(s.${column}::jsonb) e) else app_private.without_numbers(s.${column}::jsonb) end`;

/** Where employees have no such column, it is in the profile of the same person. */
const ofPerson = (column: string): string => `(select nullif(trim(p.${column}), '')
  from pg_temp.old_user_profiles p where p.id = coalesce(s.user_id, s.id))`;
const departmentOfPerson = `coalesce(
  (select m.id from pg_temp.old_moved_ids m
    where m.of_table = 'departments' and m.old_id = ${ofPerson('department_id')}),
  ${ofPerson('department_id')}::uuid,
  (select ${departmentOf} from (select ${ofPerson('department')} as department) s))`;
const mobileOfProfile = mobileNumber(`nullif(trim(s.mobile), '')`);
const isMobileInWords = `s.mobile ~ '[[:alpha:]]' and nullif(trim(s.email), '') is not null`;

/**
 * On the platform every provider who worked could be booked. Where it kept no verification, they count as verified, or
 * no provider could be booked after the move.
 */
const verification = (states: string): string => `coalesce(
  (select case v.value when 'approved' then 'verified' else v.value end
    from (select lower(nullif(trim(s.verification_status), '')) as value) v),
  case when coalesce(nullif(s.is_active, '')::boolean, true)
    and coalesce(lower(nullif(trim(s.status), '')), 'active') in (${states}) then 'verified' else 'pending' end)`;

/** On the platform a switch took providers out of use whatever their state said; here the state says it. */
const providerStatus = `(select case
    when v.value in ('active', 'on_leave') and not coalesce(nullif(s.is_active, '')::boolean, true) then 'paused'
    when v.value = 'inactive' then 'paused' when v.value = 'terminated' then 'ended' else v.value end
  from (select coalesce(lower(nullif(trim(s.status), '')), 'active') as value) v)`;

export const bareAccountNumber = 'app_private.bare_number(s.account_number)';

/** What a column becomes, where it is more than its own value in its own type. */
export const valueRules: Readonly<Record<string, string>> = {
  ...addressRules('vendors'),
  ...addressRules('vendor_applications'),
  'audit_logs.new_values': withoutSecrets('new_values'),
  'audit_logs.old_values': withoutSecrets('old_values'),
  'beautician_assignments.vendor_id': vendorOfBooking,
  // A user who has left has no account there any more.
  'beauticians.user_id': `case when coalesce(lower(s.status), '') <> 'terminated' then s.user_id::uuid end`,
  'therapists.user_id': `case when coalesce(lower(s.status), '') <> 'terminated' then s.user_id::uuid end`,
  'beautician_assignments.customer_id': `(select b.customer_id from public.bookings b where b.id = s.booking_id::uuid)`,
  // Only the planned times are known.
  'beautician_assignments.actual_start_time': `case when lower(s.status) in ('in_progress', 'completed')
    then s.assignment_time::timestamptz end`,
  'beautician_assignments.actual_end_time': `case when lower(s.status) = 'completed'
    then s.assignment_time::timestamptz + ${durationOfBooking} * interval '1 minute' end`,
  'beauticians.status': providerStatus,
  'beauticians.verification_status': verification(`'active'`),
  'bookings.cancelled_at': `case when coalesce(lower(s.status), lower(s.booking_status)) = 'cancelled'
    then coalesce(s.cancelled_at, s.updated_at, s.created_at, now()::text)::timestamptz end`,
  'bookings.duration_minutes': `coalesce(
    (select sum(i.service_duration::integer * coalesce(i.quantity::integer, 1) + coalesce((
        select sum((x ->> 'duration')::integer) from jsonb_array_elements(i.addon_services::jsonb) x), 0))
      from pg_temp.old_booking_items i where i.booking_id = s.id),
    (select max(a.estimated_duration::integer) from pg_temp.old_therapist_assignments a where a.booking_id = s.id), 60)`,
  'departments.code': `upper(replace(trim(s.code), ' ', '_'))`,
  'employees.id': `coalesce(s.user_id, s.id)::uuid`,
  'employees.department_id': `coalesce(${departmentOf}, ${departmentOfPerson})`,
  'employees.designation': `coalesce(nullif(trim(s.designation), ''), ${ofPerson('designation')},
    initcap(replace(${ofPerson('role')}, '_', ' ')))`,
  'employees.email': `lower(coalesce(nullif(trim(s.email), ''), ${ofPerson('email')}))`,
  'employees.hierarchy_level': `coalesce(nullif(trim(s.hierarchy_level), '')::integer, 1)`,
  'employees.joining_date': `coalesce(s.joining_date, ${ofPerson('joining_date')}, s.created_at)::date`,
  'employees.mobile': mobileNumber(`coalesce(nullif(trim(s.mobile), ''), ${ofPerson('mobile')})`),
  'employees.name': `coalesce(nullif(trim(s.name), ''), ${ofPerson('name')})`,
  'error_logs.error_message': 'app_private.without_numbers(s.error_message)',
  'error_logs.request_data': withoutSecrets('request_data'),
  'error_logs.stack_trace': 'app_private.without_numbers(s.stack_trace)',
  'notifications.is_read': `coalesce(s.is_read::boolean, false)`,
  'notifications.read_at': `case when s.is_read::boolean
    then coalesce(s.read_at, s.created_at, now()::text)::timestamptz end`,
  'partner_types.type_code': 'upper(trim(s.type_code))',
  'quick_signup_profiles.category_id': categoryOf('vendor_category'),
  'quick_signup_profiles.completion_reminder_count': `case
    when coalesce(s.completion_reminder_count::integer, 0) = 0 and s.completion_reminder_sent::boolean then 1
    else coalesce(s.completion_reminder_count::integer, 0) end`,
  'review_moderations.moderated_at': `coalesce(s.updated_at, s.created_at, now()::text)::timestamptz`,
  'roles.code': `lower(replace(trim(s.code), ' ', '_'))`,
  'roles.is_staff': 's.department_id is not null',
  'roles.profile_role': `coalesce(
    (select e.value from enums.profile_role e where e.value = lower(replace(trim(s.code), ' ', '_'))), 'employee')`,
  'system_settings.category': `split_part(case when s.key like '%.%' then s.key else 'platform.' || s.key end, '.', 1)`,
  'system_settings.key': `case when s.key like '%.%' then s.key else 'platform.' || s.key end`,
  'system_settings.value_type': `'any'`,
  'therapists.status': providerStatus,
  'therapists.verification_status': verification(`'active', 'on_leave'`),
  // Where the times were not kept, the planned ones stand for them.
  'therapist_assignments.actual_start_time': `coalesce(s.actual_start_time::timestamptz,
    case when lower(s.status) in ('in_progress', 'completed')
      then least(${plannedStart}, s.actual_end_time::timestamptz) end)`,
  'therapist_assignments.actual_end_time': `coalesce(s.actual_end_time::timestamptz,
    case when lower(s.status) = 'completed'
      then greatest(${plannedStart} + s.estimated_duration::integer * interval '1 minute',
        s.actual_start_time::timestamptz) end)`,
  // Of one that is none the whole is tried, and refused in the words of its rule.
  'user_bank_details.account_number': `case when ${bareAccountNumber} ~ '^[0-9]{9,18}$'
    then app_private.masked(${bareAccountNumber}) else ${bareAccountNumber} end`,
  'user_activity_log.metadata': withoutSecrets('metadata'),
  'user_documents.document_number':
    'app_private.masked(app_private.bare_number(s.document_number))',
  'user_documents.verified_at': `case when s.verified::boolean
    then coalesce(s.verified_at, s.updated_at, s.created_at, now()::text)::timestamptz end`,
  'user_kyc_verification.verification_data':
    'app_private.without_numbers(s.verification_data::jsonb)',
  'user_profiles.department_id': `coalesce((select m.id from pg_temp.old_moved_ids m
      where m.of_table = 'departments' and m.old_id = s.department_id),
    nullif(s.department_id, '')::uuid, ${departmentOf})`,
  // Seeded staff have words for a number; a user with an e-mail address is kept without it.
  'user_profiles.mobile': `case when ${isMobileInWords} then null else ${mobileOfProfile} end`,
  'vendor_applications.current_approval_stage': `coalesce((select v.stage from public.vendor_approval_stages v
    where v.status = lower(coalesce(s.status, s.application_status))), s.current_approval_stage::integer, 1)`,
  'vendor_applications.franchise_payment_reference': `case when s.franchise_fee_paid::boolean
    then coalesce(nullif(trim(s.franchise_payment_reference), ''), 'Not recorded') end`,
  'vendor_applications.rejection_reason': `case when lower(coalesce(s.status, s.application_status)) = 'rejected'
    then coalesce(nullif(trim(s.rejection_reason), ''), nullif(trim(s.review_notes), ''), '${noReason}')
    else s.rejection_reason end`,
  // Who was out of use was not listed, and a pause alone would list it.
  'vendors.is_active': `coalesce(s.is_active::boolean, true)
    and coalesce(lower(trim(s.status)), 'active') not in ('inactive', 'terminated')`,
  'vendor_approval_history.acted_by': `coalesce((select m.id from pg_temp.old_moved_ids m
    where m.of_table = 'employees' and m.old_id = s.approved_by), s.approved_by::uuid)`,
  'vendor_approval_history.comments': `case when lower(s.action) in ('rejected', 'info_requested')
    then coalesce(nullif(trim(s.comments), ''), '${noReason}') else s.comments end`,
  'vendor_documents.verified_at': `case when s.verified::boolean
    then coalesce(s.verified_at, s.created_at, now()::text)::timestamptz end`,
  'vendor_private_details.partner_type': 'upper(trim(s.partner_type))',
  // What decides who sees a contact, as its booking has it.
  ...Object.fromEntries(
    ['customer_id', 'vendor_id', 'ends_at'].map((column) => [
      `booking_contacts.${column}`,
      `(select b.${column} from public.bookings b where b.id::text = s.id)`,
    ]),
  ),
};

/** Rows of a second table are made only for these. */
export const sideConditions: Readonly<Record<string, string>> = {
  payment_private_details: `num_nonnulls(s.gateway_response, nullif(s.metadata, '{}')) > 0`,
  review_moderations: 'num_nonnulls(s.moderated_by, s.moderation_notes) > 0',
};

/** What is derived here and not taken over. */
export const derivedColumns: ReadonlySet<string> = new Set([
  // A mirror of the assignments of heads; a head without one is reported.
  'departments.head_user_id',
]);

/** Values that were there and led to nothing: the row is moved without them. It is reported. */
export const lostValues: readonly {
  readonly table: string;
  readonly column: string;
  readonly lost: string;
}[] = [
  {
    table: 'user_profiles',
    column: 'department',
    lost: `s.department is not null and s.department_id is null and ${departmentOf} is null`,
  },
  {
    table: 'user_profiles',
    column: 'mobile',
    lost: isMobileInWords,
  },
  {
    table: 'quick_signup_profiles',
    column: 'vendor_category',
    lost: `s.vendor_category is not null and ${categoryOf('vendor_category')} is null`,
  },
  ...['services', 'therapists', 'vendors'].map((table) => ({
    table: 'customers',
    column: `preferred_${table}`,
    lost: `exists (select from unnest(s.preferred_${table}::uuid[]) u (id)
      where not exists (select from public.${table} x where x.id = u.id))`,
  })),
  {
    table: 'vendors',
    column: 'operating_hours',
    lost: `s.operating_hours is not null
      and not exists (select from pg_temp.old_vendor_availability a where a.vendor_id = s.id)
      and exists (
        select from jsonb_each(case jsonb_typeof(s.operating_hours::jsonb)
          when 'object' then s.operating_hours::jsonb else '{"all": {}}' end) d
        where jsonb_typeof(d.value) = 'object'
          and (${openingTime('d.value', 'open')} <> ${openingTime('d.value', 'close')}) is not true)`,
  },
  {
    table: 'vendors',
    column: 'services_offered',
    lost: `exists (select from unnest(s.services_offered::uuid[]) u (id)
      where not exists (select from public.services x where x.id = u.id))`,
  },
  {
    table: 'vendor_applications',
    column: 'vendor_category',
    lost: `s.vendor_category is not null and ${categoryOf('vendor_category')} is null`,
  },
];

/** `null` for what is not a time of day. */
export function openingTime(day: string, name: 'open' | 'close'): string {
  const text = `coalesce(${day} ->> '${name}', ${day} ->> '${name}_time')`;
  return `case when ${text} ~ '^([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$' then (${text})::time end`;
}

const isListed = (table: string): string =>
  `exists (select from public.${table} x where x.id = s.id::uuid and x.is_listed)`;

const bookableRemarks = [
  ...(['therapist', 'beautician'] as const).flatMap((kind) => [
    {
      table: `${kind}s`,
      when: `nullif(trim(s.verification_status), '') is null and ${isListed(`${kind}s`)}`,
      says: 'could be booked, and no verification was recorded: it comes as verified; look at its documents',
    },
    {
      table: `${kind}s`,
      when: isListed(`${kind}s`),
      says: 'who performs what was not recorded: it performs all services of its vendor; take away those that it does not',
    },
    {
      table: `${kind}s`,
      when: `${isListed(`${kind}s`)} and not exists (
        select from pg_temp.old_${kind === 'therapist' ? 'therapist_schedules' : 'beautician_schedule'} c
        where c.${kind}_id = s.id)`,
      says: 'had no schedule: it works when its vendor is open',
    },
  ]),
  {
    table: 'vendors',
    when: `${isListed('vendors')} and not exists (select from public.vendor_availability a where a.vendor_id = s.id::uuid)`,
    says: 'has no opening hours, so it cannot be booked; enter them',
  },
  {
    table: 'vendors',
    when: `${isListed('vendors')} and not exists (select from public.vendor_services a where a.vendor_id = s.id::uuid)`,
    says: 'offers no service, so it cannot be booked; enter them',
  },
];

/** What the operator should know though nothing is wrong: of the rows for which it is true. */
export const remarks: readonly {
  readonly table: string;
  readonly when: string;
  readonly says: string;
}[] = [
  {
    table: 'bookings',
    when: 's.booking_status is not null and s.status is not null and lower(s.booking_status) <> lower(s.status)',
    says: 'booking_status and status differ; status was taken',
  },
  {
    table: 'bookings',
    when: `not exists (select from pg_temp.old_booking_items i where i.booking_id = s.id)
      and not exists (select from pg_temp.old_therapist_assignments a where a.booking_id = s.id)`,
    says: 'neither items nor an assignment say how long it lasts; 60 minutes were taken',
  },
  {
    table: 'bookings',
    when: `exists (select from public.bookings b where b.id = s.id::uuid and b.ends_at > now()
      and b.status in ('pending', 'confirmed'))`,
    says: 'is to come and has no provider assigned, so no time is reserved for it; assign a provider',
  },
  {
    table: 'departments',
    when: `s.head_user_id is not null and not exists (select from pg_temp.old_department_user_assignments a
      where a.department_id = s.id and a.user_id = s.head_user_id and a.assignment_type = 'head')`,
    says: 'head_user_id has no assignment as head, so it was not taken: heads come from department_user_assignments',
  },
  {
    table: 'employees',
    when: `nullif(trim(s.hierarchy_level), '') is null
      and exists (select from public.employees e where e.id = coalesce(s.user_id, s.id)::uuid)`,
    says: 'its level was not recorded; 1 was taken. Have another proposed and confirmed where that is wrong',
  },
  ...bookableRemarks,
  {
    table: 'user_bank_details',
    when: `${bareAccountNumber} ~ '^X'`,
    says: 'its number is masked where it comes from, so no payment can go to it; ask the person to add the account again',
  },
  {
    table: 'user_profiles',
    when: `lower(s.role) <> 'customer' and not exists (select from pg_temp.old_user_roles r where r.user_id = s.id)`,
    says: 'role grants nothing and there is no row in user_roles, so the person has the rights of a customer',
  },
  {
    table: 'user_roles',
    when: `exists (select from public.user_roles u join public.roles r on r.id = u.role_id
      where u.id = s.id::uuid and u.status = 'active' and r.code in ('admin', 'super_admin'))`,
    says: 'gives the rights of an administrator; make sure that it should',
  },
];

const reserve = (table: string, provider: string): string =>
  `insert into pg_temp.old_reservations (provider_id, during)
  select s.${provider}::uuid, tstzrange(b.starts_at, b.ends_at)
  from pg_temp.old_${table} s
  join public.bookings b on b.id = s.booking_id::uuid
  where s.n between $1 and $2 and not s.is_there and not s.is_rejected
    and lower(coalesce(s.status, 'assigned')) <> 'cancelled'`;

/**
 * Statements that share the fate of a batch of rows, $1 and $2 being the first and the last: they refuse what
 * no constraint of ours forbids but is impossible.
 */
export const guards: Readonly<Record<string, readonly string[]>> = {
  therapist_assignments: [reserve('therapist_assignments', 'therapist_id')],
  beautician_assignments: [reserve('beautician_assignments', 'beautician_id')],
};

/** Where a provider is, to find whose time was reserved twice. */
export const reservationsTable = `create temp table old_reservations (
    provider_id uuid not null, during tstzrange not null,
    constraint old_reservations_once exclude using gist (provider_id with =, during with &&)
  ) on commit drop;
  insert into pg_temp.old_reservations (provider_id, during)
  select a.therapist_id, tstzrange(b.starts_at, b.ends_at)
  from public.therapist_assignments a join public.bookings b on b.id = a.booking_id
  where a.status <> 'cancelled'
  union all
  select a.beautician_id, tstzrange(b.starts_at, b.ends_at)
  from public.beautician_assignments a join public.bookings b on b.id = a.booking_id
  where a.status <> 'cancelled'`;
