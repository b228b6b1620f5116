import { type Market, openMarket } from '../fixtures/market.ts';
import { priceOf, priceWithCharge, rupees, serviceCharge } from '../fixtures/terms.ts';
import { onStage, writeSharedRows } from './slots-database.ts';
import {
  changesOf,
  clock,
  type Day,
  dayOf,
  instantOf,
  instantsOf,
  type Near,
  offsetAt,
  type Provider,
  plusDays,
  type Question,
  type Reservation,
  slotsOf,
  type World,
} from './slots-oracle.ts';
import { plainProvider, plainWorld, reservation, services, type Zone } from './slots-worlds.ts';

const now = Date.now();
const today = dayOf('Asia/Kolkata', now);
/** A Wednesday at least a month ahead. */
const day = plusDays(today, 30 + ((10 - new Date(plusDays(today, 30)).getUTCDay()) % 7));
const plain = plainWorld('Asia/Kolkata', day);
/** Rupees; worlds have them in paise. */
const [servicePrice, addonPrice] = [1_000, 100];
/** 20 km north of the vendor, and so much that no provider would go there. */
const farNorth = { latitude: 20 / 111.195, longitude: 0 };
const near = (latitude: number | null): Near => ({ latitude, longitude: 0, pincode: null });

let market: Market;

beforeAll(async () => {
  market = await openMarket();
  await writeSharedRows(market);
});

afterAll(async () => {
  await market?.close();
});

/** Times offered on one day, such as `10:00 10:30`; the rules in plain code must agree. */
async function times(world: World): Promise<string> {
  return onStage(market, world, async (stage) => {
    const slots = await stage.slots();
    expect(slots).toEqual(slotsOf(world, stage.now));
    return slots.map(({ startTime }) => startTime).join(' ');
  });
}

/** Every half hour from one time to another. */
function halfHours(from: string, to: string): string {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  const count = (minutes(to) - minutes(from)) / 30 + 1;
  return Array.from({ length: count }, (_, index) => clock(minutes(from) + index * 30)).join(' ');
}

function ask(world: World, question: Partial<Question>): World {
  return { ...world, question: { ...world.question, ...question } };
}

/** The same world with other therapists in it than the one. */
function staff(world: World, ...changes: Partial<Provider>[]): World {
  const providers = changes.map((change, index) => ({
    ...plainProvider('therapist', index),
    ...change,
  }));
  return { ...world, providers };
}

function withReserved(world: World, ...reservations: Reservation[]): World {
  return staff(world, { reservations });
}

function pause(world: World, from: number, to: number): World {
  return { ...world, hours: world.hours.map((hours) => ({ ...hours, pause: [from, to] })) };
}

const allDay = (world: World): World => ({
  ...world,
  hours: world.hours.map((hours) => ({ ...hours, from: 0, to: 1440 })),
});

const lasting = (world: World, minutes: number): World => ({
  ...world,
  services: world.services.map((service) => ({ ...service, minutes })),
});

