import {
  type Addon,
  type Closure,
  changesOf,
  type Day,
  dayOf,
  type Hours,
  instantOf,
  type Leave,
  type Near,
  type Place,
  type Provider,
  plusDays,
  type Question,
  type Reservation,
  type Service,
  type Settings,
  type Shift,
  type Special,
  type Times,
  type World,
} from './slots-oracle.ts';

/** Zones with half hours, with half hours of summer time, on both sides of the date line. */
export const zones = [
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Adelaide',
  'Australia/Lord_Howe',
  'America/New_York',
  'Europe/London',
  'America/St_Johns',
  'Pacific/Apia',
  'UTC',
] as const;

export type Zone = (typeof zones)[number];

/** Ids of the rows that every world shares and dresses anew; vendors are in the order of `zones`. */
export const vendors = zones.map((_, index) => idOf('a', index));
export const services = [0, 1, 2, 3].map((index) => idOf('b', index));
export const addons = [0, 1].map((index) => idOf('c', index));

export const servedPincode = '411001';

type Centre = readonly [north: number, east: number];
type Draft = Omit<World, 'providers'> & { readonly centre: Centre };

/** Near the equator and far from it, and where the degrees east begin anew. */
const centres: readonly Centre[] = [
  [18.5204, 73.8567],
  [-13.84, 179.98],
  [58.3, -0.02],
  [0.01, -179.97],
];
const weekdays = [0, 1, 2, 3, 4, 5, 6];
const aMinute = 60_000;

/** A world that is the same for the same seed on the same day. */
export function randomWorld(seed: number, now: number): World {
  const dice = new Dice(seed);
  const index = dice.below(zones.length);
  const zone = zones[index] as string;
  const isOpenAtNight = dice.chance(0.5);
  const centre = dice.pick(centres);
  const [latitude, longitude] = dice.chance(0.9) ? centre : [null, null];
  const window = randomWindow(dice, zone, dayOf(zone, now));
  const draft = {
    centre,
    seed,
    vendor: vendors[index] as string,
    zone,
    latitude,
    longitude,
    settings: randomSettings(dice),
    noticeMinutes: dice.usually<number | null>(null, [0, 45, 1_000, 4_320]),
    horizonDays: dice.usually<number | null>(null, [null, 7, 180]),
    hours: randomHours(dice, isOpenAtNight),
    services: services.map((id) => randomService(dice, id)),
    addons: addons.map((id) => randomAddon(dice, id)),
    charge: dice.chance(0.5) ? 0 : dice.below(20_000),
    question: randomQuestion(dice, centre, window),
    ...randomDated(dice, window[0], isOpenAtNight),
  };
  const kinds = [
    ...Array.from({ length: 1 + dice.below(3) }, () => 'therapist' as const),
    ...Array.from({ length: dice.below(3) }, () => 'beautician' as const),
  ];
  const { centre: _, ...world } = draft;
  return {
    ...world,
    providers: kinds.map((kind) => randomProvider(dice, kind, draft, isOpenAtNight)),
  };
}

function randomSettings(dice: Dice): Settings {
  return {
    step: dice.usually(30, [15, 20, 45, 60]),
    buffer: dice.usually(15, [0, 5, 30, 60]),
    speed: dice.usually(20, [7, 40]),
    radiusKm: dice.usually(15, [3, 60, 500]),
    unknownMinutes: dice.usually(30, [0, 45]),
    noticeMinutes: dice.usually(60, [0, 120]),
    // Farther than any window: horizons that matter are the vendor's own.
    horizonDays: 4_000,
    dailyMaximum: 5,
  };
}

function randomHours(dice: Dice, isOpenAtNight: boolean): Hours[] {
  return randomWeek(dice, 0.92, () => ({
    isOpen: dice.chance(0.93),
    ...randomTimes(dice, isOpenAtNight),
  }));
}

function randomShifts(dice: Dice, isOpenAtNight: boolean): Shift[] {
  const maximum = dice.usually(5, [1, 2, 50]);
  return randomWeek(dice, 0.95, () => ({
    maximum: dice.usually(maximum, [1, 5]),
    isOpen: dice.chance(0.93),
    ...randomTimes(dice, isOpenAtNight || dice.chance(0.5)),
  }));
}

