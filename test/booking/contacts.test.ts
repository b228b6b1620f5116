import {
  beautician,
  claimsFor,
  facial,
  idFor,
  localTime,
  type Market,
  massage,
  nearAddress,
  openMarket,
  therapist,
  therapist2,
  type Who,
} from '../fixtures/market.ts';
import { makeSteps } from './steps.ts';

let market: Market;
const { freeHour, serve } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const contactSql = 'select contact_name, contact_mobile, service_location from booking_contacts';

/** What a user reads of the contact of a booking: the address, or null. */
async function seenBy(who: Who, id: unknown): Promise<unknown> {
  const { rows } = await market.database.asUser(claimsFor(who), (client) =>
    client.query(`${contactSql} where booking_id = $1`, [id]),
  );
  return rows[0]?.service_location.address_line1 ?? null;
}

/** Whether they see the booking itself: what is withheld is the contact alone. */
async function seesBooking(who: Who, id: unknown): Promise<boolean> {
  const { rows } = await market.database.asUser(claimsFor(who), (client) =>
    client.query('select from bookings where id = $1', [id]),
  );
  return rows.length === 1;
}

async function placeInCalendar(who: Who, id: unknown): Promise<unknown> {
  const { rows } = await market.database.asUser(claimsFor(who), (client) =>
    client.query(
      `select bookings_calendar(b) ->> 'location' as place from bookings b where id = $1`,
      [id],
    ),
  );
  return rows[0]?.place ?? null;
}

/** A booking of the customer at home, which the therapist has not acknowledged. */
async function atHome(): Promise<unknown> {
  const { id } = await market.book('customer', {
    startsAt: freeHour(),
    services: [massage],
    type: 'home_service',
    address: nearAddress,
  });
  await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
  return id;
}

const home = 'FC Road';
const acknowledge = (id: unknown, who: Who = 'therapist') =>
  market.call(who, 'acknowledge_assignment', { booking_id: id });
const cancel = (id: unknown) =>
  market.call('customer', 'cancel_booking', { booking_id: id, reason: 'Rain' });

async function served(): Promise<unknown> {
  const id = await atHome();
  const booking = { booking_id: id };
  await acknowledge(id);
  await market.call('therapist', 'start_travel', booking);
  await market.call('therapist', 'arrive', booking);
  const due = await market.one('select final_amount::float as amount from bookings where id = $1', [
    id,
  ]);
  await serve('therapist', id, Number(due.amount));
  return id;
}

