import { randomUUID } from 'node:crypto';
import { codeOf } from '../db/attempt.ts';
import {
  beautician,
  bothPackage,
  elsewhere,
  facial,
  idFor,
  inHours,
  localTime,
  type Market,
  massagePrice,
  openMarket,
  packagePrice,
  type Row,
  therapist,
  therapist2,
  vendor,
} from '../fixtures/market.ts';
import { earningsOf, sum, withGst } from '../fixtures/terms.ts';
import { deskPrice, makeDeskSteps } from './desk-steps.ts';
import { makeSteps } from './steps.ts';
import { wrongs } from './wrongs.ts';

let market: Market;
const { freeHour, balance, walletOf } = makeSteps(() => market);
const { bookAtDesk, deskEnds, payAtDesk, newMobile, verifyMobile, guestFor, read, serveAtDesk } =
  makeDeskSteps(() => market);

const commissionRate = 15;
const yesterday = () => new Date(Date.now() - 24 * 3_600_000);

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

/** What the platform owes the vendor; below 0 what the vendor owes. */
const account = () => balance('vendor', vendor);
const refundsOf = async (id: unknown) =>
  (
    await market.owner.query(
      `select refund_method as method, refund_amount::float as amount, status from refunds
      where booking_id = $1 order by created_at`,
      [id],
    )
  ).rows;
const noticesOf = async (id: unknown) =>
  (
    await market.owner.query<{ type: string; name: string }>(
      `select n.type, p.name from notifications n join user_profiles p on p.id = n.user_id
      where n.data ->> 'bookingId' = $1 or n.data ->> 'bookingNumber' = $2`,
      [id, (await read(id)).booking_number],
    )
  ).rows;

