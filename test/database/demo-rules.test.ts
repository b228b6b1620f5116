import { loadDemo } from '../../src/demo/load.ts';
import { chooseChecks, validate } from '../../src/operations/validate/validate.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** None of them is what the migrations bring. */
const settings = {
  'booking.service_charge': 75,
  'booking.buffer_minutes': 20,
  'booking.daily_maximum': 3,
  'booking.slot_step_minutes': 60,
  'booking.start_early_minutes': 2,
  'commission.provider_percentage': 55,
  'loyalty.expiry_months': 5,
  'loyalty.rupees_per_point': 40,
  'loyalty.tier_gold': 3_000,
  'loyalty.tier_platinum': 6_000,
  'loyalty.tier_diamond': 9_000,
  // Nearly every cancellation is late.
  'policy.cancel_free_hours': 480,
  'policy.late_cancel_fee_percentage': 30,
  'policy.reschedule_free_hours': 72,
  'policy.reschedule_fee': 123,
  'policy.no_show_grace_minutes': 25,
};
const wayCharge = 33;
const newGst = 12;
const commission = 17;

/**
 * Of demo data that was loaded under other rules than those of the migrations: how many rows the rule is
 * about, and how many of them break it.
 */
const rules: readonly (readonly [rule: string, query: string])[] = [
  [
    'the service charge is today’s, and at home what coming there costs is added',
    `select count(*), count(*) filter (where b.service_charge <>
      case b.channel when 'desk' then 0 else ${settings['booking.service_charge']} end
      + case b.booking_type when 'home_service' then ${wayCharge} else 0 end) as wrong
    from bookings b`,
  ],
  [
    'GST is that of the day on which a booking was made',
    `select count(*) filter (where app_private.day_of(b.created_at) >= app_private.today() - 100) as count,
      count(*) filter (where i.tax_amount <> app_private.percent_of(i.subtotal - i.discount_amount,
        app_private.tax_percentage('gst', app_private.day_of(b.created_at)))) as wrong
    from booking_items i join bookings b on b.id = i.booking_id`,
  ],
  [
    'GST on the charge is that of the platform on the day',
    `select count(*) filter (where app_private.day_of(b.created_at) >= app_private.today() - 100) as count,
      count(*) filter (where b.charge_tax_amount <> app_private.percent_of(b.service_charge,
        app_private.tax_percentage('gst_charge', app_private.day_of(b.created_at)))) as wrong
    from bookings b`,
  ],
  [
    'the new GST is on the bookings since then',
    `select count(*), count(*) filter (where t.gst_percentage <> ${newGst}) as wrong
    from bookings b
    join booking_terms t on t.booking_id = b.id
    where app_private.day_of(b.created_at) >= app_private.today() - 100`,
  ],
  [
    'terms are today’s',
    `select count(*), count(*) filter (where (t.cancel_free_hours, t.late_cancel_fee_percentage,
        t.reschedule_free_hours, t.reschedule_fee, t.no_show_grace_minutes) <> (
        ${settings['policy.cancel_free_hours']}, ${settings['policy.late_cancel_fee_percentage']},
        ${settings['policy.reschedule_free_hours']}, ${settings['policy.reschedule_fee']},
        ${settings['policy.no_show_grace_minutes']})) as wrong
    from booking_terms t join bookings b on b.id = t.booking_id where b.channel = 'platform'`,
  ],
  [
    'who cancels late pays the fee',
    `select count(*) filter (where c.cancellation_charge > 0),
      count(*) filter (where c.cancellation_charge <> case
        when c.cancelled_by_role = 'customer' and h.is_confirmed
          and b.starts_at - c.cancelled_at < ${settings['policy.cancel_free_hours']} * interval '1 hour'
        then app_private.percent_of(b.final_amount, ${settings['policy.late_cancel_fee_percentage']})
        else 0 end) as wrong
    from booking_cancellations c
    join bookings b on b.id = c.booking_id
    cross join lateral (
      select exists (select from booking_status_history h
        where h.booking_id = b.id and h.to_status = 'confirmed') as is_confirmed
    ) h`,
  ],
  [
    'moving costs nothing, as it was in time',
    `select count(*), count(*) filter (where
      (r.old_date + r.old_time)::timestamp at time zone 'Asia/Kolkata'
        - ${settings['policy.reschedule_free_hours']} * interval '1 hour' < r.created_at) as wrong
    from booking_reschedules r`,
  ],
  [
    'commission, TDS, TCS and the provider’s share are by the rates',
    `select count(*), count(*) filter (where (c.commission_rate, c.commission_amount, c.tds_amount, c.tcs_amount,
        c.therapist_earning) is distinct from (${commission}::numeric,
      app_private.percent_of(c.booking_amount, ${commission}),
      app_private.percent_of(c.booking_amount, app_private.tax_percentage('tds', app_private.day_of(c.created_at))),
      app_private.percent_of(c.booking_amount, app_private.tax_percentage('tcs', app_private.day_of(c.created_at))),
      app_private.percent_of(c.booking_amount - c.commission_amount,
        ${settings['commission.provider_percentage']}))) as wrong
    from commission_records c`,
  ],
  [
    'points are as many as the rate says, for as long as it says',
    `select count(l.id), count(*) filter (where
      coalesce(l.points, 0) <> floor(b.final_amount / ${settings['loyalty.rupees_per_point']})
      or l.expires_at at time zone 'Asia/Kolkata'
        <> l.created_at at time zone 'Asia/Kolkata' + ${settings['loyalty.expiry_months']} * interval '1 month') as wrong
    from bookings b
    left join loyalty_points_transactions l on l.booking_id = b.id
    where b.status = 'completed'`,
  ],
  [
    'tiers are those of what was spent',
    `select count(*) filter (where c.membership_tier = 'diamond'), count(*) filter (where c.membership_tier <> case
      when c.total_spent >= ${settings['loyalty.tier_diamond']} then 'diamond'
      when c.total_spent >= ${settings['loyalty.tier_platinum']} then 'platinum'
      when c.total_spent >= ${settings['loyalty.tier_gold']} then 'gold' else 'silver' end) as wrong
    from customers c`,
  ],
  [
    'a provider rests after a service for as long as the setting says',
    `select count(*), count(*) filter (where
      r.ready_at <> r.ends_at + ${settings['booking.buffer_minutes']} * interval '1 minute') as wrong
    from app_private.provider_reservations r where r.booking_id is not null`,
  ],
  [
    'no provider serves more in a day than the setting says',
    `select count(*), count(*) filter (where d.jobs > ${settings['booking.daily_maximum']}) as wrong
    from (
      select a.therapist_id, count(*) as jobs from therapist_assignments a
      group by a.therapist_id, a.assignment_date
    ) d`,
  ],
  [
    'slots are as far apart as the setting says',
    `select count(*), count(*) filter (where
      mod(extract(epoch from b.booking_time - v.open_time)::integer / 60,
        ${settings['booking.slot_step_minutes']}) not in (0, mod(extract(epoch from
          v.close_time - v.open_time)::integer / 60 - 510, ${settings['booking.slot_step_minutes']}))) as wrong
    from bookings b
    join vendor_availability v
      on v.vendor_id = b.vendor_id and v.day_of_week = extract(dow from b.booking_date)`,
  ],
  [
    'no service begins earlier than it may',
    `select count(*), count(*) filter (where a.actual_start_time <
      b.starts_at - ${settings['booking.start_early_minutes']} * interval '1 minute') as wrong
    from therapist_assignments a
    join bookings b on b.id = a.booking_id
    where a.actual_start_time is not null`,
  ],
];