describe('name, number and address of a customer', () => {
  it('are the provider’s from acknowledging until 24 hours after the service', async () => {
    const id = await atHome();
    expect(await seesBooking('therapist', id)).toBe(true);
    expect(await seenBy('therapist', id)).toBeNull();
    expect(await placeInCalendar('therapist', id)).toBeNull();
    await acknowledge(id);
    expect(await seenBy('therapist', id)).toBe(home);
    expect(await placeInCalendar('therapist', id)).toContain(home);
    await cancel(id);

    const done = await served();
    await market.shift(done, '-23 hours');
    expect(await seenBy('therapist', done)).toBe(home);
    await market.shift(done, '-2 hours');
    expect(await seenBy('therapist', done)).toBeNull();
    expect(await placeInCalendar('therapist', done)).toBeNull();
    // The booking stays in the provider's history, and the customer and the desk still see all of it.
    expect(await seesBooking('therapist', done)).toBe(true);
    expect(await seenBy('customer', done)).toBe(home);
    expect(await seenBy('receptionist', done)).toBe(home);
  });

  it('end for the provider when the booking goes to another one, or is cancelled', async () => {
    const id = await atHome();
    await acknowledge(id);
    expect(await seenBy('therapist', id)).toBe(home);
    await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist2 });
    expect([await seenBy('therapist', id), await seenBy('therapist2', id)]).toEqual([null, null]);
    await acknowledge(id, 'therapist2');
    expect([await seenBy('therapist', id), await seenBy('therapist2', id)]).toEqual([null, home]);
    await cancel(id);
    expect([await seenBy('therapist2', id), await seenBy('customer', id)]).toEqual([null, home]);
  });

  it('are a beautician’s in the salon from the assignment', async () => {
    const { id } = await market.book('customer', { startsAt: freeHour(), services: [facial] });
    expect(await seenBy('beautician', id)).toBeNull();
    await market.call('vendor', 'assign_beautician', { booking_id: id, beautician_id: beautician });
    expect(await seenBy('beautician', id)).toBe('MG Road');
    await cancel(id);
    expect(await seenBy('beautician', id)).toBeNull();
  });

  it('are the desk’s until 90 days after the service, also where it was cancelled', async () => {
    const id = await atHome();
    const desk = ['vendor', 'vendor_admin', 'vendor_manager', 'receptionist'] as const;
    for (const who of desk) {
      expect([who, await seenBy(who, id)]).toEqual([who, home]);
    }
    await cancel(id);
    await market.bringToStart(id, 89 * 24 * 60);
    expect(await seenBy('receptionist', id)).toBe(home);
    expect(await placeInCalendar('receptionist', id)).toContain(home);
    await market.shift(id, '-2 days');
    for (const who of desk) {
      expect([who, await seenBy(who, id)]).toEqual([who, null]);
    }
    expect(await placeInCalendar('receptionist', id)).toBeNull();
    expect(await seesBooking('receptionist', id)).toBe(true);
    expect([await seenBy('customer', id), await seenBy('customer_care', id)]).toEqual([home, home]);
  });

  it('are for the customer, the desk and who reads bookings of the platform, and for no one else', async () => {
    const id = await atHome();
    for (const who of ['customer', 'receptionist', 'customer_care', 'admin'] as const) {
      expect([who, await seenBy(who, id)]).toEqual([who, home]);
    }
    const others = ['customer2', 'vendor2', 'accountant', 'therapist2', 'beautician', 'marketing'];
    for (const who of others as readonly Who[]) {
      expect([who, await seenBy(who, id)]).toEqual([who, null]);
    }
    await cancel(id);
  });

  it('are all that a vendor and a provider see of a customer', async () => {
    const id = await atHome();
    await acknowledge(id);
    for (const who of ['vendor', 'receptionist', 'therapist'] as const) {
      const { rows } = await market.database.asUser(claimsFor(who), (client) =>
        client.query(
          `select (select count(*) from booking_contacts where booking_id = $2) as contact,
            (select count(*) from user_profiles where id = $1) as profile,
            (select count(*) from customers where id = $1) as customer,
            (select count(*) from customer_addresses where customer_id = $1) as address`,
          [idFor('customer'), id],
        ),
      );
      expect({ who, ...rows[0] }).toEqual({
        who,
        contact: '1',
        profile: '0',
        customer: '0',
        address: '0',
      });
    }
    await cancel(id);
  });

  it('follow the booking when it moves', async () => {
    const id = await atHome();
    await market.call('customer', 'reschedule_booking', {
      booking_id: id,
      ...localTime(freeHour()),
    });
    expect(
      await market.one(
        `select c.ends_at = b.ends_at as same from booking_contacts c
        join bookings b on b.id = c.booking_id where b.id = $1`,
        [id],
      ),
    ).toEqual({ same: true });
    await cancel(id);
  });

  it('can be written by no one', async () => {
    const id = await atHome();
    for (const who of ['customer', 'vendor', 'admin'] as const) {
      await expect(
        market.database.asUser(claimsFor(who), (client) =>
          client.query('update booking_contacts set contact_name = $2 where booking_id = $1', [
            id,
            'Me',
          ]),
        ),
      ).rejects.toMatchObject({ code: '42501' });
    }
    await cancel(id);
  });

  it('are never again those of a provider who has left', async () => {
    const id = await served();
    expect(await seenBy('therapist', id)).toBe(home);
    await market.call('vendor', 'end_provider', {
      provider_id: therapist,
      last_day: localTime(new Date()).new_date,
      reason: 'Moves away',
      reassign: 'best',
    });
    await market.owner.query('update provider_private_details set last_day = last_day - 8');
    await market.owner.query('select app_private.end_due_providers(20)');
    expect(await seenBy('therapist', id)).toBeNull();
    expect(await seesBooking('therapist', id)).toBe(false);
    expect(await seenBy('receptionist', id)).toBe(home);
  });
});
