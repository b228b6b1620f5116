import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, codeIn, tokenFor } from '../api/support.ts';
import { newMobile, type Phone, type SignInApi, startSignIn } from '../auth/support.ts';
import { makeDeskSteps } from '../booking/desk-steps.ts';
import { makeSteps } from '../booking/steps.ts';
import * as at from '../fixtures/market.ts';
import { idOf, type Person } from '../fixtures/people.ts';
import { priceOf, rupees } from '../fixtures/terms.ts';

const mutation = 'mutation { deleteMyAccount(input: {}) { result } }';

type Member = {
  readonly sub: string;
  readonly mobile: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly phone: Phone;
};

let market: at.Market;
let api: SignInApi;
const { freeHour, complete, start, tell } = makeSteps(() => market);
const { bookAtDesk, payAtDesk } = makeDeskSteps(() => market);

beforeAll(async () => {
  market = await at.openMarket();
  api = await startSignIn(market.database);
});
afterAll(async () => {
  await api?.close();
  await market?.close();
});

/** A customer of full age who has signed in just now. */
async function newMember(mobile = newMobile()): Promise<Member> {
  const phone = api.phone();
  const { body } = await phone.signIn({ mobile }, { sign_up_as: 'customer' });
  await market.owner.query(
    `update user_profiles set date_of_birth = '1990-01-01', name = 'Zubeida' where id = $1`,
    [body.user.id],
  );
  return {
    sub: body.user.id,
    mobile,
    token: body.access_token,
    refreshToken: body.refresh_token,
    phone,
  };
}

/** A bank account, as its owner enters it. */
async function enterAccount(member: Member): Promise<{ readonly bankDetailId: unknown }> {
  const { data } = await api.graphql(
    `mutation { createUserBankDetail(input: { userBankDetail: {
      accountHolderName: "Zubeida", accountNumber: "123456789012", ifscCode: "HDFC0001234", bankName: "HDFC Bank"
    } }) { userBankDetail { id } } }`,
    { token: member.token },
  );
  return { bankDetailId: data.createUserBankDetail.userBankDetail.id };
}

const remove = ({ token }: { token: string }): Promise<Answer> => api.graphql(mutation, { token });
const profile = (sub: string) => market.one('select * from user_profiles where id = $1', [sub]);

/** Refused with OB030 and words like these, and the account is as it was. */
async function isRefused(member: { sub: string; token: string }, words: RegExp): Promise<void> {
  const before = await profile(member.sub);
  const answer = await remove(member);
  expect([codeIn(answer), answer.errors?.[0]?.message]).toEqual([
    'OB030',
    expect.stringMatching(words),
  ]);
  expect(await profile(member.sub)).toEqual(before);
}

async function isDeleted(member: Member): Promise<void> {
  const answer = await remove(member);
  expect(answer.errors).toBeUndefined();
  expect(answer.data.deleteMyAccount.result).not.toBeNull();
  expect(await profile(member.sub)).toMatchObject({ name: 'Deleted', mobile: null });
}

