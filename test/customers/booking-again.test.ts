import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, codeIn, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { makeSteps } from '../booking/steps.ts';
import * as at from '../fixtures/market.ts';
import { priceOf, rupees } from '../fixtures/terms.ts';

const query = `query ($id: UUID!) {
  bookAgain(bookingId: $id) {
    bookingId vendorId providerId bookingType addressId packageId serviceIds addonIds notOffered
    minutes totalAmount discountAmount serviceCharge taxAmount finalAmount
    vendor { businessName }
    provider { therapist { name } }
    services { name }
  }
}`;

describe('booking again', () => {
  let market: at.Market;
  let api: TestApi;
  const { freeHour } = makeSteps(() => market);

  beforeAll(async () => {
    market = await at.openMarket();
    await market.liftLimits();
    api = await startApi(market.database);
  });
  afterAll(async () => {
    await api?.close();
    await market?.close();
  });

  const ask = async (who: at.Who, id: unknown): Promise<Answer> =>
    api.graphql(query, { token: await tokenFor(at.idFor(who)), variables: { id } });
  const again = async (who: at.Who, id: unknown) => (await ask(who, id)).data.bookAgain;

  /** Runs `act` while rows are different, and puts them back. */
  async function during(change: string, undo: string, act: () => Promise<void>): Promise<void> {
    await market.owner.query(change);
    try {
      await act();
    } finally {
      await market.owner.query(undo);
    }
  }

  test('gives what was booked, by whom and where, at the price of today, as holdSlot takes it', async () => {
    const booked = await market.book('customer', {
      startsAt: freeHour(),
      services: [at.massage, at.facial, at.massage],
      addons: [at.steam],
      type: 'home_service',
      address: at.nearAddress,
    });
    const before = await again('customer', booked.id);
    expect(before).toMatchObject({
      bookingId: booked.id,
      vendorId: at.vendor,
      providerId: at.therapist,
      bookingType: 'home_service',
      addressId: at.nearAddress,
      packageId: null,
      addonIds: [at.steam],
      notOffered: [],
      minutes: 165,
      finalAmount: String(booked.final_amount),
      vendor: { businessName: 'Lotus Spa' },
      provider: { therapist: { name: 'therapist' } },
      services: [{ name: 'Facial' }, { name: 'Massage' }],
    });
    expect([...before.serviceIds].sort()).toEqual([at.massage, at.massage, at.facial].sort());
    // Of each of the two massages.
    const dearerBy = 500;
    await during(
      `update vendor_services set custom_price = ${at.massagePrice + dearerBy} where service_id = '${at.massage}'`,
      `update vendor_services set custom_price = null where service_id = '${at.massage}'`,
      async () => {
        const dearer = await again('customer', booked.id);
        expect(Number(dearer.totalAmount) - Number(before.totalAmount)).toBe(2 * dearerBy);
        const hold = await market.hold('customer', {
          startsAt: freeHour(),
          vendor: dearer.vendorId,
          provider: dearer.providerId,
          services: dearer.serviceIds,
          addons: dearer.addonIds,
          type: dearer.bookingType,
          address: dearer.addressId,
        });
        expect((await market.confirm('customer', hold.id)).final_amount).toBe(dearer.finalAmount);
      },
    );
  });

  test('names what is no longer offered, and gives the rest', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, {
      startsAt: freeHour(),
      services: [at.facial, at.massage],
      addons: [at.steam],
    });
    await during(
      `update services set is_active = false where id = '${at.facial}';
       update addon_services set is_active = false`,
      'update services set is_active = true; update addon_services set is_active = true',
      async () => {
        expect(await again(who, id)).toMatchObject({
          serviceIds: [at.massage],
          addonIds: [],
          notOffered: ['Facial', 'Steam'],
          minutes: 60,
          finalAmount: rupees(priceOf(at.massagePrice)),
          providerId: at.therapist,
        });
      },
    );
    await during(
      `update vendor_services set is_available = false where vendor_id = '${at.vendor}'`,
      'update vendor_services set is_available = true',
      async () => {
        expect(await again(who, id)).toMatchObject({
          vendorId: at.vendor,
          serviceIds: [],
          addonIds: [],
          notOffered: ['Facial', 'Massage', 'Steam'],
          finalAmount: null,
          providerId: null,
        });
      },
    );
  });

  test('leaves out a provider who has left, a vendor that is closed and an address that is gone', async () => {
    const booked = await market.book('customer', {
      startsAt: freeHour(),
      type: 'home_service',
      address: at.nearAddress,
    });
    expect(await again('customer', booked.id)).toMatchObject({
      vendorId: at.vendor,
      providerId: at.therapist,
      addressId: at.nearAddress,
    });
    await during(
      `update therapists set status = 'paused'`,
      `update therapists set status = 'active'`,
      async () => {
        expect(await again('customer', booked.id)).toMatchObject({
          vendorId: at.vendor,
          providerId: null,
          provider: null,
          serviceIds: [at.massage],
        });
      },
    );
    await during(
      'update vendors set is_active = false',
      'update vendors set is_active = true',
      async () => {
        expect(await again('customer', booked.id)).toMatchObject({
          vendorId: null,
          vendor: null,
          serviceIds: [],
          notOffered: ['Massage'],
          finalAmount: null,
        });
      },
    );
    await market.owner.query(
      `update customer_addresses set address_line1 = 'Elsewhere' where id <> $1`,
      [at.nearAddress],
    );
    await market.owner.query('delete from customer_addresses where id = $1', [at.nearAddress]);
    expect(await again('customer', booked.id)).toMatchObject({ addressId: null });
  });

  test('gives a package while it is offered, and else its services', async () => {
    const who = await market.newCustomer();
    const booked = await market.book(who, {
      startsAt: freeHour(),
      provider: at.therapist2,
      package: at.bothPackage,
    });
    expect(await again(who, booked.id)).toMatchObject({
      packageId: at.bothPackage,
      serviceIds: null,
      addonIds: null,
      notOffered: [],
      finalAmount: String(booked.final_amount),
      services: [{ name: 'Facial' }, { name: 'Massage' }],
    });
    await during(
      'update service_packages set is_active = false',
      'update service_packages set is_active = true',
      async () => {
        const parts = await again(who, booked.id);
        expect(parts).toMatchObject({
          packageId: null,
          addonIds: [at.steam],
          notOffered: ['Both'],
          discountAmount: rupees(0),
        });
        expect(Number(parts.finalAmount)).toBeGreaterThan(Number(booked.final_amount));
      },
    );
  });

  test('is for the customer of the booking alone', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() });
    expect((await ask(who, id)).errors).toBeUndefined();
    expect(codeIn(await ask('customer2', id))).toBe('OB003');
    expect(codeIn(await ask('vendor', id))).toBe('OB003');
    expect(codeIn(await api.graphql(query, { variables: { id } }))).toBe('OB001');
  });
});
