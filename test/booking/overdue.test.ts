import {
  commissionRate,
  type Market,
  massagePrice,
  openMarket,
  therapist,
  vendor,
} from '../fixtures/market.ts';
import { earningsOf } from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';
import { wrongs } from './wrongs.ts';

let market: Market;
const { freeHour, paid, assigned, balance, walletOf, pointsOf } = makeSteps(() => market);

/** Minutes of a massage, and after its end, by default. */
const massageMinutes = 60;
const overdueAfter = 120;
/** What a vendor earns of a massage. */
const { vendor: earned } = earningsOf(massagePrice, commissionRate);

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

/** Who decides for the vendor on its bookings. */
const desk = ['receptionist', 'vendor', 'vendor_admin', 'vendor_manager'];
const note = async () =>
  Number((await market.one('select app_private.note_overdue_bookings(100) as count')).count);
const cancel = async () =>
  Number((await market.one('select app_private.cancel_overdue_bookings(100) as count')).count);
const settle = async () =>
  Number((await market.one('select app_private.settle_waiting(100) as count')).count);
/** The day in which it can be completed passes. */
const letDayPass = (id: unknown) =>
  market.owner.query(
    `update bookings set overdue_since = overdue_since - interval '24 hours 1 second' where id = $1`,
    [id],
  );
/** The day in which its customer can dispute it passes. */
const letDisputePass = (id: unknown) =>
  market.owner.query(
    `update booking_settlements set answerable_until = now() - interval '1 second' where booking_id = $1`,
    [id],
  );
const complete = (
  who: Who,
  id: unknown,
  reason: string | null = 'The tablet was broken',
  cash = 0,
) => market.ends(who, 'complete_service', { booking_id: id, cash_collected: cash, reason });
const dispute = (who: Who, id: unknown) =>
  market.ends(who, 'dispute_booking', { booking_id: id, reason: 'No one came' });
const toldOf = async (id: unknown, type: string) => {
  const { rows } = await market.owner.query<{ who: string }>(
    `select coalesce(split_part(u.email, '@', 1), 'customer of the test') as who
    from notifications n join auth.users u on u.id = n.user_id
    where n.data ->> 'bookingId' = $1 and n.type = $2 order by 1`,
    [id, type],
  );
  return rows.map(({ who }) => who);
};
const statusOf = async (id: unknown) =>
  (await market.one('select status from bookings where id = $1', [id])).status;
const historyOf = async (id: unknown) => {
  const { rows } = await market.owner.query(
    'select to_status from booking_status_history where booking_id = $1 order by created_at',
    [id],
  );
  return rows.map(({ to_status }) => to_status);
};
/** A booking that is paid from the wallet and assigned, and that no one started. */
async function overdue() {
  const who = await market.newCustomer();
  await market.fillWallet(who, price);
  const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null, wallet: price });
  await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
  await market.bringToStart(id, massageMinutes + overdueAfter + 1);
  expect(await note()).toBe(1);
  return { who, id };
}