describe('deleting one’s account', () => {
  test('ends every session, frees the number, and keeps the records of money without the person', async () => {
    const member = await newMember();
    const { id } = await market.book(member, {
      startsAt: freeHour(),
      type: 'spa_visit',
      provider: at.therapist,
    });
    const price = priceOf(at.massagePrice);
    await complete(id, price);
    const journal = `select count(*)::int as entries, sum(amount) as rupees
      from app_private.journal where booking_id = $1`;
    const before = await market.one(journal, [id]);
    expect(before.entries).toBeGreaterThan(0);
    await isDeleted(member);

    expect(codeIn(await api.graphql('{ me { id } }', { token: member.token }))).toBe('OB006');
    const refreshed = await member.phone.post('/auth/refresh', {
      refresh_token: member.refreshToken,
    });
    expect(refreshed.status).toBe(401);
    expect(await market.one('select * from bookings where id = $1', [id])).toMatchObject({
      status: 'completed',
      final_amount: rupees(price),
      customer_id: member.sub,
    });
    expect(
      await market.one('select * from booking_contacts where booking_id = $1', [id]),
    ).toMatchObject({ customer_id: member.sub, contact_name: null, contact_mobile: null });
    expect(await market.one(journal, [id])).toEqual(before);
    expect(await market.imbalances()).toEqual([]);

    const { body } = await api.phone().signIn({ mobile: member.mobile });
    expect(body.user).toMatchObject({ is_new: true });
    expect(body.user.id).not.toBe(member.sub);
  });

  test('needs a sign-in of the last minutes; a refreshed session does not count', async () => {
    const member = await newMember();
    const aged = `update user_sessions set started_at = now() - interval '16 minutes' where user_id = $1`;
    await market.owner.query(aged, [member.sub]);
    await isRefused(member, /Sign in again/);
    const refreshed = await member.phone.post('/auth/refresh', {
      refresh_token: member.refreshToken,
    });
    await isRefused({ ...member, token: refreshed.body.access_token }, /Sign in again/);
    // Without a session that we know, and with another user's.
    await isRefused({ ...member, token: await tokenFor(member.sub) }, /Sign in again/);
    await market.owner.query(`update vendor_otp_codes set created_at = created_at - interval '1 hour',
      expires_at = expires_at - interval '1 hour'`);
    const again = await api.phone().signIn({ mobile: member.mobile });
    expect(again.body.user.id).toBe(member.sub);
    await isDeleted({ ...member, token: again.body.access_token });
  });

  test('is refused while bookings are open, and names them', async () => {
    const member = await newMember();
    const { id, booking_number } = await market.book(member, { startsAt: freeHour() });
    await isRefused(member, new RegExp(`${booking_number}.*Cancel them`));
    await market.call(member, 'cancel_booking', { booking_id: id, reason: 'I leave' });
    await isDeleted(member);
    const { cancellation_reason } = await market.one(
      'select cancellation_reason from booking_cancellations where booking_id = $1',
      [id],
    );
    expect(cancellation_reason).toBe('Deleted');
  });

  test('releases a slot that is held', async () => {
    const member = await newMember();
    const startsAt = freeHour();
    await market.hold(member, { startsAt });
    expect(await market.holdEnds('customer2', { startsAt })).toBe('OB060');
    await isDeleted(member);
    expect(await market.holdEnds('customer2', { startsAt })).toBe('ok');
  });

  test('is refused while a gateway has money, money in the wallet has nowhere to go, or an amount is due', async () => {
    const refunded = await newMember();
    const { id } = await market.book(refunded, { startsAt: freeHour() }, { wallet: 0 });
    await market.call(refunded, 'cancel_booking', { booking_id: id, reason: 'I leave' });
    const payment = await market.one(
      `update payments set status = 'processing' where booking_id = $1 returning id`,
      [id],
    );
    await isRefused(refunded, /still under way/);
    await market.owner.query(`update payments set status = 'failed' where id = $1`, [payment.id]);
    await isDeleted(refunded);

    // What was only started, for a booking that has ended, keeps no one.
    const hesitant = await newMember();
    const tried = await market.book(hesitant, { startsAt: freeHour() }, { payment: null });
    await start(hesitant, tried.id);
    await market.call(hesitant, 'cancel_booking', { booking_id: tried.id, reason: 'I leave' });
    await isDeleted(hesitant);

    const rich = await newMember();
    const savings = 250;
    await market.fillWallet(rich, savings);
    await isRefused(rich, new RegExp(`₹${rupees(savings)} in your wallet`));
    await market.owner.query(
      `select app_private.move_wallet($1, 'debit', $2, 'rewards', null, null, null, 'Paid out')`,
      [rich.sub, savings],
    );
    await isDeleted(rich);

    const poor = await newMember();
    const owed = await market.book(poor, { startsAt: freeHour() });
    await market.bringToStart(owed.id, -60);
    await market.call(poor, 'cancel_booking', { booking_id: owed.id, reason: 'I leave' });
    await isRefused(poor, new RegExp(`${owed.booking_number}. Pay them first`));
    // As its payment does.
    const { due } = await market.one(
      `with due as (select due_amount from booking_cancellations where booking_id = $1)
      update booking_cancellations c set due_amount = 0 from due where c.booking_id = $1
      returning due.due_amount as due`,
      [owed.id],
    );
    await isDeleted(poor);
    expect(Number(due)).toBeGreaterThan(0);
  });

  test('is possible when a debt is old: 90 days, by default', async () => {
    const member = await newMember();
    const owed = await market.book(member, { startsAt: freeHour() });
    await market.bringToStart(owed.id, -60);
    await market.call(member, 'cancel_booking', { booking_id: owed.id, reason: 'I leave' });
    const age = (days: number) =>
      market.owner.query(
        `update booking_cancellations set cancelled_at = now() - $2 * interval '1 day',
          settled_at = now() - $2 * interval '1 day' where booking_id = $1`,
        [owed.id, days],
      );
    await age(89);
    await isRefused(member, new RegExp(`${owed.booking_number}. Pay them first`));
    await age(91);
    await isDeleted(member);
  });

  test('does not wait for a refund that goes back through the gateway, and takes nothing from it', async () => {
    const member = await newMember();
    const { id } = await market.book(member, { startsAt: freeHour() }, { payment: null });
    await tell('payment.captured', await start(member, id));
    await market.call(member, 'cancel_booking', { booking_id: id, reason: 'I leave' });
    const refund = await market.one('select id, status from refunds where booking_id = $1', [id]);
    expect(refund.status).toBe('pending');
    await isDeleted(member);
    await market.call('finance', 'record_refund_paid', {
      refund_id: refund.id,
      reference: 'rfnd_later',
    });
    expect(await market.imbalances()).toEqual([]);
  });

  test('waits for money that the vendor gives back at its desk, which finance can record', async () => {
    const member = await newMember();
    const desk = await bookAtDesk({ guest_mobile: member.mobile, starts_at: freeHour() });
    expect(await payAtDesk(desk.id, 100)).toBe('ok');
    await market.call(member, 'claim_booking', { booking_number: desk.booking_number });
    await market.call(member, 'cancel_booking', { booking_id: desk.id, reason: 'I leave' });
    await isRefused(member, new RegExp(`at its desk: ${desk.booking_number}`));
    await market.call('finance', 'record_desk_refund', { booking_id: desk.id });
    await isDeleted(member);
  });

  test('lets rewards and goodwill lapse, and pays money out without a fee while the account is gone', async () => {
    const member = await newMember();
    const [money, reward, goodwill] = [400, 120, 80];
    const balance = async (account: string) =>
      Number(
        (await market.one('select app_private.account_balance($1, null) as rupees', [account]))
          .rupees,
      );
    const before = { rewards: await balance('rewards'), goodwill: await balance('goodwill') };
    await market.fillWallet(member, money);
    await market.owner.query(
      `select app_private.move_wallet($1, 'bonus', $2, 'rewards', null, null, null, 'A reward')`,
      [member.sub, reward],
    );
    const { id } = await market.book(member, { startsAt: freeHour() });
    await market.call('customer_care', 'give_goodwill', {
      booking_id: id,
      amount: goodwill,
      reason: 'The room was cold in Zubeida’s hour',
      idempotency_key: randomUUID(),
    });
    await market.call(member, 'cancel_booking', { booking_id: id, reason: 'I leave' });
    await isRefused(member, new RegExp(`₹${rupees(money)} in your wallet`));
    const { bankDetailId } = await enterAccount(member);
    await isRefused(member, /have it verified/);
    await market.call('admin', 'verify_bank_account', {
      bank_detail_id: bankDetailId,
      is_right: true,
    });
    await isDeleted(member);

    expect(
      await market.one('select app_private.wallet_balance($1)::float as rupees', [member.sub]),
    ).toEqual({ rupees: 0 });
    // Filling the wallet took the money from the same account.
    expect([await balance('rewards'), await balance('goodwill')]).toEqual([
      before.rewards - money,
      before.goodwill,
    ]);
    const withdrawal = await market.one(
      'select id, status, amount, fee, account_number from wallet_withdrawals where customer_id = $1',
      [member.sub],
    );
    expect(withdrawal).toMatchObject({
      status: 'pending',
      amount: rupees(money),
      fee: rupees(0),
      account_number: null,
    });
    expect(
      await market.one('select reason from booking_goodwill where customer_id = $1', [member.sub]),
    ).toEqual({ reason: 'Deleted' });
    const { words } = await market.one(
      `select count(*)::int as words from audit_logs
      where (old_values || '{}' || coalesce(new_values, '{}'))::text ~ 'Zubeida|XXXX' and resource_id = any ($1)`,
      [[withdrawal.id]],
    );
    expect(words).toBe(0);
    // No one is left to whom the money could go back.
    const ended = { withdrawal_id: withdrawal.id };
    expect(
      await market.ends('finance', 'fail_withdrawal', { ...ended, reason: 'The bank says no' }),
    ).toBe('OB030');
    expect(await market.call('finance', 'read_withdrawal_account', ended)).toMatchObject({
      account_holder_name: 'Zubeida',
      account_number: '123456789012',
    });
    await market.call('finance', 'complete_withdrawal', { ...ended, reference: 'UTR2' });
    expect(
      await market.one('select count(*)::int as kept from app_private.withdrawal_accounts', []),
    ).toEqual({ kept: 0 });
    expect(await market.imbalances()).toEqual([]);
  });

  test('cannot turn rewards into money, whatever is deleted', async () => {
    const member = await newMember();
    await market.owner.query(
      `select app_private.move_wallet($1, 'bonus', 500, 'rewards', null, null, null, 'A reward')`,
      [member.sub],
    );
    const { bankDetailId } = await enterAccount(member);
    await market.call('admin', 'verify_bank_account', {
      bank_detail_id: bankDetailId,
      is_right: true,
    });
    await isDeleted(member);
    expect(
      await market.one(
        'select count(*)::int as paid from wallet_withdrawals where customer_id = $1',
        [member.sub],
      ),
    ).toEqual({ paid: 0 });
    expect(await market.imbalances()).toEqual([]);
  });

  test.each([
    ['vendor', /Contact customer care/],
    ['receptionist', /Leave the vendor first/],
    ['therapist', /Leave the vendor first/],
    ['beautician', /Leave the vendor first/],
    ['hr', /Ask HR/],
    ['super_admin', /Ask HR/],
  ] as const)('is not for a %s', async (person: Person, words) => {
    const sub = at.idFor(person);
    const { id } = await market.one(
      `insert into user_sessions (user_id, expires_at) values ($1, now() + interval '1 day') returning id`,
      [sub],
    );
    await isRefused({ sub, token: await tokenFor(sub, { claims: { session_id: id } }) }, words);
  });

  test('is for a user who has only an account, and not for an anonymous user', async () => {
    const sub = idOf('nobody');
    const { id } = await market.one(
      `insert into user_sessions (user_id, expires_at) values ($1, now() + interval '1 day') returning id`,
      [sub],
    );
    const token = await tokenFor(sub, { claims: { session_id: id } });
    expect((await remove({ token })).errors).toBeUndefined();
    expect(codeIn(await api.graphql(mutation))).toBe('OB001');
  });

  test('is for good: the account cannot be opened again', async () => {
    const member = await newMember();
    await isDeleted(member);
    const reopen = { user_id: member.sub, status: 'active' };
    expect(await market.ends('super_admin', 'set_account_status', reopen)).toBe('23514');
    // Positive control: another one is opened again.
    const other = await newMember();
    await market.call('super_admin', 'set_account_status', {
      ...reopen,
      user_id: other.sub,
      status: 'inactive',
    });
    expect(
      await market.ends('super_admin', 'set_account_status', { ...reopen, user_id: other.sub }),
    ).toBe('ok');
  });
});

