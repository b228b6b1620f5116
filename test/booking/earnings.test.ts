import {
  commissionRate,
  inHours,
  localTime,
  type Market,
  massagePrice,
  openMarket,
  therapist,
  vendor,
} from '../fixtures/market.ts';
import {
  chargeGst,
  earningsOf,
  moveCharge,
  percent,
  rates,
  rupees,
  serviceCharge,
  sum,
} from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';

const earnings = earningsOf(massagePrice, commissionRate);

let market: Market;
const { freeHour, paid, complete, balance } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

describe('what a completed booking earns', () => {
  it('commission, TDS and TCS on the services before tax, the rest with its GST to the vendor, and the charge with its GST to the platform', async () => {
    const { id } = await paid();
    const before = {
      vendor: await balance('vendor', vendor),
      commission: await balance('commission'),
      gst: await balance('gst'),
      charge: await balance('charge'),
    };
    await complete(id);
    expect(
      await market.one('select * from commission_records where booking_id = $1', [id]),
    ).toMatchObject({
      booking_amount: rupees(massagePrice),
      commission_rate: percent(commissionRate),
      commission_amount: rupees(earnings.commission),
      platform_earning: rupees(sum(earnings.commission, serviceCharge)),
      tds_amount: rupees(earnings.tds),
      tcs_amount: rupees(earnings.tcs),
      gst_amount: rupees(sum(earnings.gst, chargeGst())),
      vendor_gst_amount: rupees(earnings.gst),
      charge_amount: rupees(serviceCharge),
      net_amount: rupees(earnings.vendor),
      therapist_earning: rupees(earnings.provider),
      therapist_id: therapist,
      settlement_status: 'pending',
    });
    expect((await balance('vendor', vendor)) - before.vendor).toBeCloseTo(earnings.vendor, 10);
    expect((await balance('commission')) - before.commission).toBe(earnings.commission);
    expect((await balance('charge')) - before.charge).toBe(serviceCharge);
    expect((await balance('gst')) - before.gst).toBe(chargeGst());
    expect(await balance('booking', id)).toBe(0);
  });

  it('cash stays with the vendor, who then owes the commission', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() });
    const before = await balance('vendor', vendor);
    await complete(id, price);
    expect((await balance('vendor', vendor)) - before).toBeCloseTo(earnings.vendor - price, 10);
    expect(
      await market.one('select kind, amount::float from vendor_credits where booking_id = $1', [
        id,
      ]),
    ).toEqual({ kind: 'cash_collected', amount: -price });
  });

  it('TDS and TCS rates change on their dates', async () => {
    const { rows } = await market.owner.query(
      `select tax, app_private.tax_percentage(tax, day)::float as percentage
      from (values ('tds', date '2024-09-30'), ('tds', '2024-10-01'), ('tcs', '2024-07-09'), ('tcs', '2024-07-10')) v (tax, day)`,
    );
    expect(rows.map(({ percentage }) => percentage)).toEqual([1, rates.tds, 1, rates.tcs]);
    await expect(
      market.owner.query(`select app_private.tax_percentage('gst', '2000-01-01')`),
    ).rejects.toMatchObject({ code: 'OB099' });
  });

  it('the fee of a reschedule goes to the vendor', async () => {
    const { id, who } = await paid(inHours(20));
    await market.call(who, 'reschedule_booking', {
      booking_id: id,
      ...localTime(freeHour()),
    });
    expect(await market.ends('vendor', 'assign_best', { booking_id: id })).toBe('ok');
    const { sub } = await market.one(
      `select t.user_id as sub from therapist_assignments a join therapists t on t.id = a.therapist_id where a.booking_id = $1`,
      [id],
    );
    const provider = { sub: String(sub) };
    await market.call(provider, 'acknowledge_assignment', { booking_id: id });
    await market.bringToStart(id);
    await market.startService(provider, id);
    await market.shift(id, '-1 hour');
    expect(await market.ends(provider, 'complete_service', { booking_id: id })).toBe('OB069');
    await market.call(provider, 'complete_service', { booking_id: id, cash_collected: moveCharge });
    const { rows } = await market.owner.query(
      'select kind, amount::float from vendor_credits where booking_id = $1 order by 1',
      [id],
    );
    expect(rows).toEqual([
      { kind: 'cash_collected', amount: -moveCharge },
      { kind: 'reschedule_fee', amount: moveCharge },
    ]);
  });
});

