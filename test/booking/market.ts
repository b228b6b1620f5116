import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { codeOf } from '../db/attempt.ts';
import { claimsOf, type Person, seedPeople } from '../fixtures/people.ts';
import { type Claims, createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** The rows of market.sql. */
export const vendor = 'aaaaaaaa-0000-4000-8000-000000000001';
export const otherVendor = 'aaaaaaaa-0000-4000-8000-000000000002';
export const massage = 'bbbbbbbb-0000-4000-8000-000000000001';
export const facial = 'bbbbbbbb-0000-4000-8000-000000000002';
export const elsewhere = 'bbbbbbbb-0000-4000-8000-000000000003';
export const steam = 'cccccccc-0000-4000-8000-000000000001';
export const bothPackage = 'dddddddd-0000-4000-8000-000000000001';
/** Each the id of the therapist and of the provider. */
export const therapist = 'eeeeeeee-0000-4000-8000-000000000001';
export const therapist2 = 'eeeeeeee-0000-4000-8000-000000000002';
export const beautician = 'ffffffff-0000-4000-8000-000000000001';
/** 3 km from the vendor; 44 km; outside the service area; of customer2. */
export const nearAddress = '99999999-0000-4000-8000-000000000001';
export const farAddress = '99999999-0000-4000-8000-000000000002';
export const unservedAddress = '99999999-0000-4000-8000-000000000003';
export const foreignAddress = '99999999-0000-4000-8000-000000000004';

export type Who = Person | { readonly sub: string };
export type Row = Readonly<Record<string, unknown>>;

export type HoldRequest = {
  readonly startsAt: Date;
  readonly provider?: string;
  readonly vendor?: string;
  readonly services?: readonly string[] | null;
  readonly addons?: readonly string[] | null;
  readonly package?: string | null;
  readonly type?: string | null;
  readonly address?: string | null;
  readonly key?: string | null;
  readonly guest?: string | null;
};

export type Confirmation = {
  readonly payment?: string | null;
  readonly points?: number;
  readonly wallet?: number;
};

export type Market = {
  readonly database: TestDatabase;
  readonly owner: pg.Pool;
  /** Runs one function of the API as a request would, commits, and returns its row. */
  readonly call: (who: Who, name: string, args: Readonly<Record<string, unknown>>) => Promise<Row>;
  /** The same; `ok` or the code of the error. */
  readonly ends: (
    who: Who,
    name: string,
    args: Readonly<Record<string, unknown>>,
  ) => Promise<string>;
  readonly hold: (who: Who, request: HoldRequest) => Promise<Row>;
  readonly holdEnds: (who: Who, request: HoldRequest) => Promise<string>;
  readonly confirm: (who: Who, holdId: unknown, confirmation?: Confirmation) => Promise<Row>;
  /** Holds and confirms; for cash unless said otherwise. */
  readonly book: (who: Who, request: HoldRequest, confirmation?: Confirmation) => Promise<Row>;
  readonly one: (sql: string, values?: readonly unknown[]) => Promise<Row>;
  /**
   * Moves a booking in time, with its reservation and what its assignment has noted, as if it had been made
   * for then: what only the passing of time produces. Whatever else its provider has then makes room for it.
   */
  readonly shift: (bookingId: unknown, interval: string) => Promise<void>;
  /** Lets the time of a booking come: it was to start so many minutes ago. */
  readonly bringToStart: (bookingId: unknown, minutesAgo?: number) => Promise<void>;
  /** The start code, as its customer reads it. */
  readonly startCode: (bookingId: unknown) => Promise<string>;
  /** Starts a service at its time, with the code that its customer tells. */
  readonly startService: (who: Who, bookingId: unknown) => Promise<Row>;
  /** A new customer of full age. */
  readonly newCustomer: () => Promise<{ readonly sub: string }>;
  /** Puts money into a wallet, with its movement in the journal. */
  readonly fillWallet: (who: Who, rupees: number) => Promise<void>;
  readonly givePoints: (who: Who, points: number, expires?: string) => Promise<void>;
  /** Accounts of the journal that are not what their rows say. */
  readonly imbalances: () => Promise<readonly Row[]>;
  /** Runs a job until it did something: it passes over rows that a refused request still holds for a moment. */
  readonly once: (job: () => Promise<number>) => Promise<number>;
  readonly close: () => Promise<void>;
};

export function claimsFor(who: Who): Claims {
  return typeof who === 'string' ? claimsOf(who) : { ...who, role: 'authenticated' };
}

export function idFor(who: Who): string {
  return String(claimsFor(who)?.sub);
}

/**
 * The zone in which it is six in the morning: of the hours that tests take, at whatever hour they run, none
 * reaches over the midnight at which the market's day ends. Etc/GMT-3 is three hours ahead.
 */
const hoursAhead = ((6 - new Date().getUTCHours() + 36) % 24) - 12;
export const zone = `Etc/GMT${hoursAhead > 0 ? '-' : '+'}${Math.abs(hoursAhead)}`;

/** What the clock of the market shows, as the arguments of a move to another time. */
export function localTime(at: Date): { readonly new_date: string; readonly new_time: string } {
  const shown = new Date(at.getTime() + hoursAhead * 3_600_000).toISOString();
  return { new_date: shown.slice(0, 10), new_time: shown.slice(11, 19) };
}

/** A database with the marketplace of market.sql. */
export async function openMarket(): Promise<Market> {
  const database = await createTestDatabase();
  const { owner } = database;
  await seedPeople(owner);
  await owner.query(await readFile(path.join(import.meta.dirname, 'market.sql'), 'utf8'));
  await owner.query('update vendors set time_zone = $1', [zone]);
  const root = new pg.Pool({ connectionString: database.rootUrl, max: 1 });

  const call: Market['call'] = (who, name, args) =>
    database.asUser(
      claimsFor(who),
      async (client) => {
        const { rows } = await client.query(callOf(name, args), Object.values(args));
        return rows[0] as Row;
      },
      { commit: true },
    );
  let madeRoom = 0;
  // As the booking's own trigger would: its day is counted again.
  const noteDay = (bookingId: unknown) =>
    root.query(
      `insert into app_private.figure_changes (figure_group, day)
      select 'outcomes', booking_date from bookings where id = $1`,
      [bookingId],
    );
  const shift: Market['shift'] = async (bookingId, interval) => {
    // Holds last minutes, and hours have passed.
    await root.query(
      `delete from public.booking_holds h
      using app_private.provider_reservations o, app_private.provider_reservations r
      where o.hold_id = h.id and o.booking_id is null and r.booking_id = $1 and r.provider_id = o.provider_id`,
      [bookingId],
    );
    const { rows } = await root.query<{ other: string; is_completed: boolean }>(
      `select o.booking_id as other, b.status = 'completed' as is_completed
      from app_private.provider_reservations r
      join app_private.provider_reservations o on o.provider_id = r.provider_id and o.id <> r.id
      join bookings b on b.id = o.booking_id
      where r.booking_id = $1 and o.booking_id is not null
        and tstzrange(o.starts_at, o.ready_at) && tstzrange(r.starts_at + $2::interval, r.ready_at + $2::interval)`,
      [bookingId, interval],
    );
    // What is completed stays in the past, and what is to come in the future.
    for (const { other, is_completed } of rows) {
      madeRoom += 1;
      await noteDay(other);
      await shift(other, `${is_completed ? '-' : ''}${300 + madeRoom} days`);
      await noteDay(other);
    }
    await root.query(
      `with off as (select set_config('session_replication_role', 'replica', true)),
      moved as (
        update bookings set
          booking_date = ((starts_at + $2::interval) at time zone time_zone)::date,
          booking_time = ((starts_at + $2::interval) at time zone time_zone)::time
        from off where id = $1),
      therapists as (
        update therapist_assignments a
        set actual_start_time = actual_start_time + $2::interval,
          assignment_date = ((b.starts_at + $2::interval) at time zone b.time_zone)::date,
          assignment_time = ((b.starts_at + $2::interval) at time zone b.time_zone)::time
        from bookings b where b.id = $1 and a.booking_id = b.id and a.status <> 'cancelled'),
      beauticians as (
        update beautician_assignments
        set actual_start_time = actual_start_time + $2::interval, assignment_time = assignment_time + $2::interval
        where booking_id = $1 and status <> 'cancelled')
      update app_private.provider_reservations r
      set starts_at = r.starts_at + $2::interval, ends_at = r.ends_at + $2::interval,
        ready_at = r.ready_at + $2::interval,
        day = ((r.starts_at + $2::interval) at time zone b.time_zone)::date
      from bookings b where b.id = $1 and r.booking_id = b.id`,
      [bookingId, interval],
    );
  };
  const startCode: Market['startCode'] = async (bookingId) => {
    const { customer } = (
      await owner.query('select customer_id as customer from bookings where id = $1', [bookingId])
    ).rows[0];
    return database.asUser({ sub: customer, role: 'authenticated' }, async (client) => {
      const { rows } = await client.query(
        'select bookings_start_code(b) as code from bookings b where id = $1',
        [bookingId],
      );
      return String(rows[0]?.code);
    });
  };
  const ends: Market['ends'] = (who, name, args) => call(who, name, args).then(() => 'ok', codeOf);
  const confirm: Market['confirm'] = (who, holdId, { payment = 'cash', points, wallet } = {}) =>
    call(who, 'confirm_booking', {
      hold_id: holdId,
      payment_method: payment,
      points: points ?? 0,
      wallet_amount: wallet ?? 0,
    });
  const hold: Market['hold'] = (who, request) => call(who, 'hold_slot', holdArguments(request));
  return {
    database,
    owner,
    call,
    ends,
    hold,
    holdEnds: (who, request) => ends(who, 'hold_slot', holdArguments(request)),
    confirm,
    book: async (who, request, confirmation) =>
      confirm(who, (await hold(who, request)).id, confirmation),
    one: async (sql, values = []) => (await owner.query(sql, [...values])).rows[0],
    shift,
    async bringToStart(bookingId, minutesAgo = 1) {
      const { rows } = await owner.query<{ offset: string }>(
        `select (now() - $2 * interval '1 minute' - starts_at)::text as offset from bookings where id = $1`,
        [bookingId, minutesAgo],
      );
      await shift(bookingId, String(rows[0]?.offset));
    },
    startCode,
    async startService(who, bookingId) {
      return call(who, 'start_service', {
        booking_id: bookingId,
        code: await startCode(bookingId),
      });
    },
    async newCustomer() {
      const sub = randomUUID();
      await owner.query('insert into auth.users (id) values ($1)', [sub]);
      await owner.query(
        `insert into user_profiles (id, name, date_of_birth) values ($1, 'New', '1995-01-01')
        on conflict (id) do update set date_of_birth = excluded.date_of_birth`,
        [sub],
      );
      await owner.query('insert into customers (id) values ($1)', [sub]);
      return { sub };
    },
    async fillWallet(who, rupees) {
      await owner.query(
        `select app_private.move_wallet($1, 'credit', $2, 'rewards', null, null, null, 'A gift')`,
        [idFor(who), rupees],
      );
    },
    async givePoints(who, points, expires = '1 year') {
      await owner.query(
        `select app_private.move_points($1, 'earned', $2, null, 'A gift', now() + $3::interval)`,
        [idFor(who), points, expires],
      );
    },
    imbalances: async () => (await owner.query('select * from app_private.imbalances()')).rows,
    async once(job) {
      for (let tries = 0; tries < 100; tries += 1) {
        const done = await job();
        if (done > 0) {
          return done;
        }
        await setTimeout(20);
      }
      return 0;
    },
    async close() {
      await root.end();
      await database.drop();
    },
  };
}

/** A whole hour to come, so many hours after the next one. */
export function inHours(hours: number): Date {
  const hour = 3_600_000;
  return new Date(Math.ceil(Date.now() / hour) * hour + hours * hour);
}

function holdArguments(request: HoldRequest): Record<string, unknown> {
  const { package: packageId = null } = request;
  return {
    vendor_id: request.vendor ?? vendor,
    provider_id: request.provider ?? therapist,
    starts_at: request.startsAt,
    idempotency_key: request.key === undefined ? randomUUID() : request.key,
    service_ids:
      request.services === undefined && packageId === null ? [massage] : request.services,
    addon_ids: request.addons ?? null,
    package_id: packageId,
    booking_type: request.type === undefined ? 'spa_visit' : request.type,
    address_id: request.address ?? null,
    guest_name: request.guest ?? null,
  };
}

function callOf(name: string, args: Readonly<Record<string, unknown>>): string {
  const named = Object.keys(args).map((argument, index) => `"${argument}" => $${index + 1}`);
  return `select * from ${name}(${named.join(', ')})`;
}
