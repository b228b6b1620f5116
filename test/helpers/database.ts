import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inTransaction, withClient, withDatabase } from '../../src/lib/postgres.ts';
import { untilUnused } from './unused.ts';
import { templateDatabase, testUrls } from './urls.ts';

/** Claims as a verified token has them; `null` for an anonymous user. */
export type Claims = Readonly<Record<string, unknown>> | null;

export type TestDatabase = {
  readonly name: string;
  readonly rootUrl: string;
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  /** As `ombaro_owner`, whom no policy concerns: for preparing and for positive controls. */
  readonly owner: pg.Pool;
  /** As the server's administrator. */
  readonly administrator: pg.Pool;
  /**
   * Runs `act` as a request of the API would run: as `ombaro_api` become what `claims` make of it. What
   * it wrote is rolled back, unless `commit` is asked for.
   */
  readonly asUser: <Result>(
    claims: Claims,
    act: (client: pg.PoolClient) => Promise<Result>,
    options?: { readonly commit: boolean },
  ) => Promise<Result>;
  readonly drop: () => Promise<void>;
};

/** A database of this test file's own: a clone of the migrated template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const urls = testUrls();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await withClient(urls.root, (client) =>
    client.query(`create database ${name} template ${templateDatabase} owner ombaro_owner`),
  );
  const ownerUrl = withDatabase(urls.owner, name);
  const apiUrl = withDatabase(urls.api, name);
  const rootUrl = withDatabase(urls.root, name);
  const owner = new pg.Pool({ connectionString: ownerUrl, max: 4 });
  const administrator = new pg.Pool({ connectionString: rootUrl });
  const api = new pg.Pool({ connectionString: apiUrl, max: 4 });
  return {
    name,
    rootUrl,
    ownerUrl,
    apiUrl,
    workerUrl: withDatabase(urls.worker, name),
    owner,
    administrator,
    asUser: (claims, act, options = { commit: false }) => runAs(api, claims, act, options.commit),
    drop: async () => {
      await Promise.all([owner.end(), administrator.end(), api.end()]);
      await withClient(urls.root, async (root) => {
        await untilUnused(root, name);
        await root.query(`drop database ${name} with (force)`);
      });
    },
  };
}

async function runAs<Result>(
  api: pg.Pool,
  claims: Claims,
  act: (client: pg.PoolClient) => Promise<Result>,
  commit: boolean,
): Promise<Result> {
  const client = await api.connect();
  try {
    const result = await inTransaction(
      client,
      async () => {
        await client.query(
          `select set_config('role', app_private.enter_request($1::text::jsonb), true),
            set_config('request.jwt.claims', coalesce($1::text, ''), true)`,
          [claims === null ? null : JSON.stringify(claims)],
        );
        return await act(client);
      },
      { isUndone: !commit },
    );
    client.release();
    return result;
  } catch (error) {
    // Kept after a refusal, since a new connection plans everything anew.
    client.release(!(await isUsable(client)));
    throw error;
  }
}

/** Whether the connection answers: one that was lost or whose transaction failed does not. */
async function isUsable(client: pg.PoolClient): Promise<boolean> {
  return await client.query('select').then(
    () => true,
    () => false,
  );
}
