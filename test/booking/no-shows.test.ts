import {
  idFor,
  type Market,
  nearAddress,
  openMarket,
  therapist,
  therapist2,
  vendor,
} from '../fixtures/market.ts';
import { lateCancellationFee, limits } from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, paid, assigned, balance, walletOf } = makeSteps(() => market);

const lateFee = lateCancellationFee(price);
const grace = limits.noShowMinutes;

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

const noShow = (id: unknown) => market.ends('vendor', 'mark_no_show', { booking_id: id });
const settle = async () =>
  Number((await market.one('select app_private.settle_no_shows(100) as count')).count);
/** The day in which it can be disputed passes. */
const letDayPass = (id: unknown) =>
  market.owner.query(
    `update booking_cancellations set disputable_until = now() - interval '1 second' where booking_id = $1`,
    [id],
  );
const paidOf = async (id: unknown) =>
  Number((await market.one('select app_private.amount_paid($1) as paid', [id])).paid);

/** A booking that is paid from the wallet, assigned, and whose customer is said not to have come. */
async function noShowOf(options: { readonly isPaid?: boolean } = {}) {
  const who = await market.newCustomer();
  const isPaid = options.isPaid ?? true;
  if (isPaid) {
    await market.fillWallet(who, price);
  }
  const { id } = await market.book(
    who,
    { startsAt: freeHour() },
    isPaid ? { payment: null, wallet: price } : {},
  );
  await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
  await market.bringToStart(id, grace + 1);
  expect(await noShow(id)).toBe('ok');
  return { who, id };
}

const dispute = (who: { readonly sub: string }, id: unknown) =>
  market.call(who, 'dispute_booking', { booking_id: id, reason: 'I was there' });

describe('a no-show of the customer', () => {
  it('of a booking that was never assigned is refused, 0.4 s after the start and later', async () => {
    const { id } = await paid();
    const before = await balance('vendor', vendor);
    await market.bringToStart(id, 0.4 / 60);
    expect(await noShow(id)).toBe('OB030');
    await market.shift(id, '-1 hour');
    expect(await noShow(id)).toBe('OB030');
    expect(await balance('vendor', vendor)).toBe(before);
  });

  it('can be reported from 15 minutes after the start, of a provider who was assigned', async () => {
    const { id, who } = await assigned();
    expect(await noShow(id)).toBe('OB044');
    await market.bringToStart(id, grace - 1);
    expect(await noShow(id)).toBe('OB044');
    await market.shift(id, '-2 minutes');
    expect(await market.ends(who, 'mark_no_show', { booking_id: id })).toBe('OB002');
    expect(await market.ends('vendor2', 'mark_no_show', { booking_id: id })).toBe('OB003');
    expect(await noShow(id)).toBe('ok');
    expect(await noShow(id)).toBe('OB030');
  });

  it('at home needs the provider’s report of arrival', async () => {
    const { id } = await market.book('customer', {
      startsAt: freeHour(),
      type: 'home_service',
      address: nearAddress,
      provider: therapist2,
    });
    await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist2 });
    await market.bringToStart(id, grace + 1);
    expect(await noShow(id)).toBe('OB030');
    await market.call('therapist2', 'acknowledge_assignment', { booking_id: id });
    await market.call('therapist2', 'start_travel', { booking_id: id });
    expect(await noShow(id)).toBe('OB030');
    await market.call('therapist2', 'arrive', { booking_id: id });
    expect(await noShow(id)).toBe('ok');
  });

  it('moves no money for 24 hours, then half goes to the vendor and the rest back', async () => {
    const { who, id } = await noShowOf();
    const before = await balance('vendor', vendor);
    expect(await settle()).toBe(0);
    expect([await walletOf(who), await paidOf(id), await balance('vendor', vendor)]).toEqual([
      0,
      price,
      before,
    ]);
    expect(
      await market.one(
        `select extract(epoch from disputable_until - cancelled_at)::int / 3600 as hours
        from booking_cancellations where booking_id = $1`,
        [id],
      ),
    ).toEqual({ hours: limits.disputeHours });
    await letDayPass(id);
    expect(await settle()).toBe(1);
    expect(await walletOf(who)).toBe(price - lateFee);
    expect((await balance('vendor', vendor)) - before).toBe(lateFee);
    expect(await settle()).toBe(0);
  });

  it('of a booking for cash leaves an amount due, once it can no longer be disputed', async () => {
    const { id } = await noShowOf({ isPaid: false });
    const due = async () =>
      (await market.one('select app_private.amount_due($1)::float as due', [id])).due;
    expect(await due()).toBe(0);
    await letDayPass(id);
    await settle();
    expect(await due()).toBe(lateFee);
  });

  it('is told to the customer, with the time until which it can be disputed', async () => {
    const { who } = await noShowOf();
    expect(
      await market.one(
        `select count(*)::int as told from notifications where user_id = $1 and type = 'customer_no_show'`,
        [who.sub],
      ),
    ).toEqual({ told: 1 });
  });
});

