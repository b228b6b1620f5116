import { type Market, openMarket } from '../fixtures/market.ts';
import { mostPoints, pointsFor, tiers } from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, paid, start, tell, complete, pointsOf } = makeSteps(() => market);

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
  it('one point for each ₹100 of money paid, not of points or rewards, once the booking is completed', async () => {
    const who = await market.newCustomer();
    const [points, rewards, fromWallet] = [100, 190, 290];
    const earned = pointsFor(price - points - rewards);
    await market.fillWallet(who, 500);
    await market.owner.query(
      `select app_private.move_wallet($1, 'bonus', $2, 'rewards', null, null, null, 'A reward')`,
      [who.sub, rewards],
    );
    await market.givePoints(who, points);
    const { id } = await market.book(
      who,
      { startsAt: freeHour() },
      { payment: null, points, wallet: fromWallet },
    );
    const payment = await start(who, id);
    await tell('payment.captured', payment);
    expect(await pointsOf(who)).toBe(0);
    await complete(id);
    expect(await pointsOf(who)).toBe(earned);
    expect(
      await market.one(
        `select points, app_private.day_of(expires_at) = (app_private.today() + interval '12 months')::date as in_a_year
        from loyalty_points_transactions where booking_id = $1 and transaction_type = 'earned'`,
        [id],
      ),
    ).toEqual({ points: earned, in_a_year: true });
  });

  it('at most 20 % of a booking is paid with points, each worth a rupee', async () => {
    const who = await market.newCustomer();
    const given = 1_000;
    const most = mostPoints(price);
    await market.givePoints(who, given);
    const hold = await market.hold(who, { startsAt: freeHour() });
    const confirm = (points: number) =>
      market.ends(who, 'confirm_booking', { hold_id: hold.id, points });
    expect([await confirm(most + 1), await confirm(-1), await confirm(most)]).toEqual([
      'OB064',
      'OB020',
      'ok',
    ]);
    expect(await pointsOf(who)).toBe(given - most);
  });

  it('points expire after twelve months, oldest first', async () => {
    const who = await market.newCustomer();
    const [older, newer, spent] = [100, 100, 70];
    await market.givePoints(who, older, '1 day');
    await market.givePoints(who, newer, '1 year');
    const { id } = await market.book(
      who,
      { startsAt: freeHour() },
      { payment: null, points: spent },
    );
    await market.owner.query(
      `update loyalty_points_transactions set expires_at = now() - interval '1 s'
      where customer_id = $1 and points > 0 and expires_at < now() + interval '2 days'`,
      [who.sub],
    );
    // Of the older ones those lapse that are not spent.
    await market.owner.query('select app_private.expire_points(100)');
    expect(await pointsOf(who)).toBe(newer);
    await market.owner.query('select app_private.expire_points(100)');
    expect(await pointsOf(who)).toBe(newer);
    // Spent points that come back are as old as they were.
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
    expect(await pointsOf(who)).toBe(newer + spent);
    await market.owner.query(
      `update loyalty_points_transactions set expires_at = now() - interval '1 s'
      where customer_id = $1 and transaction_type = 'adjusted'`,
      [who.sub],
    );
    await market.owner.query('select app_private.expire_points(100)');
    expect(await pointsOf(who)).toBe(newer);
  });

  it.each([
    [tiers.gold - 1, 'silver'],
    [tiers.gold, 'gold'],
    [tiers.platinum - 1, 'gold'],
    [tiers.platinum, 'platinum'],
    [tiers.diamond - 1, 'platinum'],
    [tiers.diamond, 'diamond'],
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
      `update system_settings set value = '${tiers.gold}' where key = 'loyalty.tier_gold'`,
    );
  });
});
