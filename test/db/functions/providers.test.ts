import pg from 'pg';
import { claimsOf, idOf } from '../../fixtures/people.ts';
import { rupees } from '../../fixtures/terms.ts';
import { seedTwoWorlds, worldIds, worldPrice } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { codeOf } from '../attempt.ts';
import { untilBlocked } from '../concurrency.ts';
import { beginPlay, type Play } from '../play.ts';

const { one, two, closed } = worldIds;

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

describe('leave', () => {
  const ask = `insert into therapist_leaves (therapist_id, leave_type, start_date, end_date, reason)
    values ($1, 'casual', $2, $3, 'A wedding') returning total_days`;

  // The therapist has asked for 1 and 2 March, and was granted 1 and 2 February.
  it.each([
    ['a day that is asked for', '2025-03-02', '2025-03-04', '23P01'],
    ['a day that is granted', '2025-01-30', '2025-02-01', '23P01'],
    ['days around it', '2025-02-20', '2025-03-10', '23P01'],
    ['an end before the beginning', '2025-05-02', '2025-05-01', '23514'],
    ['more than a year', '2025-05-01', '2026-06-01', '23514'],
  ])('cannot be requested twice or wrongly: %s', async (_, from, to, code) => {
    expect(await play.ends(claimsOf('therapist'), ask, [one, from, to])).toBe(code);
  });

  it('counts its days, the last one included', async () => {
    expect(await play.as(claimsOf('therapist'), ask, [one, '2025-03-03', '2025-03-05'])).toEqual([
      { total_days: 3 },
    ]);
  });

  it('can be requested again once it was refused', async () => {
    await play.query(`update therapist_leaves set status = 'rejected' where id = $1`, [one]);
    expect(await play.ends(claimsOf('therapist'), ask, [one, '2025-03-01', '2025-03-02'])).toBe(
      'ok',
    );
  });

  it('requested twice at once is requested once', async () => {
    const pool = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
    const values = [two, '2025-07-01', '2025-07-03'];
    const first = await pool.connect();
    await first.query('begin');
    await first.query(ask, values);
    const second = pool.query(ask, values).then(() => 'ok', codeOf);
    await untilBlocked(database.owner);
    await first.query('commit');
    first.release();
    expect(await second).toBe('23P01');
    await pool.end();
  });
});

describe('working hours', () => {
  const hours = `insert into therapist_schedules
      (therapist_id, day_of_week, start_time, end_time, break_start, break_end)
    values ($1, 3, $2, $3, $4, $5)`;

  it.each([
    ['09:00', '18:00', null, null, 'ok'],
    ['09:00', '18:00', '13:00', '14:00', 'ok'],
    // Past midnight, to midnight in both ways of writing it, and no time at all.
    ['18:00', '02:00', null, null, 'ok'],
    ['18:00', '02:00', '01:00', '01:30', 'ok'],
    ['18:00', '02:00', '23:30', '00:00', 'ok'],
    ['18:00', '02:00', '02:00', '02:30', '23514'],
    ['18:00', '02:00', '12:00', '13:00', '23514'],
    ['18:00', '24:00', '23:00', '24:00', 'ok'],
    ['18:00', '00:00', '23:00', '00:00', 'ok'],
    ['18:00', '18:00', null, null, '23514'],
    ['24:00', '02:00', null, null, '23514'],
    ['09:00', '18:00', '08:00', '10:00', '23514'],
    ['09:00', '18:00', '14:00', '13:00', '23514'],
    ['09:00', '18:00', '13:00', null, '23514'],
    ['09:00', '18:00', null, '14:00', '23514'],
  ])('from %s to %s with a break from %s to %s: %s', async (from, to, begin, end, ended) => {
    expect(await play.ends(claimsOf('therapist'), hours, [one, from, to, begin, end])).toBe(ended);
  });
});

