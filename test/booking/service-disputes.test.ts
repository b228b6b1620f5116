import {
  claimsFor,
  commissionRate,
  idFor,
  type Market,
  massagePrice,
  openMarket,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { earningsOf, sum } from '../fixtures/terms.ts';
import { makeDeskSteps } from './desk-steps.ts';
import { makeSteps, price } from './steps.ts';
import { wrongs } from './wrongs.ts';

let market: Market;
const { paid, complete, balance, freeHour } = makeSteps(() => market);
const { bookAtDesk, payAtDesk, verifyMobile, newMobile } = makeDeskSteps(() => market);
const earned = earningsOf(massagePrice, commissionRate).vendor;

/** Settings: hours of the customer to dispute, and of customer care to decide. */
const disputeHours = 72;
const decisionHours = 168;

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
  expect(await wrongs(market)).toEqual([]);
});

async function served() {
  const { who, id } = await paid();
  await complete(id);
  return { who, id };
}

const dispute = (who: Who, id: unknown) =>
  market.call(who, 'dispute_booking', { booking_id: id, reason: 'It was not what I booked' });
const disputeEnds = (who: Who, id: unknown, reason = 'It was not what I booked') =>
  market.ends(who, 'dispute_booking', { booking_id: id, reason });
const decide = (
  disputeId: unknown,
  side: string,
  amount: number | null = null,
  who: Who = 'customer_care',
) =>
  market.ends(who, 'decide_dispute', {
    dispute_id: disputeId,
    in_favour_of: side,
    reason: 'We have seen the photographs',
    amount,
  });
/** Only time does that. */
const letHoursPass = (id: unknown, hours: number) =>
  market.owner.query(
    `with r as (
      update commission_records set created_at = created_at - $2 * interval '1 hour',
        payable_from = payable_from - $2 * interval '1 hour',
        disputable_until = disputable_until - $2 * interval '1 hour' where booking_id = $1)
    update booking_disputes set created_at = created_at - $2 * interval '1 hour' where booking_id = $1`,
    [id, hours],
  );
/** The payouts of the week in which a booking became payable, as if that week were over. */
async function runPayouts(): Promise<void> {
  const { monday } = await market.one(
    `select (date_trunc('week', app_private.today())::date - 7)::text as monday`,
  );
  await market.call('finance', 'run_payouts', { week_start: monday });
}
const isPaidOut = async (id: unknown) =>
  (await market.one('select payout_id from commission_records where booking_id = $1', [id]))
    .payout_id !== null;
const backTo = async (id: unknown) =>
  Number(
    (
      await market.one(
        'select coalesce(sum(refund_amount), 0) as amount from refunds where booking_id = $1',
        [id],
      )
    ).amount,
  );

it('a service is paid out once its customer can no longer dispute it', async () => {
  const { id } = await served();
  expect(
    await market.one(
      `select payable_from = created_at + $2 * interval '1 hour' as later,
        disputable_until = payable_from as disputable from commission_records where booking_id = $1`,
      [id, disputeHours],
    ),
  ).toEqual({ later: true, disputable: true });
  // It took place a minute before the week ended, and can be disputed in the next one.
  const ago = `now() - (date_trunc('week', app_private.today())::timestamp at time zone 'Asia/Kolkata' - interval '1 minute')`;
  const { hours } = await market.one(`select extract(epoch from ${ago})::float / 3600 as hours`);
  await letHoursPass(id, Number(hours));
  await runPayouts();
  expect(await isPaidOut(id)).toBe(false);
  await letHoursPass(id, disputeHours);
  await runPayouts();
  expect(await isPaidOut(id)).toBe(true);
});

it('in dispute it stays out of payouts; decided for the vendor, it goes on', async () => {
  const { who, id } = await served();
  const { id: disputeId } = await dispute(who, id);
  await letHoursPass(id, 30 * 24);
  const told = await market.one(
    `select count(*) filter (where user_id = $1)::int as vendor, count(*) filter (where user_id = $2)::int as care
    from notifications where type = 'dispute_opened' and data ->> 'bookingId' = $3`,
    [idFor('vendor'), idFor('customer_care'), id],
  );
  expect(told).toEqual({ vendor: 1, care: 1 });
  const run = async () => {
    const { monday } = await market.one(
      `select (date_trunc('week', app_private.today())::date - 14)::text as monday`,
    );
    await market.call('finance', 'run_payouts', { week_start: monday });
  };
  await run();
  expect(await isPaidOut(id)).toBe(false);
  expect(await decide(disputeId, 'vendor')).toBe('ok');
  await run();
  expect(await isPaidOut(id)).toBe(true);
  expect(await backTo(id)).toBe(0);
});

it.each([
  ['everything goes back', null, price],
  ['an amount stays paid, and the rest goes back', 400, sum(price, -400)],
])('decided for the customer, %s, borne by the vendor', async (_, pays, back) => {
  const before = await balance('vendor', vendor);
  const { who, id } = await served();
  const { id: disputeId } = await dispute(who, id);
  expect(await decide(disputeId, 'customer', pays)).toBe('ok');
  expect(await backTo(id)).toBe(back);
  expect(
    await market.one(
      `select amount::float as amount, borne_by, decided_by from refund_decisions where booking_id = $1`,
      [id],
    ),
  ).toEqual({ amount: back, borne_by: 'vendor', decided_by: idFor('customer_care') });
  const left = earned * (1 - back / price);
  expect((await balance('vendor', vendor)) - before).toBeCloseTo(left, 1);
  expect(await decide(disputeId, 'vendor')).toBe('OB030');
});

