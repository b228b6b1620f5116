import { randomUUID } from 'node:crypto';
import { makeSteps } from '../booking/steps.ts';
import {
  idFor,
  type Market,
  massage,
  openMarket,
  therapist,
  therapist2,
  vendor,
} from '../fixtures/market.ts';
import { longOrShort } from '../helpers/long-form.ts';

/** How often two meet; which of them is first is left to chance. */
const tries = longOrShort(50, 12);

let market: Market;
const { freeHour } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const suspend = () =>
  market.ends('admin', 'suspend_provider', { provider_id: therapist, reason: 'A complaint' });

const end = async () =>
  market.ends('vendor', 'end_provider', {
    provider_id: therapist,
    last_day: (await market.one('select app_private.vendor_day($1)::text as day', [vendor])).day,
    reason: 'Moves away',
    reassign: 'best',
  });

const setOwner = (status: string) =>
  market.ends('admin', 'set_account_status', { user_id: idFor('vendor'), status });

async function allProvidersWork(): Promise<void> {
  await market.owner.query(`update provider_private_details set paused_by = null, last_day = null`);
  await market.owner.query(`update therapists set status = 'active', user_id = $2 where id = $1`, [
    therapist,
    idFor('therapist'),
  ]);
}

/** Bookings to come, and holds, of providers who may have none. */
async function reservationsOfAbsent(): Promise<unknown> {
  const { n } = await market.one(
    `select count(*)::integer as n
    from providers p cross join app_private.person_of(p.id) person
    where person.status in ('suspended', 'ended') and (
      exists (select from app_private.reserved_bookings(array[p.id]))
      or exists (select from app_private.open_holds(array[p.id])))`,
  );
  return n;
}

type Race = {
  readonly name: string;
  readonly leave: () => Promise<string>;
  /** Makes what is needed, and gives what is done at the same time. */
  readonly prepare: () => Promise<() => Promise<string>>;
  readonly may: readonly string[];
};

const assigning = async () => {
  const who = await market.newCustomer();
  const { id } = await market.book(who, { startsAt: freeHour(), provider: therapist });
  return () =>
    market.ends('receptionist', 'assign_therapist', { booking_id: id, therapist_id: therapist });
};

const assigningToBest = async () => {
  const who = await market.newCustomer();
  const { id } = await market.book(who, { startsAt: freeHour(), provider: therapist });
  return () => market.ends('receptionist', 'assign_best', { booking_id: id });
};

const takingOver = async () => {
  const who = await market.newCustomer();
  const { id } = await market.book(who, { startsAt: freeHour(), provider: therapist2 });
  return () =>
    market.ends('receptionist', 'assign_therapist', { booking_id: id, therapist_id: therapist });
};

const confirming = async () => {
  const who = await market.newCustomer();
  const { id } = await market.hold(who, { startsAt: freeHour(), provider: therapist });
  return () => market.ends(who, 'confirm_booking', { hold_id: id, payment_method: 'cash' });
};

const holding = async () => {
  const who = await market.newCustomer();
  const startsAt = freeHour();
  return () =>
    market.holdEnds(who, { startsAt, provider: therapist, services: [massage], key: randomUUID() });
};

const races: readonly Race[] = [
  {
    name: 'suspended while assigned',
    leave: suspend,
    prepare: assigning,
    may: ['ok', 'OB030', 'OB060'],
  },
  {
    name: 'suspended while given another’s',
    leave: suspend,
    prepare: takingOver,
    may: ['ok', 'OB060'],
  },
  { name: 'suspended while confirmed', leave: suspend, prepare: confirming, may: ['ok', 'OB061'] },
  {
    name: 'suspended while held',
    leave: suspend,
    prepare: holding,
    may: ['ok', 'OB003', 'OB060', 'OB062'],
  },
  {
    name: 'ended while the best is sought',
    leave: end,
    prepare: assigningToBest,
    may: ['ok', 'OB030', 'OB060'],
  },
  {
    name: 'ended while held',
    leave: end,
    prepare: holding,
    may: ['ok', 'OB003', 'OB060', 'OB062'],
  },
];

it.each(races)('a provider who is $name gets no reservation, however often it is tried', async ({
  leave,
  prepare,
  may,
}) => {
  const others: string[] = [];
  for (let n = 0; n < tries; n++) {
    const act = await prepare();
    const [left, other] = await Promise.all([leave(), act()]);
    expect(left).toBe('ok');
    others.push(other);
    expect(await reservationsOfAbsent()).toBe(0);
    await allProvidersWork();
  }
  expect(others.filter((code) => !may.includes(code))).toEqual([]);
}, 240_000);

it('a customer who holds a slot while the owner is suspended holds none after it, however often', async () => {
  const others: string[] = [];
  for (let n = 0; n < tries; n++) {
    const act = await (n % 2 === 0 ? holding : confirming)();
    const [left, other] = await Promise.all([setOwner('suspended'), act()]);
    expect(left).toBe('ok');
    others.push(other);
    const { n: open } = await market.one(
      `select count(*)::integer as n from app_private.open_holds('{}', array[$1::uuid])`,
      [vendor],
    );
    expect(open).toBe(0);
    expect(await setOwner('active')).toBe('ok');
  }
  expect(others.filter((code) => !['ok', 'OB003', 'OB061', 'OB062'].includes(code))).toEqual([]);
}, 240_000);