describe('several shifts a weekday', () => {
  const shift = (weekday: number, from: string, to: string, isKept = true) =>
    play.ends(
      claimsOf('therapist'),
      `insert into therapist_schedules (therapist_id, day_of_week, start_time, end_time, is_available)
      values ($1, $2, $3, $4, $5)`,
      [one, weekday, from, to, isKept],
    );
  const keep = (weekday: number, from: string, to: string) =>
    play.query(
      `insert into therapist_schedules (therapist_id, day_of_week, start_time, end_time) values ($1, $2, $3, $4)`,
      [one, weekday, from, to],
    );

  it('may touch and may not overlap', async () => {
    await keep(3, '10:00', '14:00');
    expect(await shift(3, '14:00', '18:00')).toBe('ok');
    expect(await shift(3, '08:00', '10:00')).toBe('ok');
    expect(await shift(3, '13:00', '18:00')).toBe('23P01');
    expect(await shift(3, '10:00', '12:00')).toBe('23505');
    // One that is off may be anywhere.
    expect(await shift(3, '13:00', '18:00', false)).toBe('ok');
  });

  it('may not overlap those of the next day after midnight, on Saturday night neither', async () => {
    await keep(6, '18:00', '02:00');
    expect(await shift(0, '02:00', '08:00')).toBe('ok');
    expect(await shift(0, '01:30', '08:00')).toBe('23P01');
    expect(await shift(5, '22:00', '18:30')).toBe('23P01');
    expect(await shift(5, '22:00', '06:00')).toBe('ok');
  });
});

it('a booking has one provider at a time', async () => {
  const assign = `insert into therapist_assignments
      (booking_id, therapist_id, vendor_id, customer_id, service_id, assignment_date, assignment_time,
       estimated_duration)
    values ($1, $2, $1, $3, $1, '2025-06-02', '10:00', 60)`;
  await play.query('savepoint before');
  await expect(play.query(assign, [one, closed, idOf('customer')])).rejects.toMatchObject({
    code: '23505',
  });
  await play.query('rollback to savepoint before');
  await play.query(`update therapist_assignments set status = 'cancelled' where booking_id = $1`, [
    one,
  ]);
  expect((await play.query(assign, [one, closed, idOf('customer')])).rowCount).toBe(1);
});

describe('vendors_is_open_now', () => {
  /** A zone in which it is noon at this hour, and one in which it is midnight. */
  const offset = 12 - new Date().getUTCHours();
  const noon = `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`;
  const away = offset > 0 ? offset - 12 : offset + 12;
  const midnight = `Etc/GMT${away > 0 ? '-' : '+'}${Math.abs(away)}`;

  it.each([
    ['open', '08:00', '20:00', null, null, true, noon, true],
    ['at midnight', '08:00', '20:00', null, null, true, midnight, false],
    ['closed already', '08:00', '11:59', null, null, true, noon, false],
    ['not yet open', '13:00', '20:00', null, null, true, noon, false],
    ['in the break', '08:00', '20:00', '11:59', '13:00', true, noon, false],
    ['after the break', '08:00', '20:00', '10:00', '11:59', true, noon, true],
    ['before the break', '08:00', '20:00', '13:00', '14:00', true, noon, true],
    ['a closed day', '08:00', '20:00', null, null, false, noon, false],
  ] as const)('%s', async (_, opens, closes, begin, end, isOpen, zone, expected) => {
    await play.query('update vendors set time_zone = $1 where id = $2', [zone, one]);
    await play.query('delete from vendor_availability where vendor_id = $1', [one]);
    await play.query(
      `insert into vendor_availability
        (vendor_id, day_of_week, open_time, close_time, break_start, break_end, is_open)
      values ($1, extract(dow from now() at time zone $2), $3, $4, $5, $6, $7)`,
      [one, zone, opens, closes, begin, end, isOpen],
    );
    expect(
      await play.as(null, 'select vendors_is_open_now(v) as open from vendors v where id = $1', [
        one,
      ]),
    ).toEqual([{ open: expected }]);
  });

  it.each([
    ['of yesterday’s night shift', -1, '20:00', '13:00', true],
    ['after yesterday’s night shift', -1, '20:00', '11:00', false],
    ['before today’s night shift', 0, '20:00', '13:00', false],
    ['in today’s night shift', 0, '11:00', '02:00', true],
    ['till midnight', 0, '11:00', '24:00', true],
    ['till midnight, written as the next day’s beginning', 0, '11:00', '00:00', true],
  ] as const)('%s', async (_, days, opens, closes, expected) => {
    await play.query('update vendors set time_zone = $1 where id = $2', [noon, one]);
    await play.query('delete from vendor_availability where vendor_id = $1', [one]);
    await play.query(
      `insert into vendor_availability (vendor_id, day_of_week, open_time, close_time)
      values ($1, (extract(dow from now() at time zone $2)::integer + 7 + $3) % 7, $4, $5)`,
      [one, noon, days, opens, closes],
    );
    expect(
      await play.as(null, 'select vendors_is_open_now(v) as open from vendors v where id = $1', [
        one,
      ]),
    ).toEqual([{ open: expected }]);
  });

  it('goes by the day of the week where the vendor is', async () => {
    await play.query('update vendors set time_zone = $1 where id = $2', [noon, one]);
    await play.query('delete from vendor_availability where vendor_id = $1', [one]);
    await play.query(
      `insert into vendor_availability (vendor_id, day_of_week, open_time, close_time)
      select $1, day, '00:00', '23:59' from generate_series(0, 6) day
      where day <> extract(dow from now() at time zone $2)`,
      [one, noon],
    );
    expect(
      await play.as(null, 'select vendors_is_open_now(v) as open from vendors v where id = $1', [
        one,
      ]),
    ).toEqual([{ open: false }]);
  });

  it('accepts only time zones that exist', async () => {
    await expect(
      play.query(`update vendors set time_zone = 'Asia/Nowhere' where id = $1`, [one]),
    ).rejects.toMatchObject({ code: 'OB020' });
  });
});