/** Shifts that do not overlap, most days one, of a week that begins anew after its last night. */
function randomWeek<One extends Omit<Hours, 'weekday'>>(
  dice: Dice,
  probability: number,
  make: () => One,
): (One & { weekday: number })[] {
  const kept: (One & { weekday: number })[] = [];
  for (const weekday of weekdays) {
    for (
      let count = dice.chance(probability) ? dice.usually(1, [2, 3]) : 0;
      count > 0;
      count -= 1
    ) {
      const shift = { weekday, ...make() };
      const isThere = kept.some((other) => other.weekday === weekday && other.from === shift.from);
      if (!isThere && !(shift.isOpen && kept.some((other) => other.isOpen && meet(shift, other)))) {
        kept.push(shift);
      }
    }
  }
  return kept;
}

const aWeek = 7 * 1440;

function meet(one: Hours, other: Hours): boolean {
  const begins = ({ weekday, from }: Hours) => weekday * 1440 + from;
  const ends = ({ weekday, to }: Hours) => weekday * 1440 + to;
  return [-aWeek, 0, aWeek].some(
    (weeks) => begins(one) + weeks < ends(other) && begins(other) < ends(one) + weeks,
  );
}

function randomTimes(dice: Dice, isEarly: boolean): Times {
  if (isEarly && dice.chance(0.3)) {
    // Around the clock, with a break when clocks change.
    const begins = 45 + dice.below(11) * 15;
    return { from: 0, to: 1440, pause: [begins, begins + 15 + dice.below(8) * 15] };
  }
  const [from, to] = dice.chance(0.25) ? randomNight(dice) : randomDay(dice, isEarly);
  const begins = from + dice.below((to - from) / 15) * 15;
  const ends = Math.min(to, begins + 15 + dice.below(6) * 15);
  return { from, to, pause: dice.chance(0.5) ? [begins, ends] : null };
}

function randomDay(dice: Dice, isEarly: boolean): [from: number, to: number] {
  const from = isEarly ? dice.below(18) * 15 : 420 + dice.below(20) * 15;
  return [from, dice.chance(0.25) ? 1440 : Math.min(1440, from + 180 + dice.below(80) * 15)];
}

/** Past midnight, into the hour when clocks change or far into the morning. */
function randomNight(dice: Dice): [from: number, to: number] {
  const from = 960 + dice.below(32) * 15;
  return [from, 1440 + 15 * (1 + dice.below(dice.usually(16, [(from - 15) / 15])))];
}

function randomService(dice: Dice, id: string): Service {
  const price = 10_000 + dice.below(500_000);
  return {
    id,
    minutes: 15 + dice.below(30) * 5 * dice.usually(1, [4]),
    ownMinutes: dice.chance(0.3) ? 15 + dice.below(40) * 5 : null,
    price,
    lowerPrice: dice.chance(0.3) ? dice.below(price) : null,
    ownPrice: dice.chance(0.4) ? dice.below(400_000) : null,
  };
}

function randomAddon(dice: Dice, id: string): Addon {
  return { id, minutes: dice.below(7) * 5, price: dice.below(80_000) };
}

function randomQuestion(dice: Dice, centre: Centre, [from, to]: readonly [Day, Day]): Question {
  const type = dice.pick<Question['type']>([
    'spa_visit',
    'spa_visit',
    'home_service',
    'home_service',
    'hotel_service',
  ]);
  const isAway = type === 'home_service' || (type === 'hotel_service' && dice.chance(0.6));
  return {
    services: dice.some(services, 1 + dice.usually(0, [1, 2])),
    addons: dice.some(addons, dice.usually(0, [1, 2])),
    from,
    to,
    type,
    near: isAway ? randomNear(dice, centre) : null,
  };
}

function randomNear(dice: Dice, centre: Centre): Near {
  if (dice.chance(0.15)) {
    return { latitude: null, longitude: null, pincode: servedPincode };
  }
  const [latitude, longitude] = dice.placeAround(centre, dice.usually(14, [40, 400]));
  return { latitude, longitude, pincode: dice.chance(0.5) ? servedPincode : null };
}

/** Days across the turn of a month, of a year, a leap day, a change of the clocks, or any others. */
function randomWindow(dice: Dice, zone: string, today: Day): readonly [Day, Day] {
  const changes = changesOf(zone, plusDays(today, 1));
  const middle = dice.pick([
    plusDays(today, dice.below(3)),
    plusDays(today, dice.below(40)),
    `${plusDays(today, 31 * (1 + dice.below(12))).slice(0, 7)}-01`,
    `${Number(today.slice(0, 4)) + 1}-01-01`,
    leapDayAfter(today),
    ...(changes.length === 0 ? [] : [0, 1, 2, 3].map(() => dice.pick(changes))),
  ]);
  const from = plusDays(middle, -dice.below(3));
  const length = dice.chance(0.03) ? 61 : dice.below(6);
  return from < today ? [today, plusDays(today, length)] : [from, plusDays(from, length)];
}

