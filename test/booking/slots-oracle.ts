/*
 * When could a job begin? Answered here from the rules of the trade, start by start, in plain code,
 * to be compared with what the database answers from ranges. Nothing here asks the database, not
 * even for the time zones.
 */
import { priceWithCharge, rupees, serviceCharge } from '../fixtures/terms.ts';

/** A date such as 2027-02-28. */
export type Day = string;

export type Place = {
  readonly isAtVendor: boolean;
  readonly latitude: number | null;
  readonly longitude: number | null;
};

/** Minutes since midnight of the day on which it begins: more than 1440 is in the next day. */
export type Times = {
  readonly from: number;
  readonly to: number;
  readonly pause: readonly [from: number, to: number] | null;
};

export type Hours = Times & { readonly weekday: number; readonly isOpen: boolean };

export type Shift = Hours & { readonly maximum: number };

/** Whole days, those of the shifts that begin on them, or times of each day. */
export type Closure = {
  readonly from: Day;
  readonly to: Day;
  readonly times: readonly [from: number, to: number] | null;
};

/** Shifts of one day that replace those of its weekday. */
export type Special = Times & { readonly day: Day };

type Dated = { readonly closures: readonly Closure[]; readonly specials: readonly Special[] };

export type Leave = { readonly from: Day; readonly to: Day; readonly status: string };

/** Instants are milliseconds since 1970. */
export type Reservation = {
  /** On which the shift began that it is in. */
  readonly day: Day;
  readonly startsAt: number;
  readonly minutes: number;
  /** Minutes of rest as they were when it was reserved. */
  readonly rest: number;
  readonly place: Place;
  readonly for: 'hold' | 'booking' | 'block';
  readonly lapses: 'never' | 'later' | 'lapsed';
};

export type Provider = {
  readonly id: string;
  readonly kind: 'therapist' | 'beautician';
  readonly rating: number;
  readonly isListed: boolean;
  readonly radiusKm: number | null;
  readonly services: readonly { readonly id: string; readonly isActive: boolean }[];
  readonly hours: readonly Shift[];
  readonly closures: readonly Closure[];
  readonly specials: readonly Special[];
  readonly leaves: readonly Leave[];
  readonly reservations: readonly Reservation[];
};

/** Prices are paise. */
export type Service = {
  readonly id: string;
  readonly minutes: number;
  readonly ownMinutes: number | null;
  readonly price: number;
  readonly lowerPrice: number | null;
  readonly ownPrice: number | null;
};

export type Addon = { readonly id: string; readonly minutes: number; readonly price: number };

export type Settings = {
  readonly step: number;
  readonly buffer: number;
  readonly speed: number;
  readonly radiusKm: number;
  readonly unknownMinutes: number;
  readonly noticeMinutes: number;
  readonly horizonDays: number;
  readonly dailyMaximum: number;
};

export type Near = {
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly pincode: string | null;
};

export type Question = {
  readonly services: readonly string[];
  readonly addons: readonly string[];
  readonly from: Day;
  readonly to: Day;
  readonly type: 'spa_visit' | 'home_service' | 'hotel_service';
  readonly near: Near | null;
};

export type World = {
  readonly seed: number;
  readonly vendor: string;
  readonly zone: string;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly settings: Settings;
  /** The vendor's own; null for those of the settings. */
  readonly noticeMinutes: number | null;
  readonly horizonDays: number | null;
  readonly hours: readonly Hours[];
  readonly closures: readonly Closure[];
  readonly specials: readonly Special[];
  readonly services: readonly Service[];
  readonly addons: readonly Addon[];
  readonly providers: readonly Provider[];
  /** Paise for coming to the pincode that is served. */
  readonly charge: number;
  readonly question: Question;
};

export type Slot = {
  readonly day: Day;
  readonly startTime: string;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly price: string;
  /** Best rated first. */
  readonly providers: readonly string[];
};

/** A time at which the clock could call for a job: on the grid, while the vendor is open. */
export type Start = { readonly day: Day; readonly minute: number; readonly startsAt: number };

type Job = Start & { readonly minutes: number; readonly endsAt: number; readonly place: Place };

const aMinute = 60_000;
const aDay = 86_400_000;

