import type pg from 'pg';
import { codeOf } from '../db/attempt.ts';
import { idFor, type Market, nearAddress } from '../fixtures/market.ts';
import {
  clock,
  type Hours,
  type Reservation,
  type Slot,
  type Times,
  type World,
} from './slots-oracle.ts';
import { addons, servedPincode, services, vendors, zones } from './slots-worlds.ts';

/** A world written into a transaction that will be rolled back. */
export type Stage = {
  /** The instant at which the transaction began, by which the database goes. */
  readonly now: number;
  readonly slots: () => Promise<Slot[]>;
  readonly first: () => Promise<number | null>;
  /** Whether one could hold it: `ok`, or the code of the error. Afterwards nothing is held. */
  readonly holdEnds: (provider: string, startsAt: number) => Promise<string>;
  /** Holds it and keeps it. */
  readonly hold: (provider: string, startsAt: number) => Promise<void>;
  readonly client: pg.PoolClient;
};

const customer = idFor('customer');

/**
 * What worlds share: a vendor in each zone, services and add-ons. Zones are slow to check, so that
 * vendors are made once.
 */
export async function writeSharedRows({ owner }: Market): Promise<void> {
  await owner.query(
    `insert into vendors (id, business_name, business_type, address_line1, city, state, pincode,
      time_zone, verification_status)
    select v.id, 'Spa ' || v.zone, 'spa', 'Main Road', 'Pune', 'Maharashtra', $3, v.zone, 'verified'
    from unnest($1::uuid[], $2::text[]) v (id, zone)`,
    [vendors, zones, servedPincode],
  );
  await owner.query(
    `insert into vendor_private_details (vendor_id, contact_person, contact_mobile, contact_email, gst_number)
    select id, 'A Person', '+919876543210', 'spa@example.com', '27AAPFU0939F1ZV' from unnest($1::uuid[]) v (id)`,
    [vendors],
  );
  await owner.query(
    `insert into services (id, name, slug, duration, base_price)
    select id, 'World ' || n, 'world-' || n, 60, 1000
    from unnest($1::uuid[]) with ordinality s (id, n)`,
    [services],
  );
  await owner.query(
    `insert into addon_services (id, name, duration, price)
    select id, 'World ' || n, 15, 100 from unnest($1::uuid[]) with ordinality a (id, n)`,
    [addons],
  );
}

/** Shows `act` a database in which this world is; then it is gone. */
export async function onStage<Result>(
  { owner }: Market,
  world: World,
  act: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const client = await owner.connect();
  try {
    await client.query('begin');
    await client.query(`select set_config('request.jwt.claims', $1, true)`, [
      JSON.stringify({ sub: customer, role: 'authenticated' }),
    ]);
    await writeWorld(client, world);
    const { rows } = await client.query<{ now: Date }>('select now()');
    return await act(stageOf(client, world, Number(rows[0]?.now)));
  } finally {
    await client.query('rollback');
    client.release();
  }
}

function stageOf(client: pg.PoolClient, world: World, now: number): Stage {
  const hold = async (provider: string, startsAt: number) => {
    await client.query(
      // For guests, since one customer holds all of them.
      `select hold_slot($1, $2, $3, gen_random_uuid()::text, $4, $5, null, $6, $7, 'A guest')`,
      [
        world.vendor,
        provider,
        new Date(startsAt),
        world.question.services,
        world.question.addons,
        world.question.type,
        world.question.near === null ? null : nearAddress,
      ],
    );
  };
  return {
    now,
    client,
    slots: () => readSlots(client, world),
    hold,
    async first() {
      const { rows } = await client.query<{ starts_at: Date | null }>(
        'select starts_at from next_available($1, $2)',
        [world.vendor, world.question.services],
      );
      return rows[0]?.starts_at?.getTime() ?? null;
    },
    async holdEnds(provider, startsAt) {
      await client.query('savepoint before_hold');
      const end = await hold(provider, startsAt).then(() => 'ok', codeOf);
      await client.query('rollback to savepoint before_hold');
      return end;
    },
  };
}

async function readSlots(client: pg.PoolClient, { vendor, question }: World): Promise<Slot[]> {
  const { services, addons, from, to, type, near } = question;
  const { rows } = await client.query(
    `select day::text, to_char(start_time, 'HH24:MI') as start_time, starts_at, ends_at, price::text,
      provider_ids
    from available_slots($1, $2, $3, $4, $5, $6,
      case when $7 then row($8, $9, $10)::near_place end)`,
    [
      vendor,
      services,
      addons,
      from,
      to,
      type,
      near !== null,
      near?.latitude,
      near?.longitude,
      near?.pincode,
    ],
  );
  return rows.map((row) => ({
    day: row.day,
    startTime: row.start_time,
    startsAt: row.starts_at.getTime(),
    endsAt: row.ends_at.getTime(),
    price: row.price,
    providers: row.provider_ids,
  }));
}

/*
 * Set by set: a table is one statement, however many rows.
 */
