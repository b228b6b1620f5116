import { randomUUID } from 'node:crypto';
import {
  claimsFor,
  idFor,
  type Market,
  nearAddress,
  openMarket,
  type Row,
  type Who,
} from '../fixtures/market.ts';
import { percentOf, pointsFor, rupees, sum } from '../fixtures/terms.ts';
import { makeDeskSteps } from './desk-steps.ts';
import { makeSteps, price, type Sub } from './steps.ts';

/** Rules of today: per cent of a withdrawal; rupees of goodwill for a booking and of one user's day. */
const withdrawalFee = 2;
const goodwill = { most: 500, mostADay: 5_000 } as const;
const paisa = 0.01;

let market: Market;
const { freeHour, paid, start, tell, complete, balance, walletOf, pointsOf } = makeSteps(
  () => market,
);
const { bookAtDesk, payAtDesk, newMobile, verifyMobile } = makeDeskSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
  await market.liftLimits();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

/** A reward, as a referral gives it. */
async function reward(who: Who, rupees: number): Promise<void> {
  await market.owner.query(
    `select app_private.move_wallet($1, 'bonus', $2, 'rewards', null, null, null, 'A reward')`,
    [idFor(who), rupees],
  );
}

const withdrawableOf = async (who: Who): Promise<number> =>
  Number(
    (await market.one('select app_private.withdrawable_balance($1) as rupees', [idFor(who)]))
      .rupees,
  );

/** A customer with money and rewards in the wallet. */
async function customerWith(money: number, rewards: number): Promise<Sub> {
  const who = await market.newCustomer();
  if (money > 0) {
    await market.fillWallet(who, money);
  }
  if (rewards > 0) {
    await reward(who, rewards);
  }
  return who;
}

const payAll = async (who: Who): Promise<unknown> =>
  (await market.book(who, { startsAt: freeHour() }, { payment: null, wallet: price })).id;

const cancel = (who: Who, id: unknown) =>
  market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });

/** A bank account that its owner enters and staff verify. */
async function verifiedAccount(who: Who, number = '123456789012'): Promise<unknown> {
  const id = await market.database.asUser(
    claimsFor(who),
    async (client) => {
      const { rows } = await client.query(
        `insert into user_bank_details (account_holder_name, account_number, ifsc_code, bank_name)
        values ('New', $1, 'HDFC0001234', 'HDFC Bank') returning id`,
        [number],
      );
      return rows[0]?.id;
    },
    { commit: true },
  );
  await market.call('admin', 'verify_bank_account', { bank_detail_id: id, is_right: true });
  return id;
}

const withdrawArguments = (amount: number, key: string) => ({ amount, idempotency_key: key });
const withdraw = (who: Who, amount: number, key: string = randomUUID()) =>
  market.call(who, 'withdraw_from_wallet', withdrawArguments(amount, key));
const withdrawEnds = (who: Who, amount: number, key: string = randomUUID()) =>
  market.ends(who, 'withdraw_from_wallet', withdrawArguments(amount, key));

const completeEnds = (who: Who, id: unknown, reference = 'UTR1') =>
  market.ends(who, 'complete_withdrawal', { withdrawal_id: id, reference });
const failEnds = (who: Who, id: unknown, reason = 'The account is closed.') =>
  market.ends(who, 'fail_withdrawal', { withdrawal_id: id, reason });

const notified = async (who: Who, type: string): Promise<number> =>
  Number(
    (
      await market.one(
        'select count(*) as count from notifications where user_id = $1 and type = $2',
        [idFor(who), type],
      )
    ).count,
  );

