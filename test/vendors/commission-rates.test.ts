import { makeSteps } from '../booking/steps.ts';
import {
  claimsFor,
  commissionRate,
  idFor,
  type Market,
  massagePrice,
  openMarket,
  otherVendor,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { earningsOf, rupees } from '../fixtures/terms.ts';

let market: Market;
const { paid, complete } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const day = async (days: number) =>
  String((await market.one('select (app_private.today() + $1::int)::text as day', [days])).day);
const set = async (percentage: number | null, days: number, reason = 'A new contract') => ({
  vendor_id: vendor,
  percentage,
  valid_from: await day(days),
  reason,
});
const rateOn = async (days: number) =>
  Number(
    (
      await market.one('select app_private.commission_rate_on($1, $2) as rate', [
        vendor,
        await day(days),
      ])
    ).rate,
  );
const ratesSeenBy = (who: Who) =>
  market.database.asUser(claimsFor(who), async (client) => {
    const { rows } = await client.query(
      'select percentage::float as percentage from vendor_commission_rates where vendor_id = $1 order by valid_from',
      [vendor],
    );
    return rows.map(({ percentage }) => percentage);
  });

it('a vendor comes with the rate of its contract, which holds until another one is set', async () => {
  expect(await ratesSeenBy('vendor')).toEqual([]);
  expect([await rateOn(-1_000), await rateOn(0)]).toEqual([commissionRate, commissionRate]);
});

it('finance sets the commission from a day on; a booking keeps the rate of the day it was made', async () => {
  const [now, later] = [12, 20];
  const before = await paid();
  await market.call('finance', 'set_commission_rate', await set(now, 0));
  await market.call('finance', 'set_commission_rate', await set(later, 10, 'From next month'));
  const after = await paid();
  for (const [{ id }, rate] of [
    [before, commissionRate],
    [after, now],
  ] as const) {
    await complete(id);
    expect(
      await market.one(
        'select commission_rate::float as rate, commission_amount as amount from commission_records where booking_id = $1',
        [id],
      ),
    ).toEqual({ rate, amount: rupees(earningsOf(massagePrice, rate).commission) });
  }
  expect([await rateOn(9), await rateOn(10), await rateOn(400)]).toEqual([now, later, later]);
  expect(await market.imbalances()).toEqual([]);
});

it('the owner is told, each change is in the audit log, and only the business and staff see the rates', async () => {
  const { n } = await market.one(
    `select count(*)::int as n from notifications where user_id = $1 and type = 'commission_rate_set'
      and title like '%12.00 %%'`,
    [idFor('vendor')],
  );
  expect(n).toBe(1);
  expect(
    await market.one(
      `select count(*)::int as n from audit_logs where resource_type = 'vendor_commission_rates' and user_id = $1`,
      [idFor('finance')],
    ),
  ).toEqual({ n: 2 });
  expect(await ratesSeenBy('accountant')).toHaveLength(2);
  expect(await ratesSeenBy('finance')).toHaveLength(2);
  for (const stranger of ['vendor2', 'receptionist', 'customer', 'therapist'] as const) {
    expect(await ratesSeenBy(stranger)).toEqual([]);
  }
});

it('no one sets it without the permission, for the past, out of range, without a reason, or for their own business', async () => {
  const end = async (who: Who, args: Record<string, unknown>) =>
    market.ends(who, 'set_commission_rate', args);
  expect(await end('vendor', await set(1, 1))).toBe('42501');
  expect(await end('customer_care', await set(1, 1))).toBe('OB002');
  expect(await end('finance', { ...(await set(1, 1)), vendor_id: idFor('finance') })).toBe('OB003');
  for (const [percentage, days] of [
    [1, -1],
    [-1, 1],
    [101, 1],
    [Number.NaN, 1],
    [null, 1],
  ] as const) {
    expect(await end('finance', await set(percentage, days))).toBe('OB020');
  }
  expect(await end('finance', { ...(await set(1, 1)), valid_from: 'infinity' })).toBe('OB020');
  expect(await end('finance', await set(1, 1, ' '))).toBe('OB036');
  await market.owner.query(
    `insert into vendor_staff (vendor_id, user_id, name, role, mobile)
    values ($1, $2, 'finance', 'accountant', '+919876543219')`,
    [otherVendor, idFor('finance')],
  );
  expect(await end('finance', { ...(await set(1, 1)), vendor_id: otherVendor })).toBe('OB031');
  expect(await end('admin', { ...(await set(1, 1)), vendor_id: otherVendor })).toBe('ok');
});

it('of many who set the rate of one day at once, one rate is left', async () => {
  const rates = [5, 6, 7, 8, 9, 10];
  const args = await Promise.all(rates.map((rate) => set(rate, 30)));
  expect(
    await Promise.all(args.map((one) => market.ends('finance', 'set_commission_rate', one))),
  ).toEqual(rates.map(() => 'ok'));
  const { rows } = await market.owner.query(
    'select percentage::float as rate from vendor_commission_rates where vendor_id = $1 and valid_from = $2',
    [vendor, await day(30)],
  );
  expect(rows).toHaveLength(1);
  expect(rates).toContain(rows[0]?.rate);
});

it('no one writes the table itself', async () => {
  for (const who of ['vendor', 'finance', 'admin'] as const) {
    await expect(
      market.database.asUser(claimsFor(who), (client) =>
        client.query('update vendor_commission_rates set percentage = 0'),
      ),
    ).rejects.toMatchObject({ code: '42501' });
  }
});