it('an amount that refunds nothing, or one for the vendor, is refused; a part that finance refunded counts', async () => {
  const { who, id } = await served();
  const { id: disputeId } = await dispute(who, id);
  expect(await decide(disputeId, 'vendor', 100)).toBe('OB020');
  expect(await decide(disputeId, 'customer', price)).toBe('OB020');
  expect(await decide(disputeId, 'customer', sum(price, 1))).toBe('OB020');
  await market.call('finance', 'refund_booking', {
    booking_id: id,
    amount: 100,
    reason: 'A part was missing',
    borne_by: 'platform',
    idempotency_key: `refund of ${id}`.slice(0, 64),
  });
  expect(await decide(disputeId, 'customer', sum(price, -100))).toBe('OB020');
  expect(await decide(disputeId, 'customer')).toBe('ok');
  expect(await backTo(id)).toBeCloseTo(price, 2);
});

it('only its customer disputes it, once, with a reason, within 72 hours', async () => {
  const { who, id } = await served();
  expect(await disputeEnds('vendor', id)).toBe('OB002');
  expect(await disputeEnds('customer2', id)).toBe('OB003');
  expect(await disputeEnds(who, id, ' ')).toBe('OB036');
  await letHoursPass(id, disputeHours);
  expect(await disputeEnds(who, id)).toBe('OB030');
  await letHoursPass(id, -1);
  expect(await disputeEnds(who, id)).toBe('ok');
  expect(await disputeEnds(who, id)).toBe('OB030');
  const { disputeId } = await market.one(
    'select id as "disputeId" from booking_disputes where booking_id = $1',
    [id],
  );
  expect(await decide(disputeId, 'customer', null, who)).toBe('42501');
  expect(await decide(disputeId, 'customer', null, 'finance')).toBe('OB002');
});

it('what was paid at the desk is not disputed here', async () => {
  const mobile = newMobile();
  const who = await market.newCustomer();
  await verifyMobile(who, mobile);
  const booking = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
  await market.call(who, 'claim_booking', { booking_number: booking.booking_number });
  const { due } = await market.one('select app_private.amount_due($1)::float as due', [booking.id]);
  await payAtDesk(booking.id, Number(due));
  await market.bringToStart(booking.id);
  await market.startService('therapist', booking.id);
  await market.shift(booking.id, '-1 hour');
  await market.call('vendor', 'complete_service', { booking_id: booking.id });
  expect(await disputeEnds(who, booking.id)).toBe('OB030');
});

it('what customer care does not decide within a week stays as it is, and both sides are told', async () => {
  const { who, id } = await served();
  await dispute(who, id);
  await letHoursPass(id, decisionHours);
  await market.once(async () =>
    Number((await market.one('select app_private.settle_waiting(100) as count')).count),
  );
  expect(
    await market.one(
      'select status, in_favour_of, decided_by from booking_disputes where booking_id = $1',
      [id],
    ),
  ).toEqual({ status: 'decided', in_favour_of: 'vendor', decided_by: null });
  expect(await backTo(id)).toBe(0);
});

it('a customer with an open dispute cannot delete the account', async () => {
  const { who, id } = await served();
  await dispute(who, id);
  await expect(
    market.owner.query('select app_private.require_deletable($1)', [who.sub]),
  ).rejects.toMatchObject({ code: 'OB030' });
});

it('a dispute at the moment of a run of payouts: one of them finds what the other left', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { who, id } = await served();
    // Payable and disputable at once is nothing but the last moment of the window.
    await market.owner.query(
      `update commission_records set payable_from = now() - $2 * interval '7 days' where booking_id = $1`,
      [id, 3 + round],
    );
    const { monday } = await market.one(
      `select (date_trunc('week', app_private.today())::date - 7 * $1::int)::text as monday`,
      [3 + round],
    );
    await market.owner.query(
      'update vendor_credits set created_at = now() where payout_id is null',
    );
    const [disputed] = await Promise.all([
      disputeEnds(who, id),
      market.call('finance', 'run_payouts', { week_start: monday }),
    ]);
    expect([disputed, await isPaidOut(id)]).toEqual(
      disputed === 'ok' ? ['ok', false] : ['OB030', true],
    );
  }
});

it('its customer and its vendor read the dispute, and no one else', async () => {
  const { who, id } = await served();
  await dispute(who, id);
  const seenBy = (reader: Who) =>
    market.database.asUser(claimsFor(reader), async (client) => {
      const { rows } = await client.query(
        'select kind from booking_disputes where booking_id = $1',
        [id],
      );
      return rows.map(({ kind }) => kind);
    });
  expect(await seenBy(who)).toEqual(['service']);
  expect(await seenBy('vendor')).toEqual(['service']);
  expect(await seenBy('vendor2')).toEqual([]);
});