/** What `available_slots` should answer at the instant `now`. */
export function slotsOf(world: World, now: number): Slot[] {
  const minutes = minutesOf(world);
  const price = priceIn(world);
  const slots = startsOf(world).map(({ day, minute, startsAt }) => ({
    day,
    startTime: clock(minute),
    startsAt,
    endsAt: startsAt + minutes * aMinute,
    price,
    providers: whoCan(world, { day, minute, startsAt }, now),
  }));
  return slots
    .filter(({ providers }) => providers.length > 0)
    .sort((one, other) => one.startsAt - other.startsAt);
}

/** Ids of those who could begin at this start, best rated first. */
export function whoCan(world: World, start: Start, now: number): string[] {
  const job = jobAt(world, start);
  return world.providers
    .filter((provider) => isInTime(world, job, now) && can(world, provider, job))
    .sort((one, other) => other.rating - one.rating || (one.id < other.id ? -1 : 1))
    .map(({ id }) => id);
}

/** Not too soon, for the vendor and for the way from there, and not too far ahead. */
function isInTime(world: World, job: Job, now: number): boolean {
  const notice = world.noticeMinutes ?? world.settings.noticeMinutes;
  const atVendor = { isAtVendor: true, latitude: world.latitude, longitude: world.longitude };
  const way = travelMinutes(world.settings, atVendor, job.place);
  const today = dayOf(world.zone, now);
  const last = plusDays(today, world.horizonDays ?? world.settings.horizonDays);
  return (
    job.startsAt >= now + Math.max(notice, way) * aMinute && dayOf(world.zone, job.startsAt) <= last
  );
}

/** The grid of the window: every so many minutes from midnight while the vendor is open. */
export function startsOf(world: World): Start[] {
  return daysOf(world.question.from, world.question.to).flatMap((day) =>
    gridOf(world, day).filter(({ minute }) =>
      around(day).some((begins, nights) =>
        shiftsOn(world, begins).some(
          ({ from, to }) => minute + nights * 1440 >= from && minute + nights * 1440 < to,
        ),
      ),
    ),
  );
}

/** The grid of a day, whether the vendor is open or not. */
export function gridOf(world: World, day: Day): Start[] {
  const { step } = world.settings;
  return Array.from({ length: Math.ceil(1440 / step) }, (_, index) => index * step)
    .filter((minute) => instantsOf(world.zone, day, minute).length > 0)
    .map((minute) => ({ day, minute, startsAt: instantOf(world.zone, day, minute) }));
}

/** Whether a provider is booked for such services at all, at any time. */
export function isQualified({ question }: World, provider: Provider): boolean {
  const known = provider.services.filter(({ isActive }) => isActive).map(({ id }) => id);
  return (
    provider.isListed &&
    question.services.every((id) => known.includes(id)) &&
    // A radius of 0 is for those who serve in the salon alone.
    (provider.radiusKm !== 0 || question.type === 'spa_visit')
  );
}

function can(world: World, provider: Provider, job: Job): boolean {
  return (
    isQualified(world, provider) &&
    around(job.day).some((day) =>
      shiftsOn(world, day).some((shift) => fits(world.zone, day, shift, job)),
    ) &&
    isClearOf(world, world.zone, job) &&
    isClearOf(provider, world.zone, job) &&
    around(job.day).some(
      (day) =>
        shiftsOn(provider, day).some((shift) => fits(world.zone, day, shift, job)) &&
        !provider.leaves.some((leave) => takesAway(leave, day)) &&
        jobsOn(provider, day) < maximumOn(provider, day, world),
    ) &&
    isReached(world, provider, job.place) &&
    provider.reservations.every((reserved) => leavesRoom(world.settings, reserved, job))
  );
}

/** A day, and the one before it, whose shifts may last into it. */
function around(day: Day): [Day, Day] {
  return [day, plusDays(day, -1)];
}

/** The shifts that begin on a day. */
function shiftsOn(
  { hours, closures, specials }: Dated & { readonly hours: readonly Hours[] },
  day: Day,
): Times[] {
  if (closures.some(({ from, to, times }) => times === null && from <= day && day <= to)) {
    return [];
  }
  const special = specials.filter((one) => one.day === day);
  return special.length > 0 ? special : openOn(hours, day);
}

function openOn<One extends Hours>(hours: readonly One[], day: Day): One[] {
  const weekday = new Date(day).getUTCDay();
  return hours.filter((one) => one.weekday === weekday && one.isOpen);
}