describe('money in a wallet', () => {
  it('can be withdrawn when it was paid in; rewards cannot, and are spent first', async () => {
    const [money, rewards, spent] = [1_000, 300, 500];
    const who = await customerWith(money, rewards);
    expect([await walletOf(who), await withdrawableOf(who)]).toEqual([sum(money, rewards), money]);
    const { id } = await market.book(who, { startsAt: freeHour() });
    await market.call(who, 'pay_from_wallet', {
      booking_id: id,
      amount: spent,
      idempotency_key: randomUUID(),
    });
    const left = sum(money, rewards, -spent);
    expect([await walletOf(who), await withdrawableOf(who)]).toEqual([left, left]);
    expect(
      await market.one(
        `select withdrawable, withdrawable_after from wallet_transactions
        where customer_id = $1 and transaction_type = 'debit'`,
        [who.sub],
      ),
    ).toEqual({ withdrawable: rupees(spent - rewards), withdrawable_after: rupees(left) });
  });

  it('comes back as it was paid: a customer who spends rewards, cancels and withdraws gets no rewards out', async () => {
    const rewards = 400;
    const who = await customerWith(price, rewards);
    await verifiedAccount(who);
    await cancel(who, await payAll(who));
    expect([await walletOf(who), await withdrawableOf(who)]).toEqual([sum(price, rewards), price]);
    expect(await withdrawEnds(who, price + paisa)).toBe('OB063');
    // Again, with what is left: the same.
    await cancel(who, await payAll(who));
    expect(await withdrawEnds(who, price + paisa)).toBe('OB063');
    expect(await withdrawEnds(who, price)).toBe('ok');
    expect(await walletOf(who)).toBe(rewards);
  });

  it('of rewards alone nothing can be withdrawn, before or after they were spent and returned', async () => {
    const who = await customerWith(0, price);
    await verifiedAccount(who);
    expect(await withdrawEnds(who, paisa)).toBe('OB063');
    await cancel(who, await payAll(who));
    expect([await walletOf(who), await withdrawEnds(who, paisa)]).toEqual([price, 'OB063']);
  });

  it('in many parts comes back as the whole was paid, to the paisa', async () => {
    const rewards = 333.33;
    const who = await customerWith(sum(price, -rewards), rewards);
    const id = await payAll(who);
    await complete(id);
    const parts = [paisa, 99.99, 3 * paisa, 400];
    for (const amount of [...parts, sum(price, -sum(...parts))]) {
      await market.call('finance', 'refund_booking', {
        booking_id: id,
        amount,
        reason: 'The room was cold',
        borne_by: 'vendor',
        idempotency_key: randomUUID(),
      });
    }
    expect([await walletOf(who), await withdrawableOf(who)]).toEqual([price, sum(price, -rewards)]);
  });

  it('earns points where it is the customer’s own, and rewards earn none', async () => {
    const rewards = 500;
    const [own, mixed, given] = [
      await customerWith(price, 0),
      await customerWith(price, rewards),
      await customerWith(0, price),
    ];
    for (const who of [own, mixed, given]) {
      await complete(await payAll(who));
    }
    expect([await pointsOf(own), await pointsOf(mixed), await pointsOf(given)]).toEqual([
      pointsFor(price),
      pointsFor(sum(price, -rewards)),
      0,
    ]);
  });

  it('of the time before is told by its rows: paid in and refunded is money, and rewards were spent first', async () => {
    const who = await market.newCustomer();
    // As an import brings them: without what can be withdrawn.
    const rows = [
      ['bonus', 100, 100],
      ['credit', 500, 600],
      ['debit', 250, 350],
      ['bonus', 50, 400],
      ['refund', 30, 430],
      ['debit', 20, 410],
    ] as const;
    for (const [type, amount, after] of rows) {
      await market.owner.query(
        `insert into wallet_transactions (customer_id, transaction_type, amount, balance_after, created_at)
        values ($1, $2, $3, $4, clock_timestamp())`,
        [who.sub, type, amount, after],
      );
    }
    await market.owner.query(
      `select app_private.move_money('gateway', null, 'wallet', $1, 410, null, 'opening balance')`,
      [who.sub],
    );
    const read = async () =>
      (
        await market.owner.query(
          `select withdrawable::float as part, withdrawable_after::float as after from wallet_transactions
          where customer_id = $1 order by created_at`,
          [who.sub],
        )
      ).rows.map(({ part, after }) => [part, after]);
    const told = [
      [0, 0],
      [500, 500],
      [150, 350],
      [0, 350],
      [30, 380],
      [0, 380],
    ];
    await market.owner.query('select app_private.derive_withdrawable()');
    expect(await read()).toEqual(told);
    await market.owner.query('select app_private.derive_withdrawable()');
    expect(await read()).toEqual(told);
    expect(await withdrawableOf(who)).toBe(380);
  });
});

