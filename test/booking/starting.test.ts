import {
  commissionRate,
  idFor,
  inHours,
  type Market,
  massagePrice,
  openMarket,
  therapist,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { claimsOf, people } from '../fixtures/people.ts';
import { pointsFor, referralReward } from '../fixtures/terms.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, friendOf, paid, assigned, serve, balance, pointsOf, walletOf } = makeSteps(
  () => market,
);

/** Of the settings as they come. */
const minutesEarly = 15;
const unattestedDays = 7;

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
});

/** A booking of a new customer whose therapist is ready to begin. */
async function ready(make: () => ReturnType<typeof assigned> = paid) {
  const made = await make();
  await market.call('vendor', 'assign_therapist', {
    booking_id: made.id,
    therapist_id: therapist,
  });
  await market.call('therapist', 'acknowledge_assignment', { booking_id: made.id });
  return made;
}

const start = (who: Who, id: unknown, args: Record<string, unknown>) =>
  market.ends(who, 'start_service', { booking_id: id, ...args });
const complete = (id: unknown, args: Record<string, unknown> = {}) =>
  market.ends('therapist', 'complete_service', { booking_id: id, ...args });
const another = (code: string) => (code === '0000' ? '0001' : '0000');

describe('starting a service', () => {
  it('a prepaid booking of the day after tomorrow is neither started nor completed now', async () => {
    const { who, id } = await ready(() => paid(inHours(45)));
    const before = await balance('vendor', vendor);
    const code = await market.startCode(id);
    expect(await start('therapist', id, { code })).toBe('OB044');
    expect(await start('vendor', id, { reason: 'The customer is here' })).toBe('OB044');
    expect(await complete(id)).toBe('OB030');
    expect(await balance('vendor', vendor)).toBe(before);
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Rain' });
    expect(
      await market.one(
        'select refund_amount::float as back from booking_cancellations where booking_id = $1',
        [id],
      ),
    ).toEqual({ back: price });
  });

  it('is possible from 15 minutes before, with the code of the customer, which attests it', async () => {
    const { id } = await ready();
    const code = await market.startCode(id);
    await market.bringToStart(id, -(minutesEarly + 1));
    expect(await start('therapist', id, { code })).toBe('OB044');
    await market.shift(id, '-2 minutes');
    expect(await start('therapist', id, { code })).toBe('ok');
    expect(
      await market.one('select status, is_attested from bookings where id = $1', [id]),
    ).toEqual({ status: 'in_progress', is_attested: true });
  });

  it('with a wrong code fails and is counted; after five the right one fails too', async () => {
    const { id } = await ready();
    await market.bringToStart(id);
    const code = await market.startCode(id);
    for (const malformed of ['', '12', '12345', 'abcd', `${code}\n`, '１２３４']) {
      expect(await start('therapist', id, { code: malformed })).toBe('OB020');
    }
    for (let count = 1; count <= 5; count += 1) {
      const { id: started } = await market.call('therapist', 'start_service', {
        booking_id: id,
        code: another(code),
      });
      expect(started).toBeNull();
      expect(
        await market.one('select wrong_attempts from booking_start_codes where booking_id = $1', [
          id,
        ]),
      ).toEqual({ wrong_attempts: count });
    }
    expect(await start('therapist', id, { code })).toBe('OB046');
    expect(await start('receptionist', id, { code })).toBe('OB046');
    expect(await start('vendor', id, { reason: 'Her telephone is empty' })).toBe('ok');
  });

  it('succeeds with the right code after four wrong ones', async () => {
    const { id } = await ready();
    await market.bringToStart(id);
    const code = await market.startCode(id);
    for (let count = 1; count <= 4; count += 1) {
      await start('therapist', id, { code: another(code) });
    }
    expect(await start('therapist', id, { code })).toBe('ok');
  });

  it('without the code is for a manager or the platform, with a reason that the history keeps', async () => {
    const { id } = await ready();
    await market.bringToStart(id);
    expect([
      await start('therapist', id, {}),
      await start('vendor', id, {}),
      await start('therapist', id, { reason: 'She forgot it' }),
      await start('receptionist', id, { reason: 'She forgot it' }),
      await start('vendor2', id, { reason: 'She forgot it' }),
      await start('customer_care_viewer', id, { reason: 'She forgot it' }),
      await start('vendor', id, { reason: ' ' }),
      await start('vendor', id, { reason: 'She forgot it' }),
    ]).toEqual(['OB020', 'OB020', 'OB002', 'OB002', 'OB003', 'OB002', 'OB036', 'ok']);
    expect(
      await market.one(
        `select b.is_attested, h.reason, h.changed_by from bookings b
        join booking_status_history h on h.booking_id = b.id and h.to_status = 'in_progress' where b.id = $1`,
        [id],
      ),
    ).toEqual({ is_attested: false, reason: 'She forgot it', changed_by: idFor('vendor') });
    const other = await ready();
    await market.bringToStart(other.id);
    expect(await start('customer_care', other.id, { reason: 'Told by telephone' })).toBe('ok');
  });

  it('needs a code that its customer alone sees, and that is deleted when the service begins', async () => {
    const { id } = await ready();
    const code = await market.startCode(id);
    expect(code).toMatch(/^\d{4}$/);
    for (const person of people) {
      const seen = await market.database.asUser(claimsOf(person), async (client) => {
        const { rows } = await client
          .query(
            `select c.code from booking_start_codes c where c.booking_id = $1
            union all
            select bookings_start_code(b) from bookings b where b.id = $1 and bookings_start_code(b) is not null`,
            [id],
          )
          // Visitors may not even ask.
          .catch(() => ({ rows: [] }));
        return rows;
      });
      expect({ person, seen }).toEqual({ person, seen: [] });
    }
    await market.bringToStart(id);
    await market.startService('therapist', id);
    expect(await market.startCode(id)).toBe('null');
  });

  it('the customer’s confirmation contains the code; the messages to vendor and provider do not', async () => {
    const { who, id } = await ready();
    // One that no number, name or time of the messages has.
    await market.owner.query(`update booking_start_codes set code = '7391' where booking_id = $1`, [
      id,
    ]);
    await market.owner.query(`delete from notifications where data ->> 'bookingId' = $1`, [id]);
    await market.owner.query(
      `with b as (select b from bookings b where id = $1)
      select app_private.notify_booking(b, t) from b,
        unnest(array['booking_confirmed', 'booking_rescheduled', 'booking_cancelled']) t`,
      [id],
    );
    await market.bringToStart(id, -30);
    await market.owner.query('select app_private.remind_of_bookings(500)');
    const { rows } = await market.owner.query(
      `select user_id, type, (title || message || data::text || metadata::text) ~ '(^|[^0-9a-f-])7391([^0-9a-f-]|$)' as tells
      from notifications where data ->> 'bookingId' = $1`,
      [id],
    );
    const telling = rows.filter(({ tells }) => tells);
    expect(new Set(telling.map(({ user_id }) => user_id))).toEqual(new Set([who.sub]));
    expect(telling.map(({ type }) => type).sort()).toEqual(['booking_confirmed', 'reminder_soon']);
    expect(rows.length).toBeGreaterThan(telling.length);
    const { found } = await market.one(
      `select (select count(*) from audit_logs
          where (coalesce(old_values::text, '') || coalesce(new_values::text, '')) ~ '"7391"')
        + (select count(*) from app_private.events e where e::text ~ '"7391"') as found`,
    );
    expect(Number(found)).toBe(0);
  });

  it('codes of bookings differ, and have every digit in every place', async () => {
    const { rows } = await market.owner.query(
      'select app_private.random_start_code() as code from generate_series(1, 2000)',
    );
    const codes = rows.map(({ code }) => String(code));
    expect(codes.every((code) => /^\d{4}$/.test(code))).toBe(true);
    expect(new Set(codes).size).toBeGreaterThan(1_600);
    for (const place of [0, 1, 2, 3]) {
      expect(new Set(codes.map((code) => code[place])).size).toBe(10);
    }
  });
});

