import { randomUUID } from 'node:crypto';
import {
  commissionRate,
  type Market,
  massagePrice,
  openMarket,
  therapist,
  vendor,
} from '../fixtures/market.ts';
import { earningsOf, serviceCharge } from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';
import { wrongs } from './wrongs.ts';

let market: Market;
const { freeHour, paid, assigned, tell, start, balance, walletOf, pointsOf } = makeSteps(
  () => market,
);

/** What a massage earns. */
const earnings = earningsOf(massagePrice, commissionRate);
/** Half of the price, and half of the hour. */
const half = price / 2;
const halfHour = '-30 minutes';

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

type Who = Parameters<Market['ends']>[0];

const end = (who: Who, id: unknown, amount: number | null, reason = 'The customer felt unwell') =>
  market.ends(who, 'end_service_early', { booking_id: id, reason, amount });
const agree = (who: Who, id: unknown, amount: number) =>
  market.ends(who, 'agree_on_amount', { booking_id: id, expected_amount: amount });
const dispute = (who: Who, id: unknown) =>
  market.ends(who, 'dispute_booking', { booking_id: id, reason: 'Nothing was done' });
const settle = async () =>
  Number((await market.one('select app_private.settle_waiting(100) as count')).count);
const letDayPass = (id: unknown) =>
  market.owner.query(
    `update booking_settlements set answerable_until = now() - interval '1 second' where booking_id = $1`,
    [id],
  );
const dueOf = async (id: unknown) =>
  Number((await market.one('select app_private.amount_due($1) as due', [id])).due);
const settlementOf = (id: unknown) =>
  market.one(
    `select kind, elapsed_percentage::float as elapsed, agreed_amount::float as agreed,
      settled_at is not null as is_settled from booking_settlements where booking_id = $1`,
    [id],
  );
/** What the platform keeps of a booking. */
const commissionOf = async (id: unknown) =>
  Number(
    (
      await market.one(
        'select platform_earning as kept from commission_records where booking_id = $1',
        [id],
      )
    ).kept,
  );
const decide = async (
  id: unknown,
  amount: number | null,
  side = 'vendor',
  by: Who = 'customer_care',
) =>
  market.ends(by, 'decide_dispute', {
    dispute_id: (await market.one('select id from booking_disputes where booking_id = $1', [id]))
      .id,
    in_favour_of: side,
    reason: 'A film',
    amount,
  });

/** Starts a booking and lets half of its time pass. */
async function halfway(id: unknown) {
  await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
  await market.bringToStart(id, 0);
  await market.startService('therapist', id);
  await market.shift(id, halfHour);
}

/** A booking that was paid through the gateway, and of which half of the time is over. */
async function paidHalfway() {
  const { who, id } = await paid();
  await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
  await halfway(id);
  return { who, id };
}

/** The same, to be paid in cash. */
async function unpaidHalfway() {
  const made = await assigned();
  await halfway(made.id);
  return made;
}