describe('booking at the desk', () => {
  it('is for the owner, admins, managers and receptionists of the vendor', async () => {
    for (const who of ['vendor', 'vendor_admin', 'vendor_manager', 'receptionist'] as const) {
      const { id, customer_id, status, channel } = await bookAtDesk({ starts_at: freeHour() }, who);
      expect({ customer_id, status, channel }).toEqual({
        customer_id: null,
        status: 'assigned',
        channel: 'desk',
      });
      expect(
        await market.one('select booked_by from desk_bookings where booking_id = $1', [id]),
      ).toEqual({
        booked_by: idFor(who),
      });
    }
    for (const who of ['accountant', 'therapist', 'customer', 'vendor2'] as const) {
      expect(await deskEnds({ starts_at: freeHour() }, who)).toBe('OB002');
    }
    expect(await deskEnds({ vendor_id: randomUUID() })).toBe('OB003');
    expect(await deskEnds({}, 'visitor')).not.toBe('ok');
  });

  it('begins now when no time is given, confirmed, with the best provider, and costs no service charge', async () => {
    const made = await bookAtDesk({ provider_id: null });
    const startsAt = made.starts_at as Date;
    expect(startsAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect(startsAt.getTime()).toBeGreaterThan(Date.now() - 120_000);
    expect(startsAt.getTime() % 60_000).toBe(0);
    expect(made).toMatchObject({
      service_charge: '0.00',
      total_amount: `${massagePrice}.00`,
      final_amount: deskPrice.toFixed(2),
      booking_type: 'spa_visit',
      payment_status: 'pending',
    });
    const { rows } = await market.owner.query(
      'select to_status from booking_status_history where booking_id = $1 order by created_at',
      [made.id],
    );
    expect(rows.map(({ to_status }) => to_status)).toEqual(['pending', 'confirmed', 'assigned']);
    expect(
      await market.ends('receptionist', 'cancel_booking', {
        booking_id: made.id,
        reason: 'A test',
      }),
    ).toBe('ok');
  });

  it('takes a package, a provider by name, and any whole minute up to the horizon', async () => {
    const startsAt = new Date(freeHour().getTime() + 7 * 60_000);
    const made = await bookAtDesk({
      service_ids: null,
      package_id: bothPackage,
      provider_id: therapist2,
      starts_at: startsAt,
    });
    expect(made.starts_at).toEqual(startsAt);
    expect(Number(made.final_amount)).toBe(withGst(packagePrice));
    expect((await market.one('select app_private.assigned_provider($1) as id', [made.id])).id).toBe(
      therapist2,
    );
    expect(await deskEnds({ starts_at: yesterday() })).toBe('OB060');
    expect(await deskEnds({ starts_at: inHours(24 * 91) })).toBe('OB060');
    expect(await deskEnds({ starts_at: new Date(freeHour().getTime() + 1_000) })).toBe('OB020');
    expect(await deskEnds({ starts_at: inHours(24 * 88) })).toBe('ok');
  });

  it('refuses a guest, services and providers that do not fit, and names the field', async () => {
    const at = { starts_at: freeHour() };
    expect(await deskEnds({ ...at, guest_name: ' ' })).toBe('OB020');
    expect(await deskEnds({ ...at, guest_name: null })).toBe('OB020');
    expect(await deskEnds({ ...at, guest_mobile: '12345' })).toBe('OB020');
    expect(await deskEnds({ ...at, guest_mobile: '+15005550006' })).toBe('OB020');
    expect(await deskEnds({ ...at, service_ids: [] })).toBe('OB020');
    expect(await deskEnds({ ...at, package_id: bothPackage })).toBe('OB020');
    expect(await deskEnds({ ...at, special_instructions: 'x'.repeat(1_001) })).toBe('OB020');
    expect(await deskEnds({ ...at, service_ids: [elsewhere] })).toBe('OB062');
    expect(await deskEnds({ ...at, provider_id: beautician })).toBe('OB062');
    expect(await deskEnds({ ...at, provider_id: randomUUID() })).toBe('OB003');
    expect(await deskEnds({ ...at, idempotency_key: null })).toBe('OB020');
    const { id } = await bookAtDesk({
      ...at,
      guest_mobile: ' 098700 12345',
      provider_id: therapist,
    });
    expect(await guestFor('receptionist', id)).toEqual({
      guest_name: 'Asha Rao',
      guest_mobile: '+919870012345',
    });
    expect(await deskEnds({ ...at, provider_id: therapist })).toBe('OB060');
  });

  it('repeats the answer for the same key, and refuses the key for another request', async () => {
    const request = { idempotency_key: randomUUID(), starts_at: freeHour() };
    const first = await bookAtDesk(request);
    expect((await bookAtDesk(request)).id).toBe(first.id);
    expect(await deskEnds({ ...request, guest_name: 'Another' })).toBe('OB066');
  });

  it('is refused while the vendor is paused', async () => {
    await market.call('vendor', 'pause_vendor', { vendor_id: vendor, reason: 'A holiday' });
    expect(await deskEnds({ starts_at: freeHour() })).toBe('OB062');
    await market.call('vendor', 'resume_vendor', { vendor_id: vendor });
    expect(await deskEnds({ starts_at: freeHour() })).toBe('ok');
  });

  it('tells the user who has verified the guest’s number, and no one else', async () => {
    const mobile = newMobile();
    const unknown = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
    expect((await noticesOf(unknown.id)).filter(({ type }) => type === 'desk_booking')).toEqual([]);
    const who = await market.newCustomer();
    await verifyMobile(who, mobile);
    const { id } = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
    const told = (await noticesOf(id)).filter(({ name }) => name === 'New');
    expect(told).toEqual([{ type: 'desk_booking', name: 'New' }]);
    // Not before it is claimed.
    const { rows } = await market.database.asUser({ ...who, role: 'authenticated' }, (client) =>
      client.query('select id from bookings where id = $1', [id]),
    );
    expect(rows).toEqual([]);
  });
});

describe('the money of a desk booking', () => {
  it('is recorded in parts, in cash, by card and by UPI, and stays with the vendor, without commission', async () => {
    const before = await account();
    const { id } = await bookAtDesk({ starts_at: freeHour(), guest_mobile: newMobile() });
    expect(await payAtDesk(id, 300, 'upi')).toBe('ok');
    expect((await read(id)).payment_status).toBe('partial');
    expect(await payAtDesk(id, deskPrice, 'card')).toBe('OB068');
    expect(await payAtDesk(id, 0, 'card')).toBe('OB020');
    expect(await payAtDesk(id, 100, 'pay_later')).toBe('OB020');
    expect(await payAtDesk(id, 100, 'cash', 'accountant')).toBe('OB003');
    expect(await payAtDesk(id, 400, 'card')).toBe('ok');
    const left = sum(deskPrice, -700);
    const done = await serveAtDesk(id, left);
    expect(done).toMatchObject({ status: 'completed', payment_status: 'paid', is_attested: false });
    expect(await payAtDesk(id, 1)).toBe('OB030');
    const { rows } = await market.owner.query(
      `select payment_method, amount::float as amount, is_at_desk, customer_id from payments
      where booking_id = $1 order by created_at`,
      [id],
    );
    expect(rows).toEqual([
      { payment_method: 'upi', amount: 300, is_at_desk: true, customer_id: null },
      { payment_method: 'card', amount: 400, is_at_desk: true, customer_id: null },
      { payment_method: 'cash', amount: left, is_at_desk: true, customer_id: null },
    ]);
    const record = await market.one(
      `select commission_rate::float as rate, commission_amount::float as commission, tds_amount::float as tds,
        tcs_amount::float as tcs, payable_from <= now() as is_payable from commission_records where booking_id = $1`,
      [id],
    );
    expect(record).toEqual({ rate: 0, commission: 0, tds: 0, tcs: 0, is_payable: true });
    expect(await account()).toBe(before);
  });

  it('costs the usual commission where the number had a booking through the platform in the last 90 days', async () => {
    const mobile = newMobile();
    const who = await market.newCustomer();
    await verifyMobile(who, mobile);
    const booked = await market.book(who, { startsAt: freeHour() });
    // Cancelling it saves nothing.
    await market.call('vendor', 'cancel_booking', {
      booking_id: booked.id,
      reason: 'Come by, we book you here',
    });
    const before = await account();
    const { id } = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
    await serveAtDesk(id, deskPrice);
    const { commission, tds, tcs } = earningsOf(massagePrice, commissionRate);
    expect(sum(await account(), -before)).toBe(-sum(commission, tds, tcs));
    await market.shift(booked.id, '-95 days');
    const later = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
    const { commission_rate } = await market.one(
      'select commission_rate from desk_bookings where booking_id = $1',
      [later.id],
    );
    expect(Number(commission_rate)).toBe(0);
    expect(
      (await market.one('select commission_rate from desk_bookings where booking_id = $1', [id]))
        .commission_rate,
    ).toBeNull();
  });

  it('does not count a booking that was never paid as one through the platform', async () => {
    const mobile = newMobile();
    const who = await market.newCustomer();
    await verifyMobile(who, mobile);
    await market.book(who, { startsAt: freeHour() }, { payment: null });
    const { id } = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
    const { commission_rate } = await market.one(
      'select commission_rate from desk_bookings where booking_id = $1',
      [id],
    );
    expect(Number(commission_rate)).toBe(0);
  });

  it('records no card for a booking of the platform', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() });
    expect(await payAtDesk(id, 100, 'card')).toBe('OB020');
    expect(await payAtDesk(id, 100)).toBe('OB030');
  });

  it('is given back at the desk when the desk cancels, at once', async () => {
    const before = await account();
    const { id } = await bookAtDesk({ starts_at: freeHour() });
    await payAtDesk(id, deskPrice, 'upi');
    await market.call('receptionist', 'cancel_booking', {
      booking_id: id,
      reason: 'The guest called',
    });
    expect(await refundsOf(id)).toEqual([
      { method: 'desk', amount: deskPrice, status: 'completed' },
    ]);
    expect(await read(id)).toMatchObject({ status: 'cancelled', payment_status: 'refunded' });
    expect(await account()).toBe(before);
    expect(await market.ends('receptionist', 'record_desk_refund', { booking_id: id })).toBe(
      'OB030',
    );
  });

  it('waits at the desk when another cancels, until the desk records that it was given back', async () => {
    const before = await account();
    const { id } = await bookAtDesk({ starts_at: freeHour(), provider_id: therapist });
    await payAtDesk(id, 500);
    const toGiveBack = async () =>
      (
        await market.one(
          'select bookings_desk_refund_due(b)::float as due from bookings b where id = $1',
          [id],
        )
      ).due;
    expect(await toGiveBack()).toBe(0);
    await market.call('therapist', 'cancel_booking', { booking_id: id, reason: 'Ill' });
    expect(await toGiveBack()).toBe(500);
    expect(await refundsOf(id)).toEqual([{ method: 'desk', amount: 500, status: 'pending' }]);
    expect(await market.ends('therapist', 'record_desk_refund', { booking_id: id })).not.toBe('ok');
    expect(await market.ends('vendor2', 'record_desk_refund', { booking_id: id })).toBe('OB003');
    const refund = await market.one('select id from refunds where booking_id = $1', [id]);
    expect(await market.ends('finance', 'record_refund_failed', { refund_id: refund.id })).toBe(
      'OB030',
    );
    expect(await market.ends('receptionist', 'record_desk_refund', { booking_id: id })).toBe('ok');
    expect(await toGiveBack()).toBe(0);
    expect(await refundsOf(id)).toEqual([{ method: 'desk', amount: 500, status: 'completed' }]);
    expect(await account()).toBe(before);
  });

  it('is refunded by finance after completion, given back at the desk, and commission and taxes follow', async () => {
    const mobile = newMobile();
    const who = await market.newCustomer();
    await verifyMobile(who, mobile);
    await market.book(who, { startsAt: freeHour() });
    const before = await account();
    const { id } = await bookAtDesk({ starts_at: freeHour(), guest_mobile: mobile });
    await payAtDesk(id, deskPrice, 'card');
    const payment = await market.one('select id from payments where booking_id = $1', [id]);
    const refund = { reason: 'Not as agreed', idempotency_key: randomUUID() };
    expect(
      await market.ends('finance', 'refund_payment', {
        ...refund,
        payment_id: payment.id,
        amount: 100,
      }),
    ).toBe('OB030');
    await serveAtDesk(id);
    await market.call('finance', 'refund_booking', {
      reason: 'Not as agreed',
      booking_id: id,
      amount: deskPrice,
      borne_by: 'vendor',
      idempotency_key: randomUUID(),
    });
    expect(await refundsOf(id)).toEqual([{ method: 'desk', amount: deskPrice, status: 'pending' }]);
    await market.call('receptionist', 'record_desk_refund', { booking_id: id });
    expect(await account()).toBe(before);
    expect(await walletOf(who)).toBe(0);
  });

  it('is not the platform’s: its figures of money received leave it out', async () => {
    const { id } = await bookAtDesk({ starts_at: freeHour() });
    const today = async () =>
      (
        await market.owner.query(
          `select f.figure, f.value from app_private.figures_of_days('money', array[app_private.today()]) f`,
        )
      ).rows;
    const before = await today();
    await payAtDesk(id, deskPrice);
    expect(await today()).toEqual(before);
  });
});