/** The greatest of the weekday's shifts; where there are only special ones, the usual maximum. */
function maximumOn({ hours }: Provider, day: Day, { settings }: World): number {
  const open = openOn(hours, day);
  return open.length === 0
    ? settings.dailyMaximum
    : Math.max(...open.map(({ maximum }) => maximum));
}

/** Whether a job is outside of the times of closures. */
function isClearOf({ closures }: Dated, zone: string, job: Job): boolean {
  return closures.every(
    ({ from, to, times }) =>
      times === null ||
      daysOf(from, to).every((day) =>
        keepsClear(job, instantOf(zone, day, times[0]), instantOf(zone, day, times[1])),
      ),
  );
}

/** Whether a job is within a shift that begins on this day, and outside of its break. */
function fits(zone: string, day: Day, { from, to, pause }: Times, job: Job): boolean {
  return (
    job.startsAt >= instantOf(zone, day, from) &&
    job.endsAt <= instantOf(zone, day, to) &&
    (pause === null ||
      keepsClear(job, instantOf(zone, day, pause[0]), instantOf(zone, day, pause[1])))
  );
}

function keepsClear(job: Job, from: number, to: number): boolean {
  // A break of an hour that the clock leaves out is none.
  return from === to || job.endsAt <= from || job.startsAt >= to;
}

function takesAway({ status, from, to }: Leave, day: Day): boolean {
  return status === 'approved' && from <= day && day <= to;
}

function jobsOn({ reservations }: Provider, day: Day): number {
  return reservations.filter(
    (reserved) => reserved.for !== 'block' && binds(reserved) && reserved.day === day,
  ).length;
}

function binds({ lapses }: Reservation): boolean {
  return lapses !== 'lapsed';
}

function isReached(world: World, { radiusKm }: Provider, place: Place): boolean {
  const km = place.isAtVendor ? null : kilometres(world, place);
  return km === null || km <= (radiusKm ?? world.settings.radiusKm);
}

/** Rest and the way come between two jobs, whichever is first. */
function leavesRoom(settings: Settings, reserved: Reservation, job: Job): boolean {
  const way =
    reserved.for === 'block' ? 0 : travelMinutes(settings, reserved.place, job.place) * aMinute;
  return (
    !binds(reserved) ||
    (job.startsAt < reserved.startsAt
      ? job.endsAt + settings.buffer * aMinute + way <= reserved.startsAt
      : job.startsAt >= reserved.startsAt + (reserved.minutes + reserved.rest) * aMinute + way)
  );
}

/** No provider is on the way for longer than a day. */
const longestWay = 24 * 60;

function travelMinutes(settings: Settings, from: Place, to: Place): number {
  if (from.isAtVendor && to.isAtVendor) {
    return 0;
  }
  const km = kilometres(from, to);
  return Math.min(longestWay, km === null ? settings.unknownMinutes : (km / settings.speed) * 60);
}

type Point = Pick<Place, 'latitude' | 'longitude'>;

/** Along the great circle, by the angle between two vectors from the centre of the earth. */
export function kilometres(one: Point, other: Point): number | null {
  const a = vectorOf(one);
  const b = vectorOf(other);
  if (a === null || b === null) {
    return null;
  }
  const cross = [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ] as const;
  return 6371.0088 * Math.atan2(Math.hypot(...cross), a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
}

function vectorOf({ latitude, longitude }: Point): readonly [number, number, number] | null {
  if (latitude === null || longitude === null) {
    return null;
  }
  const [north, east] = [latitude, longitude].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
  ];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}

function jobAt(world: World, start: Start): Job {
  const { question } = world;
  const minutes = minutesOf(world);
  const isAtVendor = question.type === 'spa_visit' || question.near === null;
  const { latitude, longitude } = isAtVendor ? world : (question.near as Near);
  return {
    ...start,
    minutes,
    endsAt: start.startsAt + minutes * aMinute,
    place: { isAtVendor, latitude, longitude },
  };
}

/** How long the job of a world's question takes. */
export function minutesOf(world: World): number {
  const { services, addons } = asked(world);
  return sum([
    ...services.map((one) => one.ownMinutes ?? one.minutes),
    ...addons.map((one) => one.minutes),
  ]);
}