describe('opening hours', () => {
  test('a slot ends before closing time', async () => {
    expect(await times(plain)).toBe(halfHours('10:00', '17:00'));
    expect(await times(lasting(plain, 90))).toBe(halfHours('10:00', '16:30'));
    expect(await times(lasting(plain, 95))).toBe(halfHours('10:00', '16:00'));
    expect(await times(lasting(plain, 480))).toBe('10:00');
    expect(await times(lasting(plain, 485))).toBe('');
  });

  test('a job neither begins in a break nor runs into it', async () => {
    expect(await times(pause(plain, 780, 840))).toBe(
      `${halfHours('10:00', '12:00')} ${halfHours('14:00', '17:00')}`,
    );
  });

  test('a provider’s own hours and break count as well as the vendor’s', async () => {
    const shifts = plainProvider('therapist', 0).hours.map((shift) => ({
      ...shift,
      from: 690,
      to: 960,
      pause: [780, 810] as const,
    }));
    expect(await times(staff(plain, { hours: shifts }))).toBe(
      `${halfHours('11:30', '12:00')} ${halfHours('13:30', '15:00')}`,
    );
    expect(await times(staff(plain, {}))).toBe(halfHours('10:00', '17:00'));
  });

  test('no provider works on a day off, nor while the vendor is closed', async () => {
    const { hours: shifts } = plainProvider('therapist', 0);
    const off = (weekday: number) =>
      shifts.map((shift) => ({ ...shift, isOpen: shift.weekday !== weekday }));
    expect(await times(staff(plain, { hours: off(3) }))).toBe('');
    expect(await times(staff(plain, { hours: off(4) }))).toBe(halfHours('10:00', '17:00'));
    const closed = plain.hours.map((hours) => ({ ...hours, isOpen: hours.weekday !== 3 }));
    expect(await times({ ...plain, hours: closed })).toBe('');
    expect(await times({ ...plain, hours: plain.hours.filter((it) => it.weekday !== 3) })).toBe('');
  });

  test('slots are counted from midnight and not from opening time', async () => {
    const hours = plain.hours.map((it) => ({ ...it, from: 615, to: 735 }));
    expect(await times({ ...plain, hours })).toBe('10:30 11:00');
    const settings = { ...plain.settings, step: 45 };
    expect(await times({ ...plain, hours, settings })).toBe('10:30 11:15');
  });

  test('a vendor that closes at midnight takes a job up to midnight and none beyond', async () => {
    expect((await times(allDay(plain))).split(' ').at(-1)).toBe('23:00');
    expect((await times(allDay(lasting(plain, 65)))).split(' ').at(-1)).toBe('22:30');
  });

  test('nothing begins in the past', async () => {
    const world = allDay(ask(plain, { from: plusDays(today, -3), to: today }));
    await onStage(market, world, async (stage) => {
      const slots = await stage.slots();
      const starts = slots.map(({ startsAt }) => startsAt);
      expect(starts.every((startsAt) => startsAt > stage.now)).toBe(true);
      expect(slots.every((slot) => slot.day === dayOf('Asia/Kolkata', stage.now))).toBe(true);
      const past = instantOf(plain.zone, plusDays(today, -1), 600);
      expect(await stage.holdEnds(plainProvider('therapist', 0).id, past)).toBe('OB060');
    });
    expect(await times(ask(plain, { from: plusDays(day, -1), to: day }))).toBe(
      `${halfHours('10:00', '17:00')} ${halfHours('10:00', '17:00')}`,
    );
  });
});