describe('the life of a booking without a customer', () => {
  it('is moved by the desk without asking, and not by request', async () => {
    const { id } = await bookAtDesk({ starts_at: freeHour(), provider_id: therapist });
    const to = localTime(freeHour());
    expect(
      await market.ends('receptionist', 'request_reschedule', {
        booking_id: id,
        ...to,
        reason: 'The guest called',
      }),
    ).toBe('OB030');
    expect(await market.ends('customer', 'reschedule_booking', { booking_id: id, ...to })).toBe(
      'OB003',
    );
    expect(await market.ends('therapist', 'reschedule_booking', { booking_id: id, ...to })).toBe(
      'OB002',
    );
    expect(await market.ends('receptionist', 'reschedule_booking', { booking_id: id, ...to })).toBe(
      'ok',
    );
    expect(await read(id)).toMatchObject({
      status: 'assigned',
      final_amount: deskPrice.toFixed(2),
    });
    // A booking of the platform is its customer's to move.
    const who = await market.newCustomer();
    const { id: other } = await market.book(who, { startsAt: freeHour() });
    expect(
      await market.ends('receptionist', 'reschedule_booking', {
        booking_id: other,
        ...localTime(freeHour()),
      }),
    ).toBe('OB002');
  });

  it('starts without a code, by the desk or the provider, and earns nothing', async () => {
    const { id } = await bookAtDesk({ starts_at: freeHour(), provider_id: therapist });
    expect(await market.ends('receptionist', 'start_service', { booking_id: id })).toBe('OB044');
    await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
    await market.bringToStart(id);
    expect(await market.ends('therapist', 'start_service', { booking_id: id })).toBe('ok');
    await market.shift(id, '-1 hour');
    expect(
      await market.ends('therapist', 'complete_service', {
        booking_id: id,
        cash_collected: deskPrice,
      }),
    ).toBe('ok');
    expect((await read(id)).is_attested).toBe(false);
    // A booking of the platform still needs its code.
    const who = await market.newCustomer();
    const { id: other } = await market.book(who, { startsAt: freeHour() });
    await market.call('vendor', 'assign_therapist', { booking_id: other, therapist_id: therapist });
    await market.bringToStart(other);
    expect(await market.ends('receptionist', 'start_service', { booking_id: other })).toBe('OB020');
  });

  it('ends at once when the guest does not come, without a charge; what was paid waits at the desk', async () => {
    const unpaid = await bookAtDesk({ starts_at: freeHour() });
    expect(await market.ends('receptionist', 'mark_no_show', { booking_id: unpaid.id })).toBe(
      'OB044',
    );
    await market.bringToStart(unpaid.id, 20);
    expect(await market.ends('receptionist', 'mark_no_show', { booking_id: unpaid.id })).toBe('ok');
    const paid = await bookAtDesk({ starts_at: freeHour() });
    await payAtDesk(paid.id, deskPrice);
    await market.bringToStart(paid.id, 20);
    await market.call('receptionist', 'mark_no_show', { booking_id: paid.id });
    for (const { id } of [unpaid, paid]) {
      expect(
        await market.one(
          `select is_no_show, cancellation_charge::float as charge, due_amount::float as due,
            settled_at is not null as is_settled from booking_cancellations where booking_id = $1`,
          [id],
        ),
      ).toEqual({ is_no_show: true, charge: 0, due: 0, is_settled: true });
    }
    expect(await refundsOf(unpaid.id)).toEqual([]);
    expect(await refundsOf(paid.id)).toEqual([
      { method: 'desk', amount: deskPrice, status: 'pending' },
    ]);
    await market.call('receptionist', 'record_desk_refund', { booking_id: paid.id });
  });

  it('ends early for an amount that is fixed at once, and gives the rest back', async () => {
    const before = await account();
    const { id } = await bookAtDesk({ starts_at: freeHour() });
    await payAtDesk(id, deskPrice);
    await market.bringToStart(id, 0);
    await market.call('receptionist', 'start_service', { booking_id: id });
    await market.shift(id, '-30 minutes');
    const half = deskPrice / 2;
    const ended = await market.call('receptionist', 'end_service_early', {
      booking_id: id,
      reason: 'The guest was called away',
      amount: half,
    });
    expect(ended.status).toBe('completed');
    expect(await refundsOf(id)).toEqual([{ method: 'desk', amount: half, status: 'completed' }]);
    expect(
      await market.one(
        'select settled_at is not null as done from booking_settlements where booking_id = $1',
        [id],
      ),
    ).toEqual({ done: true });
    expect(await account()).toBe(before);
  });

  it('that ended early unpaid is paid at the desk afterwards', async () => {
    const { id } = await bookAtDesk({ starts_at: freeHour() });
    await market.bringToStart(id, 0);
    await market.call('receptionist', 'start_service', { booking_id: id });
    await market.shift(id, '-30 minutes');
    await market.call('receptionist', 'end_service_early', {
      booking_id: id,
      reason: 'Unwell',
      amount: 500,
    });
    expect(await payAtDesk(id, 400, 'upi')).toBe('OB069');
    expect(await payAtDesk(id, 500, 'upi')).toBe('ok');
    expect(
      await market.one(
        'select settled_at is not null as done from booking_settlements where booking_id = $1',
        [id],
      ),
    ).toEqual({ done: true });
  });

  it('that is overdue is completed by the desk with a reason, and settled at once', async () => {
    const { id } = await bookAtDesk({ starts_at: freeHour() });
    await market.bringToStart(id, 240);
    await market.one('select app_private.note_overdue_bookings(100)');
    expect((await read(id)).overdue_since).not.toBeNull();
    expect((await noticesOf(id)).filter(({ name }) => name.startsWith('customer_care'))).toEqual(
      [],
    );
    expect(await market.ends('receptionist', 'start_service', { booking_id: id })).toBe('OB030');
    const done = await market.call('receptionist', 'complete_service', {
      booking_id: id,
      cash_collected: deskPrice,
      reason: 'No network',
    });
    expect(done).toMatchObject({ status: 'completed', payment_status: 'paid' });
    expect(
      await market.one(
        'select count(*)::integer as count from booking_settlements where booking_id = $1',
        [id],
      ),
    ).toEqual({ count: 0 });
  });

  it('that no one reports is cancelled a day later, and nothing is due', async () => {
    const { id } = await bookAtDesk({ starts_at: freeHour() });
    await payAtDesk(id, 200);
    await market.bringToStart(id, 240);
    await market.one('select app_private.note_overdue_bookings(100)');
    await market.owner.query(
      `update bookings set overdue_since = now() - interval '25 hours' where id = $1`,
      [id],
    );
    await market.one('select app_private.cancel_overdue_bookings(100)');
    expect((await read(id)).status).toBe('cancelled');
    expect(await refundsOf(id)).toEqual([{ method: 'desk', amount: 200, status: 'pending' }]);
    await market.call('vendor', 'record_desk_refund', { booking_id: id });
  });

  it('does not count among the bookings of the vendor through the platform', async () => {
    const count = async () =>
      (await market.one('select total_bookings from vendors where id = $1', [vendor]))
        .total_bookings;
    const before = await count();
    await bookAtDesk({ starts_at: freeHour() });
    expect(await count()).toBe(before);
  });
});

