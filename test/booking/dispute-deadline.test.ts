import { type Market, openMarket, therapist, type Who } from '../fixtures/market.ts';
import { makeSteps, price } from './steps.ts';
import { wrongs } from './wrongs.ts';

let market: Market;
const { paid, assigned, walletOf } = makeSteps(() => market);

/** Setting of the days of customer care, in hours. */
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

const settle = async () =>
  Number((await market.one('select app_private.settle_waiting(100) as count')).count);
const dispute = (who: Who, id: unknown) =>
  market.call(who, 'dispute_booking', { booking_id: id, reason: 'Nothing was done' });
/** Only time does that. */
const letHoursPass = (id: unknown, hours: number) =>
  market.owner.query(
    `update booking_disputes set created_at = created_at - $2 * interval '1 hour' where booking_id = $1`,
    [id, hours],
  );
const disputeOf = (id: unknown) =>
  market.one(
    'select id, status, in_favour_of, decided_by from booking_disputes where booking_id = $1',
    [id],
  );
const refunded = async (id: unknown) =>
  Number(
    (
      await market.one(
        'select coalesce(sum(refund_amount), 0) as amount from refunds where booking_id = $1',
        [id],
      )
    ).amount,
  );
const toldOf = async (id: unknown) =>
  (
    await market.owner.query<{ type: string; to: string }>(
      `select type, case when user_id = b.customer_id then 'customer' else 'vendor' end as to
      from notifications n join bookings b on b.id = $1
      where n.data ->> 'bookingId' = b.id::text and type = 'dispute_decided' order by 2 limit 2`,
      [id],
    )
  ).rows.map(({ to }) => to);

/** A booking of which half of the time is over, with a proposal of the vendor. */
async function endedEarly(amount: number) {
  const { who, id } = await paid();
  await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
  await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
  await market.bringToStart(id, 0);
  await market.startService('therapist', id);
  await market.shift(id, '-30 minutes');
  await market.call('vendor', 'end_service_early', {
    booking_id: id,
    reason: 'The customer felt unwell',
    amount,
  });
  return { who, id };
}

it('a no-show that customer care does not decide within a week costs the customer nothing, and both are told', async () => {
  const { who, id } = await assigned();
  await market.bringToStart(id, 20);
  await market.call('vendor', 'mark_no_show', { booking_id: id });
  await dispute(who, id);
  await letHoursPass(id, decisionHours - 1);
  expect(await settle()).toBe(0);
  expect(await disputeOf(id)).toMatchObject({ status: 'open' });
  await letHoursPass(id, 1);
  expect(await market.once(settle)).toBe(1);
  expect(await disputeOf(id)).toMatchObject({
    status: 'decided',
    in_favour_of: 'customer',
    decided_by: null,
  });
  expect(
    await market.one(
      'select cancellation_charge::float as charge, due_amount::float as due from booking_cancellations where booking_id = $1',
      [id],
    ),
  ).toEqual({ charge: 0, due: 0 });
  expect(await walletOf(who)).toBe(0);
  expect(await toldOf(id)).toEqual(['customer', 'vendor']);
  expect(await settle()).toBe(0);
});

it.each([
  ['asks for everything, the customer pays what was performed', price, price / 2],
  ['asks for less than was performed, the customer pays what it asks', 100, 100],
])('where a service ended early and the vendor %s', async (_, proposed, pays) => {
  const { who, id } = await endedEarly(proposed);
  await dispute(who, id);
  await letHoursPass(id, decisionHours);
  expect(await market.once(settle)).toBe(1);
  expect(
    await market.one(
      'select agreed_amount::float as agreed, settled_at is not null as settled from booking_settlements where booking_id = $1',
      [id],
    ),
  ).toEqual({ agreed: pays, settled: true });
  expect(await refunded(id)).toBeCloseTo(price - pays, 2);
});

it('customer care decides while the clock does: one of them', async () => {
  for (let round = 0; round < 4; round += 1) {
    const { who, id } = await endedEarly(price);
    await dispute(who, id);
    await letHoursPass(id, decisionHours);
    const { id: disputeId } = await disputeOf(id);
    const [care, clock] = await Promise.all([
      market.ends('customer_care', 'decide_dispute', {
        dispute_id: disputeId,
        in_favour_of: 'vendor',
        reason: 'A film',
        amount: price,
      }),
      settle(),
    ]);
    expect([care, clock]).toEqual(care === 'ok' ? ['ok', 0] : ['OB030', 1]);
    expect(await disputeOf(id)).toMatchObject({
      status: 'decided',
      in_favour_of: care === 'ok' ? 'vendor' : 'customer',
    });
  }
});