describe('a booking that is neither started nor ended', () => {
  it('is overdue two hours after its end, and everyone concerned is told once', async () => {
    const { who, id } = await assigned();
    await market.bringToStart(id, massageMinutes + overdueAfter - 1);
    expect(await note()).toBe(0);
    await market.shift(id, '-2 minutes');
    expect(await note()).toBe(1);
    expect(await note()).toBe(0);
    expect(await toldOf(id, 'booking_overdue')).toEqual(
      ['customer of the test', 'customer_care', 'customer_care_head', 'therapist', ...desk].sort(),
    );
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'No one came' });
  });

  it('is not overdue while it is served, nor where it was imported long after its time', async () => {
    const served = await assigned();
    await market.call('therapist', 'acknowledge_assignment', { booking_id: served.id });
    await market.bringToStart(served.id);
    await market.startService('therapist', served.id);
    await market.shift(served.id, '-10 hours');
    const old = await assigned();
    await market.bringToStart(old.id, 8 * 24 * 60);
    expect(await note()).toBe(0);
  });

  it('is cancelled a day later with everything refunded, whether it had a provider or not', async () => {
    const { who, id } = await overdue();
    const unassigned = await paid();
    await market.bringToStart(unassigned.id, massageMinutes + overdueAfter + 1);
    expect(await note()).toBe(1);
    expect(await complete('vendor', unassigned.id)).toBe('OB030');
    expect(await cancel()).toBe(0);
    const before = await balance('vendor', vendor);
    await letDayPass(id);
    await letDayPass(unassigned.id);
    expect(await cancel()).toBe(2);
    expect(await walletOf(who)).toBe(price);
    expect(await balance('vendor', vendor)).toBe(before);
    expect(await statusOf(id)).toBe('cancelled');
    expect(
      await market.one(
        `select c.cancelled_by, c.cancellation_charge::float as charge, b.overdue_since
        from booking_cancellations c join bookings b on b.id = c.booking_id where b.id = $1`,
        [id],
      ),
    ).toEqual({ cancelled_by: null, charge: 0, overdue_since: null });
    expect(await complete('vendor', id)).toBe('OB030');
    expect(await cancel()).toBe(0);
  });

  it('costs nothing to cancel for its customer, which before cost half of the price', async () => {
    const { who, id } = await overdue();
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'No one came' });
    expect(await walletOf(who)).toBe(price);
  });

  it('starts with the customer’s code only, not with a reason', async () => {
    const { id } = await overdue();
    await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
    expect(
      await market.ends('vendor', 'start_service', { booking_id: id, code: null, reason: 'Late' }),
    ).toBe('OB030');
    await market.startService('therapist', id);
    expect(await statusOf(id)).toBe('in_progress');
    await market.shift(id, '-1 hour');
    await complete('therapist', id);
  });
});

describe('completing an overdue service', () => {
  it('is for the vendor’s desk with a reason; its money waits, and goes to the vendor after a day', async () => {
    const { who, id } = await overdue();
    const before = await balance('vendor', vendor);
    expect(await complete('therapist', id)).toBe('OB002');
    expect(await complete('vendor2', id)).toBe('OB003');
    expect(await complete('vendor', id, null)).toBe('OB036');
    expect(await complete('receptionist', id)).toBe('ok');
    expect(await complete('vendor', id)).toBe('OB030');
    expect(await historyOf(id)).toEqual([
      'pending',
      'confirmed',
      'assigned',
      'in_progress',
      'completed',
    ]);
    expect(await toldOf(id, 'completed_late')).toEqual(['customer of the test']);
    expect(await toldOf(id, 'service_started')).toEqual([]);
    expect(await settle()).toBe(0);
    expect(await balance('vendor', vendor)).toBe(before);
    const refund = () =>
      market.ends('finance', 'refund_booking', {
        booking_id: id,
        amount: 1,
        reason: 'Sorry',
        borne_by: 'vendor',
        idempotency_key: `refund-${id}`,
      });
    expect(await refund()).toBe('OB030');
    await letDisputePass(id);
    expect(await dispute(who, id)).toBe('OB030');
    expect(await market.once(settle)).toBe(1);
    expect((await balance('vendor', vendor)) - before).toBeCloseTo(earned, 1);
    expect(await settle()).toBe(0);
    // Without the customer's code there are no points.
    expect(await pointsOf(who)).toBe(0);
    expect(await refund()).toBe('ok');
  });

  it('with cash that was collected credits the vendor with what is left of it', async () => {
    const { who, id } = await assigned();
    await market.bringToStart(id, massageMinutes + overdueAfter + 1);
    await note();
    const before = await balance('vendor', vendor);
    expect(await complete('vendor', id, 'No network')).toBe('OB069');
    expect(await complete('vendor', id, 'No network', price)).toBe('ok');
    await letDisputePass(id);
    await settle();
    expect((await balance('vendor', vendor)) - before).toBeCloseTo(earned - price, 1);
    expect(await walletOf(who)).toBe(0);
  });

  it('is disputed by the customer within a day, and then waits for customer care', async () => {
    const { who, id } = await overdue();
    const before = await balance('vendor', vendor);
    await complete('vendor', id);
    expect(await dispute('vendor', id)).toBe('OB002');
    expect(await dispute('customer2', id)).toBe('OB003');
    expect(await dispute(who, id)).toBe('ok');
    expect(await dispute(who, id)).toBe('OB030');
    await letDisputePass(id);
    expect(await settle()).toBe(0);
    expect(await toldOf(id, 'dispute_opened')).toEqual(
      ['customer_care', 'customer_care_head', ...desk].sort(),
    );
    const { id: disputeId } = await market.one(
      'select id from booking_disputes where booking_id = $1',
      [id],
    );
    const decide = (by: Who, side: string) =>
      market.ends(by, 'decide_dispute', {
        dispute_id: disputeId,
        in_favour_of: side,
        reason: 'No one was on duty',
      });
    expect(await decide('customer_care_viewer', 'customer')).toBe('OB002');
    expect(await decide('customer_care', 'customer')).toBe('ok');
    expect(await walletOf(who)).toBe(price);
    expect(await balance('vendor', vendor)).toBe(before);
    expect(await statusOf(id)).toBe('completed');
    expect(
      await market.one(
        'select payment_status, refunded_amount::float as refunded from bookings where id = $1',
        [id],
      ),
    ).toEqual({ payment_status: 'refunded', refunded: price });
  });

  it('decided for the vendor, it is paid as if it had not been disputed', async () => {
    const { who, id } = await overdue();
    const before = await balance('vendor', vendor);
    await complete('vendor', id);
    await dispute(who, id);
    const { id: disputeId } = await market.one(
      'select id from booking_disputes where booking_id = $1',
      [id],
    );
    await market.call('customer_care', 'decide_dispute', {
      dispute_id: disputeId,
      in_favour_of: 'vendor',
      reason: 'A film',
    });
    expect((await balance('vendor', vendor)) - before).toBeCloseTo(earned, 1);
    expect(await walletOf(who)).toBe(0);
  });
});

