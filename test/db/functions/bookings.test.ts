import { claimsOf, idOf } from '../../fixtures/people.ts';
import { rupees } from '../../fixtures/terms.ts';
import { seedTwoWorlds, worldIds, worldPrice, worldWallet } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';

const { one } = worldIds;

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
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

it.each([
  ['Asia/Kolkata', '2025-06-02T04:30:00.000Z'],
  ['Asia/Dubai', '2025-06-02T06:00:00.000Z'],
  ['Europe/London', '2025-06-02T09:00:00.000Z'],
])('ten in the morning in %s is an instant', async (zone, instant) => {
  const { rows } = await play.query<{ starts_at: Date; ends_at: Date }>(
    `${anotherBooking('time_zone', '$2')} returning starts_at, ends_at`,
    [one, zone],
  );
  expect(rows[0]?.starts_at.toISOString()).toBe(instant);
  expect(Number(rows[0]?.ends_at) - Number(rows[0]?.starts_at)).toBe(60 * 60_000);
});

it.each([
  ['amounts that do not add up', 'final_amount = 999'],
  ['a discount above the total', 'discount_amount = 1001, final_amount = -1'],
  ['a cancellation without its time', `status = 'cancelled'`],
  ['a time of cancellation without one', 'cancelled_at = now()'],
])('a booking takes no %s', async (_, change) => {
  const update = play.query(`update bookings set ${change} where id = $1`, [one]);
  await expect(update).rejects.toMatchObject({ code: expect.stringMatching(/^235(03|14)$/) });
});

it.each([
  // The middle of two rows of history, and never where a booking rests.
  ['rescheduled', '23514'],
  ['lost', '23503'],
])('a booking neither becomes %s nor is made so', async (status, code) => {
  await play.query('savepoint trial');
  const update = play.query('update bookings set status = $2 where id = $1', [one, status]);
  await expect(update).rejects.toMatchObject({ code: 'OB030' });
  await play.query('rollback to savepoint trial');
  await play.query(anotherBooking('status', '$2'), [one, 'confirmed']);
  const insert = play.query(anotherBooking('status', '$2'), [one, status]);
  await expect(insert).rejects.toMatchObject({ code });
});

it('the amount paid is what was received less what was refunded', async () => {
  const [paid, refunded] = [500, 200];
  await play.query(
    `insert into payments (transaction_id, booking_id, customer_id, vendor_id, amount, total_amount, payment_method, status, refund_amount)
    select v.status, $1, $2, $1, $3, $3, 'upi', v.status, v.refunded
    from (values ('failed', 0), ('pending', 0), ('partially_refunded', $4), ('refunded', $3)) v (status, refunded)`,
    [one, idOf('customer'), paid, refunded],
  );
  const ask = 'select bookings_amount_paid(b)::text as paid from bookings b where id = $1';
  expect(await play.as(claimsOf('customer'), ask, [one])).toEqual([
    { paid: rupees(worldPrice + paid - refunded) },
  ]);
  // Who may not see the payments learns nothing of them.
  expect(await play.as(claimsOf('therapist'), ask, [one])).toEqual([{ paid: '0' }]);
});

it('a booking counts as upcoming until it begins or ends', async () => {
  const ask = 'select bookings_is_upcoming(b) as ahead from bookings b where id = $1';
  expect(await play.as(claimsOf('customer'), ask, [one])).toEqual([{ ahead: false }]);
  await play.query(
    `update bookings set booking_date = current_date + 2, status = 'confirmed' where id = $1`,
    [one],
  );
  for (const status of ['confirmed', 'assigned', 'in_progress', 'completed']) {
    await play.query('update bookings set status = $2 where id = $1', [one, status]);
    expect([status, await play.as(claimsOf('customer'), ask, [one])]).toEqual([
      status,
      [{ ahead: status === 'confirmed' || status === 'assigned' }],
    ]);
  }
});

it('the wallet is the sum of its transactions', async () => {
  // The rows of the fixture have no movements yet.
  await play.query('select app_private.open_journal()');
  const bonus = 50;
  const spent = 30;
  for (const [type, amount] of [
    ['bonus', bonus],
    ['debit', spent],
  ]) {
    await play.query(
      `select app_private.move_wallet($1, $2, $3, 'rewards', null, null, null, 'A test')`,
      [idOf('customer'), type, amount],
    );
  }
  const ask = 'select customers_wallet_balance(c)::text as balance from customers c where id = $1';
  expect(await play.as(claimsOf('customer'), ask, [idOf('customer')])).toEqual([
    { balance: rupees(worldWallet + bonus - spent) },
  ]);
});

it.each([
  [
    `insert into wallet_transactions (customer_id, transaction_type, amount, balance_after) values ($1, 'debit', 500, -400)`,
  ],
  [
    `insert into loyalty_points_transactions (customer_id, transaction_type, points, balance_after) values ($1, 'redeemed', -50, -40)`,
  ],
  [
    `insert into loyalty_points_transactions (customer_id, transaction_type, points, balance_after) values ($1, 'redeemed', 50, 60)`,
  ],
])('no balance is negative and no sign wrong: %s', async (sql) => {
  await expect(play.query(sql, [idOf('customer')])).rejects.toMatchObject({ code: '23514' });
});

describe('tickets', () => {
  const care = claimsOf('customer_care');
  const dates = `select assigned_at is not null as assigned, resolved_at is not null as resolved,
    closed_at is not null as closed from support_tickets where id = $1`;

  it('record when they were assigned, resolved, closed and reopened', async () => {
    await play.query(`update support_tickets set status = 'reopened' where id = $1`, [one]);
    const steps: readonly [string, boolean, boolean, boolean][] = [
      [`assigned_to = '${idOf('customer_care')}'`, true, false, false],
      [`status = 'resolved'`, true, true, false],
      [`status = 'closed'`, true, true, true],
      [`status = 'reopened'`, true, false, false],
      ['assigned_to = null', false, false, false],
    ];
    for (const [change, assigned, resolved, closed] of steps) {
      await play.as(care, `update support_tickets set ${change} where id = $1`, [one]);
      expect(await play.as(care, dates, [one])).toEqual([{ assigned, resolved, closed }]);
    }
  });

  it('know whether their author is a customer', async () => {
    const open = `insert into support_tickets (category, subject, description)
      values ('other', 'Help', 'Help') returning customer_id, user_id, ticket_number`;
    expect(await play.as(claimsOf('customer'), open)).toEqual([
      {
        customer_id: idOf('customer'),
        user_id: idOf('customer'),
        ticket_number: expect.stringMatching(/^TKT\d{6,}$/),
      },
    ]);
    expect(await play.as(claimsOf('vendor'), open)).toMatchObject([{ customer_id: null }]);
  });

  it('record who writes', async () => {
    const say = `insert into ticket_messages (ticket_id, message) values ('${one}', 'Hello')
      returning sender_id, sender_type`;
    expect(await play.as(claimsOf('customer'), say)).toEqual([
      { sender_id: idOf('customer'), sender_type: 'customer' },
    ]);
    expect(await play.as(care, say)).toEqual([
      { sender_id: idOf('customer_care'), sender_type: 'employee' },
    ]);
  });
});

/** SQL for a booking like the one with id $1, but for one column. */
function anotherBooking(column: 'status' | 'time_zone', value: string): string {
  return `insert into bookings (customer_id, vendor_id, booking_type, booking_date,
      booking_time, duration_minutes, total_amount, final_amount, ${column})
    select customer_id, vendor_id, booking_type, booking_date, booking_time,
      duration_minutes, total_amount, final_amount, ${value}
    from bookings where id = $1`;
}
