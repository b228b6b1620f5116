import pg from 'pg';
import { codeOf } from '../db/attempt.ts';
import {
  claimsFor,
  idFor,
  localTime,
  type Market,
  openMarket,
  therapist,
  type Who,
} from '../fixtures/market.ts';
import { deskPrice, makeDeskSteps } from './desk-steps.ts';
import { makeSteps, type Sub } from './steps.ts';
import { wrongs } from './wrongs.ts';

let market: Market;
const { freeHour, walletOf, pointsOf } = makeSteps(() => market);
const { bookAtDesk, payAtDesk, newMobile, verifyMobile, guestFor, read, serveAtDesk } =
  makeDeskSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

afterEach(async () => {
  expect(await market.imbalances()).toEqual([]);
  expect(await wrongs(market)).toEqual([]);
});

const claim = (who: Who, number: unknown) =>
  market.ends(who, 'claim_booking', { booking_number: number });
const claimable = async (who: Who): Promise<readonly string[]> => {
  const { rows } = await market.database.asUser(claimsFor(who), (client) =>
    client.query('select booking_number from claimable_bookings()'),
  );
  return rows.map(({ booking_number }) => booking_number);
};
const sees = async (who: Who, id: unknown): Promise<boolean> => {
  const { rows } = await market.database.asUser(claimsFor(who), (client) =>
    client.query('select id from bookings where id = $1', [id]),
  );
  return rows.length === 1;
};

/** A customer with a verified number, and a booking of the desk for it. */
async function booked(guest: Readonly<Record<string, unknown>> = {}) {
  const who = await market.newCustomer();
  const mobile = newMobile();
  await verifyMobile(who, mobile);
  const { id, booking_number: number } = await bookAtDesk({
    starts_at: freeHour(),
    guest_mobile: mobile,
    ...guest,
  });
  return { who, mobile, id, number: String(number) };
}

describe('what can be claimed', () => {
  it('is listed for the customer who has verified the number, with number, vendor, time and services only', async () => {
    const { who, number } = await booked();
    const { rows } = await market.database.asUser(claimsFor(who), (client) =>
      client.query('select * from claimable_bookings()'),
    );
    expect(rows).toEqual([
      {
        booking_number: number,
        vendor_name: 'Lotus Spa',
        starts_at: expect.any(Date),
        services: ['Massage'],
      },
    ]);
    const other = await market.newCustomer();
    await verifyMobile(other, newMobile());
    expect(await claimable(other)).toEqual([]);
  });

  it('needs a verified number', async () => {
    const who = await market.newCustomer();
    expect(await claimable(who).catch(codeOf)).toBe('OB037');
    expect(await claim(who, 'OBO-20250101-0001')).toBe('OB037');
    await verifyMobile(who, newMobile());
    expect(await claimable(who)).toEqual([]);
    expect(await claim(who, 'OBO-20250101-0001')).toBe('OB003');
    expect(
      await market.ends('visitor', 'claim_booking', { booking_number: 'OBO-20250101-0001' }),
    ).not.toBe('ok');
    // A number that was only entered into the profile is not verified.
    const typed = await market.newCustomer();
    await market.owner.query('update user_profiles set mobile = $2 where id = $1', [
      idFor(typed),
      newMobile(),
    ]);
    expect(await claim(typed, 'OBO-20250101-0001')).toBe('OB037');
  });

  it('are coming bookings and those of the last 90 days, not the cancelled ones', async () => {
    const { who, mobile, id, number } = await booked();
    await market.shift(id, '-92 days');
    expect(await claimable(who)).toEqual([]);
    expect(await claim(who, number)).toBe('OB003');
    await market.shift(id, '10 days');
    expect(await claimable(who)).toEqual([number]);
    expect(await claim(who, number)).toBe('ok');
    const cancelled = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
    await market.call('receptionist', 'cancel_booking', {
      booking_id: cancelled.id,
      reason: 'The guest called',
    });
    expect(await claim(who, cancelled.booking_number)).toBe('OB003');
    await market.call('receptionist', 'cancel_booking', { booking_id: id, reason: 'Long ago' });
  });
});

