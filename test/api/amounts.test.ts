import {
  idFor,
  type Market,
  massage,
  openMarket,
  steam,
  therapist,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { startApi, type TestApi, tokenFor } from './support.ts';

const hour = 3_600_000;
/** More than a line of a price list may be. */
const tooMuch = '1000000.01';

const offerMutation = `mutation ($id: UUID!, $price: BigFloat) {
  updateVendorService(input: { id: $id, patch: { customPrice: $price } }) { vendorService { customPrice } }
}`;
const addonMutation = `mutation ($id: UUID!, $price: BigFloat) {
  updateAddonService(input: { id: $id, patch: { price: $price } }) { addonService { price } }
}`;
const serviceMutation = `mutation ($id: UUID!, $price: BigFloat) {
  updateService(input: { id: $id, patch: { basePrice: $price } }) { service { basePrice } }
}`;
const completeMutation = `mutation ($id: UUID!, $cash: BigFloat) {
  completeService(input: { bookingId: $id, cashCollected: $cash }) { result { status } }
}`;

describe('amounts of money in the input', () => {
  let market: Market;
  let api: TestApi;

  beforeAll(async () => {
    market = await openMarket();
    api = await startApi(market.database);
  });

  afterAll(async () => {
    await api?.close();
    await market?.close();
  });

  const as = async (who: Who, query: string, variables: Record<string, unknown> = {}) =>
    api.graphql(query, { token: await tokenFor(idFor(who)), variables });

  /** What a client is told: data where it was done, else the code, the field and the message. */
  const outcome = async (who: Who, query: string, variables?: Record<string, unknown>) => {
    const { data, errors } = await as(who, query, variables);
    const [error] = errors ?? [];
    return error
      ? [error.extensions.code, error.extensions.field, error.message]
      : Object.values(data);
  };

  it.each([
    ['of an offer', 'vendor', offerMutation, 'customPrice', 'Custom price'],
    ['of an add-on', 'admin', addonMutation, 'price', 'Price'],
    ['of a service', 'admin', serviceMutation, 'basePrice', 'Base price'],
  ] as const)('the price %s is a number of rupees up to 10,00,000 with two decimals', async (kind, who, mutation, field, words) => {
    const { id } = {
      'of an offer': await market.one(
        'select id from vendor_services where vendor_id = $1 and service_id = $2',
        [vendor, massage],
      ),
      'of an add-on': { id: steam },
      'of a service': { id: massage },
    }[kind];
    const set = (price: unknown) => outcome(who, mutation, { id, price });
    const path = `input.patch.${field}`;
    expect(await set('NaN')).toEqual([
      'OB020',
      path,
      `"${field}" must be a number, such as 100 or 99.50.`,
    ]);
    expect(await set('Infinity')).toEqual(['OB020', path, expect.any(String)]);
    expect(await set('99.999')).toEqual([
      'OB020',
      path,
      `"${field}" must have at most two decimals.`,
    ]);
    expect(await set('1e9')).toEqual([
      'OB020',
      path,
      expect.stringMatching(/^"\w+" must be a number below [\d,]+\.$/),
    ]);
    for (const price of [tooMuch, -1]) {
      expect(await set(price)).toEqual([
        '23514',
        path,
        `${words} must be a number from 0 to 10,00,000.`,
      ]);
    }
    for (const [price, kept] of [
      ['1999.50', '1999.50'],
      [1999.5, '1999.50'],
      ['2000', '2000.00'],
    ]) {
      expect(await set(price)).toEqual([{ [wordOf(mutation)]: { [field]: kept } }]);
    }
  });

  it('cash that was collected is the amount that is due, and no other number', async () => {
    const booking = await market.book('customer', {
      startsAt: new Date(Math.ceil((Date.now() + 3 * hour) / hour) * hour),
      provider: therapist,
    });
    const { id } = booking;
    await market.call('receptionist', 'assign_therapist', {
      booking_id: id,
      therapist_id: therapist,
    });
    await market.bringToStart(id);
    for (const act of ['acknowledge_assignment', 'start_travel', 'arrive']) {
      await market.ends('therapist', act, { booking_id: id });
    }
    await market.startService('therapist', id);
    await market.shift(id, '-1 hour');
    const complete = (cash: unknown) => outcome('therapist', completeMutation, { id, cash });
    for (const cash of ['NaN', 'Infinity', '-Infinity', '1e400000', '']) {
      expect(await complete(cash)).toEqual(['OB020', 'input.cashCollected', expect.any(String)]);
    }
    expect(await complete('100.001')).toEqual([
      'OB020',
      'input.cashCollected',
      '"cashCollected" must have at most two decimals.',
    ]);
    expect(await complete('1e9')).toEqual([
      'OB020',
      'input.cashCollected',
      'Cash collected must be a number from 0 to 1,00,00,000.',
    ]);
    expect((await complete(1))[0]).toBe('OB069');
    const literal = completeMutation
      .replace('$cash: BigFloat', '')
      .replace('$cash', String(Number(booking.final_amount)));
    expect(await outcome('therapist', literal, { id })).toEqual([
      { result: { status: 'completed' } },
    ]);
    expect(await market.imbalances()).toEqual([]);
  });

  it('NaN is refused by every SQL function of the API', async () => {
    const id = (await market.one('select id from bookings limit 1')).id;
    const key = 'a key of this test';
    const nan = 'NaN';
    const acts = [
      [
        'customer',
        'start_payment',
        {
          booking_id: id,
          payment_method: 'upi',
          payment_gateway: 'razorpay',
          idempotency_key: key,
          amount: nan,
        },
      ],
      ['customer', 'pay_from_wallet', { booking_id: id, idempotency_key: key, amount: nan }],
      [
        'customer',
        'available_slots',
        { vendor_id: vendor, service_ids: [massage], near: `(${nan},72,400001)` },
      ],
      ['customer', 'search_vendors', { query: 'spa', minimum_price: nan }],
      ['customer', 'search_services', { query: 'spa', minimum_rating: nan }],
      ['customer', 'vendors_near', { latitude: 19, longitude: 72, radius_km: nan }],
    ] as const;
    for (const [who, name, args] of acts) {
      expect([name, await market.ends(who, name, args)]).toEqual([name, 'OB020']);
    }
  });
});

/** `vendorService` of `updateVendorService`. */
function wordOf(mutation: string): string {
  const name = /update(\w+)\(/.exec(mutation)?.[1] ?? '';
  return name.charAt(0).toLowerCase() + name.slice(1);
}
