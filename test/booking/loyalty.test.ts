import { facial, type Market, openMarket, therapist } from './market.ts';
import { makeSteps, type Sub } from './steps.ts';

let market: Market;
const { freeHour, paid, start, tell, complete, walletOf, pointsOf } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

describe('loyalty', () => {
  it('one point for each ₹100 of money paid, not of points or wallet, once the booking is completed', async () => {
    const who = await market.newCustomer();
    await market.fillWallet(who, 500);
    await market.givePoints(who, 100);
    const { id } = await market.book(
      who,
      { startsAt: freeHour() },
      { payment: null, points: 100, wallet: 290 },
    );
    const payment = await start(who, id);
    await tell('payment.captured', payment);
    expect(await pointsOf(who)).toBe(0);
    await complete(id);
    // 1102.50 less 390: seven whole hundreds of money.
    expect(await pointsOf(who)).toBe(7);
    expect(
      await market.one(
        `select points, app_private.day_of(expires_at) = (app_private.today() + interval '12 months')::date as in_a_year
        from loyalty_points_transactions where booking_id = $1 and transaction_type = 'earned'`,
        [id],
      ),
    ).toEqual({ points: 7, in_a_year: true });
  });

  it('at most 20 % of a booking is paid with points, each worth a rupee', async () => {
    const who = await market.newCustomer();
    await market.givePoints(who, 1_000);
    const hold = await market.hold(who, { startsAt: freeHour() });
    const confirm = (points: number) =>
      market.ends(who, 'confirm_booking', { hold_id: hold.id, points });
    // 20 % of 1102.50 is 220.50.
    expect([await confirm(221), await confirm(-1), await confirm(220)]).toEqual([
      'OB064',
      'OB020',
      'ok',
    ]);
    expect(await pointsOf(who)).toBe(780);
  });

  it('points expire after twelve months, oldest first', async () => {
    const who = await market.newCustomer();
    await market.givePoints(who, 100, '1 day');
    await market.givePoints(who, 100, '1 year');
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null, points: 70 });
    await market.owner.query(
      `update loyalty_points_transactions set expires_at = now() - interval '1 s'
      where customer_id = $1 and points > 0 and expires_at < now() + interval '2 days'`,
      [who.sub],
    );
    // 70 of the older hundred are spent: 30 lapse.
    await market.owner.query('select app_private.expire_points(100)');
    expect(await pointsOf(who)).toBe(100);
    await market.owner.query('select app_private.expire_points(100)');
    expect(await pointsOf(who)).toBe(100);
    // Spent points that come back are as old as they were.
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
    expect(await pointsOf(who)).toBe(170);
    await market.owner.query(
      `update loyalty_points_transactions set expires_at = now() - interval '1 s'
      where customer_id = $1 and transaction_type = 'adjusted'`,
      [who.sub],
    );
    await market.owner.query('select app_private.expire_points(100)');
    expect(await pointsOf(who)).toBe(100);
  });

  it.each([
    [24_999, 'silver'],
    [25_000, 'gold'],
    [74_999, 'gold'],
    [75_000, 'platinum'],
    [199_999, 'platinum'],
    [200_000, 'diamond'],
  ])('₹%d in twelve months make %s', async (spent, tier) => {
    expect(await market.one('select app_private.tier_of($1) as tier', [spent])).toEqual({ tier });
  });

  it('a tier rises with a booking, and falls when what was spent is a year old', async () => {
    await market.owner.query(
      `update system_settings set value = '1000' where key = 'loyalty.tier_gold'`,
    );
    const { id, who } = await paid();
    await complete(id);
    const tier = async () =>
      (await market.one('select membership_tier as tier from customers where id = $1', [who.sub]))
        .tier;
    expect(await tier()).toBe('gold');
    await market.owner.query('select app_private.lower_tiers(100)');
    expect(await tier()).toBe('gold');
    await market.owner.query(
      `update commission_records set created_at = now() - interval '12 months 1 day' where booking_id = $1`,
      [id],
    );
    await market.owner.query('select app_private.lower_tiers(100)');
    expect(await tier()).toBe('silver');
    await market.owner.query(
      `update commission_records set created_at = now() where booking_id = $1`,
      [id],
    );
    await market.owner.query(
      `update system_settings set value = '25000' where key = 'loyalty.tier_gold'`,
    );
  });
});

describe('referrals', () => {
  async function friendOf(referrer: Sub): Promise<Sub> {
    const friend = await market.newCustomer();
    const { code } = await market.one('select referral_code as code from customers where id = $1', [
      referrer.sub,
    ]);
    await market.call(friend, 'use_referral_code', { code });
    return friend;
  }

  async function completeOne(who: Sub): Promise<void> {
    const { id } = await market.book(who, {
      startsAt: freeHour(),
      services: [facial],
      provider: therapist,
    });
    const { due } = await market.one('select app_private.amount_due($1) as due', [id]);
    await complete(id, Number(due));
  }

  it('10 % of the friend’s first completed booking goes to both wallets, once', async () => {
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    expect([await walletOf(referrer), await walletOf(friend)]).toEqual([0, 0]);
    await completeOne(friend);
    // 10 % of (600 + 50) × 1.05.
    expect([await walletOf(referrer), await walletOf(friend)]).toEqual([68.25, 68.25]);
    await completeOne(friend);
    expect([await walletOf(referrer), await walletOf(friend)]).toEqual([68.25, 68.25]);
    expect(
      await market.one('select referral_count from customers where id = $1', [referrer.sub]),
    ).toEqual({ referral_count: 1 });
  });

  it('the reward is at most ₹500', async () => {
    await market.owner.query(
      `update vendor_services set custom_price = 9000 where custom_price = 600`,
    );
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    await completeOne(friend);
    await market.owner.query(
      `update vendor_services set custom_price = 600 where custom_price = 9000`,
    );
    expect([await walletOf(referrer), await walletOf(friend)]).toEqual([500, 500]);
  });

  it('there is no reward after 30 days from sign-up', async () => {
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    await market.owner.query(`alter table customers disable trigger _100_timestamps`);
    await market.owner.query(
      `update customers set created_at = now() - interval '30 days 1 minute' where id = $1`,
      [friend.sub],
    );
    await market.owner.query(`alter table customers enable trigger _100_timestamps`);
    await completeOne(friend);
    expect([await walletOf(referrer), await walletOf(friend)]).toEqual([0, 0]);
    expect(
      await market.one('select status from customer_referrals where referee_id = $1', [friend.sub]),
    ).toEqual({ status: 'completed' });
  });

  it('no customer refers themselves, twice, or after the first booking', async () => {
    const referrer = await market.newCustomer();
    const { code } = await market.one('select referral_code as code from customers where id = $1', [
      referrer.sub,
    ]);
    expect(await market.ends(referrer, 'use_referral_code', { code })).toBe('OB003');
    const friend = await friendOf(referrer);
    expect(await market.ends(friend, 'use_referral_code', { code })).toBe('OB030');
    const regular = await market.newCustomer();
    await market.book(regular, { startsAt: freeHour() });
    expect(await market.ends(regular, 'use_referral_code', { code })).toBe('OB030');
    expect(await market.ends('nobody', 'use_referral_code', { code })).toBe('OB037');
  });
});
