import { randomInt, randomUUID } from 'node:crypto';
import { makeSteps } from '../booking/steps.ts';
import { bookingActs } from '../booking/walk/booking-acts.ts';
import { moneyActs } from '../booking/walk/money-acts.ts';
import { job, makeWalk, take, type Walk, type Weighted } from '../booking/walk/walk.ts';
import { wrongs } from '../booking/wrongs.ts';
import {
  beautician,
  type Market,
  openMarket,
  therapist,
  therapist2,
  type Who,
} from '../fixtures/market.ts';
import { longOrShort } from '../helpers/long-form.ts';
import { lossOf, readBooks } from './losses.ts';

/** To take the same walk again: WALK_SEED=… npm test -- test/cheats/colluding */
const seed = Number(process.env.WALK_SEED ?? randomInt(2 ** 31));
const steps = longOrShort(5_000, 800);
const coupon = 'FRIENDS';
const budget = 3_000;
const mostFriends = 12;

let market: Market;
const { friendOf, proveMobile } = makeSteps(() => market);

/** All of them are friends of the vendor, and grow in number by referrals. */
const customers: Who[] = ['customer', 'customer2'];
const people: readonly Who[] = [
  'vendor',
  'receptionist',
  'accountant',
  'therapist',
  'therapist2',
  'beautician',
];

beforeAll(async () => {
  market = await openMarket();
  await market.liftLimits();
  await market.owner.query(
    `update system_settings set value = 'true' where key = 'wallet.top_up_is_enabled'`,
  );
  const third = await market.newCustomer();
  await proveMobile(third);
  customers.push(third);
  await market.call('marketing', 'create_coupon', {
    code: coupon,
    description: 'For friends',
    borne_by: 'platform',
    percentage: 50,
    uses_per_customer: 1000,
    budget_amount: budget,
  });
});

afterAll(async () => {
  await market?.close();
});

function actsOf(walk: Walk): Weighted {
  const { act, pick } = walk;
  const of = bookingActs(walk, [coupon]);
  const money = moneyActs(walk);
  return [
    [5, of.hold],
    [8, of.confirm],
    [4, act('assign_therapist', () => ({ therapist_id: pick([therapist, therapist2]) }))],
    [1, act('assign_beautician', () => ({ beautician_id: beautician }))],
    [4, act('acknowledge_assignment')],
    [1, act('arrive')],
    [8, of.startService],
    [6, of.completeOne],
    [8, of.timePasses],
    [3, act('cancel_booking', () => ({ reason: 'A reason' }))],
    [3, act('reschedule_booking', of.time)],
    [2, act('mark_no_show')],
    [2, act('report_vendor_no_show')],
    [2, of.disputeOne],
    [2, of.letDayPass],
    [3, of.endOneEarly],
    [3, of.agreeOnOne],
    [1, of.becomeOverdue],
    [3, of.bookAtDesk],
    [2, of.claimOne],
    [2, act('record_cash_payment', ({ due }) => ({ amount: due, idempotency_key: randomUUID() }))],
    [2, act('record_desk_refund')],
    [5, money.startPayment],
    [6, money.gatewayTells],
    [2, act('pay_from_wallet', () => ({ idempotency_key: randomUUID() }))],
    [2, money.topUp],
    [2, money.tipOne],
    [3, money.withdraw],
    [1, comeWithFriend(walk)],
    // The platform's own people and its clock, who do their work and are no friends of theirs.
    [2, money.payOut],
    [1, of.lapse],
    ...['settle_waiting', 'settle_no_shows', 'cancel_overdue_bookings', 'lapse_bookings'].map(
      (name) => [1, job(market, name)] as const,
    ),
  ];
}

function comeWithFriend({ pick }: Walk) {
  return async () => {
    if (customers.length >= 3 + mostFriends) {
      return 'nothing';
    }
    const referrer = pick(customers.filter((who) => typeof who !== 'string'));
    customers.push(await friendOf(referrer));
    return 'ok';
  };
}

it(`${steps} steps of a vendor, its staff and its friends (seed ${seed}): the platform loses no more than the budgets of coupons say`, async () => {
  const walk = makeWalk(market, seed, { customers, strays: people });
  const go = () =>
    take(walk, actsOf(walk), steps, async (step) => {
      if (step % 25 === 0) {
        const books = { step, loss: await lossOf(market), ...(await readBooks(market)) };
        expect(books.loss <= 0 && books.given <= budget ? 'no loss' : books).toBe('no loss');
      }
    });
  const reached = () =>
    market.one(
      `select (select count(*)::int from bookings where status = 'completed') as completed,
        (select coalesce(sum(commission_amount), 0)::float from commission_records) as commission`,
    );
  const ends = await go();
  expect(ends.get('ok')).toBeGreaterThan(steps / 10);
  // They got somewhere: a service was completed that earns the platform something. Chance may take a few walks.
  for (let walks = 1; walks < 8 && (await reached()).commission === 0; walks += 1) {
    await go();
  }
  const { completed, commission } = await reached();
  expect(completed).toBeGreaterThan(0);
  expect(commission).toBeGreaterThan(0);
  expect(await lossOf(market)).toBeLessThanOrEqual(0);
  expect(await wrongs(market)).toEqual([]);
}, 600_000);

it('would notice money from nothing', async () => {
  const before = await lossOf(market);
  await market.owner.query(
    `select app_private.move_wallet(id, 'bonus', 500, 'rewards', null, null, null, 'From nothing')
    from customers limit 1`,
  );
  expect((await lossOf(market)) - before).toBeCloseTo(500, 2);
});