describe('ending a service early', () => {
  it('is for the provider and the vendor’s desk while it is in progress, with a reason and an amount up to the price', async () => {
    const early = await assigned();
    expect(await end('vendor', early.id, half)).toBe('OB030');
    const { who, id } = await paidHalfway();
    expect(await end(who, id, half)).toBe('OB002');
    expect(await end('vendor2', id, half)).toBe('OB003');
    expect(await end('vendor', id, half, ' ')).toBe('OB036');
    expect(await end('vendor', id, null)).toBe('OB020');
    expect(await end('vendor', id, -1)).toBe('OB020');
    expect(await end('vendor', id, price + 0.01)).toBe('OB020');
    expect(await end('therapist', id, half)).toBe('ok');
    expect(await end('therapist', id, half)).toBe('OB030');
    expect(await settlementOf(id)).toMatchObject({ kind: 'early_end', agreed: null });
    expect(Number((await settlementOf(id)).elapsed)).toBeCloseTo(50, 0);
    expect(await market.one('select status from bookings where id = $1', [id])).toEqual({
      status: 'completed',
    });
  });

  it('is refused once the agreed time is over: the service is completed then', async () => {
    const { id } = await paidHalfway();
    await market.shift(id, halfHour);
    expect(await end('vendor', id, half)).toBe('OB044');
    expect(
      await market.ends('vendor', 'complete_service', { booking_id: id, cash_collected: 0 }),
    ).toBe('ok');
  });

  it('moves no money until the customer agrees; then half goes back the way it came, and half is distributed', async () => {
    const { who, id } = await paidHalfway();
    const before = await balance('vendor', vendor);
    await end('vendor', id, half);
    expect([await balance('vendor', vendor), await dueOf(id)]).toEqual([before, 0]);
    expect(await agree('customer2', id, half)).toBe('OB003');
    expect(await agree('vendor', id, half)).toBe('OB002');
    expect(await agree(who, id, half - 1)).toBe('OB068');
    expect(await agree(who, id, half)).toBe('ok');
    expect(await agree(who, id, half)).toBe('OB030');
    expect(await dispute(who, id)).toBe('OB030');
    expect(
      await market.one(
        'select refund_amount::float as amount, refund_method from refunds where booking_id = $1',
        [id],
      ),
    ).toEqual({ amount: half, refund_method: 'original' });
    expect((await balance('vendor', vendor)) - before).toBeCloseTo(earnings.vendor / 2, 1);
    expect(await commissionOf(id)).toBeCloseTo((earnings.commission + serviceCharge) / 2, 1);
    expect(await pointsOf(who)).toBe(Math.floor(half / 100));
    expect(await settlementOf(id)).toMatchObject({ agreed: half, is_settled: true });
    expect(
      await market.one(
        `select count(*)::int as told from notifications
        where type = 'amount_agreed' and data ->> 'bookingId' = $1`,
        [id],
      ),
    ).toEqual({ told: ['vendor', 'vendor_admin', 'vendor_manager', 'receptionist'].length });
  });

  it('for nothing leaves the platform the elapsed part of its commission, which the vendor owes', async () => {
    const { who, id } = await paidHalfway();
    const before = await balance('vendor', vendor);
    await end('vendor', id, 0);
    await market.owner.query(
      'update booking_settlements set elapsed_percentage = 50 where booking_id = $1',
      [id],
    );
    expect(await agree(who, id, 0)).toBe('ok');
    const least = earnings.commission / 2;
    expect(await commissionOf(id)).toBe(least);
    expect((await balance('vendor', vendor)) - before).toBeCloseTo(-least, 2);
    expect(await pointsOf(who)).toBe(0);
  });

  it('a later refund of the rest takes the rest of the commission and the points in proportion', async () => {
    const { who, id } = await paidHalfway();
    await end('vendor', id, half);
    await agree(who, id, half);
    const kept = await commissionOf(id);
    const points = await pointsOf(who);
    const refund = (amount: number) =>
      market.ends('finance', 'refund_booking', {
        booking_id: id,
        amount,
        reason: 'Sorry',
        borne_by: 'vendor',
        idempotency_key: randomUUID(),
      });
    expect(await refund(half + 0.01)).toBe('OB068');
    expect(await refund(half / 5)).toBe('ok');
    expect(await commissionOf(id)).toBeCloseTo((kept * 4) / 5, 1);
    expect(await pointsOf(who)).toBe(points - Math.ceil(points / 5));
    expect(await refund(half - Math.round((half / 5) * 100) / 100)).toBe('ok');
    expect(await commissionOf(id)).toBeCloseTo(0, 2);
    expect(await pointsOf(who)).toBe(0);
  });
});

describe('an amount on which customer and vendor do not agree', () => {
  it('goes to customer care after a day of silence, and customer care decides the amount', async () => {
    const { id } = await paidHalfway();
    await end('vendor', id, price);
    expect(await settle()).toBe(0);
    await letDayPass(id);
    expect(await settle()).toBe(1);
    expect(await settle()).toBe(0);
    expect(
      await market.one(
        'select kind, raised_by, status from booking_disputes where booking_id = $1',
        [id],
      ),
    ).toEqual({ kind: 'early_end', raised_by: null, status: 'open' });
    expect(await decide(id, null)).toBe('OB020');
    expect(await decide(id, price + 1)).toBe('OB020');
    expect(await decide(id, half, 'vendor', 'customer_care_viewer')).toBe('OB002');
    expect(await decide(id, half)).toBe('ok');
    expect(await decide(id, half)).toBe('OB030');
    expect(await settlementOf(id)).toMatchObject({ agreed: half, is_settled: true });
  });

  it('goes to customer care at once when the customer disputes it, and agreeing is too late then', async () => {
    const { who, id } = await paidHalfway();
    const before = await balance('vendor', vendor);
    await end('vendor', id, price);
    expect(await dispute(who, id)).toBe('ok');
    expect(await agree(who, id, price)).toBe('OB030');
    expect(await decide(id, 0, 'customer')).toBe('ok');
    expect(
      await market.one('select refund_amount::float as amount from refunds where booking_id = $1', [
        id,
      ]),
    ).toEqual({ amount: price });
    expect(await balance('vendor', vendor)).toBeLessThan(before);
  });

  it('is agreed on and disputed at once: one of them happens', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { who, id } = await paidHalfway();
      await end('vendor', id, half);
      const ends = await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          index % 2 === 0 ? agree(who, id, half) : dispute(who, id),
        ),
      );
      expect(ends.filter((e) => e === 'ok')).toHaveLength(1);
      expect(ends.filter((e) => e === 'OB030')).toHaveLength(5);
    }
  });

  it('is agreed on while the clock passes it on: it ends at customer care or is settled, never both', async () => {
    for (let round = 0; round < 6; round += 1) {
      const { who, id } = await paidHalfway();
      await end('vendor', id, half);
      await letDayPass(id);
      const [agreed] = await Promise.all([agree(who, id, half), settle(), settle()]);
      await settle();
      const { open } = await market.one(
        `select count(*)::int as open from booking_disputes where booking_id = $1 and status = 'open'`,
        [id],
      );
      expect(open).toBe(agreed === 'ok' ? 0 : 1);
      expect((await settlementOf(id)).is_settled).toBe(agreed === 'ok');
    }
  });
});

