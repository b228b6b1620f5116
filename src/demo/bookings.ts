import { type Day, dayOf, formatDay, hour, type Moment, minute, momentOf } from './calendar.ts';
import { type Customer, customersBefore } from './customers.ts';
import {
  type BookingStatus,
  chooseStatus,
  type Life,
  liveThrough,
  type Slot,
} from './lifecycle.ts';
import { type Amounts, amountsOf, type Paise, percentOf } from './money.ts';
import type { Provider } from './providers.ts';
import { Random } from './random.ts';
import type { Rules } from './rules.ts';
import { Schedule } from './schedule.ts';
import { type Script, scriptedBookings, type Turn } from './scripts.ts';
import type { Addon } from './services.ts';
import type { Offer, Vendor } from './vendors.ts';
import { daysOfHistory, type World } from './world.ts';

export type BookingType = 'home_service' | 'spa_visit' | 'hotel_service';

export type Item = {
  readonly offer: Offer;
  readonly addons: readonly Addon[];
  readonly subtotal: Paise;
};

export type Booking = {
  readonly id: string;
  /** Place in the order of making, from 1. */
  readonly number: number;
  readonly customer: Customer;
  readonly vendor: Vendor;
  readonly provider: Provider;
  readonly type: BookingType;
  readonly slot: Slot;
  readonly items: readonly Item[];
  readonly amounts: Amounts;
  readonly life: Life;
  readonly turn: Turn | null;
};

type Draft = Omit<Booking, 'id' | 'number' | 'amounts' | 'life' | 'turn'>;

/** A therapist is a party of their own; for a beautician the salon cancels. */
const cancellers = {
  therapist: { customer: 15, vendor: 3, therapist: 1, admin: 1 },
  beautician: { customer: 15, vendor: 4, therapist: 0, admin: 1 },
} as const;

/** A booking lies at most three weeks ahead. */
const daysAhead = 21;
const opensAt = 7 * hour;
/** The rest of the day after the first hour. */
const madeWithin = 16 * hour;

/** A database with fewer has no room for the personas' own. */
export const fewestBookings = 100;

/** The bookings of a year, in the order in which they were made, as many as asked for. */
export function* makeBookings(world: World, count: number): Generator<Booking> {
  const random = new Random(`bookings ${count}`);
  const schedule = new Schedule(world.rules);
  // The personas choose first, and every day begins with theirs.
  const ordered = scriptedBookings.map((script, index) => {
    const madeAt = momentOf(world.today - script.madeDaysAgo) + opensAt + index * minute;
    return { script, madeAt, draft: draftScripted(world, schedule, random, madeAt, script) };
  });
  const unscripted = count - ordered.length;
  let number = 0;
  for (let daysAgo = daysOfHistory; daysAgo >= 1; daysAgo -= 1) {
    const day = world.today - daysAgo;
    schedule.forgetBefore(day);
    for (const { script, madeAt, draft } of ordered) {
      if (script.madeDaysAgo === daysAgo) {
        number += 1;
        yield makeBooking(world, random, number, madeAt, draft, script.status, script.turn);
      }
    }
    const total = share(unscripted, daysOfHistory - daysAgo);
    const from = momentOf(day) + opensAt + hour;
    for (let index = 0; index < total; index += 1) {
      const madeAt = from + Math.floor((madeWithin * (index + random.next())) / total);
      const draft = draftAny(world, schedule, random, madeAt);
      const status = chooseStatus(random, draft.slot, day, world.today);
      number += 1;
      yield makeBooking(world, random, number, madeAt, draft, status);
    }
  }
}

/** How many of `count` fall on this day of the year of history, counted from 0: business grows. */
function share(count: number, dayIndex: number): number {
  const upTo = (days: number): number => Math.round(count * (days / daysOfHistory) ** 1.5);
  return upTo(dayIndex + 1) - upTo(dayIndex);
}

function makeBooking(
  world: World,
  random: Random,
  number: number,
  madeAt: Moment,
  draft: Draft,
  status: BookingStatus,
  turn: Turn | null = null,
): Booking {
  const total = draft.items.reduce((sum, { subtotal }) => sum + subtotal, 0);
  // As a package of several services.
  const discount = draft.items.length > 1 && random.chance(0.3) ? percentOf(total, 10) : 0;
  const { rules } = world;
  const way = draft.type === 'home_service' ? draft.customer.address.charge : 0;
  const life = liveThrough(
    random,
    turn === 'no_show' ? 'assigned' : status,
    draft.slot,
    madeAt,
    world.today,
    cancellers[draft.provider.kind],
    rules,
  );
  return {
    ...draft,
    id: random.uuid(),
    number,
    amounts: amountsOf(
      draft.items.map(({ subtotal }) => subtotal),
      discount,
      turn === 'desk' ? 0 : rules.serviceCharge + way,
      rules.taxOn('gst', dayOf(madeAt)),
      rules.taxOn('gst_charge', dayOf(madeAt)),
    ),
    life: turn === 'no_show' ? { ...life, status, cancelled: missed(draft.slot, rules) } : life,
    turn,
  };
}

