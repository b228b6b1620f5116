import { beginPlay, type Play } from '../db/play.ts';
import { therapist, vendor } from '../fixtures/market.ts';
import { idOf } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { acts } from './acts.ts';
import {
  application,
  desk,
  lines,
  makeAssignedBooking,
  makeBooking,
  seededDatabase,
  told,
} from './support.ts';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await seededDatabase();
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

describe('who is told of an act, once', () => {
  it.each(acts)('$name', async ({ type, people, given, sql }) => {
    const id = await given(play);
    expect(await told(play)).toEqual([]);
    const { rowCount } = await play.query(sql, [id]);
    await play.query('set constraints all immediate');
    expect(rowCount).toBe(1);
    expect(await told(play)).toEqual(lines(type ?? '', people));
  });
});

/** Due at a time; see reminders.test.ts. */
const byTheClock = [
  'reminder',
  'reminder_soon',
  'application_reminder',
  'verification_expiring',
] as const;

/** Of providers' states, which are acts of their own: test/providers has them. */
const ofProviders = [
  'provider_paused',
  'provider_resumed',
  'provider_suspended',
  'provider_ended',
] as const;

/** Of vendors' states: test/vendors has them. */
const ofVendors = [
  'vendor_suspended',
  'vendor_reinstated',
  'vendor_closed',
  'vendor_transferred',
  'vendor_change_decided',
  'commission_rate_set',
  'vendor_due',
  'payouts_held',
] as const;

/** Of tips and top-ups, when their money has arrived or gone back, and of chargebacks: test/payments has them. */
const ofMoney = [
  'tip_received',
  'wallet_topped_up',
  'payment_refunded',
  'chargeback_open',
  'chargeback_won',
  'chargeback_lost',
] as const;

/** Of time that becomes free, by a job: test/booking/waitlist.test.ts has them. */
const ofWaitlists = ['waitlist_offer', 'waitlist_open'] as const;

/** Of memberships and rights, which are no act of a row: test/invitations has them. */
const ofMembers = [
  'invitation',
  'invitation_answered',
  'member_left',
  'approval_proposed',
  'approval_decided',
] as const;

it('every kind of notification has an act that makes it, or comes from no row', async () => {
  const { rows } = await play.query<{ value: string }>('select value from enums.notification_type');
  // Promotions and alerts are sent by people.
  const made = [
    'promotion',
    ...byTheClock,
    ...ofMembers,
    ...ofProviders,
    ...ofVendors,
    ...ofWaitlists,
    ...ofMoney,
    'system_alert',
    ...acts.map(({ type }) => type),
  ];
  expect(rows.map(({ value }) => value).filter((value) => !made.includes(value))).toEqual([]);
});

it('every other template is the text of something that an act told', async () => {
  const { rows: templates } = await play.query<{ pair: string }>(
    `select distinct type || ' ' || audience as pair from notification_templates
    where type <> all ($1) order by 1`,
    [[...byTheClock, ...ofMembers, ...ofProviders, ...ofVendors, ...ofWaitlists, ...ofMoney]],
  );
  const pairs = new Set(
    acts.flatMap(({ type, people }) => people.map((p) => `${type} ${audienceOf(p, type)}`)),
  );
  expect(templates.map(({ pair }) => pair)).toEqual([...pairs].sort());
});

function audienceOf(person: string, type: string | null): string {
  if (type?.startsWith('verification_')) {
    return 'holder';
  }
  if (person === 'therapist' || person === 'customer') {
    return person === 'customer' ? 'customer' : 'provider';
  }
  if (person === 'applicant') {
    return 'applicant';
  }
  if (person.startsWith('customer_care')) {
    return 'care';
  }
  return type?.startsWith('vendor_application') ? 'reviewer' : 'vendor';
}