describe('a refund that the gateway cannot deliver', () => {
  async function failedRefund(): Promise<{ who: Sub; refund: Row }> {
    const { who, id } = await paid();
    await cancel(who, id);
    const refund = await market.one('select id from refunds where booking_id = $1', [id]);
    await market.call('finance', 'record_refund_failed', { refund_id: refund.id });
    return { who, refund };
  }

  it('goes into the wallet, from where it can be withdrawn, once', async () => {
    const { who, refund } = await failedRefund();
    const ends = (by: Who) => market.ends(by, 'pay_refund_into_wallet', { refund_id: refund.id });
    expect([await ends('customer_care'), await ends(who)]).toEqual(['OB002', '42501']);
    const tries = await Promise.all([ends('finance'), ends('finance'), ends('admin')]);
    expect(tries.toSorted()).toEqual(['OB030', 'OB030', 'ok']);
    expect([await walletOf(who), await withdrawableOf(who)]).toEqual([price, price]);
    expect(
      await market.ends('finance', 'pay_refund_into_wallet', { refund_id: randomUUID() }),
    ).toBe('OB003');
  });

  it('does so only when it failed, and was not sent again', async () => {
    const { who, id } = await paid();
    await cancel(who, id);
    const refund = await market.one('select id, payment_id from refunds where booking_id = $1', [
      id,
    ]);
    const ends = () => market.ends('finance', 'pay_refund_into_wallet', { refund_id: refund.id });
    expect(await ends()).toBe('OB030');
    await market.call('finance', 'record_refund_failed', { refund_id: refund.id });
    await market.call('finance', 'refund_payment', {
      payment_id: refund.payment_id,
      amount: price,
      reason: 'Again',
      idempotency_key: randomUUID(),
    });
    expect(await ends()).toBe('OB030');
    expect(await walletOf(who)).toBe(0);
  });
});

