import { randomUUID } from 'node:crypto';
import {
  beautician,
  bothPackage,
  elsewhere,
  facial,
  farAddress,
  foreignAddress,
  idFor,
  inHours,
  type Market,
  massage,
  nearAddress,
  openMarket,
  otherVendor,
  therapist,
  unservedAddress,
} from '../fixtures/market.ts';
import { makeSteps } from './steps.ts';

let market: Market;
const { freeHour } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

describe('holding a slot', () => {
  it('reserves one named provider for ten minutes', async () => {
    const hold = await market.hold('customer', { startsAt: freeHour() });
    expect(hold.provider_id).toBe(therapist);
    expect(Number(hold.expires_at) - Number(hold.created_at)).toBeGreaterThan(599_000);
    expect(Number(hold.expires_at) - Number(hold.created_at)).toBeLessThan(602_000);
    await market.call('customer', 'release_hold', { hold_id: hold.id });
  });

  it('lasts as long as the setting says', async () => {
    await market.owner.query(
      `update system_settings set value = '3' where key = 'booking.hold_minutes'`,
    );
    const hold = await market.hold('customer', { startsAt: freeHour() });
    await market.owner.query(
      `update system_settings set value = '10' where key = 'booking.hold_minutes'`,
    );
    expect(Number(hold.expires_at) - Number(hold.created_at)).toBeLessThan(182_000);
    await market.call('customer', 'release_hold', { hold_id: hold.id });
  });

  it('ends by itself: the slot is free at once, and the hold can no longer be confirmed', async () => {
    const startsAt = freeHour();
    const hold = await market.hold('customer', { startsAt });
    expect(await market.holdEnds('customer2', { startsAt })).toBe('OB060');
    await market.owner.query(
      `with h as (update booking_holds set expires_at = now() - interval '1 s' where id = $1)
      update app_private.provider_reservations set expires_at = now() - interval '1 s' where hold_id = $1`,
      [hold.id],
    );
    const second = await market.hold('customer2', { startsAt });
    expect(await market.ends('customer', 'confirm_booking', { hold_id: hold.id })).toBe('OB061');
    expect(
      await market.ends('customer2', 'confirm_booking', {
        hold_id: second.id,
        payment_method: 'cash',
      }),
    ).toBe('ok');
  });

  it('ends when it is released: the slot is free at once', async () => {
    const startsAt = freeHour();
    const hold = await market.hold('customer', { startsAt });
    expect(await market.ends('customer2', 'release_hold', { hold_id: hold.id })).toBe('OB003');
    await market.call('customer', 'release_hold', { hold_id: hold.id });
    expect(await market.holdEnds('customer2', { startsAt })).toBe('ok');
  });

  it('a customer may hold three slots at a time', async () => {
    const who = await market.newCustomer();
    const ends = [];
    for (let count = 0; count < 4; count += 1) {
      ends.push(await market.holdEnds(who, { startsAt: freeHour() }));
    }
    expect(ends).toEqual(['ok', 'ok', 'ok', 'OB071']);
  });

  it('a customer must be 18 or older, and have given a date of birth', async () => {
    const who = await market.newCustomer();
    const born = (date: string | null) =>
      market.owner.query(
        `update user_profiles set date_of_birth = case when $2 = 'none' then null
          else app_private.today() - $2::interval end where id = $1`,
        [who.sub, date],
      );
    await born('none');
    expect(await market.holdEnds(who, { startsAt: freeHour() })).toBe('OB037');
    await born('18 years -1 day');
    expect(await market.holdEnds(who, { startsAt: freeHour() })).toBe('OB065');
    await born('18 years');
    expect(await market.holdEnds(who, { startsAt: freeHour() })).toBe('ok');
  });

  it.each([
    ['an anonymous user', 'visitor', {}, '42501'],
    ['a user who is not a customer', 'nobody', {}, 'OB037'],
    ['a vendor that is not there', 'customer', { vendor: randomUUID() }, 'OB003'],
    [
      'a provider of another vendor',
      'customer',
      { vendor: otherVendor, services: [elsewhere] },
      'OB003',
    ],
    ['a service that the vendor does not offer', 'customer', { services: [elsewhere] }, 'OB062'],
    ['a service that the provider does not perform', 'customer', { provider: beautician }, 'OB062'],
    ['no service', 'customer', { services: [] }, 'OB020'],
    ['a package and services', 'customer', { package: bothPackage, services: [massage] }, 'OB020'],
    ['a home service without an address', 'customer', { type: 'home_service' }, 'OB020'],
    ['a visit with an address', 'customer', { address: nearAddress }, 'OB020'],
    [
      'an address of another customer',
      'customer',
      { type: 'home_service', address: foreignAddress },
      'OB003',
    ],
    [
      'an address outside the service area',
      'customer',
      { type: 'home_service', address: unservedAddress },
      'OB073',
    ],
    [
      'an address outside the service radius',
      'customer',
      { type: 'home_service', address: farAddress },
      'OB060',
    ],
    [
      'a beautician outside the service radius',
      'customer',
      { type: 'home_service', address: farAddress, provider: beautician, services: [facial] },
      'OB060',
    ],
    ['another type', 'customer', { type: 'picnic' }, 'OB020'],
    ['no idempotency key', 'customer', { key: null }, 'OB020'],
    ['an idempotency key of 7 characters', 'customer', { key: 'x'.repeat(7) }, '23514'],
    ['an idempotency key of 65 characters', 'customer', { key: 'x'.repeat(65) }, '23514'],
  ] as const)('%s cannot hold a slot', async (_, who, request, code) => {
    const startsAt = freeHour();
    expect(await market.holdEnds(who, { startsAt, ...request })).toBe(code);
    // The same time is there for who asks rightly.
    const hold = await market.hold('customer', { startsAt });
    await market.call('customer', 'release_hold', { hold_id: hold.id });
  });

  it('slots start every 30 minutes, and none lies in the past', async () => {
    const startsAt = freeHour();
    const later = (minutes: number) => new Date(startsAt.getTime() + minutes * 60_000);
    expect(await market.holdEnds('customer', { startsAt: later(15) })).toBe('OB060');
    expect(await market.holdEnds('customer', { startsAt: inHours(-3) })).toBe('OB060');
    expect(await market.holdEnds('customer', { startsAt: later(30) })).toBe('ok');
  });

  it('the vendor of a hold sees it, and users without a part in it do not', async () => {
    const hold = await market.hold('customer2', { startsAt: freeHour() });
    const seen = (who: Parameters<typeof idFor>[0]) =>
      market.database.asUser({ sub: idFor(who), role: 'authenticated' }, async (client) => {
        const { rowCount } = await client.query('select from booking_holds where id = $1', [
          hold.id,
        ]);
        return rowCount;
      });
    expect([
      await seen('customer2'),
      await seen('receptionist'),
      await seen('customer'),
      await seen('vendor2'),
    ]).toEqual([1, 1, 0, 0]);
  });
});