describe('the guest of a desk booking', () => {
  it('is seen by the desk, and by the provider from acknowledging until 24 hours after the service', async () => {
    const mobile = newMobile();
    const { id } = await bookAtDesk({
      starts_at: freeHour(),
      provider_id: therapist,
      guest_mobile: mobile,
    });
    const guest = { guest_name: 'Asha Rao', guest_mobile: mobile };
    for (const who of ['vendor', 'vendor_admin', 'vendor_manager', 'receptionist'] as const) {
      expect(await guestFor(who, id)).toEqual(guest);
    }
    for (const who of ['accountant', 'therapist2', 'customer', 'vendor2', 'therapist'] as const) {
      expect(await guestFor(who, id)).toBeUndefined();
    }
    await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
    expect(await guestFor('therapist', id)).toEqual(guest);
    await serveAtDesk(id, deskPrice);
    expect(await guestFor('therapist', id)).toEqual(guest);
    await market.shift(id, '-25 hours');
    expect(await guestFor('therapist', id)).toBeUndefined();
    expect(await guestFor('receptionist', id)).toEqual(guest);
  });

  it('of a beautician is seen from the assignment on', async () => {
    const { id } = await bookAtDesk({
      starts_at: freeHour(),
      service_ids: [facial],
      provider_id: beautician,
    });
    expect(await guestFor('beautician', id)).toMatchObject({ guest_name: 'Asha Rao' });
  });

  it('is never in the audit log, and is deleted after 24 months', async () => {
    const mobile = newMobile();
    const name = `Guest ${randomUUID()}`;
    const { id } = await bookAtDesk({
      starts_at: freeHour(),
      guest_mobile: mobile,
      guest_name: name,
      special_instructions: 'Bad knee',
    });
    const { rows } = await market.owner.query(
      `select action, new_values from audit_logs where resource_type = 'desk_bookings' and resource_id = $1`,
      [id],
    );
    expect(rows).toMatchObject([
      { action: 'insert', new_values: { guest_name: '***', guest_mobile: '***' } },
    ]);
    const forget = async () =>
      (await market.one('select app_private.forget_desk_guests(100) as count')).count;
    expect(await forget()).toBe(0);
    await market.owner.query(
      `update desk_bookings set created_at = now() - interval '25 months' where booking_id = $1`,
      [id],
    );
    expect(await forget()).toBe(1);
    expect(await forget()).toBe(0);
    expect(await guestFor('receptionist', id)).toEqual({ guest_name: null, guest_mobile: null });
    expect((await read(id)).special_instructions).toBeNull();
    const found = await market.one(
      `select count(*)::integer as count from audit_logs where (old_values || new_values)::text like '%' || $1 || '%'`,
      [name],
    );
    expect(found).toEqual({ count: 0 });
  });
});

