import {
  commissionRate,
  type Market,
  massagePrice,
  openMarket,
  therapist,
  therapist2,
  vendor,
} from '../fixtures/market.ts';
import { priceOf, referral, referralReward } from '../fixtures/terms.ts';
import { makeSteps, price, type Sub } from './steps.ts';

let market: Market;
const { freeHour, codeOf, friendOf, proveMobile, paid, complete, walletOf } = makeSteps(
  () => market,
);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

const reward = referralReward(price, massagePrice, commissionRate);

const wallets = async (...people: readonly Sub[]): Promise<readonly number[]> =>
  Promise.all(people.map(walletOf));

const statusOf = async (friend: Sub): Promise<unknown> =>
  (await market.one('select status from customer_referrals where referee_id = $1', [friend.sub]))
    .status;

const setting = (key: string, value: number) =>
  market.owner.query('update system_settings set value = $2 where key = $1', [
    `referral.${key}`,
    String(value),
  ]);

const enter = async (who: Sub, referrer: Sub): Promise<string> =>
  market.ends(who, 'use_referral_code', { code: await codeOf(referrer) });

async function served(who: Sub): Promise<unknown> {
  const { id } = await paid(freeHour(), { who });
  await complete(id);
  return id;
}

async function newcomer(): Promise<Sub> {
  const who = await market.newCustomer();
  await proveMobile(who);
  return who;
}

/** What massages cost while `act` runs. */
async function atPrice(rupees: number, act: () => Promise<void>): Promise<void> {
  const set = (price: number | null) =>
    market.owner.query(
      `update vendor_services set custom_price = $1 from services s
      where s.id = service_id and s.name = 'Massage' and vendor_id = $2`,
      [price, vendor],
    );
  await set(rupees);
  try {
    await act();
  } finally {
    await set(null);
  }
}

describe('the reward of a referral', () => {
  it('goes to both wallets with the friend’s first booking that was paid online, once', async () => {
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    expect(await wallets(referrer, friend)).toEqual([0, 0]);
    await served(friend);
    expect(await wallets(referrer, friend)).toEqual([reward, reward]);
    await served(friend);
    expect(await wallets(referrer, friend)).toEqual([reward, reward]);
    expect(
      await market.one('select referral_count from customers where id = $1', [referrer.sub]),
    ).toEqual({ referral_count: 1 });
  });

  it('costs at most the commission of that booking: a vendor that invents friends gains nothing', async () => {
    const referrer = await market.newCustomer();
    await served(await friendOf(referrer));
    const { earned, rewards } = await market.one(
      `select c.commission_amount::float as earned, (r.referrer_reward + r.referee_reward)::float as rewards
      from customer_referrals r join commission_records c on c.booking_id = r.first_booking_id
      where r.referrer_id = $1`,
      [referrer.sub],
    );
    expect(rewards).toBeGreaterThan(0);
    expect(rewards).toBeLessThanOrEqual(earned as number);
  });

  it('is at most ₹500', async () => {
    const dear = 9_000;
    await atPrice(dear, async () => {
      const referrer = await market.newCustomer();
      const friend = await friendOf(referrer);
      await served(friend);
      expect(referralReward(priceOf(dear), dear, commissionRate)).toBe(referral.most);
      expect(await wallets(referrer, friend)).toEqual([referral.most, referral.most]);
    });
  });

  it('is not for a booking paid in cash; the next one that is paid online counts', async () => {
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    const { id } = await market.book(friend, { startsAt: freeHour() });
    await complete(id, price);
    expect([await statusOf(friend), ...(await wallets(referrer, friend))]).toEqual([
      'pending',
      0,
      0,
    ]);
    await served(friend);
    expect([await statusOf(friend), ...(await wallets(referrer, friend))]).toEqual([
      'rewarded',
      reward,
      reward,
    ]);
  });

  it.each([
    ['just below', referral.atLeast - 1, 'pending'],
    ['from', referral.atLeast, 'rewarded'],
  ])('%s ₹500 paid online', async (_which, online, status) => {
    const friend = await friendOf(await market.newCustomer());
    await market.fillWallet(friend, online);
    const rest = price - online;
    await market.owner.query(
      `select app_private.move_wallet($1, 'bonus', $2, 'rewards', null, null, null, 'A reward')`,
      [friend.sub, rest],
    );
    const { id } = await market.book(
      friend,
      { startsAt: freeHour() },
      { payment: null, wallet: price },
    );
    await complete(id);
    expect(await statusOf(friend)).toBe(status);
  });

  it('is not given later than 30 days after sign-up', async () => {
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    await market.owner.query(`alter table user_profiles disable trigger _100_timestamps`);
    await market.owner.query(
      `update user_profiles set created_at = now() - interval '30 days 1 minute' where id = $1`,
      [friend.sub],
    );
    await market.owner.query(`alter table user_profiles enable trigger _100_timestamps`);
    await served(friend);
    expect([await statusOf(friend), ...(await wallets(referrer, friend))]).toEqual([
      'completed',
      0,
      0,
    ]);
  });

  it('is not given beyond the budget of the month, also to two at once', async () => {
    const { spent } = await market.one('select app_private.rewarded_this_month()::float as spent');
    const people = [
      await friendOf(await market.newCustomer()),
      await friendOf(await market.newCustomer()),
    ];
    // For one of the two, and a paisa less than for both.
    await setting('monthly_budget', Number(spent) + 4 * reward - 0.01);
    try {
      const providers = [
        ['therapist', therapist],
        ['therapist2', therapist2],
      ] as const;
      const ids: unknown[] = [];
      for (const [index, [by, provider]] of providers.entries()) {
        const { id } = await paid(freeHour(), { who: people[index] as Sub, provider });
        const booking = { booking_id: id };
        await market.call('vendor', 'assign_therapist', { ...booking, therapist_id: provider });
        await market.call(by, 'acknowledge_assignment', booking);
        await market.bringToStart(id);
        await market.startService(by, id);
        await market.shift(id, '-1 hour');
        ids.push(id);
      }
      await Promise.all(
        providers.map(([by], index) =>
          market.call(by, 'complete_service', { booking_id: ids[index] }),
        ),
      );
      const states = [];
      for (const who of people) {
        states.push(await statusOf(who));
      }
      expect(states.toSorted()).toEqual(['completed', 'rewarded']);
    } finally {
      await setting('monthly_budget', 200_000);
    }
  });
});

