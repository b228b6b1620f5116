import { jest } from '@jest/globals';
import { describeDifference } from '../../src/database/describe/catalogue/compare.ts';
import type { Catalogue } from '../../src/database/describe/catalogue/entry.ts';
import { readInTransaction, readOurSchemas } from '../../src/database/describe/catalogue/read.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { findDifferences } from '../../src/operations/verify/differences.ts';
import { reportVerification } from '../../src/operations/verify/report.ts';
import { type Verification, verify } from '../../src/operations/verify/verify.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { testUrls } from '../helpers/urls.ts';
import { startWorker } from '../messages/support.ts';
import { programOn, targetOf } from './program.ts';

jest.setTimeout(240_000);

let database: TestDatabase;
let expected: Catalogue | null;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

const linesOf = (verification: Verification): readonly string[] =>
  reportVerification(verification).flatMap(({ findings }) => findings);

/** Each with what is done by hand, and what verify says of it. */
const changes: readonly (readonly [string, string, readonly (string | RegExp)[]])[] = [
  [
    'a table dropped, and none of its parts',
    'drop table public.emergency_contacts',
    ['table public.emergency_contacts is missing'],
  ],
  [
    'a table added',
    'create table public.extra (id int primary key); alter table public.extra enable row level security',
    ['table public.extra is not of the migrations'],
  ],
  [
    'a column retyped',
    'alter table public.emergency_contacts alter column relationship type varchar(99)',
    [
      'column relationship of public.emergency_contacts: type is character varying(99), should be text',
    ],
  ],
  [
    'a column dropped and one added',
    `alter table public.emergency_contacts drop column created_at;
    alter table public.emergency_contacts add column nickname text`,
    [
      'column created_at of public.emergency_contacts is missing',
      'column nickname of public.emergency_contacts is not of the migrations',
    ],
  ],
  [
    'a default and a not null changed',
    'alter table public.vendors alter column rating set default 5, alter column business_name drop not null',
    [
      /^column business_name of public\.vendors: not null is false, should be true$/,
      /^column rating of public\.vendors: default is 5, should be /,
    ],
  ],
  [
    'a policy loosened',
    'alter policy select_own on public.emergency_contacts using (true)',
    [/^policy select_own on public\.emergency_contacts: using is true, should be \(/],
  ],
  [
    'a policy dropped and one added',
    `drop policy select_own on public.emergency_contacts;
    create policy select_all on public.emergency_contacts for select to anon using (true)`,
    [
      'policy select_all on public.emergency_contacts is not of the migrations',
      'policy select_own on public.emergency_contacts is missing',
    ],
  ],
  [
    'a policy for another role',
    'alter policy select_own on public.emergency_contacts to anon, authenticated',
    [
      'policy select_own on public.emergency_contacts: to is anon, authenticated, should be authenticated',
    ],
  ],
  [
    'a function changed',
    `create or replace function public.schema_version() returns text
    language sql stable set search_path = '' as $$ select '9.9' $$`,
    [/^function public\.schema_version\(\): definition in line \d+ is .*9\.9/],
  ],
  [
    'a function that ignores who asks',
    'alter function app_private.today() security definer',
    [/^function app_private\.today\(\): definition in line \d+ is .*SECURITY DEFINER/],
  ],
  [
    'a grant added by hand, on a table, columns and a function',
    `grant delete on public.vendors to anon;
    grant update (rating) on public.vendors to anon;
    grant execute on function app_private.today() to anon`,
    [
      'rights of anon on function app_private.today() is not of the migrations',
      'rights of anon on table public.vendors: privileges is delete, select, should be select',
      'update of anon on columns of public.vendors is not of the migrations',
    ],
  ],
  [
    'a right to create objects in the schema that every role reads',
    'grant create on schema public to public',
    [
      /^rights of anon on schema public: privileges is create, usage, should be usage$/,
      /^rights of authenticated on schema public/,
      /^rights of ombaro_api on schema public/,
      /^rights of ombaro_worker on schema public/,
      /^rights of public on schema public/,
      /^rights of service_role on schema public/,
      /^rights of staff on schema public/,
    ],
  ],
  [
    'a grant taken',
    'revoke select on public.vendors from anon',
    ['rights of anon on table public.vendors is missing'],
  ],
  [
    'an index dropped',
    'drop index public.bookings_starts_at_idx',
    ['index public.bookings_starts_at_idx is missing'],
  ],
  [
    'a trigger disabled',
    'alter table public.vendors disable trigger _100_timestamps',
    ['trigger _100_timestamps on public.vendors: enabled is false, should be true'],
  ],
  [
    'row level security switched off',
    'alter table public.vendors disable row level security',
    ['table public.vendors: row level security is off, should be on'],
  ],
  [
    'row level security forced, which empties the helpers',
    'alter table public.vendors force row level security',
    ['table public.vendors: row level security is forced, should be on'],
  ],
  [
    'a constraint not validated',
    `alter table public.vendor_categories drop constraint vendor_categories_parent_id_fkey;
    alter table public.vendor_categories add constraint vendor_categories_parent_id_fkey
      foreign key (parent_id) references public.vendor_categories (id) on delete restrict not valid`,
    [
      'constraint vendor_categories_parent_id_fkey on public.vendor_categories: validated is false, should be true',
    ],
  ],
  [
    'a check loosened',
    `alter domain public.pincode drop constraint pincode_format;
    alter domain public.pincode add constraint pincode_format check (value <> '')`,
    [
      /^constraint pincode_format on domain public\.pincode: definition is .*, should be /,
      /^constraint pincode_format on domain public\.pincode: comment is nothing, should be /,
    ],
  ],
  [
    'a comment changed',
    `comment on table public.vendors is 'Shops.'`,
    [/^table public\.vendors: comment is Shops\., should be /],
  ],
  [
    'an owner changed, by an administrator',
    'alter table public.vendors owner to postgres',
    [
      'rights of ombaro_owner on table public.vendors is missing',
      'rights of postgres on table public.vendors is not of the migrations',
      'table public.vendors: owner is postgres, should be ombaro_owner',
    ],
  ],
  [
    'the default rights on new functions',
    'alter default privileges for role ombaro_owner grant execute on functions to public',
    [/^default privileges of ombaro_owner on functions in all schemas/],
  ],
  [
    'the function that says who is signed in',
    `create or replace function auth.uid() returns uuid language sql stable as $$ select null::uuid $$`,
    [/^function auth\.uid\(\): definition in line \d+ is /],
  ],
  [
    'a trigger of a foreign key disabled, by an administrator',
    'alter table public.emergency_contacts disable trigger all',
    [
      /^constraint emergency_contacts_user_id_fkey on .*: enforced is false, should be true$/,
      /^trigger /,
    ],
  ],
  [
    'an index left invalid',
    `update pg_index set indisvalid = false where indexrelid = 'public.bookings_starts_at_idx'::regclass`,
    ['index public.bookings_starts_at_idx: valid is false, should be true'],
  ],
];

describe('verify', () => {
  it('finds nothing in a database of the migrations, while a worker runs and with partitions of days', async () => {
    await database.owner.query('select app_private.prepare_event_partitions()');
    const worker = startWorker(database, {});
    const { rows } = await database.owner.query(
      `select count(*)::int as partitions from pg_inherits where inhparent = 'app_private.events'::regclass`,
    );
    expect(rows[0].partitions).toBeGreaterThan(1);

    const verification = await verify(targetOf(database));
    await worker.close();
    expect(linesOf(verification)).toEqual([]);
    // Positive control: it did compare, and with something.
    expect(verification.live.size).toBe(verification.expected?.size);
    expect(verification.live.size).toBeGreaterThan(5_000);
    expect(verification.bodies.checked).toBeGreaterThan(300);
    expect(verification.plpgsqlCheck).toBeNull();
    expected = verification.expected;
  });

  it.each(changes)('names %s, and nothing else', async (_what, sql, lines) => {
    await withClient(database.rootUrl, async (client) => {
      const schemas = await readOurSchemas(client);
      await client.query('begin');
      await client.query(sql);
      const live = await readInTransaction(client, schemas);
      await client.query('rollback');
      expect(findDifferences(live, expected).map(describeDifference)).toEqual(
        lines.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))),
      );
    });
  });

  it('finds functions whose bodies no longer work', async () => {
    const copy = await createTestDatabase();
    try {
      await copy.owner.query(`
        create table public.passing (id int);
        create function public.lost() returns bigint language sql stable set search_path = ''
          as 'select count(*) from public.passing';
        drop table public.passing`);
      expect(linesOf(await verify(targetOf(copy)))).toContain(
        'function public.lost() does not work: relation "public.passing" does not exist',
      );
    } finally {
      await copy.drop();
    }
  });

  it('says on the command line what it found, and fails', async () => {
    const copy = await createTestDatabase();
    try {
      const ombaro = programOn(copy);
      const good = await ombaro(['verify']);
      expect(good).toMatchObject({ code: 0, stderr: '' });
      expect(good.stdout).toMatch(/^policies +(\d+) +\1 +ok$/m);
      expect(good.stdout).toMatch(/plpgsql_check .*not installed/);

      await copy.owner.query('drop policy select_own on public.emergency_contacts');
      const bad = await ombaro(['verify']);
      expect(bad).toMatchObject({ code: 1, stderr: 'Not as it should be in 1 place.\n' });
      expect(bad.stdout).toMatch(/^policies .* 1 wrong$/m);
      expect(bad.stdout).toMatch(/^policy select_own on public\.emergency_contacts is missing$/m);
      const { checks, differences } = JSON.parse((await ombaro(['verify', '--json'])).stdout);
      expect(differences).toEqual([
        {
          object: 'policy select_own on public.emergency_contacts',
          kind: 'policy',
          fact: null,
          is: null,
          should: 'there',
        },
      ]);
      expect(checks.map(({ check }: { check: string }) => check)).toContain('migrations');
    } finally {
      await copy.drop();
    }
  });

  it('without an administrator reports that it did not compare, and finds faults of the migrations alone', async () => {
    const copy = await createTestDatabase();
    try {
      await copy.owner.query(`
        alter table public.vendors disable row level security;
        create table public.bare (id int primary key);
        alter table public.bare enable row level security;
        grant select on public.bare to authenticated;
        drop policy select_own on public.emergency_contacts`);
      const lines = linesOf(await verify({ ...targetOf(copy), rootUrl: null }));
      expect(lines).toEqual([
        'table public.vendors: row level security is off, should be on',
        'table public.bare: policies is nothing, should be at least one, as people may read it',
        expect.stringMatching(/was not checked: set ROOT_DATABASE_URL/),
      ]);
    } finally {
      await copy.drop();
    }
  });

  it('does not compare with migrations that are not those of the database', async () => {
    const copy = await createTestDatabase();
    try {
      await copy.owner.query(`update graphile_migrate.migrations set hash = 'sha1:other'
        where filename = (select max(filename) from graphile_migrate.migrations)`);
      expect(linesOf(await verify(targetOf(copy)))).toEqual([
        expect.stringMatching(
          /^migration \d+-.* was applied to the database on [-\d]+ with another content/,
        ),
        expect.stringMatching(/was not checked: the migrations here are not those of the database/),
      ]);
    } finally {
      await copy.drop();
    }
  });

  it('refuses a database that is not ours', async () => {
    const root = testUrls().root;
    await expect(verify({ ...targetOf(database), ownerUrl: root })).rejects.toThrow(
      /has no migrations/,
    );
  });
});
