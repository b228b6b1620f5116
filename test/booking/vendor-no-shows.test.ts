import {
  idFor,
  type Market,
  nearAddress,
  openMarket,
  therapist2,
  vendor,
} from '../fixtures/market.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, paid, assigned, balance, walletOf } = makeSteps(() => market);

const lateFee = price / 2;
/** Minutes after the start, by default. */
const grace = 20;

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

type Who = Parameters<Market['ends']>[0];

const report = (who: Who, id: unknown) =>
  market.ends(who, 'report_vendor_no_show', { booking_id: id });
const answer = (who: Who, id: unknown, reason = 'We rang the bell for 20 minutes') =>
  market.ends(who, 'dispute_booking', { booking_id: id, reason });
const settle = async () =>
  Number((await market.one('select app_private.settle_no_shows(100) as count')).count);
/** The day in which the vendor can answer passes. */
const letDayPass = (id: unknown) =>
  market.owner.query(
    `with c as (
      update booking_cancellations set disputable_until = now() - interval '1 second' where booking_id = $1)
    update booking_disputes set answerable_until = now() - interval '1 second' where booking_id = $1`,
    [id],
  );
const stateOf = (id: unknown) =>
  market.one('select status, cancellation_reason from bookings where id = $1', [id]);
const disputeOf = (id: unknown) =>
  market.one(
    'select id, kind, status, in_favour_of, decided_by from booking_disputes where booking_id = $1',
    [id],
  );
const toldOf = async (id: unknown) => {
  const { rows } = await market.owner.query<{ type: string }>(
    `select distinct type from notifications where data ->> 'bookingId' = $1
      and type in ('vendor_no_show', 'arrival_disputed', 'dispute_opened', 'dispute_decided') order by 1`,
    [id],
  );
  return rows.map(({ type }) => type);
};

/** A booking at home, paid from the wallet, whose provider has reported arrival. */
async function arrived() {
  const who = await market.newCustomer();
  await market.fillWallet(who, price);
  await market.owner.query(
    `insert into customer_addresses (customer_id, address_type, address_line1, city, state, pincode, latitude, longitude)
    select $1, address_type, address_line1, city, state, pincode, latitude, longitude
    from customer_addresses where id = $2`,
    [who.sub, nearAddress],
  );
  const { id: address } = await market.one(
    'select id from customer_addresses where customer_id = $1',
    [who.sub],
  );
  const { id, final_amount } = await market.book(
    who,
    {
      startsAt: freeHour(),
      type: 'home_service',
      address: String(address),
      provider: therapist2,
    },
    { payment: 'cash' },
  );
  await market.call(who, 'pay_from_wallet', {
    booking_id: id,
    idempotency_key: `wallet-${id}`,
    amount: price,
  });
  await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist2 });
  for (const act of ['acknowledge_assignment', 'start_travel', 'arrive']) {
    await market.call('therapist2', act, { booking_id: id });
  }
  await market.bringToStart(id, grace + 1);
  return { who, id, priceAtHome: Number(final_amount) };
}

describe('a no-show of the vendor', () => {
  it('can be reported by its customer from 20 minutes after the start, and refunds everything', async () => {
    const { who, id } = await assigned();
    expect(await report(who, id)).toBe('OB044');
    await market.bringToStart(id, grace - 1);
    expect(await report(who, id)).toBe('OB044');
    await market.shift(id, '-2 minutes');
    expect(await report('customer2', id)).toBe('OB003');
    expect(await report('vendor', id)).toBe('OB002');
    expect(await report('therapist', id)).toBe('OB002');
    expect(await report(who, id)).toBe('ok');
    expect(await report(who, id)).toBe('OB030');
    expect(await stateOf(id)).toEqual({ status: 'cancelled', cancellation_reason: 'No one came' });
    expect(
      await market.one(
        `select is_no_show, is_vendor_no_show, cancelled_by, cancelled_by_role, cancellation_charge::float as charge
        from booking_cancellations where booking_id = $1`,
        [id],
      ),
    ).toEqual({
      is_no_show: false,
      is_vendor_no_show: true,
      cancelled_by: who.sub,
      cancelled_by_role: 'vendor',
      charge: 0,
    });
    expect(await toldOf(id)).toEqual(['vendor_no_show']);
  });

  it('of a paid booking that was never assigned sends the money back the way it came', async () => {
    const { who, id } = await paid();
    await market.bringToStart(id, grace + 1);
    const before = await balance('vendor', vendor);
    expect(await report(who, id)).toBe('ok');
    expect(
      await market.one(
        `select refund_amount::float as amount, refund_method from refunds where booking_id = $1`,
        [id],
      ),
    ).toEqual({ amount: price, refund_method: 'original' });
    expect(await balance('vendor', vendor)).toBe(before);
  });

  it('cannot be reported once the service was started, nor after the customer was reported', async () => {
    const started = await assigned();
    await market.call('therapist', 'acknowledge_assignment', { booking_id: started.id });
    await market.bringToStart(started.id, grace + 1);
    await market.startService('therapist', started.id);
    expect(await report(started.who, started.id)).toBe('OB030');
    const reported = await assigned();
    await market.bringToStart(reported.id, grace + 1);
    await market.call('vendor', 'mark_no_show', { booking_id: reported.id });
    expect(await report(reported.who, reported.id)).toBe('OB030');
  });
});

