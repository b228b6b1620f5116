import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type BootstrapTarget, onDatabase } from '../../src/database/bootstrap.ts';
import { withTemporaryDatabase } from '../../src/database/temporary.ts';
import { withClient, withDatabase } from '../../src/lib/postgres.ts';
import { testUrls } from '../helpers/urls.ts';

const urls = testUrls();
const target: BootstrapTarget & { rootUrl: string } = {
  rootUrl: urls.root,
  ownerUrl: urls.owner,
  apiUrl: urls.api,
  workerUrl: urls.worker,
};
const newName = () => `test_beside_${randomBytes(6).toString('hex')}`;
const made: string[] = [];

afterAll(async () => {
  await withClient(urls.root, async (root) => {
    for (const name of made) {
      await root.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    }
  });
});

async function exists(name: string): Promise<boolean> {
  return await withClient(urls.root, async (root) => {
    const { rowCount } = await root.query('select from pg_database where datname = $1', [name]);
    return rowCount === 1;
  });
}

async function extensionsIn(url: string): Promise<Record<string, string>> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string; schema: string }>(
      `select extname as name, extnamespace::regnamespace::text as schema from pg_extension
      where extname in ('btree_gist', 'cube', 'pg_trgm')`,
    );
    return Object.fromEntries(rows.map(({ name, schema }) => [name, schema]));
  });
}

describe('a temporary database', () => {
  it('is ombaro_owner’s, bootstrapped, and dropped in the end, also after a failure', async () => {
    const names: string[] = [];
    await withTemporaryDatabase(target, async ({ name, target: temporary }) => {
      names.push(name);
      await withClient(temporary.ownerUrl, async (client) => {
        const { rows } = await client.query<{ database: string; owner: string }>(
          `select current_database() as database, datdba::regrole::text as owner
          from pg_database where datname = current_database() and to_regclass('auth.users') is not null`,
        );
        expect(rows).toEqual([{ database: name, owner: 'ombaro_owner' }]);
      });
    });
    await expect(
      withTemporaryDatabase(target, async ({ name }) => {
        names.push(name);
        throw new Error('Did not work out.');
      }),
    ).rejects.toThrow('Did not work out.');
    expect(new Set(names).size).toBe(2);
    expect(await Promise.all(names.map(exists))).toEqual([false, false]);
  });

  it('stays when it was renamed', async () => {
    const kept = newName();
    made.push(kept);
    await withTemporaryDatabase(target, async ({ name, root }) => {
      await root.query(`alter database ${name} rename to ${kept}`);
    });
    expect(await exists(kept)).toBe(true);
  });

  it('has its extensions where the target has them, in public where there is no target yet', async () => {
    const theirs = newName();
    made.push(theirs);
    await withClient(urls.root, (root) => root.query(`create database ${theirs}`));
    await withClient(withDatabase(urls.root, theirs), (client) =>
      client.query(
        'create schema apart; create extension cube schema apart; create extension pg_trgm schema apart',
      ),
    );
    const placed = await withTemporaryDatabase(
      onDatabase(target, theirs),
      async ({ target: temporary, searchPath }) => ({
        searchPath,
        ...(await extensionsIn(temporary.ownerUrl)),
      }),
    );
    expect(placed).toEqual({
      searchPath: '"public", "apart"',
      btree_gist: 'public',
      cube: 'apart',
      pg_trgm: 'apart',
    });
    const absent = onDatabase(target, newName());
    expect(
      await withTemporaryDatabase(absent, ({ target: temporary }) =>
        extensionsIn(temporary.ownerUrl),
      ),
    ).toEqual({ btree_gist: 'public', cube: 'public', pg_trgm: 'public' });
  });

  it('needs an administrator, and says so', async () => {
    await expect(
      withTemporaryDatabase({ ...target, rootUrl: null }, async () => {}),
    ).rejects.toThrow(/Set ROOT_DATABASE_URL to an administrator's connection/);
  });

  it('of two at once each has its own, and leftovers of a killed process are removed, but not those in use', async () => {
    await withClient(testUrls().root, async (root) => {
      const { rows } = await root.query<{ used: string }>(
        `select format('ombaro_temporary_%s_ab', pg_backend_pid()) as used`,
      );
      const used = rows[0]?.used ?? '';
      const left = 'ombaro_temporary_2000000000_cd';
      await root.query(`create database ${used}`);
      await root.query(`create database ${left}`);
      const nameOf = () => withTemporaryDatabase(target, async ({ name }) => name);
      expect(new Set(await Promise.all([nameOf(), nameOf()])).size).toBe(2);
      const { rows: databases } = await root.query(
        `select datname::text as name from pg_database where starts_with(datname, 'ombaro_temporary_')`,
      );
      expect(databases).toContainEqual({ name: used });
      expect(databases).not.toContainEqual({ name: left });
      await root.query(`drop database ${used}`);
    });
  });
});