describe('a referral code', () => {
  it('is entered once, before the first booking, and is another customer’s', async () => {
    const referrer = await newcomer();
    expect(await enter(referrer, referrer)).toBe('OB003');
    const friend = await newcomer();
    expect(await enter(friend, referrer)).toBe('ok');
    expect(await enter(friend, referrer)).toBe('OB030');
    const regular = await newcomer();
    await market.book(regular, { startsAt: freeHour() });
    expect(await enter(regular, referrer)).toBe('OB030');
  });

  it('needs a verified mobile number', async () => {
    const referrer = await market.newCustomer();
    const friend = await market.newCustomer();
    expect(await enter(friend, referrer)).toBe('OB037');
    await proveMobile(friend);
    expect(await enter(friend, referrer)).toBe('ok');
  });

  it('is not for a number that another account has had, also when that account was deleted', async () => {
    const referrer = await market.newCustomer();
    const move = async (from: Sub, to: Sub, deletes: boolean) => {
      const { mobile } = await market.one('select mobile from user_profiles where id = $1', [
        from.sub,
      ]);
      await market.owner.query(
        deletes
          ? 'select app_private.forget_account($1)'
          : 'update user_profiles set mobile = null where id = $1',
        [from.sub],
      );
      await market.owner.query(
        'update user_profiles set mobile = $2, mobile_verified = true where id = $1',
        [to.sub, mobile],
      );
    };
    for (const deletes of [false, true]) {
      const [before, after] = [await newcomer(), await market.newCustomer()];
      await move(before, after, deletes);
      expect(await enter(after, referrer)).toBe('OB030');
      // Control: with a number of their own they are new.
      await market.owner.query('update user_profiles set mobile = null where id = $1', [after.sub]);
      await proveMobile(after);
      expect(await enter(after, referrer)).toBe('ok');
    }
    const { rows } = await market.owner.query(
      `select from app_private.proven_mobiles m join user_profiles p on p.id = m.user_id
      where p.deleted_at is not null`,
    );
    expect(rows).toEqual([]);
  });

  it('is not used between people of one business', async () => {
    await market.owner.query(
      `insert into customers (id) select id from user_profiles where name = 'vendor'`,
    );
    const { sub } = await market.one(
      `select p.id as sub from user_profiles p where p.name = 'vendor'`,
    );
    const owner = { sub: String(sub) };
    await proveMobile({
      sub: String(
        (await market.one(`select id from user_profiles where name = 'receptionist'`)).id,
      ),
    });
    const code = { code: await codeOf(owner) };
    expect(await market.ends('receptionist', 'use_referral_code', code)).toBe('OB031');
    expect(await market.ends(await newcomer(), 'use_referral_code', code)).toBe('ok');
  });

  it('counts at most so many times a year, those that may still be rewarded too, and two at once', async () => {
    const referrer = await market.newCustomer();
    await setting('maximum_per_year', 2);
    try {
      await friendOf(referrer);
      const two = [await newcomer(), await newcomer()];
      const ends = await Promise.all(two.map((who) => enter(who, referrer)));
      expect(ends.toSorted()).toEqual(['OB030', 'ok']);
    } finally {
      await setting('maximum_per_year', referral.inAYear);
    }
    expect(await enter(await newcomer(), referrer)).toBe('ok');
  });
});