describe('prices and durations', () => {
  const ask = `select vendor_services_price(s)::text as price, vendor_services_duration(s) as minutes
    from vendor_services s where id = $1`;
  const [discounted, own] = [800, 1_200];

  it("are the vendor's own, or the catalogue's, discounted if it is", async () => {
    expect(await play.as(null, ask, [one])).toEqual([{ price: rupees(worldPrice), minutes: 60 }]);
    await play.query('update services set discounted_price = $2 where id = $1', [one, discounted]);
    expect(await play.as(null, ask, [one])).toEqual([{ price: rupees(discounted), minutes: 60 }]);
    await play.query(
      'update vendor_services set custom_price = $2, custom_duration = 90 where id = $1',
      [one, own],
    );
    expect(await play.as(null, ask, [one])).toEqual([{ price: rupees(own), minutes: 90 }]);
    await play.query('update vendor_services set custom_price = 0 where id = $1', [one]);
    expect(await play.as(null, ask, [one])).toEqual([{ price: rupees(0), minutes: 90 }]);
  });

  it('of the catalogue apply the discount, which is never above the price', async () => {
    const price = 'select services_price(s)::text as price from services s where id = $1';
    expect(await play.as(null, price, [one])).toEqual([{ price: rupees(worldPrice) }]);
    await play.query('update services set discounted_price = $2 where id = $1', [one, discounted]);
    expect(await play.as(null, price, [one])).toEqual([{ price: rupees(discounted) }]);
    await expect(
      play.query('update services set discounted_price = $2 where id = $1', [one, worldPrice + 1]),
    ).rejects.toMatchObject({ code: '23514' });
  });
});

describe('packages', () => {
  const change = 'update service_packages set service_ids = $1, addon_ids = $2 where slug = $3';

  it('keep the order of their services', async () => {
    await play.query(change, [[two, one], null, 'one']);
    const rows = await play.as<{ id: string }>(
      null,
      `select s.id from service_packages p, service_packages_services(p) s where p.slug = 'one'`,
    );
    expect(rows.map(({ id }) => id)).toEqual([two, one]);
  });

  it.each([
    ['a service', [one, idOf('customer')], [one], 'OB003'],
    ['an add-on', [one], [idOf('customer')], 'OB003'],
    ['nothing at all', [], null, '23514'],
    ['what there is', [one, two], [one], 'ok'],
  ])('contain only services that exist: %s', async (_, services, addons, ended) => {
    expect(await play.ends(claimsOf('marketing'), change, [services, addons, 'one'])).toBe(ended);
  });
});
