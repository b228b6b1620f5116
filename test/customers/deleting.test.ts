import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, codeIn, tokenFor } from '../api/support.ts';
import { newMobile, type Phone, type SignInApi, startSignIn } from '../auth/support.ts';
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
const { freeHour, complete, start } = makeSteps(() => market);

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

  test('is refused while money is on its way, in the wallet, or due', async () => {
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

    const hesitant = await newMember();
    const tried = await market.book(hesitant, { startsAt: freeHour() }, { payment: null });
    await start(hesitant, tried.id);
    await market.call(hesitant, 'cancel_booking', { booking_id: tried.id, reason: 'I leave' });
    await isRefused(hesitant, /still under way/);
    await market.owner.query('alter table payments disable trigger _100_timestamps');
    await market.owner.query(
      `update payments set created_at = created_at - interval '2 days' where booking_id = $1`,
      [tried.id],
    );
    await market.owner.query('alter table payments enable trigger _100_timestamps');
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
    await market.owner.query(
      'update booking_cancellations set due_amount = 0 where booking_id = $1',
      [owed.id],
    );
    await isDeleted(poor);
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