function leapDayAfter(today: Day): Day {
  const year = Number(today.slice(0, 4));
  const leap = [...Array(9).keys()]
    .map((ahead) => `${year + ahead}-02-29`)
    .find((day) => day > today && plusDays(day, 0) === day);
  return leap ?? today;
}

function randomProvider(
  dice: Dice,
  kind: Provider['kind'],
  draft: Draft,
  isOpenAtNight: boolean,
): Provider {
  return {
    id: dice.uuid(),
    kind,
    rating: dice.below(501) / 100,
    isListed: dice.chance(0.93),
    radiusKm: dice.chance(0.3) ? dice.below(40) : null,
    services: services
      .filter(() => dice.chance(0.88))
      .map((id) => ({ id, isActive: dice.chance(0.95) })),
    hours: randomShifts(dice, isOpenAtNight),
    ...randomDated(dice, draft.question.from, isOpenAtNight),
    leaves: randomLeaves(dice, draft.question),
    reservations: randomReservations(dice, draft),
  };
}

/** Closures and special hours around the days of the question. */
function randomDated(
  dice: Dice,
  from: Day,
  isEarly: boolean,
): { readonly closures: Closure[]; readonly specials: Special[] } {
  const aDayNear = () => plusDays(from, dice.below(9) - 2);
  const closures = Array.from({ length: dice.usually(0, [0, 1, 2, 3]) }, () => {
    const first = aDayNear();
    const begins = dice.below(96) * 15;
    return {
      from: first,
      to: plusDays(first, dice.usually(0, [1, 4])),
      times: dice.chance(0.3)
        ? null
        : ([begins, begins + 15 * (1 + dice.below(dice.usually(12, [40])))] as const),
    };
  });
  const specials: Special[] = [];
  for (let count = dice.usually(0, [1, 2, 4]); count > 0; count -= 1) {
    const special = { day: aDayNear(), ...randomTimes(dice, isEarly) };
    if (!specials.some((other) => meetOn(special, other))) {
      specials.push(special);
    }
  }
  return { closures, specials };
}

function meetOn(one: Special, other: Special): boolean {
  const begins = ({ day, from }: Special) => Date.parse(day) / aMinute + from;
  const ends = ({ day, to }: Special) => Date.parse(day) / aMinute + to;
  return begins(one) < ends(other) && begins(other) < ends(one);
}

function randomLeaves(dice: Dice, { from }: Question): Leave[] {
  const first = plusDays(from, dice.below(8) - 4);
  const last = plusDays(first, dice.below(4));
  const next = plusDays(last, 1 + dice.below(3));
  return [
    { from: first, to: last, status: dice.pick(['approved', 'pending', 'rejected']) },
    { from: next, to: next, status: dice.pick(['approved', 'pending', 'cancelled']) },
  ].slice(dice.below(3));
}

/** Reservations of one provider do not overlap: the database would not take them. */
function randomReservations(dice: Dice, draft: Draft): Reservation[] {
  const kept: Reservation[] = [];
  const isBusy = dice.chance(0.4);
  for (let tries = dice.below(isBusy ? 24 : 8); tries > 0; tries -= 1) {
    const reserved = randomReservation(dice, draft);
    if (!kept.some((other) => overlaps(reserved, other))) {
      kept.push(reserved);
    }
  }
  return kept;
}

function randomReservation(dice: Dice, { zone, question, ...world }: Draft): Reservation {
  const day = plusDays(question.from, dice.below(9) - 2);
  const isAtVendor = dice.chance(0.5);
  const [latitude, longitude] = isAtVendor
    ? [world.latitude, world.longitude]
    : dice.chance(0.8)
      ? dice.placeAround(world.centre, dice.usually(12, [30, 400]))
      : [null, null];
  return {
    // Some in a shift of the day before.
    day: dice.chance(0.85) ? day : plusDays(day, -1),
    startsAt: instantOf(zone, day, dice.below(288) * 5),
    minutes: dice.usually(15 + dice.below(20) * 5, [15 + dice.below(118) * 5]),
    rest: dice.usually(world.settings.buffer, [0, 10, 45]),
    place: { isAtVendor, latitude, longitude },
    for: dice.pick(['hold', 'booking']),
    lapses: dice.pick(['never', 'never', 'later', 'lapsed']),
    ...(dice.chance(0.15) ? { for: 'block', lapses: 'never', rest: 0 } : {}),
  };
}