describe('withdrawing', () => {
  it('takes the amount at once, and finance pays it less the fee to the verified bank account', async () => {
    const [money, amount] = [1_000, 600];
    const who = await customerWith(money, 0);
    const before = {
      waiting: await balance('withdrawals'),
      fees: await balance('withdrawal_fees'),
      bank: await balance('bank'),
    };
    expect(await withdrawEnds(who, amount)).toBe('OB037');
    await verifiedAccount(who, '987654321098');
    const key = randomUUID();
    const withdrawal = await withdraw(who, amount, key);
    const fee = percentOf(amount, withdrawalFee);
    expect(withdrawal).toMatchObject({
      status: 'pending',
      amount: rupees(amount),
      fee: rupees(fee),
      net_amount: rupees(sum(amount, -fee)),
      account_number: 'XXXXXXXX1098',
    });
    expect(await withdraw(who, amount, key)).toEqual(withdrawal);
    expect(await withdrawEnds(who, amount + 1, key)).toBe('OB066');
    expect(await walletOf(who)).toBe(sum(money, -amount));
    expect(await balance('withdrawals')).toBe(sum(before.waiting, amount));

    // The customer may remove the account: finance knows where to pay all the same.
    await market.owner.query('delete from user_bank_details where user_id = $1', [who.sub]);
    const read = (by: Who) =>
      market.call(by, 'read_withdrawal_account', { withdrawal_id: withdrawal.id });
    expect(await read('finance')).toEqual({
      account_holder_name: 'New',
      account_number: '987654321098',
      ifsc_code: 'HDFC0001234',
      bank_name: 'HDFC Bank',
    });
    expect(
      await market.one(
        `select count(*)::int as readings from user_activity_log
        where user_id = $1 and metadata ->> 'withdrawalId' = $2`,
        [idFor('finance'), withdrawal.id],
      ),
    ).toEqual({ readings: 1 });

    expect(await completeEnds('finance', withdrawal.id)).toBe('ok');
    expect([await balance('withdrawals'), await balance('withdrawal_fees')]).toEqual([
      before.waiting,
      sum(before.fees, fee),
    ]);
    expect(await balance('bank')).toBe(sum(before.bank, amount, -fee));
    expect(await notified(who, 'withdrawal_completed')).toBe(1);
    await expect(read('finance')).rejects.toMatchObject({ code: 'OB003' });
    expect(await completeEnds('finance', withdrawal.id)).toBe('OB030');
    expect(await failEnds('finance', withdrawal.id)).toBe('OB030');
  });

  it('that cannot be paid puts everything back, the fee too', async () => {
    const money = 500;
    const who = await customerWith(money, 0);
    await verifiedAccount(who);
    const { id } = await withdraw(who, money);
    expect(await withdrawableOf(who)).toBe(0);
    expect(await failEnds('finance', id, ' ')).toBe('OB036');
    expect(await failEnds('finance', id)).toBe('ok');
    expect([await walletOf(who), await withdrawableOf(who)]).toEqual([money, money]);
    expect(await notified(who, 'withdrawal_failed')).toBe(1);
    expect(await withdrawEnds(who, money)).toBe('ok');
  });

  it('needs an amount that can be withdrawn, and one withdrawal at a time', async () => {
    const money = 100;
    const who = await customerWith(money, money);
    await verifiedAccount(who);
    expect([
      await withdrawEnds(who, 0),
      await withdrawEnds(who, -1),
      await withdrawEnds(who, Number.NaN),
      await withdrawEnds(who, money + paisa),
      await withdrawEnds('visitor', 1),
      await withdrawEnds(who, 1),
      await withdrawEnds(who, 1),
    ]).toEqual(['OB020', 'OB020', 'OB020', 'OB063', '42501', 'ok', 'OB030']);
  });

  it('goes to an account that is verified, not to one that waits or was rejected', async () => {
    const who = await customerWith(100, 0);
    const { rows } = await market.database.asUser(
      claimsFor(who),
      (client) =>
        client.query(
          `insert into user_bank_details (account_holder_name, account_number, ifsc_code, bank_name)
          values ('New', '123456789012', 'HDFC0001234', 'HDFC Bank') returning id`,
        ),
      { commit: true },
    );
    expect(await withdrawEnds(who, 1)).toBe('OB037');
    await market.call('admin', 'verify_bank_account', {
      bank_detail_id: rows[0]?.id,
      is_right: false,
      reason: 'Another name',
    });
    expect(await withdrawEnds(who, 1)).toBe('OB037');
    await verifiedAccount(who);
    expect(await withdrawEnds(who, 1)).toBe('ok');
  });

  it('twice at once pays out once, and is ended once', async () => {
    const money = 400;
    const who = await customerWith(money, 0);
    await verifiedAccount(who);
    const tries = await Promise.all(Array.from({ length: 6 }, () => withdrawEnds(who, money)));
    expect(tries.filter((end) => end === 'ok')).toHaveLength(1);
    expect(tries.filter((end) => !['ok', 'OB030', 'OB063'].includes(end))).toEqual([]);
    expect(await walletOf(who)).toBe(0);
    const { id } = await market.one('select id from wallet_withdrawals where customer_id = $1', [
      who.sub,
    ]);
    const endings = await Promise.all([
      completeEnds('finance', id),
      failEnds('finance', id),
      completeEnds('admin', id),
      failEnds('admin', id),
    ]);
    expect(endings.toSorted()).toEqual(['OB030', 'OB030', 'OB030', 'ok']);
  });

  it('and paying for a booking at once spend the money once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const who = await customerWith(price, 0);
      await verifiedAccount(who);
      const { id } = await market.book(who, { startsAt: freeHour() });
      const ends = await Promise.all([
        withdrawEnds(who, price),
        market.ends(who, 'pay_from_wallet', { booking_id: id, idempotency_key: randomUUID() }),
      ]);
      expect(ends.toSorted()).toEqual(['OB063', 'ok']);
      expect(await walletOf(who)).toBe(0);
    }
  });

  it('is ended by finance, never by the customer, and not the own one', async () => {
    const money = 100;
    await market.fillWallet('finance', money).catch(async () => {
      await market.owner.query('insert into customers (id) values ($1)', [idFor('finance')]);
      await market.fillWallet('finance', money);
    });
    await verifiedAccount('finance');
    const own = await withdraw('finance', money);
    expect([
      await completeEnds('finance', own.id),
      await failEnds('finance', own.id),
      await completeEnds('customer_care', own.id),
      await completeEnds('customer', own.id),
      await completeEnds('finance', randomUUID()),
      await completeEnds('admin', own.id, ' '),
      await completeEnds('admin', own.id),
    ]).toEqual(['OB031', 'OB031', 'OB002', '42501', 'OB003', 'OB036', 'ok']);
  });
});