describe('shifts', () => {
  /** Of the vendor; the provider works around the clock unless something else is said. */
  const open = (...shifts: readonly (readonly [from: number, to: number])[]): World => ({
    ...plain,
    hours: plain.hours.flatMap(({ weekday }) =>
      shifts.map(([from, to]) => ({ weekday, from, to, isOpen: true, pause: null })),
    ),
  });
  const works = (world: World, ...shifts: readonly (readonly [from: number, to: number])[]) =>
    staff(world, {
      hours: plain.hours.flatMap(({ weekday }) =>
        shifts.map(([from, to]) => ({ weekday, from, to, isOpen: true, pause: null, maximum: 5 })),
      ),
    });
  /** Of the weekday of the day that is asked for. */
  const wednesdays = (world: World): World => ({
    ...world,
    hours: world.hours.filter(({ weekday }) => weekday === 3),
  });
  const twoDays = (world: World) => ask(world, { to: plusDays(day, 1) });

  test('a vendor may open twice a day, and no service lasts from one shift into the next', async () => {
    expect(await times(open([600, 840], [960, 1200]))).toBe(
      `${halfHours('10:00', '13:00')} ${halfHours('16:00', '19:00')}`,
    );
    expect(await times(open([600, 840], [840, 1080]))).toBe(
      `${halfHours('10:00', '13:00')} ${halfHours('14:00', '17:00')}`,
    );
  });

  test('a shift past midnight has slots on both dates', async () => {
    const nights = works(wednesdays(open([1080, 1560])), [1080, 1560]);
    expect(await times(twoDays(nights))).toBe(
      `${halfHours('18:00', '23:30')} ${halfHours('00:00', '01:00')}`,
    );
    await onStage(market, twoDays(nights), async (stage) => {
      const slots = await stage.slots();
      expect(slots.at(-1)).toMatchObject({ day: plusDays(day, 1), startTime: '01:00' });
      const { id } = plainProvider('therapist', 0);
      expect(await stage.holdEnds(id, instantOf(plain.zone, day, 1410))).toBe('ok');
      expect(await stage.holdEnds(id, instantOf(plain.zone, day, 1500))).toBe('ok');
      expect(await stage.holdEnds(id, instantOf(plain.zone, day, 1530))).toBe('OB060');
      // The night before is of a Tuesday, which is closed.
      expect(await stage.holdEnds(id, instantOf(plain.zone, day, 30))).toBe('OB060');
    });
    // Asked for the second date alone.
    const after = plusDays(day, 1);
    expect(await times(ask(nights, { from: after, to: after }))).toBe(halfHours('00:00', '01:00'));
  });

  test('one whose shift begins at midnight serves within the vendor’s night', async () => {
    expect(await times(works(wednesdays(open([1080, 1560])), [0, 480]))).toBe('');
    const after = plusDays(day, 1);
    expect(
      await times(ask(works(wednesdays(open([1080, 1560])), [0, 480]), { from: after, to: after })),
    ).toBe(halfHours('00:00', '01:00'));
  });

  test('a break after midnight counts', async () => {
    const nights = works(wednesdays(open([1080, 1680])), [1080, 1680]);
    const paused = {
      ...nights,
      hours: nights.hours.map((hours) => ({ ...hours, pause: [1470, 1500] as const })),
    };
    expect(await times(twoDays(paused))).toBe(
      `${halfHours('18:00', '23:30')} ${halfHours('01:00', '03:00')}`,
    );
  });

  test('leave takes the night that begins on its days, and not the night before', async () => {
    const nights = works(open([1080, 1560]), [1080, 1560]);
    const away = {
      ...nights,
      providers: nights.providers.map((provider) => ({
        ...provider,
        leaves: [{ from: day, to: day, status: 'approved' }],
      })),
    };
    expect(await times(twoDays(away))).toBe(
      `${halfHours('00:00', '01:00')} ${halfHours('18:00', '23:30')}`,
    );
  });

  test('the daily maximum counts a night as one day', async () => {
    const nights = works(wednesdays(open([1080, 1560])), [1080, 1560]);
    const jobs = [1080, 1140, 1200, 1260, 1320].map((minute) =>
      reservation(plain, day, minute, { minutes: 30 }),
    );
    const busy = (reservations: Reservation[]) => ({
      ...nights,
      providers: nights.providers.map((provider) => ({ ...provider, reservations })),
    });
    expect(await times(twoDays(busy(jobs.slice(1))))).toContain('00:30');
    expect(await times(twoDays(busy(jobs)))).toBe('');
    // Of several shifts the greatest maximum counts.
    const two = (maximum: number) => ({
      ...nights,
      providers: nights.providers.map((provider) => ({
        ...provider,
        reservations: jobs,
        hours: provider.hours.flatMap((hours) => [
          hours,
          { ...hours, from: 720, to: 780, pause: null, maximum },
        ]),
      })),
    });
    expect(await times(twoDays(two(5)))).toBe('');
    expect(await times(twoDays(two(6)))).toContain('00:30');
  });
});