describe('demo data under other rules', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.owner.query(
      'update system_settings s set value = n.value from jsonb_each($1) n where s.key = n.key',
      [settings],
    );
    await database.owner.query('update pincode_master set delivery_charge = $1', [wayCharge]);
    await database.owner.query('update zones set service_charge = 0');
    await database.owner.query('update partner_types set commission_rate = $1', [commission]);
    await database.owner.query(
      `insert into tax_rates (tax, valid_from, percentage, source) values
        ('gst', app_private.today() - 100, $1, 'test'),
        ('gst_charge', app_private.today() - 90, $1 + 1, 'test'),
        ('tds', app_private.today() - 80, 2, 'test'),
        ('tcs', app_private.today() - 60, 3, 'test')`,
      [newGst],
    );
    await loadDemo({ ownerUrl: database.ownerUrl, bookings: 800 });
  });

  afterAll(async () => {
    await database.drop();
  });

  it.each(rules)('%s', async (_rule, query) => {
    const { rows } = await database.owner.query<{ count: string; wrong: string }>(query);
    expect(Number(rows[0]?.count)).toBeGreaterThan(0);
    expect(rows[0]?.wrong).toBe('0');
  });

  it('has nothing that ombaro validate would find', async () => {
    const client = await database.owner.connect();
    try {
      const findings = await validate(client, chooseChecks([]));
      expect(
        findings
          .filter(({ count }) => count > 0)
          .map(({ check, faults }) => ({ check: check.name, faults })),
      ).toEqual([]);
    } finally {
      client.release();
    }
  });
});
