/** What must not be found in the demo data of onboarding, notifications and departments. */
export const furtherViolations: readonly (readonly [rule: string, query: string])[] = [
  [
    'the history of an application leads stage by stage to where it is',
    `select a.id
    from public.vendor_applications a
    left join lateral (
      select
        string_agg(h.action || h.approval_stage, '>' order by h.created_at) as path,
        (array_agg(h.action order by h.created_at desc))[1] as last_action,
        count(*) filter (where h.action = 'approved') as approvals,
        max(h.created_at) as latest,
        (array_agg(h.acted_by order by h.created_at desc) filter (where h.approved_by is not null))[1]
          as reviewer
      from public.vendor_approval_history h where h.application_id = a.id
    ) h on true
    left join public.vendor_approval_stages s on s.stage = a.current_approval_stage
    where (a.status = 'pending') <> (h.path is null)
      or h.path !~ ('^submitted0(>(info_requested(\\d)>info_provided\\3|on_hold(\\d)>resumed\\4|approved\\d))*'
        || '(>(rejected|on_hold|info_requested)\\d)?$')
      or least(h.approvals + 1, 4) <> a.current_approval_stage
      or h.latest <> a.updated_at
      or a.reviewed_by is distinct from h.reviewer
      or a.status <> case
        when h.last_action is null then 'pending'
        when h.last_action = 'rejected' then 'rejected'
        when h.last_action = 'on_hold' then 'on_hold'
        when h.last_action = 'info_requested' then 'additional_info_required'
        when h.approvals = 4 then 'approved'
        else s.status
      end`,
  ],
  [
    'every act on an application is by its applicant, or an employee of its stage',
    `select h.id
    from public.vendor_approval_history h
    join public.vendor_applications a on a.id = h.application_id
    left join public.employees e on e.id = h.approved_by
    left join public.vendor_approval_stages s on s.stage = h.approval_stage
    where case when h.approved_by is null
      then h.acted_by <> a.user_id
      else h.acted_by <> h.approved_by or h.acted_by = a.user_id or not e.can_approve_vendors
        or e.hierarchy_level not between s.minimum_level and s.maximum_level
        or app_private.application_fee(a) > e.approval_limit
    end`,
  ],
  [
    'what became of an approved application is its vendor, and nothing stood in its way',
    `select a.id
    from public.vendor_applications a
    left join public.vendor_private_details d on d.application_id = a.id
    left join public.vendors v on v.id = d.vendor_id
    where a.status = 'approved' and (v.user_id <> a.user_id or v.business_name <> a.business_name
      or v.created_at <> a.updated_at or d.pan_number <> a.pan_number
      or d.partner_type <> a.partner_type
      or app_private.application_fee(a) > 0 and not a.franchise_fee_paid
      or public.vendor_applications_missing_documents(a) <> '{}')`,
  ],
  [
    'a vendor pays the commission of its partner type',
    `select d.vendor_id
    from public.vendor_private_details d
    left join public.partner_types t on t.type_code = d.partner_type
    where d.commission_rate is distinct from t.commission_rate`,
  ],
  [
    'every vendor and application has one primary category, which is its kind of business',
    `select x.id
    from (
      select v.id, v.business_type, c.category_code
      from public.vendors v
      left join public.vendor_category_members m on m.vendor_id = v.id and m.is_primary
      left join public.vendor_categories c on c.id = m.category_id
      union all
      select a.id, a.business_type, c.category_code
      from public.vendor_applications a
      left join public.vendor_application_categories m on m.application_id = a.id and m.is_primary
      left join public.vendor_categories c on c.id = m.category_id
    ) x
    where x.category_code is distinct from replace(x.business_type, '_center', '')`,
  ],
  [
    'the steps of an application are those of its kind, and what is required is done',
    `select a.id
    from public.vendor_applications a
    cross join public.onboarding_steps s
    left join public.onboarding_progress p on p.application_id = a.id and p.step_code = s.code
    where (p.step_code is not null) <> (s.signup_type = a.signup_type)
      or s.is_required and p.status <> 'completed'`,
  ],
  [
    'required documents are there, and looked at where a field officer decided',
    `select a.id, d
    from public.vendor_applications a
    cross join app_private.required_documents(a.id) d
    left join public.vendor_application_documents p
      on p.application_id = a.id and p.document_type = d
    where p.id is null or p.verified_by = a.user_id or p.verified_at < p.created_at
      or p.verification_status = 'verified' and not exists (
        select from public.vendor_approval_history h
        where h.application_id = a.id and h.approval_stage = 1 and h.created_at > p.verified_at)
      or exists (
        select from public.vendor_approval_history h
        where h.application_id = a.id and h.documents_verified ->> d is distinct from
          case when h.created_at > p.verified_at then p.verification_status else 'pending' end)`,
  ],
  [
    'a quick sign-up is reminded on its days until the application is handed in',
    `select q.id
    from public.quick_signup_profiles q
    left join public.vendor_applications a on a.user_id = q.user_id and a.status <> 'pending'
    where q.completed_at is distinct from a.applied_date
      or q.last_reminder_sent_at < q.created_at
      or (q.completion_reminder_count = 0) <> (q.last_reminder_sent_at is null)
      or q.completion_reminder_count <> (
        select count(*) from jsonb_array_elements_text(
          app_private.setting('onboarding.reminder_days')) d
        where q.created_at + d::integer * interval '1 day' < coalesce(q.completed_at,
          ($1::date)::timestamp at time zone 'Asia/Kolkata'))`,
  ],
  [
    'notifications of bookings say what the templates say, to the right people',
    `select n.id
    from public.notifications n
    join public.bookings b on b.id = (n.data ->> 'bookingId')::uuid
    left join public.booking_reschedules r
      on r.booking_id = b.id and n.created_at < r.approved_at
    left join public.therapist_assignments ta on ta.booking_id = b.id
    left join public.beautician_assignments ba on ba.booking_id = b.id
    left join public.therapists t on t.id = ta.therapist_id
    left join public.beauticians p on p.id = ba.beautician_id
    left join public.payments paid on paid.id = (n.data ->> 'paymentId')::uuid
    left join public.refunds refund on refund.id = (n.data ->> 'refundId')::uuid
    cross join lateral (
      select app_private.booking_fields(b) || jsonb_build_object('start_code', coalesce(
        (select c.code from public.booking_start_codes c where c.booking_id = b.id), '0000'))
        || case when r.id is null then '{}'
          else jsonb_build_object('date', to_char(r.old_date, 'DD Mon YYYY')) end
        || jsonb_strip_nulls(jsonb_build_object(
          'assignment_id', coalesce(ta.id, ba.id), 'provider', coalesce(t.name, p.name),
          'paid', app_private.in_rupees(paid.total_amount),
          'refunded', app_private.in_rupees(refund.refund_amount))) as fields
    ) f
    left join lateral (
      select m.id
      from public.notification_templates m
      where m.type = n.type and m.language = 'en'
        and n.user_id = any (case m.audience
          when 'customer' then array[b.customer_id]
          when 'provider' then array[coalesce(t.user_id, p.user_id)]
          when 'vendor' then array(select app_private.vendor_desk(b.vendor_id))
        end)
        and n.title = app_private.render(m.title, f.fields)
        and n.message = app_private.render(m.message, f.fields)
        and n.action_url = app_private.render(m.action_url, f.fields)
        and n.channels = app_private.channels_for(n.user_id, m.channels, m.priority)
        and n.priority = m.priority
    ) m on true
    where m.id is null or n.data <> case n.data ->> 'screen'
      when 'assignment' then jsonb_build_object('screen', 'assignment', 'bookingId', b.id,
        'assignmentId', coalesce(ta.id, ba.id),
        'provider', case when ta.id is null then 'beautician' else 'therapist' end)
      when 'payment' then
        jsonb_build_object('screen', 'payment', 'bookingId', b.id, 'paymentId', paid.id)
      when 'refund' then
        jsonb_build_object('screen', 'refund', 'bookingId', b.id, 'refundId', refund.id)
      else jsonb_build_object('screen', 'booking', 'bookingId', b.id)
    end`,
  ],
  [
    'notifications of applications say what the templates say',
    `select n.id
    from public.notifications n
    join public.vendor_applications a on a.id = (n.data ->> 'applicationId')::uuid
    left join public.vendor_approval_history h
      on h.application_id = a.id and h.created_at = n.created_at
    where not exists (
      select from public.notification_templates m
      cross join lateral (
        select jsonb_build_object('application_id', a.id, 'application_number',
          a.application_number, 'business', a.business_name, 'city', a.city, 'reason',
          coalesce(h.comments, '-')) as fields
      ) f
      where m.type = n.type and m.language = 'en'
        and (m.audience = 'applicant') = (n.user_id = a.user_id)
        and n.title = app_private.render(m.title, f.fields)
        and n.message = app_private.render(m.message, f.fields)
        and n.action_url = app_private.render(m.action_url, f.fields)
    )`,
  ],
  [
    'notifications of leave say what the templates say, to those who decide or asked',
    `select n.id
    from public.notifications n
    left join (
      select l.id, 'therapist' as kind, l.start_date, l.end_date, l.reason, l.status, l.created_at,
        l.approved_at, p.name, p.user_id, p.vendor_id
      from public.therapist_leaves l join public.therapists p on p.id = l.therapist_id
      union all
      select l.id, 'beautician', l.start_date, l.end_date, l.reason, l.status, l.created_at,
        l.approved_at, p.name, p.user_id, p.vendor_id
      from public.beautician_leaves l join public.beauticians p on p.id = l.beautician_id
    ) l on l.id = (n.data ->> 'leaveId')::uuid
    where (n.data ? 'leaveId' or n.type in ('leave_requested', 'leave_decided')) and not exists (
      select from public.notification_templates m
      cross join lateral (
        select jsonb_build_object('leave_id', l.id, 'provider', l.name, 'decision', l.status,
          'from', to_char(l.start_date, 'DD Mon YYYY'), 'to', to_char(l.end_date, 'DD Mon YYYY'),
          'reason', l.reason) as fields
      ) f
      where m.type = n.type and m.language = 'en'
        and case n.type
          when 'leave_requested' then n.created_at = l.created_at
            and n.user_id in (select app_private.vendor_desk(l.vendor_id))
          else n.created_at = l.approved_at and n.user_id = l.user_id
        end
        and n.title = app_private.render(m.title, f.fields)
        and n.message = app_private.render(m.message, f.fields)
        and n.data = jsonb_build_object('screen', 'leave', 'provider', l.kind, 'leaveId', l.id)
    )`,
  ],
  [
    'every notification is of a booking, an application or a leave, and is there once',
    `select n.user_id
    from public.notifications n
    where num_nonnulls(
      n.data ->> 'bookingId', n.data ->> 'applicationId', n.data ->> 'leaveId') <> 1
    union all
    select n.user_id
    from public.notifications n
    group by n.user_id, n.type, n.data, n.created_at having count(*) > 1`,
  ],
  [
    'a persona’s bell has all of two weeks, once for each act',
    `select e.id
    from (
      select b.id, b.customer_id as user_id, 'booking_created' as type, b.created_at as at
      from public.bookings b
      union all
      select b.id, b.customer_id, case h.to_status
        when 'confirmed' then 'booking_confirmed' when 'in_progress' then 'service_started'
        when 'completed' then 'service_completed' when 'cancelled' then 'booking_cancelled'
        when 'rescheduled' then 'booking_rescheduled' when 'assigned' then 'therapist_assigned'
      end, h.created_at
      from public.booking_status_history h
      join public.bookings b on b.id = h.booking_id
      -- The second confirmation is the end of a reschedule.
      where h.to_status not in ('pending')
        and not (h.to_status = 'confirmed' and h.from_status = 'rescheduled')
      union all
      select p.booking_id, p.customer_id, 'payment_received', p.payment_date
      from public.payments p where p.payment_date is not null
      union all
      select r.booking_id, r.customer_id, 'refund_processed', r.processed_at
      from public.refunds r
    ) e
    left join public.notifications n on n.user_id = e.user_id and n.type = e.type
      and n.created_at = e.at and n.data ->> 'bookingId' = e.id::text
    where e.user_id in (
        '00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002')
      and e.at >= ($1::date - 14)::timestamp at time zone 'Asia/Kolkata'
      and n.id is null`,
  ],
  [
    'figures are entered by a head or deputy on their day, targets too, and none that is computed',
    `select v.kpi_id
    from (
      select kpi_id, day, entered_by as author, entered_at as at, true as is_entry
      from public.kpi_values where entered_by is not null
      union all
      select kpi_id, valid_from, set_by, set_at, false from public.kpi_targets
    ) v
    join public.kpi_definitions k on k.id = v.kpi_id
    where v.is_entry and k.source = 'computed'
      or app_private.day_of(v.at) <> v.day or v.day >= $1::date
      or not exists (
        select from public.department_user_assignments a
        where a.user_id = v.author and a.department_id = k.department_id
          and a.assignment_type in ('head', 'deputy') and a.valid_from <= v.at)`,
  ],
  [
    'every dashboard is filled, with what was computed and what was entered',
    `select k.code
    from public.kpi_definitions k
    left join public.dashboard_data d on d.kpi_id = k.id
    where d.kpi_id is null
      or k.source = 'entered' and (d.value is null or d.previous_value is null)
      or k.computed_from in ('revenue', 'cash_flow', 'active_bookings', 'employees', 'budget',
        'open_tickets', 'new_customers', 'pending_applications') and d.value = 0`,
  ],
];