async function writeWorld(client: pg.PoolClient, world: World): Promise<void> {
  await writeVendor(client, world);
  await writePrices(client, world);
  await writeProviders(client, world);
  await writeTimes(client, world);
  await writeDated(client, world);
  await writeReservations(client, world);
}

async function writeVendor(client: pg.PoolClient, world: World): Promise<void> {
  const { settings, question } = world;
  await client.query(
    `update vendors set latitude = $2, longitude = $3, booking_notice_minutes = $4, booking_horizon_days = $5
    where id = $1`,
    [world.vendor, world.latitude, world.longitude, world.noticeMinutes, world.horizonDays],
  );
  await client.query(
    `update system_settings s set value = n.value, maximum = greatest(s.maximum, (n.value)::text::numeric)
    from jsonb_each($1) n where s.key = 'booking.' || n.key`,
    [
      JSON.stringify({
        slot_step_minutes: settings.step,
        buffer_minutes: settings.buffer,
        travel_speed_kmh: settings.speed,
        service_radius_km: settings.radiusKm,
        unknown_travel_minutes: settings.unknownMinutes,
        notice_minutes: settings.noticeMinutes,
        horizon_days: settings.horizonDays,
        daily_maximum: settings.dailyMaximum,
      }),
    ],
  );
  await client.query('update customer_addresses set latitude = $2, longitude = $3 where id = $1', [
    nearAddress,
    question.near?.latitude,
    question.near?.longitude,
  ]);
  await client.query(`update pincode_master set delivery_charge = $2 where pincode = $1`, [
    servedPincode,
    rupees(world.charge),
  ]);
}

async function writePrices(client: pg.PoolClient, world: World): Promise<void> {
  const rows = world.services.map((one) => ({
    id: one.id,
    minutes: one.minutes,
    own_minutes: one.ownMinutes,
    price: rupees(one.price),
    lower_price: rupees(one.lowerPrice),
    own_price: rupees(one.ownPrice),
  }));
  const shape = `jsonb_to_recordset($1) n (id uuid, minutes integer, own_minutes integer,
    price numeric, lower_price numeric, own_price numeric)`;
  await client.query(
    `update services s set duration = n.minutes, base_price = n.price, discounted_price = n.lower_price
    from ${shape} where s.id = n.id`,
    [JSON.stringify(rows)],
  );
  await client.query(
    `insert into vendor_services (vendor_id, service_id, custom_price, custom_duration)
    select $2, n.id, n.own_price, n.own_minutes from ${shape}`,
    [JSON.stringify(rows), world.vendor],
  );
  await client.query(
    `update addon_services a set duration = n.minutes, price = n.price / 100
    from jsonb_to_recordset($1) n (id uuid, minutes integer, price numeric) where a.id = n.id`,
    [JSON.stringify(world.addons)],
  );
}

async function writeProviders(client: pg.PoolClient, world: World): Promise<void> {
  for (const kind of ['therapist', 'beautician'] as const) {
    const people = world.providers.filter((provider) => provider.kind === kind);
    await client.query(
      `insert into ${kind}s (id, vendor_id, name, rating, verification_status)
      select n.id, $2, 'Asha', n.rating, case when n."isListed" then 'verified' else 'pending' end
      from jsonb_to_recordset($1) n (id uuid, rating numeric, "isListed" boolean)`,
      [JSON.stringify(people), world.vendor],
    );
    const skills = people.flatMap(({ id, services }) =>
      services.map((service) => ({ person: id, ...service })),
    );
    await client.query(
      `insert into ${kind}_services (${kind}_id, service_id, is_active)
      select n.person, n.id, n."isActive"
      from jsonb_to_recordset($1) n (person uuid, id uuid, "isActive" boolean)`,
      [JSON.stringify(skills)],
    );
  }
  await client.query(
    `update providers p set id = n.id, service_radius_km = n."radiusKm"
    from jsonb_to_recordset($1) n (id uuid, "radiusKm" numeric)
    where n.id in (p.therapist_id, p.beautician_id)`,
    [JSON.stringify(world.providers)],
  );
}

async function writeTimes(client: pg.PoolClient, world: World): Promise<void> {
  const shape = `jsonb_to_recordset($1) n (person uuid, weekday integer, "from" time, "to" time,
    is_open boolean, begins time, ends time, maximum integer)`;
  await client.query(
    `insert into vendor_availability
      (vendor_id, day_of_week, open_time, close_time, is_open, break_start, break_end)
    select $2, weekday, "from", "to", is_open, begins, ends from ${shape}`,
    [JSON.stringify(world.hours.map(timesRow)), world.vendor],
  );
  for (const kind of ['therapist', 'beautician'] as const) {
    const people = world.providers.filter((provider) => provider.kind === kind);
    const shifts = people.flatMap(({ id, hours }) =>
      hours.map((shift) => ({ person: id, maximum: shift.maximum, ...timesRow(shift) })),
    );
    await client.query(
      `insert into ${kind}_schedules (${kind}_id, day_of_week, start_time, end_time, is_available,
        break_start, break_end, max_bookings)
      select person, weekday, "from", "to", is_open, begins, ends, maximum from ${shape}`,
      [JSON.stringify(shifts)],
    );
    const leaves = people.flatMap(({ id, leaves }) =>
      leaves.map((leave) => ({ person: id, ...leave })),
    );
    await client.query(
      `insert into ${kind}_leaves (${kind}_id, leave_type, start_date, end_date, reason, status)
      select person, 'casual', "from", "to", 'A reason', status
      from jsonb_to_recordset($1) n (person uuid, "from" date, "to" date, status text)`,
      [JSON.stringify(leaves)],
    );
  }
}

