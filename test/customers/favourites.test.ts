import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, codeIn, startApi, type TestApi, tokenFor } from '../api/support.ts';
import * as at from '../fixtures/market.ts';
import { idOf } from '../fixtures/people.ts';

let market: at.Market;
let api: TestApi;

beforeAll(async () => {
  market = await at.openMarket();
  api = await startApi(market.database);
});
afterAll(async () => {
  await api?.close();
  await market?.close();
});

const create = `mutation ($favourite: FavouriteInput!) {
  createFavourite(input: { favourite: $favourite }) {
    favourite {
      id
      vendor { businessName }
      therapist { name }
      beautician { name }
      service { name }
    }
  }
}`;
const remove = `mutation ($id: UUID!) {
  deleteFavourite(input: { id: $id }) { favourite { id } }
}`;
const list = '{ favourites { totalCount nodes { id vendorId serviceId } } }';

type Asker = 'customer' | 'customer2' | 'receptionist' | 'admin' | null;

async function as(
  who: Asker,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Answer> {
  const token = who === null ? {} : { token: await tokenFor(idOf(who)) };
  return api.graphql(query, { ...token, variables });
}

const like = async (who: Asker, favourite: Record<string, string>) =>
  as(who, create, { favourite });

describe('favourites', () => {
  test('a customer adds a vendor, a therapist, a beautician and a service, and sees them', async () => {
    const targets = [
      [{ vendorId: at.vendor }, { vendor: { businessName: 'Lotus Spa' } }],
      [{ therapistId: at.therapist }, { therapist: { name: 'therapist' } }],
      [{ beauticianId: at.beautician }, { beautician: { name: 'beautician' } }],
      [{ serviceId: at.massage }, { service: { name: 'Massage' } }],
    ] as const;
    for (const [favourite, shown] of targets) {
      const { errors, data } = await like('customer', favourite);
      expect(errors).toBeUndefined();
      expect(data.createFavourite.favourite).toMatchObject(shown);
    }
    expect((await as('customer', list)).data.favourites.totalCount).toBe(4);
  });

  test('the same one twice, several in one and none are refused with a message', async () => {
    const twice = await like('customer', { vendorId: at.vendor });
    expect(twice.errors?.[0]?.message).toBe('This vendor is already one of your favourites.');
    const several = await like('customer', { vendorId: at.otherVendor, serviceId: at.facial });
    expect(several.errors?.[0]?.message).toMatch(/^A favourite must be exactly one vendor/);
    const none = await like('customer', {});
    expect(none.errors?.[0]?.message).toMatch(/^A favourite must be exactly one vendor/);
    expect((await as('customer', list)).data.favourites.totalCount).toBe(4);
  });

  test('the same one added twice at once is there once', async () => {
    const answers = await Promise.all([
      like('customer', { serviceId: at.facial }),
      like('customer', { serviceId: at.facial }),
    ]);
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1);
  });

  test('what is not public cannot be added, and looks like what does not exist', async () => {
    expect((await like('customer2', { vendorId: at.otherVendor })).errors).toBeUndefined();
    expect((await like('customer2', { therapistId: at.therapist2 })).errors).toBeUndefined();
    await market.owner.query(`delete from favourites where customer_id = $1`, [idOf('customer2')]);
    await market.owner.query(`update vendors set is_active = false where id = $1`, [
      at.otherVendor,
    ]);
    await market.owner.query(`update therapists set status = 'paused' where id = $1`, [
      at.therapist2,
    ]);
    const unlisted = [
      await like('customer2', { vendorId: at.otherVendor }),
      await like('customer2', { therapistId: at.therapist2 }),
      await like('customer2', { serviceId: '00000000-0000-4000-8000-000000000000' }),
    ];
    expect(unlisted.map(codeIn)).toEqual(['OB003', 'OB003', 'OB003']);
    expect(new Set(unlisted.map(({ errors }) => errors?.[0]?.message)).size).toBe(1);
    await market.owner.query('update vendors set is_active = true');
    await market.owner.query(`update therapists set status = 'active'`);
  });

  test('no other user sees, counts or deletes them', async () => {
    const mine = (await as('customer', list)).data.favourites;
    expect(mine.totalCount).toBeGreaterThan(0);
    const counted = '{ vendors { nodes { favourites { totalCount } } } }';
    const ofVendors = async (who: Asker) =>
      (await as(who, counted)).data.vendors.nodes.map(
        (vendor: { favourites: { totalCount: number } }) => vendor.favourites.totalCount,
      );
    expect(Math.max(...(await ofVendors('customer')))).toBe(1);
    expect(Math.max(...(await ofVendors('customer2')))).toBe(0);
    expect((await as('customer2', list)).data.favourites.totalCount).toBe(0);
    expect(codeIn(await as('admin', list))).toBe('42501');
    expect(codeIn(await as(null, list))).toBe('OB001');
    const [{ id }] = mine.nodes;
    expect(codeIn(await as('customer2', remove, { id }))).toBe('OB003');
    expect((await as('customer', list)).data.favourites.totalCount).toBe(mine.totalCount);
    expect((await as('customer', remove, { id })).data.deleteFavourite.favourite.id).toBe(id);
    expect((await as('customer', list)).data.favourites.totalCount).toBe(mine.totalCount - 1);
  });

  test('a user who is no customer yet becomes one; staff of the platform keep none', async () => {
    const count = async (table: string, column: string, who: 'receptionist' | 'admin') =>
      (
        await market.one(`select count(*)::int as n from ${table} where ${column} = $1`, [
          idOf(who),
        ])
      ).n;
    expect(await count('customers', 'id', 'receptionist')).toBe(0);
    expect((await like('receptionist', { vendorId: at.vendor })).errors).toBeUndefined();
    expect(await count('customers', 'id', 'receptionist')).toBe(1);
    expect(await count('favourites', 'customer_id', 'receptionist')).toBe(1);
    expect(codeIn(await like('admin', { vendorId: at.vendor }))).toBe('42501');
    expect(await count('customers', 'id', 'admin')).toBe(0);
  });
});