describe('reservations of other bookings', () => {
  test('a booking at the vendor’s needs the buffer and no travel', async () => {
    // 12:00 to 13:00, ready at 13:15; one before it ends by 11:45.
    expect(await times(withReserved(plain, reservation(plain, day, 720)))).toBe(
      `${halfHours('10:00', '10:30')} ${halfHours('13:30', '17:00')}`,
    );
    const rested = { ...plain, settings: { ...plain.settings, buffer: 0 } };
    expect(await times(withReserved(rested, reservation(rested, day, 720)))).toBe(
      `${halfHours('10:00', '11:00')} ${halfHours('13:00', '17:00')}`,
    );
  });

  test('a reservation keeps the rest that was set when it was made', async () => {
    expect(await times(withReserved(plain, reservation(plain, day, 720, { rest: 31 })))).toBe(
      `${halfHours('10:00', '10:30')} ${halfHours('14:00', '17:00')}`,
    );
  });

  test('a job 20 km away needs an hour and the buffer', async () => {
    // From 13:00 an hour of way and a quarter of rest; before it as much.
    expect(await times(withReserved(plain, reservation(plain, day, 720, { at: farNorth })))).toBe(
      halfHours('14:30', '17:00'),
    );
    const faster = { ...plain, settings: { ...plain.settings, speed: 40 } };
    expect(await times(withReserved(faster, reservation(faster, day, 720, { at: farNorth })))).toBe(
      `10:00 ${halfHours('14:00', '17:00')}`,
    );
  });

  test('two bookings at the vendor’s need no travel, though the vendor has moved', async () => {
    const here = reservation(plain, day, 720);
    const moved = { ...here, place: { ...here.place, ...farNorth } };
    expect(await times(withReserved(plain, moved))).toBe(await times(withReserved(plain, here)));
    const away = { ...moved, place: { ...moved.place, isAtVendor: false } };
    expect(await times(withReserved(plain, away))).not.toBe(await times(withReserved(plain, here)));
  });

  test('travel to an unknown place takes the minutes of the setting', async () => {
    const unknown = { latitude: null, longitude: null };
    const there = reservation(plain, day, 720, { at: unknown });
    // 13:15 and half an hour; before it until 11:15.
    expect(await times(withReserved(plain, there))).toBe(`10:00 ${halfHours('14:00', '17:00')}`);
    const settings = { ...plain.settings, unknownMinutes: 0 };
    expect(await times(withReserved({ ...plain, settings }, there))).toBe(
      `${halfHours('10:00', '10:30')} ${halfHours('13:30', '17:00')}`,
    );
  });

  test('a lapsed hold is free at once', async () => {
    const hold = (lapses: Reservation['lapses']) =>
      withReserved(plain, reservation(plain, day, 720, { for: 'hold', lapses }));
    expect(await times(hold('later'))).not.toContain('12:00');
    expect(await times(hold('lapsed'))).toBe(halfHours('10:00', '17:00'));
    await onStage(market, hold('lapsed'), async (stage) => {
      const { id } = plainProvider('therapist', 0);
      expect(await stage.holdEnds(id, instantOf(plain.zone, day, 720))).toBe('ok');
    });
  });

  test('a booking that was not paid in time is free at once', async () => {
    const booked = (lapses: Reservation['lapses']) =>
      withReserved(plain, reservation(plain, day, 720, { lapses }));
    expect(await times(booked('later'))).not.toContain('12:00');
    expect(await times(booked('lapsed'))).toBe(halfHours('10:00', '17:00'));
  });

  test('a held slot is not offered, and what is beside it stays', async () => {
    await onStage(market, plain, async (stage) => {
      const { id } = plainProvider('therapist', 0);
      const noon = instantOf(plain.zone, day, 720);
      expect((await stage.slots()).some(({ startsAt }) => startsAt === noon)).toBe(true);
      await stage.hold(id, noon);
      expect((await stage.slots()).map(({ startTime }) => startTime).join(' ')).toBe(
        `${halfHours('10:00', '10:30')} ${halfHours('13:30', '17:00')}`,
      );
      expect(await stage.holdEnds(id, noon)).toBe('OB060');
      expect(await stage.holdEnds(id, instantOf(plain.zone, day, 810))).toBe('ok');
    });
  });

  test('a booking of the night before reaches into the morning', async () => {
    const night = reservation(plain, plusDays(day, -1), 1320, { minutes: 300 });
    expect(await times(withReserved(allDay(plain), night))).toBe(halfHours('03:30', '23:00'));
    const next = reservation(plain, plusDays(day, 1), 0);
    expect(await times(withReserved(allDay(plain), next))).toBe(halfHours('00:00', '22:30'));
  });

  test('no provider is on the way for longer than a day, which is kept whole', async () => {
    const wide = { settings: { ...plain.settings, radiusKm: 500 } };
    // 990 km at 20 km an hour would take two days. From 23:00 on ten hours, a quarter of rest, and a day.
    const south = reservation(plain, plusDays(day, -2), 1380, {
      at: { latitude: -4.5, longitude: 0 },
    });
    const world = withReserved(
      ask(allDay({ ...plain, ...wide }), { type: 'home_service', near: near(4.4) }),
      { ...south, minutes: 600 },
    );
    const from = await times(world);
    expect(from).toBe(halfHours('09:30', '23:00'));
    const alone = ask(staff(allDay({ ...plain, ...wide }), {}), world.question);
    expect(await times(alone)).toBe(halfHours('00:00', '23:00'));
  });
});