describe('what is due after a service ended early', () => {
  const hold = (who: Who) => market.holdEnds(who, { startsAt: freeHour() });

  it('keeps its customer from deleting the account, from the proposal until it is paid', async () => {
    const { who, id } = await unpaidHalfway();
    const deletable = () =>
      market.owner.query('select app_private.require_deletable($1)', [who.sub]).then(
        () => 'ok',
        (error: { message: string }) => error.message,
      );
    await end('vendor', id, half);
    expect(await deletable()).toMatch(
      /^A payment of yours is still under way, or what a booking costs is not settled/,
    );
    await agree(who, id, half);
    expect(await deletable()).toMatch(/^You have unpaid bookings: OBO-/);
    await market.call('vendor', 'record_cash_payment', {
      booking_id: id,
      amount: half,
      idempotency_key: randomUUID(),
    });
    expect(await deletable()).toBe('ok');
  });

  it('blocks new bookings until it is paid, and the error names the amount and the booking', async () => {
    const { who, id } = await unpaidHalfway();
    const held = await market.hold(who, { startsAt: freeHour() });
    await end('therapist', id, half);
    expect(await hold(who)).toBe('ok');
    expect(
      await market.ends(who, 'start_payment', {
        booking_id: id,
        payment_method: 'upi',
        payment_gateway: 'razorpay',
        idempotency_key: randomUUID(),
      }),
    ).toBe('OB030');
    await agree(who, id, half);
    expect(await dueOf(id)).toBe(half);
    expect((await settlementOf(id)).is_settled).toBe(false);
    expect(await hold(who)).toBe('OB048');
    expect(
      await market.ends(who, 'confirm_booking', { hold_id: held.id, payment_method: 'cash' }),
    ).toBe('OB048');
    const { booking_number: number } = await market.one(
      'select booking_number from bookings where id = $1',
      [id],
    );
    await expect(market.hold(who, { startsAt: freeHour() })).rejects.toThrow(
      `₹${half.toFixed(2)} of booking ${number} are still due.`,
    );
    expect(await hold('customer2')).toBe('ok');
    expect(await tell('payment.captured', await start(who, id))).toBe('received');
    expect([await dueOf(id), (await settlementOf(id)).is_settled]).toEqual([0, true]);
    expect(await hold(who)).toBe('ok');
    expect(await pointsOf(who)).toBe(Math.floor(half / 100));
  });

  it('is paid in cash at the vendor, to the paisa, and once', async () => {
    const { who, id } = await unpaidHalfway();
    const before = await balance('vendor', vendor);
    const key = randomUUID();
    const pay = (by: Who, amount: number, idempotency: string = key) =>
      market.ends(by, 'record_cash_payment', {
        booking_id: id,
        amount,
        idempotency_key: idempotency,
      });
    expect(await pay('vendor', half, randomUUID())).toBe('OB030');
    await end('vendor', id, half);
    expect(await pay('vendor', half, randomUUID())).toBe('OB030');
    await agree(who, id, half);
    expect(await pay(who, half, randomUUID())).toBe('OB002');
    expect(await pay('vendor2', half, randomUUID())).toBe('OB003');
    expect(await pay('vendor', half + 1, randomUUID())).toBe('OB069');
    const ends = await Promise.all(Array.from({ length: 6 }, () => pay('receptionist', half)));
    expect(new Set(ends)).toEqual(new Set(['ok']));
    expect(await pay('receptionist', half, randomUUID())).toBe('OB030');
    expect((await settlementOf(id)).is_settled).toBe(true);
    // The vendor has the cash, and owes the platform its part of it.
    expect((await balance('vendor', vendor)) - before).toBeCloseTo(earnings.vendor / 2 - half, 1);
  });

  it('is paid from the wallet by customer care’s decision as well, and nothing of it is due twice', async () => {
    const { who, id } = await unpaidHalfway();
    await end('vendor', id, price);
    await dispute(who, id);
    await decide(id, half, 'customer');
    await market.fillWallet(who, price);
    await market.call(who, 'pay_from_wallet', { booking_id: id, idempotency_key: randomUUID() });
    expect([await walletOf(who), await dueOf(id)]).toEqual([price - half, 0]);
    expect(
      await market.ends(who, 'pay_from_wallet', { booking_id: id, idempotency_key: randomUUID() }),
    ).toBe('OB030');
  });
});
