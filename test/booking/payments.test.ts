import { randomUUID } from 'node:crypto';
import { idFor, type Market, openMarket } from '../fixtures/market.ts';
import { rupees, sum } from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, start, tell, walletOf, pointsOf } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

describe('payments', () => {
  it('go from pending through processing to success, and the first one confirms the booking', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    const payment = await start(who, id);
    expect(payment).toMatchObject({ status: 'pending', total_amount: rupees(price) });
    expect(payment.transaction_id).toMatch(/^PAY\d{8}$/);
    expect(await tell('payment.authorized', payment)).toBe('processing');
    expect(await tell('payment.captured', payment)).toBe('received');
    expect(await market.one('select status from payments where id = $1', [payment.id])).toEqual({
      status: 'success',
    });
    expect(
      await market.one('select status, payment_status from bookings where id = $1', [id]),
    ).toEqual({ status: 'confirmed', payment_status: 'paid' });
  });

  it('with the same key repeat the answer and never the charge; other content with it is an error', async () => {
    const who = await market.newCustomer();
    const [inWallet, amount] = [5_000, 100];
    await market.fillWallet(who, inWallet);
    const { id } = await market.book(who, { startsAt: freeHour() });
    const args = { booking_id: id, idempotency_key: randomUUID(), amount };
    const first = await market.call(who, 'pay_from_wallet', args);
    expect(await market.call(who, 'pay_from_wallet', args)).toEqual(first);
    expect(await walletOf(who)).toBe(inWallet - amount);
    expect(await market.ends(who, 'pay_from_wallet', { ...args, amount: 2 * amount })).toBe(
      'OB066',
    );
    // Another user's key is another one.
    await market.fillWallet('customer', amount);
    const other = await market.book('customer', { startsAt: freeHour() });
    expect(
      await market.ends('customer', 'pay_from_wallet', { ...args, booking_id: other.id }),
    ).toBe('ok');
  });

  it('keep their keys for at least 24 hours, whatever the setting says', async () => {
    const who = await market.newCustomer();
    const key = randomUUID();
    const hold = await market.hold(who, { startsAt: freeHour(), key });
    const set = (hours: string) =>
      market.owner.query(
        `update system_settings set value = $1 where key = 'limits.idempotency_hours'`,
        [hours],
      );
    await expect(set('23')).rejects.toMatchObject({ code: 'OB058' });
    await set('24');
    const age = async (hours: number) => {
      await market.owner.query(
        `update app_private.idempotency_keys set created_at = now() - $2 * interval '1 hour' where key = $1`,
        [key, hours],
      );
      await market.owner.query('select app_private.lapse_bookings(10)');
      return (
        await market.one(
          'select count(*)::int as kept from app_private.idempotency_keys where key = $1',
          [key],
        )
      ).kept;
    };
    expect([await age(23), await age(25)]).toEqual([1, 0]);
    await set('48');
    expect(hold.id).toBeDefined();
  });

  it('add up to the price, and no part is more than what is due', async () => {
    const who = await market.newCustomer();
    const [inWallet, given] = [5_000, 500];
    const [points, fromWallet] = [220, 300];
    await market.fillWallet(who, inWallet);
    await market.givePoints(who, given);
    const { id } = await market.book(
      who,
      { startsAt: freeHour() },
      { payment: null, points, wallet: fromWallet },
    );
    expect(
      await market.one('select status, payment_status from bookings where id = $1', [id]),
    ).toEqual({ status: 'pending', payment_status: 'partial' });
    expect(
      await market.ends(who, 'pay_from_wallet', {
        booking_id: id,
        idempotency_key: randomUUID(),
        amount: sum(price, -points, -fromWallet, 0.01),
      }),
    ).toBe('OB068');
    await market.call(who, 'pay_from_wallet', { booking_id: id, idempotency_key: randomUUID() });
    expect(
      await market.one('select status, payment_status from bookings where id = $1', [id]),
    ).toEqual({ status: 'confirmed', payment_status: 'paid' });
    expect([await walletOf(who), await pointsOf(who)]).toEqual([
      inWallet - (price - points),
      given - points,
    ]);
    expect(
      await market.ends(who, 'pay_from_wallet', { booking_id: id, idempotency_key: randomUUID() }),
    ).toBe('OB030');
  });

  it.each([
    ['a stranger', 'customer2', {}, 'OB003'],
    ['the vendor', 'vendor', {}, 'OB003'],
    ['an amount of 0', null, { amount: 0 }, 'OB020'],
    ['cash through a gateway', null, { payment_method: 'cash' }, 'OB020'],
    ['no gateway', null, { payment_gateway: null }, 'OB020'],
    ['a gateway that there is not', null, { payment_gateway: 'made_up' }, 'OB020'],
    ['more than is due', null, { amount: 5_000 }, 'OB068'],
  ] as const)('cannot be started by %s', async (_, stranger, change, code) => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    const args = {
      booking_id: id,
      payment_method: 'upi',
      payment_gateway: 'razorpay',
      idempotency_key: randomUUID(),
    };
    expect(await market.ends(stranger ?? who, 'start_payment', { ...args, ...change })).toBe(code);
    expect(await market.ends(who, 'start_payment', args)).toBe('ok');
  });
});

describe('the journal of money', () => {
  it('is never changed, not even by its owner', async () => {
    await expect(
      market.owner.query('update app_private.journal set amount = 1'),
    ).rejects.toMatchObject({ code: 'OB020' });
    await expect(market.owner.query('delete from app_private.journal')).rejects.toMatchObject({
      code: 'OB020',
    });
    await expect(market.owner.query('truncate app_private.journal')).rejects.toMatchObject({
      code: 'OB020',
    });
  });

  it('is read by finance, and adds up to zero', async () => {
    const rows = await market.database.asUser(
      { sub: idFor('finance'), role: 'authenticated' },
      async (client) =>
        (await client.query('select account, balance from journal_balances()')).rows,
    );
    const accounts = await market.owner.query('select value from enums.journal_account order by 1');
    expect(rows.map(({ account }) => account)).toEqual(accounts.rows.map(({ value }) => value));
    expect(rows.reduce((sum, row) => sum + Math.round(Number(row.balance) * 100), 0)).toBe(0);
    expect(rows.some(({ balance: one }) => Number(one) !== 0)).toBe(true);
    expect(await market.ends('customer_care', 'journal_balances', {})).toBe('OB002');
  });

  it('shows a row that was written past the functions', async () => {
    const who = await market.newCustomer();
    const planted = 5;
    await market.owner.query(
      `insert into wallet_transactions (customer_id, transaction_type, amount, balance_after) values ($1, 'credit', $2, $2)`,
      [who.sub, planted],
    );
    expect(await market.imbalances()).toEqual([
      { account: 'wallet', id: who.sub, journal: '0', by_rows: rupees(planted) },
    ]);
    await market.owner.query('delete from wallet_transactions where customer_id = $1', [who.sub]);
  });
});