describe('days', () => {
  test('the sixth booking of a day is refused', async () => {
    const jobs = [0, 90, 180, 270, 360].map((minute) => reservation(plain, day, minute));
    expect(await times(withReserved(plain, ...jobs.slice(1)))).toBe(halfHours('10:00', '17:00'));
    expect(await times(withReserved(plain, ...jobs))).toBe('');
    await onStage(market, withReserved(plain, ...jobs), async (stage) => {
      const { id } = plainProvider('therapist', 0);
      expect(await stage.holdEnds(id, instantOf(plain.zone, day, 840))).toBe('OB060');
    });
    // Counted by the vendor's days: the first five hours and a half of this one are yesterday in UTC.
    const next = ask(withReserved(plain, ...jobs), {
      from: plusDays(day, 1),
      to: plusDays(day, 1),
    });
    expect(await times(next)).toBe(halfHours('10:00', '17:00'));
    const [first, ...others] = jobs as [Reservation, ...Reservation[]];
    expect(await times(withReserved(plain, { ...first, lapses: 'lapsed' }, ...others))).toBe(
      halfHours('10:00', '17:00'),
    );
  });

  test('a provider who takes no bookings on a weekday is offered on the others', async () => {
    const shifts = plainProvider('therapist', 0).hours.map((shift) => ({
      ...shift,
      maximum: shift.weekday === 3 ? 0 : 1,
    }));
    const world = ask(staff(plain, { hours: shifts }), { to: plusDays(day, 1) });
    await onStage(market, world, async (stage) => {
      const days = new Set((await stage.slots()).map((slot) => slot.day));
      expect([...days]).toEqual([plusDays(day, 1)]);
    });
  });

  test('leave that is only requested takes nothing away', async () => {
    const leave = (status: string) =>
      staff(plain, { leaves: [{ from: plusDays(day, -1), to: day, status }] });
    for (const status of ['pending', 'rejected', 'cancelled']) {
      expect([status, await times(leave(status))]).toEqual([status, halfHours('10:00', '17:00')]);
    }
    expect(await times(leave('approved'))).toBe('');
  });

  test('leave ends with its last day', async () => {
    const leaves = [{ from: plusDays(day, -9), to: plusDays(day, -1), status: 'approved' }];
    expect(await times(staff(plain, { leaves }))).toBe(halfHours('10:00', '17:00'));
  });
});

