import pg from 'pg';
import { claimsOf, idOf } from '../../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { untilBlocked } from '../concurrency.ts';
import { beginPlay, type Play } from '../play.ts';

const customer = claimsOf('customer');

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

const chosen = [
  {
    table: 'customer_addresses',
    mark: 'is_default',
    owner: 'customer_id',
    columns: 'address_type, address_line1, city, state, pincode',
    values: `'work', 'MG Road', 'Pune', 'Maharashtra', '411001'`,
  },
  {
    table: 'payment_methods',
    mark: 'is_primary',
    owner: 'customer_id',
    columns: 'method_type, upi_id',
    values: `'upi', 'new@bank'`,
  },
  {
    table: 'user_bank_details',
    mark: 'is_primary',
    owner: 'user_id',
    columns: 'account_holder_name, account_number, ifsc_code, bank_name',
    values: `'A Person', '998877665544', 'SBIN0000001', 'State Bank of India'`,
  },
  {
    table: 'emergency_contacts',
    mark: 'is_primary',
    owner: 'user_id',
    columns: 'name, relationship, mobile',
    values: `'A Friend', 'friend', '+919876543219'`,
  },
];

describe.each(chosen)('the chosen one of $table', ({ table, mark, owner, columns, values }) => {
  const insert = `insert into ${table} (${columns}, ${mark}) values (${values}, true)`;

  it('gives way to a new one, and no other user loses theirs', async () => {
    await play.query(`update ${table} set ${mark} = true where ${owner} = any ($1)`, [
      [idOf('customer'), idOf('customer2')],
    ]);
    await play.as(customer, insert);
    const { rows } = await play.query<{ owner: string; count: number }>(
      `select ${owner} as owner, count(*)::integer from ${table} where ${mark} group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { owner: idOf('customer'), count: 1 },
      { owner: idOf('customer2'), count: 1 },
    ]);
  });

  it('changes by an update, too', async () => {
    await play.as(customer, insert);
    const [other] = await play.as<{ id: string }>(
      customer,
      `select id from ${table} where not ${mark} and ${owner} = auth.uid() limit 1`,
    );
    await play.as(customer, `update ${table} set ${mark} = true where id = $1`, [other?.id]);
    const rows = await play.as(customer, `select id from ${table} where ${mark}`);
    expect(rows).toEqual([other]);
  });
});

it('two default addresses at once: one stays the default', async () => {
  const pool = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  const insert = `insert into customer_addresses
      (customer_id, address_type, address_line1, city, state, pincode, is_default)
    values ('${idOf('customer2')}', 'work', 'MG Road', 'Pune', 'Maharashtra', '411001', true)`;
  const first = await pool.connect();
  await first.query('begin');
  await first.query(insert);
  const second = pool.query(insert).catch((error: pg.DatabaseError) => error.code);
  await untilBlocked(database.owner);
  await first.query('commit');
  first.release();
  const ended = await second;
  await pool.end();
  const { rowCount } = await database.owner.query(
    'select from customer_addresses where customer_id = $1 and is_default',
    [idOf('customer2')],
  );
  expect(rowCount).toBe(1);
  expect(ended).toBe('23505');
});

describe('notifications', () => {
  const readAt = `select is_read, read_at is not null as has_time from notifications`;

  it('remember when they were first read', async () => {
    await play.as(customer, 'update notifications set is_read = true');
    const before = await play.as<{ read_at: Date }>(customer, 'select read_at from notifications');
    await play.as(customer, 'update notifications set is_read = true');
    expect(await play.as(customer, 'select read_at from notifications')).toEqual(before);
    expect(await play.as(customer, readAt)).toEqual([{ is_read: true, has_time: true }]);
  });

  it('forget it when marked as unread', async () => {
    await play.as(customer, 'update notifications set is_read = true');
    await play.as(customer, 'update notifications set is_read = false');
    expect(await play.as(customer, readAt)).toEqual([{ is_read: false, has_time: false }]);
  });

  it('are counted and marked for the one who asks', async () => {
    await play.query(
      `insert into notifications (user_id, type, title, message)
      select $1, 'promotion', 'Offer', 'Half price' from generate_series(1, 2)`,
      [idOf('customer')],
    );
    const count = 'select unread_notification_count() as count';
    expect(await play.as(customer, count)).toEqual([{ count: 3 }]);
    expect(await play.as(customer, 'select mark_all_notifications_read() as count')).toEqual([
      { count: 3 },
    ]);
    expect(await play.as(customer, count)).toEqual([{ count: 0 }]);
    expect(await play.as(claimsOf('customer2'), count)).toEqual([{ count: 1 }]);
  });

  it('cannot be marked by a visitor', async () => {
    expect(await play.ends(null, 'select mark_all_notifications_read()')).toBe('42501');
  });
});

describe('the query me', () => {
  it('is the profile of the user, and null for a visitor', async () => {
    const sql = 'select id from me()';
    expect(await play.as(customer, sql)).toEqual([{ id: idOf('customer') }]);
    expect(await play.as(null, 'select id from me() where id is not null')).toEqual([]);
  });

  it('has the permissions of its roles', async () => {
    const sql = 'select my_permissions() as codes';
    expect(await play.as(customer, sql)).toEqual([{ codes: [] }]);
    expect(await play.as(claimsOf('customer_care_viewer'), sql)).toEqual([
      { codes: ['bookings.read', 'tickets.read'] },
    ]);
  });
});

it('updated_at changes by itself, created_at never', async () => {
  await play.query(`update vendors set updated_at = '2020-01-01', created_at = '2020-01-01'`);
  const { rows } = await play.query(
    `select from vendors where created_at < '2021-01-01' or updated_at < '2021-01-01'`,
  );
  expect(rows).toEqual([]);
});

describe('settings', () => {
  it('remember who changed them', async () => {
    await play.as(
      claimsOf('admin'),
      `update system_settings set value = '60' where key = 'booking.service_charge'`,
    );
    const { rows } = await play.query(
      `select value, updated_by from system_settings where key = 'booking.service_charge'`,
    );
    expect(rows).toEqual([{ value: 60, updated_by: idOf('admin') }]);
  });

  it('have no defaults in code', async () => {
    const { rows } = await play.query(
      `select app_private.setting('booking.hold_minutes') as value`,
    );
    expect(rows).toEqual([{ value: 10 }]);
    await expect(play.query(`select app_private.setting('no.such')`)).rejects.toMatchObject({
      code: 'OB099',
    });
  });
});

it('roles.permissions follows role_permissions', async () => {
  const mirror = `select permissions from roles where code = 'customer_care_viewer'`;
  expect((await play.query(mirror)).rows).toEqual([
    { permissions: ['bookings.read', 'tickets.read'] },
  ]);
  await play.query(
    `delete from role_permissions where permission_id = (select id from permissions where code = 'bookings.read')`,
  );
  expect((await play.query(mirror)).rows).toEqual([{ permissions: ['tickets.read'] }]);
  await play.query(
    `insert into role_permissions (role_id, permission_id)
    select r.id, p.id from roles r, permissions p
    where r.code = 'customer_care_viewer' and p.code = 'users.read'`,
  );
  expect((await play.query(mirror)).rows).toEqual([
    { permissions: ['tickets.read', 'users.read'] },
  ]);
});

describe('a topic may be followed', () => {
  const ask = 'select app_private.may_listen($1) as may';

  it.each([
    ['customer', true],
    ['vendor', true],
    ['receptionist', true],
    ['therapist', true],
    ['customer_care', true],
    ['accountant', false],
    ['customer2', false],
    ['nobody', false],
    ['hr', false],
  ] as const)('by a user who may read the booking: %s %s', async (person, may) => {
    expect(await play.as(claimsOf(person), ask, [`booking:${worldIds.one}`])).toEqual([{ may }]);
  });

  it.each([
    'booking:x',
    'booking:',
    '',
    'user:1',
    `vendors:${worldIds.one}`,
    `booking:${worldIds.one} `,
  ])('only where it exists: "%s"', async (topic) => {
    expect(await play.as(customer, ask, [topic])).toEqual([{ may: false }]);
  });
});