describe('goodwill', () => {
  const give = (id: unknown, amount: number, more: Record<string, unknown> = {}) => ({
    booking_id: id,
    amount,
    reason: 'The room was cold',
    idempotency_key: randomUUID(),
    ...more,
  });
  const giveEnds = (
    who: Who,
    id: unknown,
    amount: number,
    more: Record<string, unknown> = {},
  ): Promise<string> => market.ends(who, 'give_goodwill', give(id, amount, more));

  it('is money in the wallet that pays for bookings and cannot be withdrawn; staff see it on the booking', async () => {
    const { who, id } = await paid();
    await verifiedAccount(who);
    const amount = 250;
    const before = await balance('goodwill');
    const key = { idempotency_key: randomUUID() };
    const given = await market.call('customer_care', 'give_goodwill', give(id, amount, key));
    expect(given).toMatchObject({
      booking_id: id,
      amount: rupees(amount),
      given_by: idFor('customer_care'),
    });
    expect(await market.call('customer_care', 'give_goodwill', give(id, amount, key))).toEqual(
      given,
    );
    expect([await walletOf(who), await withdrawableOf(who)]).toEqual([amount, 0]);
    expect(await withdrawEnds(who, paisa)).toBe('OB063');
    expect(await balance('goodwill')).toBe(sum(before, -amount));
    expect(await notified(who, 'goodwill_given')).toBe(1);
    const seen = (by: Who) =>
      market.database.asUser(claimsFor(by), async (client) => {
        const { rows } = await client.query(
          'select amount from booking_goodwill where booking_id = $1',
          [id],
        );
        return rows.length;
      });
    expect([await seen('customer_care_viewer'), await seen('finance')]).toEqual([1, 1]);
    await expect(seen(who)).rejects.toMatchObject({ code: '42501' });
    expect(
      await market.one(
        `select user_id, new_values ->> 'amount' as amount from audit_logs
        where resource_type = 'booking_goodwill' and resource_id = $1`,
        [given.id],
      ),
    ).toEqual({ user_id: idFor('customer_care'), amount: rupees(amount) });
  });

  it('is given once for a booking, also by two at once', async () => {
    const { who, id } = await paid();
    const amount = 100;
    const tries = await Promise.all(
      (['customer_care', 'customer_care_head', 'finance', 'customer_care'] as const).map((by) =>
        giveEnds(by, id, amount),
      ),
    );
    expect(tries.toSorted()).toEqual(['OB030', 'OB030', 'OB030', 'ok']);
    expect(await walletOf(who)).toBe(amount);
  });

  it('is at most ₹500 for a booking; above that finance gives it', async () => {
    const { id } = await paid();
    expect([
      await giveEnds('customer_care', id, goodwill.most + paisa),
      await giveEnds('finance', id, goodwill.most + paisa),
    ]).toEqual(['OB033', 'ok']);
    expect(await giveEnds('customer_care', (await paid()).id, goodwill.most)).toBe('ok');
  });

  it('is at most so much a day of one user, also of two at once', async () => {
    const { most_a_day: mostADay } = await market.one(
      `select value::int as most_a_day from system_settings where key = 'goodwill.maximum_a_day'`,
    );
    expect(mostADay).toBe(goodwill.mostADay);
    const { given } = await market.one(
      `select coalesce(sum(amount), 0)::float as given from booking_goodwill
      where given_by = $1`,
      [idFor('customer_care_head')],
    );
    const each = 300;
    const limit = sum(Number(given), 2 * each, -1);
    await market.call('admin', 'update_system_setting', {
      key: 'goodwill.maximum_a_day',
      value: JSON.stringify(limit),
    });
    const bookings = [await paid(), await paid()];
    const tries = await Promise.all(
      bookings.map(({ id }) => giveEnds('customer_care_head', id, each)),
    );
    expect(tries.toSorted()).toEqual(['OB033', 'ok']);
    const refused = bookings[tries.indexOf('OB033')]?.id;
    // What was given yesterday does not count.
    await market.owner.query(
      `update booking_goodwill set created_at = created_at - interval '1 day' where given_by = $1`,
      [idFor('customer_care_head')],
    );
    expect(await giveEnds('customer_care_head', refused, each)).toBe('ok');
    await market.call('admin', 'update_system_setting', {
      key: 'goodwill.maximum_a_day',
      value: JSON.stringify(goodwill.mostADay),
    });
  });

  describe('is never for oneself or one’s relations', () => {
    const amount = 50;
    /** Refused to `customer_care`, and a colleague may give it. */
    async function isOfRelation(id: unknown): Promise<void> {
      expect(await giveEnds('customer_care', id, amount)).toBe('OB031');
      expect(await giveEnds('customer_care_head', id, amount)).toBe('ok');
    }
    const ownMobile = async (): Promise<unknown> =>
      (await market.one('select mobile from user_profiles where id = $1', [idFor('customer_care')]))
        .mobile;

    it('not by finance for its own booking either', async () => {
      const { who, id } = await paid();
      await market.owner.query('update user_roles set user_id = $1 where user_id = $2', [
        who.sub,
        idFor('finance'),
      ]);
      expect(await giveEnds(who, id, amount)).toBe('OB031');
      await market.owner.query('update user_roles set user_id = $1 where user_id = $2', [
        idFor('finance'),
        who.sub,
      ]);
      expect(await giveEnds('finance', id, amount)).toBe('ok');
    });

    it('not to a second account whose booking has the agent’s mobile number', async () => {
      const who = await market.newCustomer();
      const { id: holdId } = await market.hold(who, { startsAt: freeHour() });
      const { id } = await market.call(who, 'confirm_booking', {
        hold_id: holdId,
        payment_method: 'cash',
        contact_mobile: await ownMobile(),
      });
      await isOfRelation(id);
    });

    it('not to a second account with the agent’s e-mail address, however it is written', async () => {
      const { who, id } = await paid();
      await market.owner.query(
        `update auth.users set email = (select upper(email) from auth.users where id = $2) || '' where id = $1`,
        [who.sub, idFor('customer_care')],
      );
      await isOfRelation(id);
    });

    it('not to someone for whom the agent is the emergency contact', async () => {
      const { who, id } = await paid();
      const mobile = await ownMobile();
      await market.database.asUser(
        claimsFor(who),
        (client) =>
          client.query(
            `insert into emergency_contacts (name, relationship, mobile) values ('A', 'sister', $1)`,
            [mobile],
          ),
        { commit: true },
      );
      await isOfRelation(id);
    });

    it('not to someone who lives at the agent’s address', async () => {
      const { address_line1, pincode } = await market.one(
        'select address_line1, pincode from customer_addresses where id = $1',
        [nearAddress],
      );
      const { who, id } = await paid();
      await market.database.asUser(
        claimsFor(who),
        (client) =>
          client.query(
            `insert into customer_addresses (address_type, address_line1, city, state, pincode)
            values ('home', $1, 'Pune', 'Maharashtra', $2)`,
            [`  ${String(address_line1).toUpperCase()}.`, pincode],
          ),
        { commit: true },
      );
      await market.owner.query('insert into customers (id) values ($1) on conflict do nothing', [
        idFor('customer_care'),
      ]);
      await market.owner.query(
        `insert into customer_addresses (customer_id, address_type, address_line1, city, state, pincode)
        values ($1, 'home', $2, 'Pune', 'Maharashtra', $3)`,
        [idFor('customer_care'), address_line1, pincode],
      );
      await isOfRelation(id);
    });
  });

  it('needs the permission, a reason, an amount and a customer', async () => {
    const { id } = await paid();
    const desk = await bookAtDesk({ guest_mobile: newMobile() });
    expect([
      await giveEnds('customer_care_viewer', id, 1),
      await giveEnds('customer', id, 1),
      await giveEnds('customer_care', randomUUID(), 1),
      await giveEnds('customer_care', id, 0),
      await giveEnds('customer_care', id, -1),
      await giveEnds('customer_care', id, Number.NaN),
      await giveEnds('customer_care', id, 1, { reason: ' ' }),
      await giveEnds('customer_care', id, 1, { idempotency_key: null }),
      await giveEnds('customer_care', desk.id, 1),
      await giveEnds('customer_care', id, 1),
    ]).toEqual([
      'OB002',
      '42501',
      'OB003',
      'OB020',
      'OB020',
      'OB020',
      'OB036',
      'OB020',
      'OB037',
      'ok',
    ]);
  });
});

