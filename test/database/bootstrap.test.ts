import { bootstrap } from '../../src/database/bootstrap.ts';
import { findPending } from '../../src/database/migrations/committed.ts';
import { migrate } from '../../src/database/migrations/migrate.ts';
import { withClient, withDatabase } from '../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

describe('the set-up', () => {
  it('gives our roles no power over the server', async () => {
    const { rows } = await database.owner.query(
      `select rolname::text as name
      from pg_roles
      where rolname ~ '^(ombaro_|staff$|anon$|authenticated$)'
        and (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication)`,
    );
    expect(rows).toEqual([]);
    const { rows: control } = await database.owner.query(
      `select rolname::text as name from pg_roles where rolname = 'postgres' and rolsuper`,
    );
    expect(control).toHaveLength(1);
  });

  it('lets the API become the request roles and no other role, and gives it nothing else', async () => {
    await withClient(database.apiUrl, async (client) => {
      for (const role of ['anon', 'authenticated', 'staff']) {
        await client.query(`set role ${role}`);
        await client.query('reset role');
      }
      for (const role of ['ombaro_owner', 'ombaro_worker', 'service_role']) {
        await expect(client.query(`set role ${role}`)).rejects.toMatchObject({ code: '42501' });
      }
      await expect(client.query('select from public.user_profiles')).rejects.toMatchObject({
        code: '42501',
      });
    });
  });

  it('names what is missing where there is no administrator to add it', async () => {
    const name = `${database.name}_bare`;
    await withClient(database.rootUrl, (client) =>
      client.query(`create database ${name} owner ombaro_owner template template0`),
    );
    const target = {
      rootUrl: null,
      ownerUrl: withDatabase(database.ownerUrl, name),
      apiUrl: database.apiUrl,
      workerUrl: database.workerUrl,
    };
    try {
      await expect(bootstrap(target)).rejects.toThrow(
        /lacks .*cube.*auth\.users.*ROOT_DATABASE_URL/,
      );
      await bootstrap({ ...target, rootUrl: database.rootUrl });
      await expect(bootstrap(target)).resolves.toBeUndefined();
    } finally {
      await withClient(database.rootUrl, (client) => client.query(`drop database ${name}`));
    }
  });
});

describe('migrating', () => {
  const silence = () => {};

  it('is refused to every role but ombaro_owner', async () => {
    const target = { rootUrl: null, shadowUrl: null };
    await expect(migrate({ ...target, ownerUrl: database.rootUrl }, silence)).rejects.toThrow(
      /must connect as ombaro_owner/,
    );
    await expect(migrate({ ...target, ownerUrl: database.ownerUrl }, silence)).resolves.toEqual([]);
  });

  const committed = ['1', '2', '3'].map((number) => ({
    name: `00000${number}-step.sql`,
    filename: `00000${number}.sql`,
    hash: `sha1:${number}`,
  }));
  const ownerUrl = 'postgres://ombaro_owner@localhost/ombaro';
  const appliedOf = (hashes: string[]) =>
    hashes.map((hash, index) => ({
      filename: `00000${index + 1}.sql`,
      hash: `sha1:${hash}`,
      date: new Date(),
    }));

  it('continues after the migrations that the database has', () => {
    const pending = findPending(committed, appliedOf(['1', '2']), { ownerUrl });
    expect(pending.map(({ name }) => name)).toEqual(['000003-step.sql']);
  });

  it.each([
    ['an older one differs', ['x', '2'], /^000001-step\.sql was applied .* another content/],
    ['the last one differs', ['1', 'x'], /^000002-step\.sql was applied .* another content/],
    ['the database is ahead', ['1', '2', '3', '4'], /^000004\.sql is in the database and not in/],
  ])('is refused when %s', (_case, hashes, message) => {
    expect(() => findPending(committed, appliedOf(hashes), { ownerUrl })).toThrow(message);
  });
});
