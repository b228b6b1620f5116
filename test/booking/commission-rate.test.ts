import {
  commissionRate,
  type Market,
  massagePrice,
  openMarket,
  vendor,
} from '../fixtures/market.ts';
import { commissionRates, earningsOf, rupees } from '../fixtures/terms.ts';
import { makeDeskSteps } from './desk-steps.ts';
import { makeSteps } from './steps.ts';

let market: Market;
const { freeHour, paid, complete } = makeSteps(() => market);
const { bookAtDesk, serveAtDesk, payAtDesk, verifyMobile, newMobile } = makeDeskSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const chargedFor = (id: unknown) =>
  market.one(
    'select commission_rate::float as rate, commission_amount as amount from commission_records where booking_id = $1',
    [id],
  );

it('a booking keeps the commission rate of the day it was made, whatever is agreed before its service', async () => {
  const mobile = newMobile();
  const before = await paid();
  await verifyMobile(before.who, mobile);
  const deskBefore = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
  const request = await market.call('vendor', 'request_vendor_change', {
    vendor_id: vendor,
    fact: 'partner_type',
    new_value: 'INDEPENDENT',
  });
  await market.call('admin', 'decide_vendor_change', { request_id: request.id, approve: true });
  const after = await paid();
  const deskAfter = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });

  await complete(before.id);
  await complete(after.id);
  expect(await chargedFor(before.id)).toEqual({
    rate: commissionRate,
    amount: rupees(earningsOf(massagePrice, commissionRate).commission),
  });
  // Positive control: what was booked after it costs the new rate.
  expect(await chargedFor(after.id)).toEqual({
    rate: commissionRates.INDEPENDENT,
    amount: rupees(earningsOf(massagePrice, commissionRates.INDEPENDENT).commission),
  });
  // The same holds at the desk, for a customer of the platform, who costs the usual rate.
  for (const [booking, rate] of [
    [deskBefore, commissionRate],
    [deskAfter, commissionRates.INDEPENDENT],
  ] as const) {
    const due = await market.one('select app_private.amount_due($1)::float as amount', [
      booking.id,
    ]);
    await payAtDesk(booking.id, Number(due.amount));
    await serveAtDesk(booking.id);
    expect(await chargedFor(booking.id)).toMatchObject({ rate });
  }
  expect(await market.imbalances()).toEqual([]);
});

it('its customer cannot read it', async () => {
  const { who, id } = await paid();
  const { rate } = await market.one(
    'select commission_rate::float as rate from app_private.booking_commissions where booking_id = $1',
    [id],
  );
  expect(rate).toBe(commissionRates.INDEPENDENT);
  await expect(
    market.database.asUser({ sub: who.sub, role: 'authenticated' }, (client) =>
      client.query('select from app_private.booking_commissions'),
    ),
  ).rejects.toMatchObject({ code: '42501' });
});