describe('providers and places', () => {
  const providersOf = (world: World) =>
    onStage(market, world, async (stage) => {
      const slots = await stage.slots();
      expect(slots).toEqual(slotsOf(world, stage.now));
      return [...new Set(slots.flatMap(({ providers }) => providers))];
    });
  const [first, second] = [plainProvider('therapist', 0).id, plainProvider('therapist', 1).id];

  test('a provider without the service is not offered', async () => {
    const half = [
      { id: services[0] as string, isActive: true },
      { id: services[1] as string, isActive: false },
    ];
    const world = staff(plain, {}, { services: half });
    expect(await providersOf(world)).toEqual([first, second]);
    expect(await providersOf(ask(world, { services: services.slice(0, 2) }))).toEqual([first]);
    await onStage(market, ask(world, { services: services.slice(0, 2) }), async (stage) => {
      const noon = instantOf(plain.zone, day, 720);
      expect(await stage.holdEnds(second, noon)).toBe('OB062');
      expect(await stage.holdEnds(first, noon)).toBe('ok');
    });
  });

  test('a provider who is not listed is not offered', async () => {
    expect(await providersOf(staff(plain, {}, { isListed: false }))).toEqual([first]);
    expect(await providersOf(staff(plain, {}, { isListed: true }))).toEqual([first, second]);
  });

  test('the best rated comes first', async () => {
    expect(await providersOf(staff(plain, { rating: 3 }, { rating: 4.5 }))).toEqual([
      second,
      first,
    ]);
    expect(await providersOf(staff(plain, { rating: 3 }, { rating: 3 }))).toEqual([first, second]);
  });

  test('a beautician serves at home and in hotels, too', async () => {
    const beautician = plainProvider('beautician', 0);
    const world = { ...plain, providers: [plainProvider('therapist', 0), beautician] };
    expect(await providersOf(world)).toEqual([first, beautician.id]);
    for (const type of ['home_service', 'hotel_service'] as const) {
      expect(await providersOf(ask(world, { type, near: near(0.01) }))).toEqual([
        first,
        beautician.id,
      ]);
    }
  });

  test('a provider with a radius of 0 serves at the vendor alone, also where the place is unknown', async () => {
    const salonOnly = { ...plainProvider('beautician', 0), radiusKm: 0 };
    const world = { ...plain, providers: [plainProvider('therapist', 0), salonOnly] };
    expect(await providersOf(world)).toEqual([first, salonOnly.id]);
    for (const place of [near(0.01), { latitude: null, longitude: null, pincode: null }]) {
      expect(await providersOf(ask(world, { type: 'hotel_service', near: place }))).toEqual([
        first,
      ]);
    }
  });

  test('a far address is outside the radius', async () => {
    const at = (km: number) => ask(plain, { type: 'home_service', near: near(km / 111.195) });
    expect(await providersOf(at(14.9))).toEqual([first]);
    expect(await providersOf(at(15.1))).toEqual([]);
    await onStage(market, at(15.1), async (stage) => {
      expect(await stage.holdEnds(first, instantOf(plain.zone, day, 720))).toBe('OB060');
    });
  });

  test('a provider’s own radius counts before the setting’s', async () => {
    const at = ask(staff(plain, { radiusKm: 25 }, { radiusKm: null }, { radiusKm: 0 }), {
      type: 'home_service',
      near: near(20 / 111.195),
    });
    expect(await providersOf(at)).toEqual([first]);
  });

  test('an address or a vendor without coordinates is within every radius', async () => {
    const unknown: Near = { latitude: null, longitude: null, pincode: '411001' };
    expect(await providersOf(ask(plain, { type: 'home_service', near: unknown }))).toEqual([first]);
    const lost = { ...plain, latitude: null, longitude: null };
    expect(await providersOf(ask(lost, { type: 'home_service', near: near(1) }))).toEqual([first]);
    expect(await providersOf(ask(plain, { type: 'home_service', near: near(1) }))).toEqual([]);
  });
});