function overlaps(one: Reservation, other: Reservation): boolean {
  const ready = ({ startsAt, minutes, rest }: Reservation) => startsAt + (minutes + rest) * aMinute;
  return one.startsAt < ready(other) && other.startsAt < ready(one);
}

/** A reservation at the vendor's, or where said. */
export function reservation(
  world: World,
  day: Day,
  minute: number,
  changes: Partial<Reservation> & { readonly at?: Omit<Place, 'isAtVendor'> } = {},
): Reservation {
  const { at, ...rest } = changes;
  return {
    day,
    startsAt: instantOf(world.zone, day, minute),
    minutes: 60,
    rest: world.settings.buffer,
    place: {
      isAtVendor: at === undefined,
      latitude: at === undefined ? world.latitude : at.latitude,
      longitude: at === undefined ? world.longitude : at.longitude,
    },
    for: 'booking',
    lapses: 'never',
    ...rest,
  };
}

/** One vendor, open from ten to six, one therapist, one service of an hour, asked for on one day. */
export function plainWorld(zone: Zone, day: Day): World {
  return {
    seed: 0,
    vendor: vendors[zones.indexOf(zone)] as string,
    zone,
    latitude: 0,
    longitude: 0,
    settings: {
      step: 30,
      buffer: 15,
      speed: 20,
      radiusKm: 15,
      unknownMinutes: 30,
      noticeMinutes: 60,
      horizonDays: 4_000,
      dailyMaximum: 5,
    },
    noticeMinutes: null,
    horizonDays: null,
    closures: [],
    specials: [],
    hours: weekdays.map((weekday) => ({ weekday, from: 600, to: 1080, isOpen: true, pause: null })),
    services: services.map((id) => ({
      id,
      minutes: 60,
      ownMinutes: null,
      price: 100_000,
      lowerPrice: null,
      ownPrice: null,
    })),
    addons: addons.map((id) => ({ id, minutes: 15, price: 10_000 })),
    charge: 0,
    question: {
      services: services.slice(0, 1),
      addons: [],
      from: day,
      to: day,
      type: 'spa_visit',
      near: null,
    },
    providers: [plainProvider('therapist', 0)],
  };
}

/** Who works around the clock and can do everything. */
export function plainProvider(kind: Provider['kind'], index: number): Provider {
  return {
    id: idOf(kind === 'therapist' ? 'e' : 'f', index),
    kind,
    rating: 4,
    isListed: true,
    radiusKm: null,
    services: services.map((id) => ({ id, isActive: true })),
    hours: weekdays.map((weekday) => ({
      weekday,
      from: 0,
      to: 1440,
      isOpen: true,
      pause: null,
      maximum: 5,
    })),
    closures: [],
    specials: [],
    leaves: [],
    reservations: [],
  };
}

function idOf(letter: string, index: number): string {
  return `${letter.repeat(8)}-0000-4000-8000-${String(1000 + index).padStart(12, '0')}`;
}

/** Chance that can be repeated (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0, below this one. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<One>(values: readonly One[]): One {
    return values[this.below(values.length)] as One;
  }

  /** Two times of three the first, else one of the others. */
  usually<One>(value: One, others: readonly One[]): One {
    return this.chance(2 / 3) ? value : this.pick(others);
  }

  some<One>(values: readonly One[], count: number): One[] {
    const left = [...values];
    return Array.from({ length: Math.min(count, left.length) }, () => {
      const [taken] = left.splice(this.below(left.length), 1);
      return taken as One;
    });
  }

  /** Degrees of a place so many kilometres north or south, and east or west, at most. */
  placeAround([north, east]: Centre, km: number): [number, number] {
    const shift = () => (this.next() * 2 - 1) * (km / 111.2);
    const rounded = (degrees: number) => Math.round(degrees * 10_000) / 10_000;
    const longitude = east + shift() / Math.cos((north * Math.PI) / 180);
    return [rounded(north + shift()), rounded(((longitude + 540) % 360) - 180)];
  }

  uuid(): string {
    const part = (digits: number) =>
      this.below(16 ** digits)
        .toString(16)
        .padStart(digits, '0');
    return `${part(8)}-${part(4)}-4${part(3)}-8${part(3)}-${part(6)}${part(6)}`;
  }
}