describe('claiming', () => {
  it('shows the booking to its customer, with the start code, and again gives the same booking', async () => {
    const { who, mobile, id, number } = await booked();
    expect(await sees(who, id)).toBe(false);
    expect(await claim(who, number.toLowerCase())).toBe('ok');
    expect(await sees(who, id)).toBe(true);
    expect(await market.startCode(id)).toMatch(/^\d{4}$/);
    expect(await guestFor(who, id)).toEqual({ guest_name: 'Asha Rao', guest_mobile: mobile });
    expect(await claimable(who)).toEqual([]);
    expect((await market.call(who, 'claim_booking', { booking_number: number })).id).toBe(id);
    const { rows } = await market.owner.query(
      `select type from notifications where user_id = $1 and data ->> 'bookingId' = $2`,
      [idFor(who), id],
    );
    expect(rows).toEqual([{ type: 'booking_confirmed' }]);
    const parties = await market.one(
      `select b.customer_id = a.customer_id and b.customer_id = d.customer_id as same
      from bookings b join therapist_assignments a on a.booking_id = b.id join desk_bookings d on d.booking_id = b.id
      where b.id = $1`,
      [id],
    );
    expect(parties).toEqual({ same: true });
  });

  it('is not possible for another account, also not for a former holder of the number', async () => {
    const { who, mobile, id, number } = await booked();
    const other = await market.newCustomer();
    expect(await claim(other, number)).toBe('OB037');
    await verifyMobile(other, newMobile());
    expect(await claim(other, number)).toBe('OB003');
    await verifyMobile(who, null);
    await verifyMobile(other, mobile);
    expect(await claim(who, number)).toBe('OB037');
    expect(await claim(other, number)).toBe('ok');
    expect((await read(id)).customer_id).toBe(other.sub);
    await verifyMobile(other, null);
    await verifyMobile(who, mobile);
    expect(await claim(who, number)).toBe('OB003');
  });

  it('lets the customer cancel it without a fee, and gives what was paid at the desk back there', async () => {
    const { who, id, number } = await booked();
    await payAtDesk(id, deskPrice, 'upi');
    await claim(who, number);
    await market.bringToStart(id, -60);
    expect(await market.ends(who, 'cancel_booking', { booking_id: id, reason: 'Ill' })).toBe('ok');
    const { rows } = await market.owner.query(
      'select customer_id, refund_method, refund_amount::float as amount, status from refunds where booking_id = $1',
      [id],
    );
    expect(rows).toEqual([
      { customer_id: who.sub, refund_method: 'desk', amount: deskPrice, status: 'pending' },
    ]);
    expect(await walletOf(who)).toBe(0);
    await market.call('receptionist', 'record_desk_refund', { booking_id: id });
    expect((await read(id)).payment_status).toBe('refunded');
  });

  it('lets the customer move it, and no longer the desk without asking', async () => {
    const { who, id, number } = await booked();
    await claim(who, number);
    const to = localTime(freeHour());
    expect(await market.ends('receptionist', 'reschedule_booking', { booking_id: id, ...to })).toBe(
      'OB002',
    );
    expect(
      await market.ends('receptionist', 'request_reschedule', {
        booking_id: id,
        ...to,
        reason: 'A course',
      }),
    ).toBe('ok');
    expect(
      await market.ends(who, 'reschedule_booking', { booking_id: id, ...localTime(freeHour()) }),
    ).toBe('ok');
    expect(Number((await market.one('select app_private.amount_due($1) as due', [id])).due)).toBe(
      deskPrice,
    );
  });

  it('does not let it be paid in the app', async () => {
    const { who, id, number } = await booked();
    await claim(who, number);
    await market.fillWallet(who, 5_000);
    const request = { booking_id: id, idempotency_key: 'desk-wallet-key' };
    expect(await market.ends(who, 'pay_from_wallet', request)).toBe('OB030');
    expect(
      await market.ends(who, 'start_payment', {
        ...request,
        idempotency_key: 'desk-gateway-key',
        payment_method: 'upi',
        payment_gateway: 'razorpay',
      }),
    ).toBe('OB030');
    expect(await payAtDesk(id, deskPrice)).toBe('ok');
  });

  it('earns no points and no tier, and is reviewed only when it was started with the start code', async () => {
    const { who, mobile, id, number } = await booked();
    await claim(who, number);
    await market.bringToStart(id);
    expect(await market.ends('receptionist', 'start_service', { booking_id: id })).toBe('OB020');
    expect(
      await market.ends('receptionist', 'start_service', { booking_id: id, reason: 'No phone' }),
    ).toBe('OB002');
    await market.startService('receptionist', id);
    await market.shift(id, '-1 hour');
    await market.call('receptionist', 'complete_service', {
      booking_id: id,
      cash_collected: deskPrice,
    });
    expect((await read(id)).is_attested).toBe(true);
    expect(await pointsOf(who)).toBe(0);
    expect(
      await market.one(
        'select total_bookings, total_spent::float as spent from customers where id = $1',
        [who.sub],
      ),
    ).toEqual({ total_bookings: 0, spent: 0 });
    expect(await market.ends(who, 'write_vendor_review', { booking_id: id, rating: 5 })).toBe('ok');

    const walkIn = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
    await serveAtDesk(walkIn.id, deskPrice);
    expect(await claim(who, walkIn.booking_number)).toBe('ok');
    expect(
      await market.ends(who, 'write_vendor_review', { booking_id: walkIn.id, rating: 5 }),
    ).toBe('OB030');
  });

  it('at a time at which the customer is served elsewhere keeps the name of the guest', async () => {
    const who = await market.newCustomer();
    const mobile = newMobile();
    await verifyMobile(who, mobile);
    const startsAt = freeHour();
    await market.book(who, { startsAt, provider: therapist });
    const { id, booking_number: number } = await bookAtDesk({
      starts_at: startsAt,
      guest_mobile: mobile,
    });
    expect(await claim(who, number)).toBe('ok');
    expect((await read(id)).guest_name).toBe('Asha Rao');
  });

  it('hands the guest’s data to the customer: it is exported, and goes with the account', async () => {
    const { who, mobile, id, number } = await booked();
    await payAtDesk(id, deskPrice);
    await serveAtDesk(id);
    const exported = async () =>
      (
        await market.database.asUser(claimsFor(who), (client) =>
          client.query('select export_my_data() as data'),
        )
      ).rows[0]?.data.tables;
    expect((await exported()).desk_bookings).toBeUndefined();
    await claim(who, number);
    expect((await exported()).desk_bookings).toMatchObject([
      { booking_id: id, guest_name: 'Asha Rao', guest_mobile: mobile },
    ]);
    await market.owner.query(
      `insert into user_sessions (user_id, expires_at) values ($1, now() + interval '1 day')`,
      [who.sub],
    );
    await market.owner.query('select app_private.forget_bookings($1)', [who.sub]);
    expect(await guestFor('receptionist', id)).toEqual({ guest_name: null, guest_mobile: null });
  });
});