/** Ways to break what is above, each by the rule that must notice it. */
export const sabotages: readonly (readonly [rule: string, statement: string])[] = [
  ['stage by stage', `delete from public.vendor_approval_history where action = 'info_provided'`],
  [
    'an employee of its stage',
    `update public.employees set hierarchy_level = 3 where hierarchy_level = 1`,
  ],
  [
    'is its vendor',
    `update public.vendor_application_documents set verification_status = 'pending',
      verified_by = null, verified_at = null where verification_status = 'verified'`,
  ],
  ['pays the commission', `update public.partner_types set commission_rate = 1`],
  ['one primary category', `delete from public.vendor_category_members where is_primary`],
  ['steps of an application', `delete from public.onboarding_progress where step_code = 'tax'`],
  [
    'required documents',
    `delete from public.vendor_application_documents where document_type = 'pan'`,
  ],
  ['quick sign-up', `update public.quick_signup_profiles set completion_reminder_count = 3`],
  [
    'of bookings say',
    `update public.notifications n set user_id = v.user_id from public.vendors v
    where n.type = 'payment_received' and v.user_id <> n.user_id`,
  ],
  ['of bookings say', `update public.notification_templates set message = message || ' '`],
  ['of leave say', `update public.therapist_leaves set reason = 'Another'`],
  [
    'of bookings say',
    `update public.notifications set data = data - 'provider' where data ->> 'screen' = 'assignment'`,
  ],
  ['of applications say', `update public.notification_templates set title = title || '!'`],
  [
    'is there once',
    `insert into public.notifications (user_id, type, title, message, data, created_at)
    select user_id, type, title, message, data, created_at from public.notifications limit 1`,
  ],
  ['persona’s bell', `delete from public.notifications where type = 'booking_created'`],
  [
    'entered by a head',
    `update public.department_user_assignments set assignment_type = 'member'
    where assignment_type = 'deputy'`,
  ],
  ['every dashboard', `delete from public.dashboard_data where value > 100`],
];