describe('at once', () => {
  test('an account is deleted once', async () => {
    const member = await newMember();
    const answers = await Promise.all([remove(member), remove(member), remove(member)]);
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1);
    expect(
      answers
        .map(codeIn)
        .filter((code) => code !== undefined && !['OB030', 'OB006'].includes(code)),
    ).toEqual([]);
  });

  test('no deleted user has an open booking: either the booking or the account is there', async () => {
    for (let round = 0; round < 10; round += 1) {
      const member = await newMember();
      const hold = await market.hold(member, { startsAt: freeHour() });
      const [booked, removed] = await Promise.all([
        market.ends(member, 'confirm_booking', { hold_id: hold.id, payment_method: 'cash' }),
        remove(member),
      ]);
      const { open } = await market.one(
        `select count(*)::int as open from bookings where customer_id = $1`,
        [member.sub],
      );
      const isGone = (await profile(member.sub)).deleted_at !== null;
      expect([isGone, booked === 'ok', open]).toEqual(isGone ? [true, false, 0] : [false, true, 1]);
      expect(removed.errors === undefined).toBe(isGone);
      // Neither stands in the other's way: no deadlock. A booking that begins when the date of birth is gone says so.
      expect(['ok', 'OB003', 'OB006', 'OB037']).toContain(booked);
      expect([undefined, 'OB030']).toContain(codeIn(removed));
    }
  });
});
