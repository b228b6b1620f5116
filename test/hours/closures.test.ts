import { makeSteps } from '../booking/steps.ts';
import {
  inHours,
  localTime,
  type Market,
  openMarket,
  otherVendor,
  therapist,
  therapist2,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { longOrShort } from '../helpers/long-form.ts';
import { dayOf, later, makeDays } from './support.ts';

let market: Market;
const { nextMorning, slotsOn } = makeDays(() => market);
const { assigned } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const close = (who: Who, args: object) => market.ends(who, 'create_closure', { ...args });
const setHours = (who: Who, args: object) => market.ends(who, 'create_special_hours', { ...args });

async function stateOf(bookingId: unknown) {
  return market.one(
    `select status, needs_provider_since is not null as waits,
      exists (select from app_private.provider_reservations r where r.booking_id = b.id) as is_reserved
    from bookings b where id = $1`,
    [bookingId],
  );
}

const untouched = { status: 'assigned', waits: false, is_reserved: true };
const marked = { status: 'confirmed', waits: true, is_reserved: false };

describe('a closure', () => {
  it('of whole days leaves no slots on them, and the days around stay', async () => {
    const morning = nextMorning();
    const [day, next] = [dayOf(morning), dayOf(later(morning, 24))];
    expect(await slotsOn(day)).toContain('10:00');
    expect(
      await close('vendor', {
        vendor_id: vendor,
        first_day: day,
        last_day: next,
        reason: 'Painting',
      }),
    ).toBe('ok');
    expect([await slotsOn(day), await slotsOn(next)]).toEqual([[], []]);
    expect(await slotsOn(dayOf(later(morning, 48)))).toContain('10:00');
    expect(await market.holdEnds('customer', { startsAt: morning })).toBe('OB060');
  });

  it('of a part of the day leaves the slots outside of it', async () => {
    const day = dayOf(nextMorning());
    await market.call('vendor_manager', 'create_closure', {
      vendor_id: vendor,
      first_day: day,
      from_time: '11:00',
      to_time: '13:00',
    });
    const slots = await slotsOn(day);
    expect(slots).toEqual(expect.arrayContaining(['10:00', '13:00']));
    expect(slots).not.toEqual(expect.arrayContaining(['10:30']));
    expect(slots).not.toEqual(expect.arrayContaining(['12:30']));
  });

  it('of one provider leaves the slots of the others', async () => {
    const day = dayOf(nextMorning());
    expect(await close('therapist', { provider_id: therapist, first_day: day })).toBe('ok');
    expect(await slotsOn(day, therapist)).toEqual([]);
    expect(await slotsOn(day, therapist2)).toContain('10:00');
  });

  it('ends when it is deleted', async () => {
    const day = dayOf(nextMorning());
    const { id } = await market.call('vendor', 'create_closure', {
      vendor_id: vendor,
      first_day: day,
    });
    const deleteAs = (who: Who) =>
      market.database.asUser(
        { sub: who, role: 'authenticated' } as never,
        async (client) => (await client.query('delete from closures where id = $1', [id])).rowCount,
        { commit: true },
      );
    const { sub: receptionist } = await market.one(
      `select id as sub from user_profiles where name = 'receptionist'`,
    );
    const { sub: owner } = await market.one(
      `select id as sub from user_profiles where name = 'vendor'`,
    );
    expect(await deleteAs(receptionist as never)).toBe(0);
    expect(await slotsOn(day)).toEqual([]);
    expect(await deleteAs(owner as never)).toBe(1);
    expect(await slotsOn(day)).toContain('10:00');
  });

  it('that collides with a booking names it and changes nothing; with force the booking waits for another time', async () => {
    const morning = nextMorning();
    const { id } = await assigned(morning);
    const closure = { vendor_id: vendor, first_day: dayOf(morning) };
    const { booking_number: number } = await market.one(
      'select booking_number from bookings where id = $1',
      [id],
    );
    await expect(market.call('vendor', 'create_closure', closure)).rejects.toMatchObject({
      code: 'OB070',
      message: expect.stringContaining(String(number)),
    });
    expect(await stateOf(id)).toEqual(untouched);
    expect(await slotsOn(dayOf(morning))).not.toEqual([]);

    expect(await close('vendor', { ...closure, force: true })).toBe('ok');
    expect(await stateOf(id)).toEqual(marked);
    expect(await market.ends('vendor', 'assign_best', { booking_id: id })).toBe('OB060');
    expect(
      await market.ends('vendor', 'request_reschedule', {
        booking_id: id,
        ...localTime(later(morning, 48)),
        reason: 'We are closed',
      }),
    ).toBe('ok');
  });

  it('takes a booking of another hour of the day neither from its provider nor into its list', async () => {
    const morning = nextMorning();
    const { id } = await assigned(morning);
    expect(
      await close('vendor', {
        vendor_id: vendor,
        first_day: dayOf(morning),
        from_time: '11:00',
        to_time: '13:00',
      }),
    ).toBe('ok');
    expect(await stateOf(id)).toEqual(untouched);
  });

  it('ends a hold only with force', async () => {
    const morning = nextMorning();
    const who = await market.newCustomer();
    const hold = await market.hold(who, { startsAt: morning });
    const closure = { provider_id: therapist, first_day: dayOf(morning) };
    expect(await close('vendor', closure)).toBe('OB070');
    expect(await close('vendor', { ...closure, force: true })).toBe('ok');
    expect(await market.ends(who, 'confirm_booking', { hold_id: hold.id })).toBe('OB061');
  });

  it('is entered by who may, for a day to come', async () => {
    const morning = nextMorning();
    const { id } = await assigned(morning);
    const day = { first_day: dayOf(morning) };
    expect(await close('visitor', { ...day, vendor_id: vendor })).toBe('42501');
    expect(await close('customer', { ...day, vendor_id: vendor })).toBe('OB002');
    expect(await close('receptionist', { ...day, vendor_id: vendor })).toBe('OB002');
    expect(await close('vendor2', { ...day, provider_id: therapist })).toBe('OB002');
    expect(await close('therapist2', { ...day, provider_id: therapist })).toBe('OB002');
    expect(await close('vendor', day)).toBe('OB020');
    expect(await close('vendor', { ...day, vendor_id: vendor, provider_id: therapist })).toBe(
      'OB020',
    );
    expect(await close('vendor', { vendor_id: vendor, first_day: '2020-01-01' })).toBe('OB020');
    expect(await close('vendor', { ...day, vendor_id: vendor, from_time: '10:00' })).toBe('23514');
    expect(await close('vendor', { ...day, vendor_id: vendor, last_day: '2099-01-01' })).toBe(
      '23514',
    );
    // A provider takes no work from themselves: that is the management's to decide.
    expect(await close('therapist', { ...day, provider_id: therapist })).toBe('OB070');
    expect(await close('therapist', { ...day, provider_id: therapist, force: true })).toBe('OB002');
    expect(await stateOf(id)).toEqual(untouched);
    expect(await close('vendor_admin', { ...day, provider_id: therapist, force: true })).toBe('ok');
    expect(await stateOf(id)).toEqual(marked);
  });

  it('and a hold or a booking at once: one of them happens', async () => {
    for (let count = 0; count < longOrShort(30, 6); count += 1) {
      const startsAt = later(nextMorning(), 0);
      const who = await market.newCustomer();
      const hold = count % 2 === 0 ? null : await market.hold(who, { startsAt });
      const [closed, booked] = await Promise.all([
        close('vendor', { vendor_id: vendor, first_day: dayOf(startsAt), force: count % 3 === 0 }),
        hold === null
          ? market.holdEnds(who, { startsAt })
          : market.ends(who, 'confirm_booking', { hold_id: hold.id, payment_method: 'cash' }),
      ]);
      const { left } = await market.one(
        `select count(*)::int as left from app_private.provider_reservations
        where starts_at = $1 and (expires_at is null or expires_at > now())`,
        [startsAt],
      );
      expect([closed, booked, left]).toEqual(
        closed === 'ok' ? ['ok', expect.any(String), 0] : ['OB070', 'ok', 1],
      );
      if (nextDaysAreFew(startsAt)) {
        break;
      }
    }
  });
});

/** The horizon is near. */
function nextDaysAreFew(at: Date): boolean {
  return at.getTime() > inHours(24 * 80).getTime();
}

describe('special hours', () => {
  const shift = (from: string, to: string, pause = ',') => `(${from},${to},${pause})`;
  const shifts = (...all: string[]) => `{${all.map((one) => `"${one}"`).join(',')}}`;

  it('replace those of the weekday on their day, with any number of shifts', async () => {
    const morning = nextMorning();
    const day = dayOf(morning);
    expect(
      await setHours('vendor', {
        vendor_id: vendor,
        day,
        shifts: shifts(shift('09:00', '12:00', '10:00,10:30'), shift('20:00', '24:00')),
      }),
    ).toBe('ok');
    const slots = await slotsOn(day);
    expect(slots).toEqual(
      expect.arrayContaining(['09:00', '10:30', '11:00', '20:00', '22:30', '23:00']),
    );
    expect(slots.filter((start) => start > '11:00' && start < '20:00')).toEqual([]);
    expect(await slotsOn(dayOf(later(morning, 24)))).toContain('14:00');
    const { rows } = await market.owner.query(
      'select opens_at, closes_at from special_hours where day = $1 order by opens_at',
      [day],
    );
    expect(rows).toEqual([
      { opens_at: '09:00:00', closes_at: '12:00:00' },
      { opens_at: '20:00:00', closes_at: '24:00:00' },
    ]);
  });

  it('may pass midnight, and none bring the weekday back', async () => {
    const morning = nextMorning();
    const [day, next] = [dayOf(morning), dayOf(later(morning, 24))];
    const hours = { provider_id: therapist, day };
    expect(await setHours('therapist', { ...hours, shifts: shifts(shift('22:00', '02:00')) })).toBe(
      'ok',
    );
    expect(await slotsOn(day, therapist)).toEqual(['22:00', '22:30', '23:00']);
    expect(await slotsOn(next, therapist)).toContain('01:00');
    expect(await setHours('therapist', { ...hours, shifts: '{}' })).toBe('ok');
    expect(await slotsOn(day, therapist)).toContain('10:00');
  });

  it('that leave out a booking name it, and with force mark it', async () => {
    const morning = nextMorning();
    const { id } = await assigned(morning);
    const hours = {
      vendor_id: vendor,
      day: dayOf(morning),
      shifts: shifts(shift('12:00', '20:00')),
    };
    expect(await setHours('vendor', hours)).toBe('OB070');
    expect(await stateOf(id)).toEqual(untouched);
    expect(await setHours('vendor', { ...hours, shifts: shifts(shift('09:00', '20:00')) })).toBe(
      'ok',
    );
    expect(await setHours('vendor', { ...hours, force: true })).toBe('ok');
    expect(await stateOf(id)).toEqual(marked);
    // Back to the weekday, the booking can be given to a provider again.
    expect(await setHours('vendor', { ...hours, shifts: '{}' })).toBe('ok');
    expect(await market.ends('vendor', 'assign_best', { booking_id: id })).toBe('ok');
  });

  it('are refused where they overlap, do not fit together, or are of others', async () => {
    const day = dayOf(nextMorning());
    const hours = { vendor_id: vendor, day };
    const ends = (who: Who, ...all: string[]) =>
      setHours(who, { ...hours, shifts: shifts(...all) });
    expect(await ends('vendor', shift('09:00', '12:00'), shift('11:00', '13:00'))).toBe('23P01');
    expect(await ends('vendor', shift('09:00', '09:00'))).toBe('23514');
    expect(await ends('vendor', shift('09:00', '12:00', '11:30,12:30'))).toBe('23514');
    expect(await ends('receptionist', shift('09:00', '12:00'))).toBe('OB002');
    expect(await ends('vendor2', shift('09:00', '12:00'))).toBe('OB002');
    expect(await ends('vendor', ...Array(11).fill(shift('09:00', '12:00')))).toBe('OB020');
    expect(
      await setHours('vendor', {
        ...hours,
        day: '2020-01-01',
        shifts: shifts(shift('09:00', '12:00')),
      }),
    ).toBe('OB020');
    expect(await ends('vendor', shift('09:00', '12:00'))).toBe('ok');
    expect(
      await setHours('vendor2', {
        vendor_id: otherVendor,
        day,
        shifts: shifts(shift('09:00', '12:00')),
      }),
    ).toBe('ok');
  });

  it('count for whether a vendor is open now', async () => {
    const isOpen = async () =>
      (
        await market.one('select vendors_is_open_now(v) as open from vendors v where id = $1', [
          otherVendor,
        ])
      ).open;
    const found = async () => {
      const { rows } = await market.owner.query<{ id: string }>(
        `select vendor_id as id from search_vendors('spa', open_now => true)`,
      );
      return rows.map(({ id }) => id).sort();
    };
    await market.owner.query('select app_private.rebuild_search()');
    const today = dayOf(new Date());
    expect(await isOpen()).toBe(true);
    expect(await found()).toEqual([vendor, otherVendor]);
    await market.call('vendor2', 'create_closure', {
      vendor_id: otherVendor,
      first_day: dayOf(later(new Date(), -24)),
      last_day: today,
    });
    expect(await isOpen()).toBe(false);
    expect(await found()).toEqual([vendor]);
  });
});