async function writeDated(client: pg.PoolClient, world: World): Promise<void> {
  const owners = [
    { vendor: world.vendor, provider: null, dated: world },
    ...world.providers.map((dated) => ({ vendor: null, provider: dated.id, dated })),
  ];
  const closures = owners.flatMap(({ vendor, provider, dated }) =>
    dated.closures.map(({ from, to, times }) => ({
      vendor,
      provider,
      from,
      to,
      begins: times === null ? null : clock(times[0]),
      ends: times === null ? null : onClock(times[1]),
    })),
  );
  await client.query(
    `insert into closures (vendor_id, provider_id, first_day, last_day, from_time, to_time)
    select n.* from jsonb_to_recordset($1) n (vendor uuid, provider uuid, "from" date, "to" date,
      begins time, ends time)`,
    [JSON.stringify(closures)],
  );
  const specials = owners.flatMap(({ vendor, provider, dated }) =>
    dated.specials.map(({ day, ...times }) => ({ vendor, provider, day, ...clocksOf(times) })),
  );
  await client.query(
    `insert into special_hours (vendor_id, provider_id, day, opens_at, closes_at, break_start, break_end)
    select n.* from jsonb_to_recordset($1) n (vendor uuid, provider uuid, day date, "from" time, "to" time,
      begins time, ends time)`,
    [JSON.stringify(specials)],
  );
}

function timesRow({ weekday, isOpen, ...times }: Hours) {
  return { weekday, is_open: isOpen, ...clocksOf(times) };
}

function clocksOf({ from, to, pause }: Times) {
  return {
    from: clock(from),
    // The end of a day can be written in two ways.
    to: to === 1440 && from % 60 === 15 ? '00:00' : onClock(to),
    begins: pause === null ? null : clock(pause[0] % 1440),
    ends: pause === null ? null : onClock(pause[1]),
  };
}

function onClock(minute: number): string {
  return clock(minute > 1440 ? minute - 1440 : minute);
}

async function writeReservations(client: pg.PoolClient, world: World): Promise<void> {
  const rows = world.providers.flatMap(({ id, reservations }) =>
    reservations.map((reserved) => ({ provider: id, ...reservationRow(reserved) })),
  );
  await client.query(
    `with n as (
      select gen_random_uuid() as id, n.* from jsonb_to_recordset($1) n (provider uuid, kind text,
        day date, starts_at timestamptz, minutes integer, ready_at timestamptz, is_at_vendor boolean,
        latitude numeric, longitude numeric, expires_in interval)
    ), held as (
      insert into booking_holds (id, customer_id, vendor_id, provider_id, booking_type, service_ids,
        starts_at, duration_minutes, expires_at)
      select id, $2, $3, provider, 'spa_visit', $4, starts_at, minutes,
        now() + coalesce(expires_in, interval '1 hour')
      from n where kind = 'hold'
      returning id
    ), booked as (
      insert into bookings (id, customer_id, vendor_id, booking_type, booking_date,
        booking_time, duration_minutes, total_amount, final_amount)
      select id, $5, $3, 'spa_visit', day, '10:00', minutes, 100, 100
      from n where kind = 'booking'
      returning id
    ), blocked as (
      insert into blocked_times (id, provider_id, starts_at, ends_at)
      select id, provider, starts_at, starts_at + minutes * interval '1 minute' from n where kind = 'block'
      returning id
    )
    insert into app_private.provider_reservations (provider_id, hold_id, booking_id, blocked_time_id, day, starts_at,
      ends_at, ready_at, is_at_vendor, latitude, longitude, expires_at)
    select n.provider, h.id, b.id, x.id, n.day, n.starts_at, n.starts_at + n.minutes * interval '1 minute',
      n.ready_at, n.is_at_vendor, n.latitude, n.longitude, now() + n.expires_in
    from n left join held h on h.id = n.id left join booked b on b.id = n.id left join blocked x on x.id = n.id`,
    [JSON.stringify(rows), idFor('customer2'), world.vendor, services.slice(0, 1), customer],
  );
}

function reservationRow(reserved: Reservation) {
  const { day, startsAt, minutes, rest, place, lapses } = reserved;
  return {
    kind: reserved.for,
    day,
    starts_at: new Date(startsAt),
    minutes,
    ready_at: new Date(startsAt + (minutes + rest) * 60_000),
    is_at_vendor: place.isAtVendor,
    latitude: place.latitude,
    longitude: place.longitude,
    expires_in: { never: null, later: '10 minutes', lapsed: '-1 second' }[lapses],
  };
}

function rupees(paise: number | null): string | null {
  return paise === null ? null : (paise / 100).toFixed(2);
}