describe('a no-show of a vendor whose provider reported arrival', () => {
  it('opens a dispute, and no money moves for 24 hours; unanswered, everything is refunded', async () => {
    const { who, id } = await arrived();
    const before = await balance('vendor', vendor);
    expect(await report(who, id)).toBe('ok');
    expect(await disputeOf(id)).toMatchObject({ kind: 'vendor_no_show', status: 'open' });
    expect(
      await market.one(
        `select extract(epoch from answerable_until - created_at)::int / 3600 as hours
        from booking_disputes where booking_id = $1`,
        [id],
      ),
    ).toEqual({ hours: 24 });
    expect(await settle()).toBe(0);
    expect([await walletOf(who), await balance('vendor', vendor)]).toEqual([0, before]);
    await letDayPass(id);
    expect(await answer('vendor', id)).toBe('OB030');
    expect(await market.once(settle)).toBe(1);
    expect(await walletOf(who)).toBe(price);
    expect(await balance('vendor', vendor)).toBe(before);
    expect(await disputeOf(id)).toMatchObject({
      status: 'decided',
      in_favour_of: 'customer',
      decided_by: null,
    });
    expect(await settle()).toBe(0);
    expect(await toldOf(id)).toEqual(['arrival_disputed', 'dispute_decided']);
  });

  it('waits for customer care once the vendor’s desk has answered, who may decide for the vendor', async () => {
    const { who, id, priceAtHome } = await arrived();
    const before = await balance('vendor', vendor);
    await report(who, id);
    expect(await answer('vendor2', id)).toBe('OB003');
    expect(await answer('therapist2', id)).toBe('OB003');
    expect(await answer('vendor', id, ' ')).toBe('OB036');
    expect(await answer('receptionist', id)).toBe('ok');
    expect(await answer('vendor', id)).toBe('OB030');
    // The customer's own word was said with the report.
    expect(await answer(who, id)).toBe('OB030');
    await letDayPass(id);
    expect(await settle()).toBe(0);
    const { id: dispute } = await disputeOf(id);
    const decide = (amount: number | null) =>
      market.ends('customer_care', 'decide_dispute', {
        dispute_id: dispute,
        in_favour_of: 'vendor',
        reason: 'The position of the provider shows it',
        amount,
      });
    expect(await decide(100)).toBe('OB020');
    expect(await decide(null)).toBe('ok');
    expect((await balance('vendor', vendor)) - before).toBe(priceAtHome / 2);
    expect(await walletOf(who)).toBe(price - priceAtHome / 2);
    expect(await disputeOf(id)).toMatchObject({ decided_by: idFor('customer_care') });
    expect(await toldOf(id)).toEqual(['arrival_disputed', 'dispute_decided', 'dispute_opened']);
  });

  it('decided for the customer, everything is refunded', async () => {
    const { who, id } = await arrived();
    await report(who, id);
    const { id: dispute } = await disputeOf(id);
    await market.call('customer_care', 'decide_dispute', {
      dispute_id: dispute,
      in_favour_of: 'customer',
      reason: 'Another house',
    });
    expect(await walletOf(who)).toBe(price);
    expect(lateFee).toBeGreaterThan(0);
  });
});
