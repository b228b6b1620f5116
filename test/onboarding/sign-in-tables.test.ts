import pg from 'pg';
import { withClient } from '../../src/lib/postgres.ts';
import { startApi } from '../api/support.ts';
import { attempt, codeOf } from '../db/attempt.ts';
import { claimsOf, people, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
  await database.owner.query(`
    insert into vendor_otp_codes (mobile, code_hash, expires_at)
    values ('+919876543210', sha256('1'), now() + interval '5 minutes');
    insert into vendor_social_auth (user_id, provider, provider_user_id)
    select id, 'google', 'subject of ' || id from user_profiles`);
});

afterAll(async () => {
  await database.drop();
});

const tables = ['vendor_otp_codes', 'vendor_social_auth'] as const;
const statements = (table: string) => [
  `select * from ${table}`,
  `select from ${table}`,
  `update ${table} set created_at = now()`,
  `delete from ${table}`,
  `insert into ${table} default values`,
  `truncate ${table}`,
];

describe.each(tables)('%s', (table) => {
  it('is read and written by no client, anonymous users and staff included', async () => {
    // Positive control: there are rows.
    const { rowCount } = await database.owner.query(`select from ${table}`);
    expect(rowCount).toBeGreaterThan(0);
    for (const person of people) {
      const ends = await database.asUser(claimsOf(person), async (client) => {
        const all = [];
        for (const statement of statements(table)) {
          all.push(await attempt(client, statement));
        }
        return all;
      });
      expect(new Set(ends)).toEqual(new Set(['42501']));
    }
  });

  it.each([
    'service_role',
    'ombaro_api',
    'ombaro_worker',
  ])('is read and written by no %s', async (role) => {
    await withClient(database.rootUrl, async (client) => {
      await client.query(`begin; set local role ${role}`);
      for (const statement of statements(table)) {
        expect(await attempt(client, statement)).toBe('42501');
      }
      await client.query('rollback');
    });
  });

  it('is not part of the API', async () => {
    const api = await startApi(database);
    try {
      const { data } = await api.graphql('{ __schema { types { name } } }');
      const names: string[] = data.__schema.types.map(({ name }: { name: string }) => name);
      expect(names).toContain('Vendor');
      expect(names.filter((name) => /Otp|SocialAuth/.test(name))).toEqual([]);
    } finally {
      await api.close();
    }
  });
});

describe('one-time codes', () => {
  const insert = (columns: string, values: string): Promise<string> =>
    database.owner
      .query(
        `insert into vendor_otp_codes (${columns}, expires_at) values (${values}, now() + interval '5 minutes')`,
      )
      .then(() => 'ok', codeOf);

  it.each([
    ['are hashes of 32 bytes', 'mobile, code_hash', `'+919876543211', sha256('1')`, 'ok'],
    ['are never what was sent', 'mobile, code_hash', `'+919876543211', '123456'`, '23514'],
    ['go to an address', 'code_hash', `sha256('1')`, '23514'],
    [
      'go to one address',
      'mobile, email, code_hash',
      `'+919876543211', 'a@example.com', sha256('1')`,
      '23514',
    ],
    ['go to an e-mail address as well', 'email, code_hash', `'a@example.com', sha256('1')`, 'ok'],
    [
      'are used with a time',
      'mobile, code_hash, is_verified',
      `'+919876543211', sha256('1'), true`,
      '23514',
    ],
  ])('%s', async (_name, columns, values, end) => {
    expect(await insert(columns, values)).toBe(end);
  });

  it('are deleted by maintenance a day after they expired, and by no one else', async () => {
    await database.owner.query(`
      delete from vendor_otp_codes;
      insert into vendor_otp_codes (mobile, code_hash, created_at, expires_at)
      select '+919876543210', sha256('1'), now() - interval '3 days', now() - age
      from unnest(array[interval '25 hours', '2 days', '23 hours', '-5 minutes']) age`);
    for (const person of people) {
      const end = database.asUser(claimsOf(person), (client) =>
        client.query('select app_private.expire_otp_codes()'),
      );
      await expect(end).rejects.toMatchObject({ code: '42501' });
    }
    const worker = new pg.Client({ connectionString: database.workerUrl });
    await worker.connect();
    try {
      const { rows } = await worker.query('select app_private.expire_otp_codes() as count');
      expect(rows).toEqual([{ count: 2 }]);
    } finally {
      await worker.end();
    }
    const { rowCount } = await database.owner.query('select from vendor_otp_codes');
    expect(rowCount).toBe(2);
  });
});

describe('social accounts', () => {
  it('belong to one user, who has one with each provider', async () => {
    const link = (
      name: 'customer' | 'nobody',
      provider: string,
      subject: string,
    ): Promise<string> =>
      database.owner
        .query(
          'insert into vendor_social_auth (user_id, provider, provider_user_id) values ($1, $2, $3)',
          [claimsOf(name)?.sub, provider, subject],
        )
        .then(() => 'ok', codeOf);
    expect(await link('customer', 'facebook', 'x')).toBe('ok');
    expect(await link('nobody', 'facebook', 'x')).toBe('23505');
    expect(await link('customer', 'facebook', 'y')).toBe('23505');
    expect(await link('nobody', 'facebook', 'y')).toBe('ok');
    expect(await link('nobody', 'twitter', 'z')).toBe('23503');
  });

  it('keep no token of a provider', async () => {
    const { rows } = await database.owner.query<{ name: string }>(
      `select attname as name from pg_attribute where attrelid = 'vendor_social_auth'::regclass
       and attnum > 0 and attname ~ 'token|secret'`,
    );
    expect(rows).toEqual([]);
  });
});