describe('price and duration', () => {
  const only = (world: World) =>
    onStage(market, world, async (stage) => {
      const [slot] = await stage.slots();
      expect(slot).toEqual(slotsOf(world, stage.now)[0]);
      return {
        price: slot?.price,
        minutes: Number(slot?.endsAt) / 6e4 - Number(slot?.startsAt) / 6e4,
      };
    });

  test('items, add-ons and the service charge, and GST on each', async () => {
    expect(await only(plain)).toEqual({ price: rupees(priceOf(servicePrice)), minutes: 60 });
    const [service] = services as [string];
    const both = ask(plain, {
      services: [service, service],
      addons: [String(plain.addons[0]?.id)],
    });
    expect(await only(both)).toEqual({
      price: rupees(priceOf(servicePrice + servicePrice + addonPrice)),
      minutes: 135,
    });
  });

  test('half a paisa is rounded up', async () => {
    const costs = (price: number) => ({
      ...plain,
      services: plain.services.map((service) => ({ ...service, price })),
    });
    // 5 % of 50.10 is 2.505, and of 50.09 is 2.5045; the charge is 50 and 9 of GST.
    expect((await only(costs(5010))).price).toBe('111.61');
    expect((await only(costs(5009))).price).toBe('111.59');
  });

  test('the vendor’s price and duration count before the catalogue’s, and a lower price before the usual one', async () => {
    const [lower, own] = [900, 950];
    const with_ = (changes: object) => ({
      ...plain,
      services: plain.services.map((service) => ({ ...service, ...changes })),
    });
    expect(await only(with_({ lowerPrice: 100 * lower }))).toEqual({
      price: rupees(priceOf(lower)),
      minutes: 60,
    });
    const both = { lowerPrice: 100 * lower, ownPrice: 100 * own, ownMinutes: 45 };
    expect(await only(with_(both))).toEqual({ price: rupees(priceOf(own)), minutes: 45 });
  });

  test('the charge of a pincode is added at home alone', async () => {
    const charge = 30;
    const world = { ...plain, charge: 100 * charge };
    const [withIt, without] = [
      priceWithCharge(serviceCharge + charge, servicePrice),
      priceOf(servicePrice),
    ].map(rupees);
    const at = { ...near(0.01), pincode: '411001' };
    expect((await only(ask(world, { type: 'home_service', near: at }))).price).toBe(withIt);
    expect((await only(ask(world, { type: 'hotel_service', near: at }))).price).toBe(without);
    expect((await only(world)).price).toBe(without);
  });

  test('the next slot is the first of the list, however many weeks ahead', async () => {
    const worlds = [
      ask(plain, { from: today, to: plusDays(today, 61) }),
      ask(
        staff(plain, { leaves: [{ from: today, to: plusDays(today, 40), status: 'approved' }] }),
        {
          from: today,
          to: plusDays(today, 61),
        },
      ),
    ];
    for (const world of worlds) {
      await onStage(market, world, async (stage) => {
        expect(await stage.first()).toBe(slotsOf(world, stage.now)[0]?.startsAt);
      });
    }
    await onStage(market, staff(plain, { services: [] }), async (stage) => {
      expect(await stage.first()).toBeNull();
    });
  });
});

