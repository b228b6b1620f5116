import { randomBytes } from 'node:crypto';
import {
  buildShadow,
  buildShadowWithCurrent,
  type Shadow,
} from '../../src/database/migrations/shadow.ts';
import { withClient, withDatabase } from '../../src/lib/postgres.ts';
import { testUrls } from '../helpers/urls.ts';

const urls = testUrls();
const name = `shadow_${randomBytes(6).toString('hex')}`;
const target = {
  rootUrl: urls.root,
  ownerUrl: urls.owner,
  apiUrl: urls.api,
  workerUrl: urls.worker,
  shadowUrl: withDatabase(urls.owner, name),
};

afterAll(async () => {
  await withClient(urls.root, (root) => root.query(`drop database if exists ${name} with (force)`));
});

/** Another one for each time that the database was made. */
async function identityOf({ ownerUrl }: Shadow): Promise<string> {
  return await withClient(ownerUrl, async (client) => {
    const { rows } = await client.query<{ oid: string; tables: string }>(
      `select oid::text, (select count(*) from pg_tables where schemaname = 'public')::text as tables
      from pg_database where datname = current_database()`,
    );
    expect(Number(rows[0]?.tables)).toBeGreaterThan(50);
    return rows[0]?.oid ?? '';
  });
}

describe('the shadow database', () => {
  it('is built once from the same migrations, and anew after work in progress was tried on it', async () => {
    const first = await identityOf(await buildShadow(target));
    expect(await identityOf(await buildShadow(target))).toBe(first);
    expect(await identityOf(await buildShadowWithCurrent(target))).toBe(first);
    expect(await identityOf(await buildShadow(target))).not.toBe(first);
  });

  it('is built anew when it was made from other migrations', async () => {
    const shadow = await buildShadow(target);
    const before = await identityOf(shadow);
    await withClient(shadow.ownerUrl, (client) =>
      client.query(`comment on database ${name} is 'Built from others'`),
    );
    expect(await identityOf(await buildShadow(target))).not.toBe(before);
  });

  it('is built anew when graphile-migrate itself has applied work in progress to it', async () => {
    const shadow = await buildShadow(target);
    const before = await identityOf(shadow);
    await withClient(shadow.ownerUrl, (client) =>
      client.query(
        `insert into graphile_migrate.current (filename, content) values ('current.sql', 'select 1;')
        on conflict (filename) do update set content = excluded.content`,
      ),
    );
    expect(await identityOf(await buildShadow(target))).not.toBe(before);
  });

  it('needs an administrator', async () => {
    await expect(buildShadow({ ...target, rootUrl: null })).rejects.toThrow(/ROOT_DATABASE_URL/);
  });
});