describe('the text of a notification', () => {
  it('names what the user needs, and what an app opens', async () => {
    const booking = await makeBooking(play);
    await play.query(`update bookings set status = 'confirmed' where id = $1`, [booking]);
    const { rows } = await play.query(
      `select n.title, n.message, n.data, n.action_url, n.channels, n.priority, n.is_read, b.booking_number
      from notifications n cross join bookings b
      where n.user_id = $1 and n.type = 'booking_confirmed' and b.id = $2`,
      [idOf('customer'), booking],
    );
    const [{ booking_number: number }] = rows as [{ booking_number: string }];
    expect(rows).toEqual([
      {
        booking_number: number,
        title: `Booking ${number} is confirmed`,
        message: expect.stringMatching(
          /^Thai massage at Lotus Spa on 04 Mar 2030 at 15:30\. When the service begins, tell your provider the code \d{4}\.$/,
        ),
        data: { screen: 'booking', bookingId: booking },
        action_url: `/bookings/${booking}`,
        channels: ['in_app', 'push', 'sms', 'email'],
        priority: 'high',
        is_read: false,
      },
    ]);
  });

  it('keeps values that look like fields as they are', async () => {
    const booking = await makeBooking(play);
    await play.query(
      `update booking_items set service_name = '{{vendor}} {{no_such}} \\1 &' where booking_id = $1`,
      [booking],
    );
    await play.query(`update vendors set business_name = '{{amount}}' where id = $1`, [vendor]);
    await play.query(`update bookings set status = 'confirmed' where id = $1`, [booking]);
    const { rows } = await play.query<{ message: string }>(
      `select message from notifications where user_id = $1 and type = 'booking_confirmed'`,
      [idOf('customer')],
    );
    expect(rows[0]?.message).toMatch(
      /^\{\{vendor\}\} \{\{no_such\}\} \\1 & at \{\{amount\}\} on 04 Mar/,
    );
  });
});

describe('no notification goes to', () => {
  it('staff who left or whose part it is not, and people without an account', async () => {
    await play.query(`update vendor_staff set status = 'inactive' where user_id = $1`, [
      idOf('receptionist'),
    ]);
    await play.query(`update therapists set user_id = null where id = $1`, [therapist]);
    await makeAssignedBooking(play);
    await play.query(
      `update bookings set booking_time = '18:00', status = 'confirmed'
      where vendor_id = $1 and status = 'assigned'`,
      [vendor],
    );
    const people = new Set((await told(play)).map((line) => line.split(':')[0]));
    expect([...people].sort()).toEqual(
      ['customer', ...desk].filter((person) => person !== 'receptionist').sort(),
    );
  });

  it('a therapist from whom the booking was taken before', async () => {
    const { booking, assignment } = await makeAssignedBooking(play);
    await play.query(`update therapist_assignments set status = 'cancelled' where id = $1`, [
      assignment,
    ]);
    await play.query('delete from notifications');
    await play.query(
      `update bookings set status = 'cancelled', cancelled_at = now() where id = $1`,
      [booking],
    );
    expect(await told(play)).toEqual(lines('booking_cancelled', ['customer', ...desk]));
  });

  it('a therapist twice: the booking says that it is cancelled, the assignment then does not', async () => {
    const { booking, assignment } = await makeAssignedBooking(play);
    await play.query(
      `update bookings set status = 'cancelled', cancelled_at = now() where id = $1`,
      [booking],
    );
    await play.query(`update therapist_assignments set status = 'cancelled' where id = $1`, [
      assignment,
    ]);
    expect(await told(play)).toEqual(
      lines('booking_cancelled', ['customer', ...desk, 'therapist']),
    );
  });

  it('employees who are away or may not decide', async () => {
    const away = `update employees set status = 'on_leave' where id = $1`;
    const submit = `update vendor_applications set status = 'fo_review' where id = $1`;
    await play.query('savepoint before');
    await play.query(away, [idOf('field_officer')]);
    await play.query(submit, [application]);
    expect(await told(play)).toEqual(['applicant: vendor_application_submitted']);
    await play.query('rollback to savepoint before');
    await play.query(submit, [application]);
    expect(await told(play)).toEqual(
      lines('vendor_application_submitted', ['applicant', 'field_officer']),
    );
  });

  it('an applicant who was employed since, of their own application as a reviewer', async () => {
    await play.query(
      `insert into employees (id, employee_code, name, mobile, department_id, designation,
         hierarchy_level, joining_date, can_approve_vendors)
       select $1, 'EMP-applicant', 'A', '+919876543210', id, 'FO', 1, '2024-01-01', true
       from departments where code = 'FO'`,
      [idOf('applicant')],
    );
    await play.query(`update vendor_applications set status = 'fo_review' where id = $1`, [
      application,
    ]);
    expect(await told(play)).toEqual(
      lines('vendor_application_submitted', ['applicant', 'field_officer']),
    );
  });

  it('anyone about a payment that is due, when the booking is confirmed in the transaction that makes it', async () => {
    const { rows } = await play.query<{ id: string }>(
      `insert into bookings (customer_id, vendor_id, booking_type, booking_date,
         booking_time, duration_minutes, total_amount, final_amount)
       values ($1, $2, 'spa_visit', '2030-03-04', '15:30', 60, 1000, 1000) returning id`,
      [idOf('customer'), vendor],
    );
    await play.query(`update bookings set status = 'confirmed' where id = $1`, [rows[0]?.id]);
    await play.query('set constraints all immediate');
    expect(await told(play)).toEqual(lines('booking_confirmed', ['customer', ...desk]));
  });
});
