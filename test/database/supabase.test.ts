import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { linkProfilesToAccounts } from '../../src/database/bootstrap.ts';
import { applyCurrent } from '../../src/database/migrations/current.ts';
import { prepareDatabase } from '../../src/database/prepare.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';

const silence = () => {};

/** Everything about the platform's own objects that a set-up of ours could change. */
const platformQuery = `
  select 'role' as kind, rolname::text as name, to_jsonb(role) - 'oid' as state
  from pg_roles as role
  where rolname !~ '^(pg_|ombaro_|staff$)'
  union all
  select 'setting', setrole::regrole::text, to_jsonb(setconfig) from pg_db_role_setting
  where setrole::regrole::text !~ '^ombaro_'
  union all
  select 'relation', relation.oid::regclass::text, jsonb_build_array(relowner::regrole, relrowsecurity)
  from pg_class as relation
  where relnamespace = 'auth'::regnamespace
  union all
  select 'function', proc.oid::regprocedure::text, jsonb_build_array(proowner::regrole, prosrc, proacl)
  from pg_proc as proc
  where pronamespace = 'auth'::regnamespace
  union all
  select 'schema', nspname, jsonb_build_array(nspowner::regrole, nspacl)
  from pg_namespace
  where nspname in ('auth', 'extensions')
  order by 1, 2`;

let server: TestServer;
let superuser: pg.Pool;
let target: Parameters<typeof prepareDatabase>[0];
let platformBefore: unknown[];

beforeAll(async () => {
  server = await startTestServer();
  superuser = new pg.Pool({ connectionString: server.urlFor('postgres', 'postgres'), max: 1 });
  await superuser.query(
    await readFile(path.join(import.meta.dirname, '../helpers/supabase.sql'), 'utf8'),
  );
  platformBefore = (await superuser.query(platformQuery)).rows;
  const ownerUrl = server.urlFor('ombaro_owner', 'postgres');
  const { host } = new URL(ownerUrl);
  target = {
    rootUrl: `postgres://project_admin:secret@${host}/postgres`,
    ownerUrl,
    apiUrl: server.urlFor('ombaro_api', 'postgres'),
    workerUrl: server.urlFor('ombaro_worker', 'postgres'),
    shadowUrl: null,
  };
  await prepareDatabase(target, silence);
  await applyCurrent(target, silence);
  await linkProfilesToAccounts(target);
});

afterAll(async () => {
  await superuser.end();
  await server.stop();
});

it('migrates as ombaro_owner, without a superuser', async () => {
  const { rows } = await superuser.query(
    `select tableowner, count(*) >= 60 as are_all from pg_tables where schemaname = 'public' group by 1`,
  );
  expect(rows).toEqual([{ tableowner: 'ombaro_owner', are_all: true }]);
});

it('adds only our own roles and changes nothing of the platform', async () => {
  const { rows: roles } = await superuser.query(
    `select rolname::text from pg_roles where rolname ~ '^(ombaro_|staff$)' order by 1`,
  );
  expect(roles.map(({ rolname }) => rolname)).toEqual([
    'ombaro_api',
    'ombaro_owner',
    'ombaro_worker',
    'staff',
  ]);
  expect((await superuser.query(platformQuery)).rows).toEqual(platformBefore);
});

it('can be prepared again', async () => {
  await expect(prepareDatabase(target, silence)).resolves.toEqual([]);
  expect((await superuser.query(platformQuery)).rows).toEqual(platformBefore);
});

it('links profiles to the platform’s accounts', async () => {
  const { rows } = await superuser.query(
    `select confrelid::regclass::text as accounts
    from pg_constraint
    where conrelid = 'public.user_profiles'::regclass and contype = 'f' and confrelid = 'auth.users'::regclass`,
  );
  expect(rows).toEqual([{ accounts: 'auth.users' }]);
});

describe('the first request', () => {
  const enter = (id: string) =>
    withClient(target.apiUrl, (client) =>
      client.query('select app_private.enter_request($1::jsonb) as role', [
        JSON.stringify({ sub: id, role: 'authenticated' }),
      ]),
    );
  const provision = (id: string) =>
    withClient(target.apiUrl, (client) =>
      client.query('select app_private.provision_profile($1::jsonb)', [
        JSON.stringify({ sub: id, role: 'authenticated', email: 'asha@example.com' }),
      ]),
    );

  it('of an account of the platform makes its profile', async () => {
    const id = randomUUID();
    await superuser.query('insert into auth.users (id, email) values ($1, $2)', [
      id,
      'asha@example.com',
    ]);
    await expect(enter(id)).rejects.toMatchObject({ code: 'OB008' });
    await provision(id);
    await expect(enter(id)).resolves.toMatchObject({ rows: [{ role: 'authenticated' }] });
  });

  it('of a user whom the platform does not know makes none', async () => {
    const id = randomUUID();
    await expect(provision(id)).rejects.toMatchObject({ code: 'OB008' });
    await expect(enter(id)).rejects.toMatchObject({ code: 'OB008' });
  });
});