describe('payouts', () => {
  it('are weekly, Monday to Sunday, with each record once, TDS and TCS withheld', async () => {
    const { id } = await paid();
    await complete(id);
    // As if all so far had happened last week.
    await market.owner.query(
      `update commission_records
      set created_at = created_at - interval '7 days', payable_from = created_at - interval '7 days'`,
    );
    await market.owner.query(
      `update vendor_credits set created_at = created_at - interval '7 days'`,
    );
    const { monday } = await market.one(
      `select (date_trunc('week', app_private.today())::date - 7)::text as monday`,
    );
    const due = await balance('vendor', vendor);
    const run = () => market.call('finance', 'run_payouts', { week_start: monday });
    expect(await market.ends('customer_care', 'run_payouts', { week_start: monday })).toBe('OB002');
    expect(await market.ends('finance', 'run_payouts', { week_start: '2026-11-24' })).toBe('OB020');
    const payout = await run();
    expect(payout).toMatchObject({ vendor_id: vendor, payout_status: 'pending' });
    expect(Number(payout.net_amount)).toBeCloseTo(due, 10);
    expect(Number(payout.net_amount)).toBeCloseTo(
      Number(payout.gross_amount) +
        Number(payout.gst_amount) -
        Number(payout.commission_amount) -
        Number(payout.tds_amount) -
        Number(payout.tcs_amount) +
        Number(payout.adjustment_amount),
      10,
    );
    expect(await run()).toBeUndefined();
    expect(
      await market.one(
        `select count(*)::int as left from commission_records where payout_id is null`,
      ),
    ).toEqual({ left: 0 });

    expect(
      await market.ends('vendor', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' }),
    ).toBe('42501');
    await market.call('finance', 'fail_payout', { payout_id: payout.id, reason: 'Wrong IFSC' });
    await market.call('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' });
    expect(
      await market.ends('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' }),
    ).toBe('OB030');
    expect(await balance('vendor', vendor)).toBe(0);
    expect(await market.one(`select distinct settlement_status from commission_records`)).toEqual({
      settlement_status: 'settled',
    });
  });

  it('two runs at once pay nothing twice', async () => {
    const { id } = await paid();
    await complete(id);
    await market.owner.query(
      `update commission_records
      set created_at = created_at - interval '14 days', payable_from = created_at - interval '14 days'
      where booking_id = $1`,
      [id],
    );
    const { monday } = await market.one(
      `select (date_trunc('week', app_private.today())::date - 14)::text as monday`,
    );
    const runs = await Promise.all(
      Array.from({ length: 6 }, () =>
        market.call('finance', 'run_payouts', { week_start: monday }),
      ),
    );
    expect(runs.filter((run) => run !== undefined)).toHaveLength(1);
  });

  it('a vendor that owes more than it is owed is paid nothing until that has changed', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() });
    await complete(id, price);
    await market.owner.query(
      `with c as (
        update commission_records
        set created_at = created_at - interval '21 days', payable_from = created_at - interval '21 days'
        where booking_id = $1)
      update vendor_credits set created_at = created_at - interval '21 days' where booking_id = $1`,
      [id],
    );
    const { monday } = await market.one(
      `select (date_trunc('week', app_private.today())::date - 21)::text as monday`,
    );
    expect(await market.call('finance', 'run_payouts', { week_start: monday })).toBeUndefined();
    expect(
      await market.one('select payout_id from commission_records where booking_id = $1', [id]),
    ).toEqual({ payout_id: null });
  });
});