describe('an abandoned payment', () => {
  const abandon = async () =>
    Number((await market.one('select app_private.abandon_payments(100) as count')).count);
  const age = (payment: Row, interval: string) =>
    market.owner.query('update payments set created_at = created_at - $2::interval where id = $1', [
      payment.id,
      interval,
    ]);
  const statusOf = async (payment: Row) =>
    (await market.one('select status from payments where id = $1', [payment.id])).status;

  it('is one that no gateway has reported for 24 hours; one that is reported later is heard all the same', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    const payment = await start(who, id);
    await market.owner.query('alter table payments disable trigger _100_timestamps');
    await age(payment, '23 hours');
    expect([await abandon(), await statusOf(payment)]).toEqual([0, 'pending']);
    await age(payment, '1 hour 1 minute');
    await market.owner.query('alter table payments enable trigger _100_timestamps');
    expect([await abandon(), await statusOf(payment)]).toEqual([1, 'failed']);
    expect(await abandon()).toBe(0);
    expect(await tell('payment.captured', payment)).toBe('received');
    expect(await statusOf(payment)).toBe('success');
  });

  it('is not cash that is to be collected', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() });
    const payment = await market.one('select id from payments where booking_id = $1', [id]);
    await market.owner.query('alter table payments disable trigger _100_timestamps');
    await age(payment, '3 days');
    await market.owner.query('alter table payments enable trigger _100_timestamps');
    expect([await abandon(), await statusOf(payment)]).toEqual([0, 'pending']);
  });
});

describe('money that a vendor gives back at its desk', () => {
  it('is recorded by finance where the vendor does not, and never by one of the business', async () => {
    const who = await market.newCustomer();
    const mobile = newMobile();
    const desk = await bookAtDesk({ guest_mobile: mobile, starts_at: freeHour() });
    expect(await payAtDesk(desk.id, 100)).toBe('ok');
    await verifyMobile(who, mobile);
    await market.call(who, 'claim_booking', { booking_number: desk.booking_number });
    await cancel(who, desk.id);
    const record = (by: Who) => market.ends(by, 'record_desk_refund', { booking_id: desk.id });
    await market.owner.query(
      `insert into vendor_staff (vendor_id, user_id, name, role, mobile)
      select vendor_id, $2, 'Both', 'accountant', '+919876543298' from bookings where id = $1`,
      [desk.id, idFor('finance')],
    );
    expect([await record('customer_care'), await record(who), await record('finance')]).toEqual([
      'OB002',
      'OB002',
      'OB031',
    ]);
    await market.owner.query('delete from vendor_staff where user_id = $1', [idFor('finance')]);
    expect([await record('finance'), await record('finance')]).toEqual(['ok', 'OB030']);
  });
});