describe('disputing a no-show', () => {
  it('keeps the money where it is until customer care decides', async () => {
    const { who, id } = await noShowOf();
    expect(await market.ends('customer2', 'dispute_booking', { booking_id: id, reason: 'x' })).toBe(
      'OB003',
    );
    expect(await market.ends('vendor', 'dispute_booking', { booking_id: id, reason: 'x' })).toBe(
      'OB002',
    );
    expect(await market.ends(who, 'dispute_booking', { booking_id: id, reason: ' ' })).toBe(
      'OB036',
    );
    const { id: disputeId } = await dispute(who, id);
    expect(await market.ends(who, 'dispute_booking', { booking_id: id, reason: 'x' })).toBe(
      'OB030',
    );
    await letDayPass(id);
    expect(await settle()).toBe(0);
    const decide = (by: Parameters<Market['ends']>[0], side: string | null, reason = 'A film') =>
      market.ends(by, 'decide_dispute', { dispute_id: disputeId, in_favour_of: side, reason });
    expect([
      await decide('finance', 'customer'),
      await decide('customer_care_viewer', 'customer'),
      await decide('customer_care', 'both'),
      await decide('customer_care', null),
      await decide('customer_care', 'customer', ' '),
      await decide('customer_care', 'customer'),
      await decide('customer_care', 'vendor'),
    ]).toEqual(['OB002', 'OB002', 'OB020', 'OB020', 'OB036', 'ok', 'OB030']);
    expect(await walletOf(who)).toBe(price);
    expect(
      await market.one(
        'select status, in_favour_of, decided_by from booking_disputes where booking_id = $1',
        [id],
      ),
    ).toEqual({ status: 'decided', in_favour_of: 'customer', decided_by: idFor('customer_care') });
  });

  it('decided for the vendor, the fee is kept', async () => {
    const { who, id } = await noShowOf();
    const before = await balance('vendor', vendor);
    const { id: disputeId } = await dispute(who, id);
    await market.call('customer_care', 'decide_dispute', {
      dispute_id: disputeId,
      in_favour_of: 'vendor',
      reason: 'The camera shows no one',
    });
    expect(await walletOf(who)).toBe(price - lateFee);
    expect((await balance('vendor', vendor)) - before).toBe(lateFee);
    await letDayPass(id);
    expect(await settle()).toBe(0);
  });

  it('ends after 24 hours, and is refused for any other booking', async () => {
    const { who, id } = await noShowOf();
    await letDayPass(id);
    expect(await market.ends(who, 'dispute_booking', { booking_id: id, reason: 'x' })).toBe(
      'OB030',
    );
    const other = await paid();
    expect(
      await market.ends(other.who, 'dispute_booking', { booking_id: other.id, reason: 'x' }),
    ).toBe('OB030');
  });

  it('is not decided by the customer, nor by staff of the vendor', async () => {
    const { who, id } = await noShowOf();
    const { id: disputeId } = await dispute(who, id);
    const decide = () =>
      market.ends('customer_care', 'decide_dispute', {
        dispute_id: disputeId,
        in_favour_of: 'vendor',
        reason: 'x',
      });
    // A person of customer care who also works at the vendor's.
    await market.owner.query(
      `insert into vendor_staff (vendor_id, user_id, name, role, mobile)
      values ($1, $2, 'Both', 'receptionist', '+919876543299')`,
      [vendor, idFor('customer_care')],
    );
    expect(await decide()).toBe('OB031');
    await market.owner.query('delete from vendor_staff where user_id = $1', [
      idFor('customer_care'),
    ]);
    expect(await decide()).toBe('ok');
  });
});
