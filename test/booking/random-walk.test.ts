import { randomInt, randomUUID } from 'node:crypto';
import { chooseChecks, validate } from '../../src/operations/validate/validate.ts';
import {
  beautician,
  idFor,
  type Market,
  openMarket,
  therapist,
  therapist2,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { isLong, longOrShort } from '../helpers/long-form.ts';
import { bookingActs } from './walk/booking-acts.ts';
import { moneyActs } from './walk/money-acts.ts';
import { job, makeWalk, take, type Walk, type Weighted } from './walk/walk.ts';
import { wrongs } from './wrongs.ts';

/** A walk into a failure is taken again, in the same hour, by its seed: WALK_SEED=… npm test -- test/booking/random-walk */
const seed = Number(process.env.WALK_SEED ?? randomInt(2 ** 31));
const steps = longOrShort(5_000, 1_000);

/** Of ours, and of PostgreSQL: a question for another time is open already; not for this database role. */
const registered = /^(OB0\d\d|23505|42501)$/;
const customers: readonly Who[] = ['customer', 'customer2'];
const strays: readonly Who[] = [
  ...customers,
  'vendor',
  'receptionist',
  'accountant',
  'vendor2',
  'therapist',
  'therapist2',
  'beautician',
  'customer_care',
  'customer_care_viewer',
  'finance',
  'nobody',
];

let market: Market;

/** One that the vendor bears, and one that the platform bears. */
const coupons = ['WALK15', 'WALK333'] as const;

beforeAll(async () => {
  market = await openMarket();
  await market.owner.query(
    `update system_settings set value = 'true' where key = 'wallet.top_up_is_enabled'`,
  );
  for (const who of customers) {
    await market.fillWallet(who, 5_000);
    await market.owner.query(
      `select app_private.move_wallet($1, 'bonus', 2000, 'rewards', null, null, null, 'A reward')`,
      [idFor(who)],
    );
    await market.givePoints(who, 400);
    await market.owner.query(
      `insert into user_bank_details
        (user_id, account_holder_name, account_number, ifsc_code, bank_name, is_verified)
      values ($1, 'A Person', '123456789012', 'HDFC0001234', 'HDFC Bank', true)`,
      [idFor(who)],
    );
  }
  const terms = { description: 'For a walk', uses_per_customer: 1000, uses_in_all: 20 };
  await market.call('vendor', 'create_coupon', {
    ...terms,
    code: coupons[0],
    borne_by: 'vendor',
    vendor_id: vendor,
    percentage: 15,
  });
  await market.call('marketing', 'create_coupon', {
    ...terms,
    code: coupons[1],
    borne_by: 'platform',
    amount: 333.33,
    budget_amount: 5_000,
  });
});

afterAll(async () => {
  await market?.close();
});

function actsOf(walk: Walk): Weighted {
  const { act, pick } = walk;
  const of = bookingActs(walk, coupons);
  const money = moneyActs(walk);
  return [
    [4, of.hold],
    [6, of.confirm],
    [4, act('assign_best')],
    [2, act('assign_therapist', () => ({ therapist_id: pick([therapist, therapist2]) }))],
    [1, act('assign_beautician', () => ({ beautician_id: beautician }))],
    [4, act('acknowledge_assignment')],
    [2, act('start_travel')],
    [2, act('arrive')],
    [6, of.startService],
    [2, act('complete_service', (booking) => ({ cash_collected: pick([0, booking.due]) }))],
    [4, of.completeOne],
    [8, of.timePasses],
    [2, act('cancel_booking', () => ({ reason: 'A reason' }))],
    [
      1,
      async (booking) =>
        booking === undefined
          ? 'nothing'
          : market.ends('customer_care', 'cancel_booking', {
              booking_id: booking.id,
              reason: 'They called',
            }),
    ],
    [2, act('reschedule_booking', of.time)],
    [1, act('request_reschedule', () => ({ ...of.time(), reason: 'A reason' }))],
    [1, of.answer],
    [2, act('mark_no_show')],
    [2, of.disputeOne],
    [1, of.decideOne],
    [1, of.letDayPass],
    [
      1,
      async () =>
        String((await market.one('select app_private.settle_no_shows(10)')).settle_no_shows),
    ],
    [2, act('report_vendor_no_show')],
    [2, of.endOneEarly],
    [2, of.agreeOnOne],
    [1, of.becomeOverdue],
    [1, act('record_cash_payment', ({ due }) => ({ amount: due, idempotency_key: randomUUID() }))],
    [1, job(market, 'cancel_overdue_bookings')],
    [1, job(market, 'settle_waiting')],
    [2, money.refundOne],
    [1, money.payOut],
    [1, money.payDebt],
    [1, act('pay_from_wallet', () => ({ idempotency_key: randomUUID() }))],
    [2, money.startPayment],
    [2, money.tipOne],
    [1, money.topUp],
    [3, money.gatewayTells],
    [1, of.lapse],
    [1, money.giveBack],
    [3, of.bookAtDesk],
    [2, of.claimOne],
    [
      2,
      act('record_cash_payment', ({ due }) => ({
        amount: pick([100, due]),
        payment_method: pick(['cash', 'card', 'upi']),
        idempotency_key: randomUUID(),
      })),
    ],
    [2, act('record_desk_refund')],
    [1, money.giveGoodwill],
    [2, money.withdraw],
    [2, money.endWithdrawal],
    [1, money.rescueRefund],
    [1, job(market, 'abandon_payments')],
    [
      1,
      async () =>
        String((await market.one('select app_private.lapse_bookings(10)')).lapse_bookings),
    ],
  ];
}

it(`${steps} steps of all users (seed ${seed}): never an illegal state, a wrong book, or a provider in two places`, async () => {
  const walk = makeWalk(market, seed, { customers, strays });
  const ends = await take(walk, actsOf(walk), steps, async (step, end) => {
    if (end.length === 5 && !registered.test(end)) {
      throw new Error(`Step ${step} of the walk ${seed} ended in ${end}.`);
    }
    if (step % 25 === 0) {
      expect({ step, wrong: await wrongs(market) }).toEqual({ step, wrong: [] });
    }
  });
  expect(await wrongs(market)).toEqual([]);
  const client = await market.owner.connect();
  try {
    const findings = await validate(client, chooseChecks([]));
    expect(
      findings.filter(({ count }) => count > 0).map(({ check, faults }) => [check.name, faults]),
    ).toEqual([]);
  } finally {
    client.release();
  }
  // The walk got somewhere, on every path.
  const { rows } = await market.owner.query(
    `select distinct to_status from booking_status_history order by 1`,
  );
  const common = ['assigned', 'cancelled', 'confirmed', 'pending'];
  // A short walk may not come to these by chance.
  const rare = ['completed', 'in_progress', 'rescheduled'];
  expect(rows.map(({ to_status }) => to_status)).toEqual(
    expect.arrayContaining(isLong ? [...common, ...rare] : common),
  );
  expect(ends.get('ok')).toBeGreaterThan(steps / 10);
}, 600_000);