describe('when clocks change', () => {
  const changes = (zone: Zone) => {
    const days = changesOf(zone, plusDays(today, 1));
    const midnight = (it: Day) => Date.parse(it) - offsetAt(zone, Date.parse(it)) * 6e4;
    const isForward = (it: Day) =>
      offsetAt(zone, midnight(it) + 864e5) > offsetAt(zone, midnight(it));
    return {
      forward: days.find(isForward) as Day,
      back: days.find((it) => !isForward(it)) as Day,
    };
  };
  const night = (zone: Zone, on: Day) => allDay(plainWorld(zone, on));

  test.each([
    ['America/New_York', '02:00', '02:30', 120],
    ['Europe/London', '01:00', '01:30', 60],
    ['Australia/Adelaide', '02:00', '02:30', 120],
    ['America/St_Johns', '02:00', '02:30', 120],
  ] as const)('in %s %s and %s do not exist in spring', async (zone, one, other, minute) => {
    const { forward } = changes(zone);
    const found = (await times(night(zone, forward))).split(' ');
    expect(found).not.toContain(one);
    expect(found).not.toContain(other);
    expect(found).toHaveLength(45);
    expect(await times(night(zone, plusDays(forward, 1)))).toBe(halfHours('00:00', '23:00'));
    expect(instantsOf(zone, forward, minute)).toEqual([]);
  });

  test('on Lord Howe the clock leaves out half an hour', async () => {
    const { forward } = changes('Australia/Lord_Howe');
    const found = (await times(night('Australia/Lord_Howe', forward))).split(' ');
    expect(found).not.toContain('02:00');
    expect(found).toContain('02:30');
    expect(found).toHaveLength(46);
  });

  test.each([
    ['America/New_York', 60],
    ['Europe/London', 60],
    ['Australia/Adelaide', 120],
    ['Australia/Lord_Howe', 105],
    ['America/St_Johns', 60],
  ] as const)('in %s a time that comes twice is the second one', async (zone, minute) => {
    const { back } = changes(zone);
    const world = { ...night(zone, back), settings: { ...plain.settings, step: 15 } };
    const [earlier, later] = instantsOf(zone, back, minute) as [number, number];
    expect(later).toBeGreaterThan(earlier);
    await onStage(market, world, async (stage) => {
      const slots = await stage.slots();
      expect(slots).toEqual(slotsOf(world, stage.now));
      const starts = slots.map(({ startsAt }) => startsAt);
      expect(starts).toContain(later);
      expect(starts).not.toContain(earlier);
      expect(slots.find(({ startsAt }) => startsAt === later)?.startTime).toBe(clock(minute));
      const { id } = plainProvider('therapist', 0);
      expect(await stage.holdEnds(id, later)).toBe('ok');
      expect(await stage.holdEnds(id, earlier)).toBe('OB060');
      const { rows } = await stage.client.query<{ instant: Date }>(
        "select ($1::date + $2 * interval '1 minute') at time zone $3 as instant",
        [back, minute, zone],
      );
      expect(rows[0]?.instant.getTime()).toBe(later);
    });
  });

  test('a booking at a time that comes twice begins when its hold did', async () => {
    const { back } = changes('America/New_York');
    await onStage(market, night('America/New_York', back), async ({ client, hold }) => {
      const later = instantsOf('America/New_York', back, 90).at(-1) as number;
      await hold(plainProvider('therapist', 0).id, later);
      const { rows } = await client.query(
        `select starts_at from confirm_booking(
          (select id from booking_holds where customer_id = auth.uid()),
          (select final_amount from booking_holds where customer_id = auth.uid()), 'cash')`,
      );
      expect(rows[0]?.starts_at.getTime()).toBe(later);
    });
  });

  test.each([
    [150, 180],
    [165, 180],
    [120, 180],
    [150, 195],
  ])('a break from minute %i to %i that the clock leaves out is none where it is', async (from, to) => {
    const { forward } = changes('America/New_York');
    for (const minutes of [10, 30, 60]) {
      const world = lasting(night('America/New_York', forward), minutes);
      const withBreak = pause(world, from, to);
      expect([minutes, await times(world)]).toEqual([minutes, expect.stringContaining('03:30')]);
      // Checked against the rules in plain code.
      expect([minutes, await times(withBreak)]).toEqual([minutes, expect.any(String)]);
    }
  });

  test('no booking is moved to a time that does not exist', async () => {
    const { forward } = changes('America/New_York');
    await onStage(market, night('America/New_York', forward), async ({ client, hold }) => {
      await hold(plainProvider('therapist', 0).id, instantOf('America/New_York', forward, 600));
      const { rows } = await client.query(
        `select id from confirm_booking(
          (select id from booking_holds where customer_id = auth.uid()),
          (select final_amount from booking_holds where customer_id = auth.uid()), 'cash')`,
      );
      const move = (time: string) =>
        client.query('select booking_time::text, starts_at from reschedule_booking($1, $2, $3)', [
          rows[0]?.id,
          forward,
          time,
        ]);
      await client.query('savepoint before_move');
      await expect(move('02:30')).rejects.toMatchObject({ code: 'OB060' });
      await client.query('rollback to savepoint before_move');
      expect((await move('03:30')).rows[0]).toMatchObject({ booking_time: '03:30:00' });
    });
  });
});