describe('completing a service', () => {
  it('is not possible before half of the agreed time has passed', async () => {
    const { id } = await ready();
    await market.bringToStart(id, 90);
    await market.startService('therapist', id);
    await market.shift(id, '-29 minutes');
    expect(await complete(id)).toBe('OB044');
    await market.shift(id, '-2 minutes');
    expect(await complete(id)).toBe('ok');
  });

  it('is possible until two hours after its agreed end, later with a reason that the history keeps', async () => {
    const { id } = await ready();
    await market.bringToStart(id);
    await market.startService('therapist', id);
    await market.shift(id, '-3 hours');
    expect(await complete(id)).toBe('OB036');
    expect(await complete(id, { reason: ' ' })).toBe('OB036');
    expect(await complete(id, { reason: 'There was no network' })).toBe('ok');
    expect(
      await market.one(
        `select reason from booking_status_history where booking_id = $1 and to_status = 'completed'`,
        [id],
      ),
    ).toEqual({ reason: 'There was no network' });
  });
});

describe('an unattested service', () => {
  async function serveUnattested(id: unknown): Promise<void> {
    await market.bringToStart(id);
    await market.call('vendor', 'start_service', { booking_id: id, reason: 'She forgot it' });
    await market.shift(id, '-1 hour');
    await market.call('therapist', 'complete_service', { booking_id: id });
  }

  it('earns no points, and is paid out seven days later', async () => {
    const { who, id } = await ready();
    await serveUnattested(id);
    expect(await pointsOf(who)).toBe(0);
    expect(
      await market.one(
        `select payable_from - created_at = $2 * interval '1 day' as is_later from commission_records
        where booking_id = $1`,
        [id, unattestedDays],
      ),
    ).toEqual({ is_later: true });
    // In the week before, as if it had been then: not in the payout of that week.
    await market.owner.query(
      `update commission_records set created_at = created_at - interval '7 days',
        payable_from = payable_from - interval '7 days' where booking_id = $1`,
      [id],
    );
    const { monday } = await market.one(
      `select (date_trunc('week', app_private.today())::date - 7)::text as monday`,
    );
    await market.call('finance', 'run_payouts', { week_start: monday });
    expect(
      await market.one('select payout_id from commission_records where booking_id = $1', [id]),
    ).toEqual({ payout_id: null });
    // One with the code earns both.
    const other = await ready();
    await serve('therapist', other.id);
    expect(await pointsOf(other.who)).toBe(pointsFor(price));
  });

  it('brings no customer the reward of a referral; the next attested one does', async () => {
    const referrer = await market.newCustomer();
    const friend = await friendOf(referrer);
    const book = async () => {
      await market.fillWallet(friend, price);
      const { id } = await market.book(
        friend,
        { startsAt: freeHour() },
        { payment: null, wallet: price },
      );
      await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
      await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
      return id;
    };
    await serveUnattested(await book());
    expect(await walletOf(referrer)).toBe(0);
    await serve('therapist', await book());
    expect(await walletOf(referrer)).toBe(referralReward(price, massagePrice, commissionRate));
  });
});