function priceIn(world: World): string {
  const { services, addons } = asked(world);
  const apart = services.map((one) => one.ownPrice ?? one.lowerPrice ?? one.price);
  const { type, near } = world.question;
  const isCharged = type === 'home_service' && typeof near?.pincode === 'string';
  // A service that is asked for twice is one item, and add-ons belong to the first.
  const items = new Map<string, number>();
  for (const [place, { id }] of services.entries()) {
    items.set(id, (items.get(id) ?? 0) + (apart[place] ?? 0));
  }
  const [first] = services;
  if (first !== undefined) {
    items.set(first.id, (items.get(first.id) ?? 0) + sum(addons.map(({ price }) => price)));
  }
  const charge = serviceCharge + (isCharged ? world.charge / 100 : 0);
  return rupees(priceWithCharge(charge, ...[...items.values()].map((paise) => paise / 100)));
}

function asked(world: World): { services: Service[]; addons: Addon[] } {
  const { question } = world;
  return {
    services: question.services.flatMap((id) => world.services.filter((one) => one.id === id)),
    addons: question.addons.flatMap((id) => world.addons.filter((one) => one.id === id)),
  };
}

/*
 * The calendar and the clocks.
 */

export function daysOf(from: Day, to: Day): Day[] {
  const days: Day[] = [];
  for (let day = from; day <= to; day = plusDays(day, 1)) {
    days.push(day);
  }
  return days;
}

export function plusDays(day: Day, days: number): Day {
  return new Date(Date.parse(day) + days * aDay).toISOString().slice(0, 10);
}

export function clock(minute: number): string {
  return [Math.floor(minute / 60), minute % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

/** The date in a zone at an instant. */
export function dayOf(zone: string, instant: number): Day {
  return new Date(instant + offsetAt(zone, instant) * aMinute).toISOString().slice(0, 10);
}

/** Instants at which a clock of the zone shows this: two where it was put back, none where forward. */
export function instantsOf(zone: string, day: Day, minute: number): number[] {
  const asUtc = Date.parse(day) + minute * aMinute;
  return [...new Set(aroundOf(zone, asUtc))]
    .map((offset) => ({ offset, instant: asUtc - offset * aMinute }))
    .filter(({ offset, instant }) => offsetAt(zone, instant) === offset)
    .map(({ instant }) => instant)
    .sort((one, other) => one - other);
}

/**
 * The one instant for a time on the clock: the second of two, as PostgreSQL takes it, and for a time
 * that is left out the one at which the clock leaps over it.
 */
export function instantOf(zone: string, day: Day, minute: number): number {
  return instantsOf(zone, day, minute).at(-1) ?? leapOver(zone, Date.parse(day) + minute * aMinute);
}

function leapOver(zone: string, asUtc: number): number {
  let instant = asUtc - Math.max(...aroundOf(zone, asUtc)) * aMinute;
  while (instant + offsetAt(zone, instant) * aMinute < asUtc) {
    instant += aMinute;
  }
  return instant;
}

/** What the offset is before and after a change of the clocks near this time. */
function aroundOf(zone: string, asUtc: number): [number, number] {
  return [offsetAt(zone, asUtc - aDay), offsetAt(zone, asUtc + aDay)];
}

const offsets = new Map<string, number>();
const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes that the zone is ahead of UTC. */
export function offsetAt(zone: string, instant: number): number {
  // Clocks change at quarters of an hour.
  const quarter = Math.floor(instant / (15 * aMinute)) * 15 * aMinute;
  const key = `${zone} ${quarter}`;
  const known = offsets.get(key);
  if (known !== undefined) {
    return known;
  }
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(quarter)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
  const offset = (Date.UTC(year, month - 1, day, hour, minute) - quarter) / aMinute;
  offsets.set(key, offset);
  return offset;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) {
    return known;
  }
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  formats.set(zone, format);
  return format;
}

/** Days from `from` on, two years at most, on which the clocks of a zone change. */
export function changesOf(zone: string, from: Day): Day[] {
  return daysOf(from, plusDays(from, 730)).filter((day) => {
    const midnight = Date.parse(day) - offsetAt(zone, Date.parse(day)) * aMinute;
    return offsetAt(zone, midnight) !== offsetAt(zone, midnight + aDay);
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