describe('at once', () => {
  const count = (ends: readonly string[], end: string) => ends.filter((e) => e === end).length;

  it('the vendor completes an overdue service while its customer reports a no-show: one of them happens', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { who, id } = await overdue();
      const ends = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          index % 2 === 0
            ? complete('vendor', id)
            : market.ends(who, 'report_vendor_no_show', { booking_id: id }),
        ),
      );
      expect([count(ends, 'ok'), count(ends, 'OB030')]).toEqual([1, 7]);
      await letDisputePass(id);
      await settle();
      expect(await walletOf(who)).toBe((await statusOf(id)) === 'cancelled' ? price : 0);
      expect(await market.imbalances()).toEqual([]);
    }
  });

  it('the clock cancels an overdue booking while the vendor completes it: one of them happens', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { who, id } = await overdue();
      await letDayPass(id);
      const [cancelled, ...ends] = await Promise.all([
        (async () => (await cancel()) + (await cancel()))(),
        ...Array.from({ length: 4 }, () => complete('vendor', id)),
      ]);
      expect(cancelled + count(ends, 'ok')).toBe(1);
      await letDisputePass(id);
      await settle();
      expect(await walletOf(who)).toBe(cancelled === 1 ? price : 0);
      expect(await market.imbalances()).toEqual([]);
    }
  });

  it('the clock settles a late completion while its customer disputes it: one of them happens', async () => {
    const { who, id } = await overdue();
    await complete('vendor', id);
    await market.owner.query(
      `update booking_settlements set answerable_until = now() + interval '100 ms' where booking_id = $1`,
      [id],
    );
    let settled = 0;
    const [ends] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, () => dispute(who, id))),
      (async () => {
        for (let round = 0; round < 20; round += 1) {
          settled += await settle();
        }
      })(),
    ]);
    expect(settled + count(ends, 'ok')).toBeLessThanOrEqual(1);
    const open = await market.one(
      'select count(*)::int as open from booking_disputes where booking_id = $1',
      [id],
    );
    expect(open).toEqual({ open: count(ends, 'ok') });
  });
});
