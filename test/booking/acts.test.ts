import { randomUUID } from 'node:crypto';
import {
  idFor,
  type Market,
  massage,
  openMarket,
  therapist,
  therapist2,
} from '../fixtures/market.ts';
import type { Person } from '../fixtures/people.ts';
import { makeSteps, price } from './steps.ts';

let market: Market;
const { freeHour, assigned, serve } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
  await market.liftLimits();
});

afterAll(async () => {
  await market?.close();
});

describe('the life of a booking', () => {
  it('confirming makes it pending; unpaid it lapses with its hold, and the slot is free again', async () => {
    const startsAt = freeHour();
    const booking = await market.book('customer', { startsAt }, { payment: null });
    expect(booking.status).toBe('pending');
    expect(await market.holdEnds('customer2', { startsAt })).toBe('OB060');
    await market.owner.query(
      `with r as (update app_private.provider_reservations set expires_at = now() - interval '1 s' where booking_id = $1)
      update bookings set expires_at = now() - interval '1 s' where id = $1`,
      [booking.id],
    );
    expect(await market.holdEnds('customer2', { startsAt })).toBe('ok');
    expect(
      await market.ends('customer', 'pay_from_wallet', {
        booking_id: booking.id,
        idempotency_key: randomUUID(),
      }),
    ).toBe('OB030');
    // The refused payment's connection may hold the row for another moment, and what is locked is left out.
    let swept = 0;
    while (swept === 0) {
      swept = Number((await market.one('select app_private.lapse_bookings(100)')).lapse_bookings);
    }
    expect(
      await market.one('select status, cancellation_reason from bookings where id = $1', [
        booking.id,
      ]),
    ).toEqual({
      status: 'cancelled',
      cancellation_reason: 'The booking was not paid in time',
    });
  });

  it('choosing cash confirms it, and a part that is paid does not', async () => {
    expect((await market.book('customer', { startsAt: freeHour() })).status).toBe('confirmed');
    await market.fillWallet('customer', 10);
    const part = await market.book(
      'customer',
      { startsAt: freeHour() },
      { payment: null, wallet: 10 },
    );
    expect(part).toMatchObject({
      status: 'pending',
      payment_status: 'partial',
      expires_at: expect.any(Date),
    });
  });

  it.each([
    ['pending', 'assigned'],
    ['pending', 'in_progress'],
    ['pending', 'completed'],
    ['confirmed', 'in_progress'],
    ['confirmed', 'completed'],
    ['confirmed', 'pending'],
    ['assigned', 'completed'],
    ['assigned', 'pending'],
    ['assigned', 'confirmed'],
  ])('it never goes from %s to %s, for any role that writes the row', async (from, to) => {
    const { id } =
      from === 'assigned'
        ? await assigned()
        : await market.book(
            'customer',
            { startsAt: freeHour() },
            { payment: from === 'pending' ? null : 'cash' },
          );
    expect(await market.one('select status from bookings where id = $1', [id])).toEqual({
      status: from,
    });
    await expect(
      market.owner.query('update bookings set status = $2 where id = $1', [id, to]),
    ).rejects.toMatchObject({ code: 'OB030' });
  });

  it.each(['completed', 'cancelled'])('it never leaves %s', async (end) => {
    const { id, who } = await assigned();
    if (end === 'cancelled') {
      await market.call(who, 'cancel_booking', {
        booking_id: id,
        reason: 'Rain',
      });
    } else {
      await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
      await serve('therapist', id, price);
    }
    for (const to of [
      'pending',
      'confirmed',
      'assigned',
      'in_progress',
      'completed',
      'cancelled',
    ].filter((one) => one !== end)) {
      await expect(
        market.owner.query(
          `update bookings set status = $2, cancelled_at = case when $2 = 'cancelled' then now() end where id = $1`,
          [id, to],
        ),
      ).rejects.toMatchObject({ code: 'OB030' });
    }
  });

  it('a service that has begun is not cancelled', async () => {
    const { id, who } = await assigned();
    await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
    await market.bringToStart(id);
    await market.startService('therapist', id);
    expect(
      await market.ends(who, 'cancel_booking', {
        booking_id: id,
        reason: 'Rain',
      }),
    ).toBe('OB030');
  });

  it('every change records who made it and why', async () => {
    const { id, who } = await assigned();
    await market.call('receptionist', 'cancel_booking', {
      booking_id: id,
      reason: 'The room is flooded',
    });
    expect(
      await market.one(
        `select changed_by, reason from booking_status_history where booking_id = $1 and to_status = 'cancelled'`,
        [id],
      ),
    ).toEqual({ changed_by: idFor('receptionist'), reason: 'The room is flooded' });
    expect(
      await market.one(
        `select changed_by from booking_status_history where booking_id = $1 and to_status = 'pending'`,
        [id],
      ),
    ).toEqual({ changed_by: who.sub });
  });

  it.each([
    {
      act: 'cancel_booking',
      args: { reason: 'x' },
      ends: {
        vendor2: 'OB003',
        accountant: 'OB003',
        customer_care_viewer: 'OB002',
        finance: 'OB002',
        nobody: 'OB003',
        customer_care: 'ok',
      },
    },
    {
      act: 'assign_best',
      args: {},
      ends: { customer: 'OB003', therapist2: 'OB003', vendor: 'OB030' },
    },
    {
      act: 'start_service',
      args: { code: '0000' },
      // Too early, for who may.
      ends: { customer2: 'OB003', therapist2: 'OB003', accountant: 'OB003', therapist: 'OB044' },
    },
    {
      act: 'add_booking_note',
      args: { note: 'Hello' },
      ends: { vendor2: 'OB003', therapist: 'ok' },
    },
    {
      act: 'add_booking_note',
      args: { note: 'Hello', is_internal: true },
      ends: { vendor: 'OB002', customer_care: 'ok' },
    },
  ])('$act may be done by its parties alone', async ({ act, args, ends }) => {
    const { id } = await assigned();
    for (const [who, code] of Object.entries(ends)) {
      const end = await market.ends(who as Person, act, { booking_id: id, ...args });
      expect({ who, end }).toEqual({ who, end: code });
    }
  });

  it('an internal note is hidden from the parties', async () => {
    const { id } = await assigned();
    await market.call('customer_care', 'add_booking_note', {
      booking_id: id,
      note: 'Calls often',
      is_internal: true,
    });
    await market.call('vendor', 'add_booking_note', { booking_id: id, note: 'Room 2' });
    const notes = (who: 'vendor' | 'customer_care') =>
      market.database.asUser({ sub: idFor(who), role: 'authenticated' }, async (client) => {
        const { rows } = await client.query(
          'select note from booking_notes where booking_id = $1 order by note',
          [id],
        );
        return rows.map(({ note }) => note);
      });
    expect(await notes('vendor')).toEqual(['Room 2']);
    expect(await notes('customer_care')).toEqual(['Calls often', 'Room 2']);
  });
});

