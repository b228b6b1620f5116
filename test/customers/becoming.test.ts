import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { makeSteps, type Sub } from '../booking/steps.ts';
import { codeOf } from '../db/attempt.ts';
import { claimsFor, type Market, massage, openMarket, vendor } from '../fixtures/market.ts';

let market: Market;
const { freeHour, proveMobile } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

/** A user who has signed in, and done nothing else. */
async function newUser(born: string | null = '1995-01-01'): Promise<Sub> {
  const sub = randomUUID();
  await market.owner.query('insert into auth.users (id) values ($1)', [sub]);
  await market.owner.query(
    `insert into user_profiles (id, name, date_of_birth) values ($1, 'New', $2)`,
    [sub, born],
  );
  return { sub };
}

const customersOf = async ({ sub }: Sub) =>
  (await market.owner.query('select from customers where id = $1', [sub])).rowCount;
const ends = (who: Sub, sql: string, values: readonly unknown[] = []) =>
  market.database
    .asUser(claimsFor(who), (client: pg.ClientBase) => client.query(sql, [...values]), {
      commit: true,
    })
    .then(() => 'ok', codeOf);

describe('a user becomes a customer', () => {
  it('with the first hold, and not by one that is refused', async () => {
    const child = await newUser('2020-01-01');
    expect(await market.holdEnds(child, { startsAt: freeHour() })).toBe('OB065');
    expect(await customersOf(child)).toBe(0);
    const unborn = await newUser(null);
    expect(await market.holdEnds(unborn, { startsAt: freeHour() })).toBe('OB037');
    expect(await customersOf(unborn)).toBe(0);
    const user = await newUser();
    expect(await market.holdEnds(user, { startsAt: freeHour() })).toBe('ok');
    expect(await customersOf(user)).toBe(1);
  });

  it('once, with twenty holds at once', async () => {
    const user = await newUser();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => market.holdEnds(user, { startsAt: freeHour() })),
    );
    expect(outcomes).toContain('ok');
    expect(outcomes.filter((outcome) => !['ok', 'OB071'].includes(outcome))).toEqual([]);
    expect(await customersOf(user)).toBe(1);
  });

  it.each<[string, string, readonly unknown[]]>([
    [
      'an address',
      `insert into customer_addresses (address_type, address_line1, city, state, pincode)
        values ('home', 'MG Road', 'Pune', 'Maharashtra', '411001')`,
      [],
    ],
    [
      'a way to pay',
      `insert into payment_methods (method_type, upi_id) values ('upi', 'me@upi')`,
      [],
    ],
    ['a favourite', 'insert into favourites (vendor_id) values ($1)', [vendor]],
    ['a profile of a customer', `insert into customers (allergies) values ('{nuts}')`, []],
  ])('with %s', async (_, sql, values) => {
    const user = await newUser();
    expect(await customersOf(user)).toBe(0);
    expect(await ends(user, sql, values)).toBe('ok');
    expect(await customersOf(user)).toBe(1);
  });

  it('with the code of a friend, within the first days after signing up', async () => {
    const friend = await market.newCustomer();
    const { code } = await market.one('select referral_code as code from customers where id = $1', [
      friend.sub,
    ]);
    const user = await newUser();
    await proveMobile(user);
    expect(await market.ends(user, 'use_referral_code', { code })).toBe('ok');
    expect(await customersOf(user)).toBe(1);
    const old = await newUser();
    await proveMobile(old);
    await market.owner.query('alter table user_profiles disable trigger _100_timestamps');
    await market.owner.query(
      `update user_profiles set created_at = now() - interval '31 days' where id = $1`,
      [old.sub],
    );
    await market.owner.query('alter table user_profiles enable trigger _100_timestamps');
    expect(await market.ends(old, 'use_referral_code', { code })).toBe('OB030');
  });

  it('and not by looking for a time', async () => {
    const user = await newUser();
    expect(await ends(user, 'select available_slots($1, $2)', [vendor, [massage]])).toBe('ok');
    expect(await customersOf(user)).toBe(0);
  });
});

it('a profile is complete with a name, a date of birth and a verified number, and only then', async () => {
  const user = await newUser(null);
  const isComplete = async () =>
    (
      await market.one('select profile_completed as done from user_profiles where id = $1', [
        user.sub,
      ])
    ).done;
  expect(await isComplete()).toBe(false);
  expect(await ends(user, `update user_profiles set date_of_birth = '1990-02-03'`)).toBe('ok');
  expect(await isComplete()).toBe(false);
  await market.owner.query(
    `update user_profiles set mobile = '+919711100001', mobile_verified = true where id = $1`,
    [user.sub],
  );
  expect(await isComplete()).toBe(true);
  expect(await ends(user, 'update user_profiles set date_of_birth = null')).toBe('ok');
  expect(await isComplete()).toBe(false);
});