describe('at once', () => {
  let pool: pg.Pool;

  beforeAll(() => {
    pool = new pg.Pool({ connectionString: market.database.apiUrl, max: 30 });
  });

  afterAll(async () => {
    await pool?.end();
  });

  async function attempt(who: Who, number: string): Promise<string> {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query(
        `select set_config('role', app_private.enter_request($1::text::jsonb), true),
          set_config('request.jwt.claims', $1::text, true), set_config('statement_timeout', '10s', true)`,
        [JSON.stringify(claimsFor(who))],
      );
      await client.query('select claim_booking($1)', [number]);
      await client.query('commit');
      return 'ok';
    } catch (error) {
      await client.query('rollback');
      return codeOf(error);
    } finally {
      client.release();
    }
  }

  it('50 claims by two accounts while the number passes from one to the other: one account gets it', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { who, mobile, id, number } = await booked();
      const other: Sub = await market.newCustomer();
      const passing = (async () => {
        await verifyMobile(who, null);
        await verifyMobile(other, mobile);
      })();
      const ends = await Promise.all(
        Array.from({ length: 50 }, async (_, index) => {
          const claimer = index % 2 === 0 ? who : other;
          return { claimer, end: await attempt(claimer, number) };
        }),
      );
      await passing;
      // A number that arrives after all had asked.
      await attempt(other, number);
      const winner = (await read(id)).customer_id;
      expect([who.sub, other.sub]).toContain(winner);
      for (const { claimer, end } of ends) {
        expect(['ok', 'OB003', 'OB037']).toContain(end);
        if (end === 'ok') {
          expect(claimer.sub).toBe(winner);
        }
      }
    }
  });

  it('two devices of one account: both get the booking, which has one customer', async () => {
    const { who, id, number } = await booked();
    expect(await Promise.all(Array.from({ length: 10 }, () => attempt(who, number)))).toEqual(
      Array(10).fill('ok'),
    );
    expect((await read(id)).customer_id).toBe(who.sub);
    expect(
      await market.one(
        `select count(*)::integer as count from notifications where user_id = $1 and type = 'booking_confirmed'`,
        [who.sub],
      ),
    ).toEqual({ count: 1 });
  });

  it('a claim and a cancellation by the desk: the booking is cancelled, and nothing is lost', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { who, id, number } = await booked();
      await payAtDesk(id, 500);
      const [claimed, cancelled] = await Promise.all([
        attempt(who, number),
        market.ends('receptionist', 'cancel_booking', {
          booking_id: id,
          reason: 'The guest called',
        }),
      ]);
      expect(['ok', 'OB003']).toContain(claimed);
      expect(cancelled).toBe('ok');
      const { rows } = await market.owner.query(
        `select distinct customer_id from (
          select customer_id from bookings where id = $1 union all
          select customer_id from payments where booking_id = $1 union all
          select customer_id from refunds where booking_id = $1) c`,
        [id],
      );
      expect(rows).toEqual([{ customer_id: claimed === 'ok' ? who.sub : null }]);
    }
  });
});