describe('assigning', () => {
  it('the time of a provider is never reserved twice, whatever code writes the row', async () => {
    const startsAt = freeHour();
    const first = await market.book(await market.newCustomer(), { startsAt });
    const second = await market.book(await market.newCustomer(), {
      startsAt,
      provider: therapist2,
    });
    await expect(
      market.owner.query(
        'update app_private.provider_reservations set provider_id = $1 where booking_id = $2',
        [therapist, second.id],
      ),
    ).rejects.toMatchObject({ code: '23P01' });
    // An assignment without its reservation does not get past the commit.
    await expect(
      market.owner.query(
        `with b as (update bookings set status = 'assigned' where id = $2)
        insert into therapist_assignments (booking_id, therapist_id, vendor_id, customer_id, service_id,
          assignment_date, assignment_time, estimated_duration)
        select id, $1, vendor_id, customer_id, $3, booking_date, booking_time, 60 from bookings where id = $2`,
        [therapist, second.id, massage],
      ),
    ).rejects.toMatchObject({ code: 'OB060' });
    expect(
      await market.ends('vendor', 'assign_therapist', {
        booking_id: second.id,
        therapist_id: therapist,
      }),
    ).toBe('OB060');
    expect(
      await market.ends('vendor', 'assign_therapist', {
        booking_id: first.id,
        therapist_id: therapist,
      }),
    ).toBe('ok');
  });

  it('a booking may go to another provider, who is free then; the first is released', async () => {
    const { id } = await assigned();
    await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist2 });
    const { rows } = await market.owner.query(
      'select therapist_id, status from therapist_assignments where booking_id = $1 order by created_at',
      [id],
    );
    expect(rows).toEqual([
      { therapist_id: therapist, status: 'cancelled' },
      { therapist_id: therapist2, status: 'assigned' },
    ]);
    expect(
      await market.one(
        'select provider_id from app_private.provider_reservations where booking_id = $1',
        [id],
      ),
    ).toEqual({ provider_id: therapist2 });
  });

  it('positions are recorded every five seconds, on the way and during the service, and seen by the parties only then', async () => {
    const { id, who } = await assigned();
    const report = () =>
      market.ends('therapist', 'report_location', {
        booking_id: id,
        latitude: 18.5,
        longitude: 73.8,
      });
    const seen = async () =>
      market.database.asUser(
        { ...who, role: 'authenticated' },
        async (client) =>
          (await client.query('select from therapist_locations where booking_id = $1', [id]))
            .rowCount,
      );
    expect(await report()).toBe('OB072');
    await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
    await market.call('therapist', 'start_travel', { booking_id: id });
    expect(
      await market.ends('therapist2', 'report_location', {
        booking_id: id,
        latitude: 18.5,
        longitude: 73.8,
      }),
    ).toBe('OB003');
    expect([await report(), await report()]).toEqual(['ok', 'OB072']);
    await market.owner.query(
      `update therapist_locations set timestamp = timestamp - interval '5 s'`,
    );
    expect(await report()).toBe('ok');
    expect(await seen()).toBe(2);
    await market.call('therapist', 'arrive', { booking_id: id });
    await serve('therapist', id, price);
    expect(await report()).toBe('OB072');
    expect(await seen()).toBe(0);
  });

  it('positions are deleted after 24 hours', async () => {
    await market.owner.query(
      `insert into therapist_locations (therapist_id, latitude, longitude, timestamp)
      values ($1, 1, 1, now() - interval '24 hours 1 minute'), ($1, 2, 2, now() - interval '23 hours')`,
      [therapist],
    );
    await market.owner.query('select app_private.forget_locations()');
    expect(
      await market.one(
        `select count(*) filter (where latitude = 1)::int as old, count(*) filter (where latitude = 2)::int as young from therapist_locations`,
      ),
    ).toEqual({ old: 0, young: 1 });
  });
});