it('desks of other vendors do not see it', async () => {
  const { id } = await bookAtDesk({ starts_at: freeHour() });
  expect(
    await market.ends('vendor2', 'cancel_booking', { booking_id: id, reason: 'Not mine' }),
  ).toBe('OB003');
  expect(
    await market.ends('receptionist', 'cancel_booking', { booking_id: id, reason: 'Mine' }),
  ).toBe('ok');
});

describe('at once', () => {
  const rounds = 50;

  it(`the desk and the app for one slot: one gets it, ${rounds} times`, async () => {
    const startsAt = inHours(20);
    for (let round = 0; round < rounds; round += 1) {
      const taken: Row = {};
      const ends = await Promise.all(
        [
          bookAtDesk({ starts_at: startsAt, provider_id: therapist2 }),
          market.hold('customer2', { startsAt, provider: therapist2 }),
        ].map((made) => made.then((row) => Object.assign(taken, row) && 'ok', codeOf)),
      );
      expect(ends.toSorted()).toEqual(['OB060', 'ok']);
      const [who, name, args] =
        ends[0] === 'ok'
          ? (['receptionist', 'cancel_booking', { booking_id: taken.id, reason: 'Next' }] as const)
          : (['customer2', 'release_hold', { hold_id: taken.id }] as const);
      await market.call(who, name, args);
    }
  }, 120_000);

  it('two receptionists with one key: one booking is made', async () => {
    const request = { idempotency_key: randomUUID(), starts_at: freeHour() };
    const [one, other] = await Promise.all([bookAtDesk(request), bookAtDesk(request)]);
    expect(one?.id).toBe(other?.id);
  });

  it('two of the desk for the same time get two providers, and the third is refused', async () => {
    const startsAt = freeHour();
    const ends = await Promise.all([1, 2, 3].map(() => deskEnds({ starts_at: startsAt })));
    expect(ends.sort()).toEqual(['OB060', 'ok', 'ok']);
  });
});