/** The customer did not come, and the vendor said so when it could. */
function missed({ day, start }: Slot, { noShowGrace }: Rules): Life['cancelled'] {
  const at = momentOf(day, start) + noShowGrace + 3 * minute;
  return { at, by: 'customer', reason: 'The customer did not come' };
}

/** A customer books a service at a vendor in their city. */
function draftAny(world: World, schedule: Schedule, random: Random, madeAt: Moment): Draft {
  const registered = customersBefore(dayOf(madeAt), world.today, world.customerCount);
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const customer = world.customer(Math.floor(random.next() ** 1.5 * registered));
    const vendor = random.pick(world.vendorsByCity.get(customer.address.city) ?? []);
    const provider = random.pick(world.providersOf.get(vendor) ?? []);
    const day = dayOf(madeAt) + chooseLead(random);
    const draft = draftAt(world, schedule, random, { customer, vendor, provider }, day, madeAt);
    if (draft !== null) {
      return draft;
    }
  }
  throw new Error('The demo vendors are booked out. Ask for fewer bookings.');
}

/** A persona's story: its day, or one soon after it. What is under way happens when it does. */
function draftScripted(
  world: World,
  schedule: Schedule,
  random: Random,
  madeAt: Moment,
  { circle, leadDays, status, provider: kind, turn }: Script,
): Draft {
  const { customer, vendor, therapist } = world.circles[circle];
  const provider = kind === 'beautician' ? world.beautician : therapist;
  for (let attempt = 0; attempt < 70; attempt += 1) {
    const isOnItsDay = status === 'in_progress' || turn === 'overdue' || turn === 'no_show';
    const delay = isOnItsDay ? 0 : Math.floor(attempt / 10);
    const day = dayOf(madeAt) + leadDays + delay;
    const parties = { customer, vendor, provider };
    const draft = draftAt(world, schedule, random, parties, day, madeAt, turn !== null);
    if (draft !== null) {
      return draft;
    }
  }
  throw new Error('A persona finds no free slot.');
}

function draftAt(
  world: World,
  schedule: Schedule,
  random: Random,
  parties: Pick<Booking, 'customer' | 'vendor' | 'provider'>,
  day: Day,
  madeAt: Moment,
  isVisit = false,
): Draft | null {
  const { provider } = parties;
  const items = makeItems(world, random, provider);
  const type = isVisit ? 'spa_visit' : chooseType(random, provider);
  const minutes = items.reduce(
    (sum, { offer, addons }) =>
      sum + offer.minutes + addons.reduce((extra, addon) => extra + addon.minutes, 0),
    0,
  );
  const start = schedule.reserve(
    provider,
    {
      day,
      minutes,
      // Rest, and the way when it is not at the vendor's.
      gap: world.rules.buffer + (type === 'spa_visit' ? 0 : world.rules.unknownTravel),
      notBefore: Math.ceil((madeAt + hour - momentOf(day)) / minute),
    },
    random,
  );
  return start === null ? null : { ...parties, type, items, slot: { day, start, minutes } };
}

function makeItems(world: World, random: Random, provider: Provider): Item[] {
  const count = Number(random.weighted({ '1': 6, '2': 3, '3': 1 }));
  const short = provider.offers.filter(({ minutes }) => minutes <= 75);
  const offers = count === 1 ? [random.pick(provider.offers)] : random.sample(short, count);
  const addonCount = random.chance(0.2) ? 1 : 0;
  return (offers.length === 0 ? [random.pick(provider.offers)] : offers).map((offer, index) => {
    const addons = index === 0 ? random.sample(world.addons, addonCount) : [];
    const subtotal = addons.reduce((sum, { price }) => sum + price, offer.offerPrice);
    return { offer, addons, subtotal };
  });
}

function chooseType(random: Random, { kind, vendor: { type } }: Provider): BookingType {
  if (kind === 'beautician') {
    return random.chance(0.12) ? 'home_service' : 'spa_visit';
  }
  if (type === 'home_service') {
    return 'home_service';
  }
  if (type === 'hotel_spa') {
    return 'hotel_service';
  }
  return random.chance(0.25) ? 'home_service' : 'spa_visit';
}

/** Days from making to service: mostly soon. */
function chooseLead(random: Random): number {
  return Math.floor(random.next() ** 2.2 * (daysAhead + 1));
}

/** Whose booking it is; no one's yet when the desk made it. */
export function customerIdOf({ customer, turn }: Booking): string | null {
  return turn === 'desk' ? null : customer.account.id;
}

/** What the customer tells the provider; gone once the service has begun. */
export function startCodeOf({ id, life }: Booking): string | null {
  return ['pending', 'confirmed', 'assigned'].includes(life.status)
    ? String(Number.parseInt(id.slice(0, 8), 16) % 10_000).padStart(4, '0')
    : null;
}

/** `OBO-20260131-0042`: the day on which it was made, then its number. */
export function bookingNumberOf({ number, life }: Booking): string {
  const day = formatDay(dayOf(life.createdAt)).replaceAll('-', '');
  return `OBO-${day}-${String(number).padStart(4, '0')}`;
}
