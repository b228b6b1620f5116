import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { type ApiPool, makeApiPool } from '../../src/requests/pool.ts';
import { inRequestTransaction } from '../../src/requests/transaction.ts';
import type { Claims } from '../../test/helpers/database.ts';
import { startPreparedServer } from './prepared-server.ts';

export type Row = Readonly<Record<string, unknown>>;

/** The spa of marketplace.sql on a temporary server. */
export type Marketplace = {
  /** As superuser, with triggers off: for rows in bulk, and for plans. */
  readonly root: pg.Client;
  /** Runs one statement as a request of the API runs it, through its pool. */
  readonly request: (
    claims: Claims,
    access: 'read only' | 'read write',
    text: string,
    values: readonly unknown[],
  ) => Promise<readonly Row[]>;
  readonly close: () => Promise<void>;
};

export async function openMarketplace(): Promise<Marketplace> {
  const server = await startPreparedServer();
  const root = new pg.Client({ connectionString: server.urlFor('postgres', 'ombaro') });
  const api = makeApiPool({
    connectionString: server.urlFor('ombaro_api', 'ombaro'),
    max: 4,
    logger: pino({ level: 'warn' }),
  });
  const close = async (): Promise<void> => {
    await Promise.all([api.pool.end(), root.end()]);
    await server.stop();
  };
  try {
    await root.connect();
    await root.query('set session_replication_role = replica; set jit = off');
    await root.query(await readFile(path.join(import.meta.dirname, 'marketplace.sql'), 'utf8'));
    await root.query('analyze');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    root,
    request: (claims, access, text, values) => request(api, claims, access, text, values),
    close,
  };
}

async function request(
  api: ApiPool,
  claims: Claims,
  access: 'read only' | 'read write',
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const settings = {
    access,
    statementTimeout: '10000ms',
    ...(claims === null ? {} : { claims: JSON.stringify(claims) }),
  };
  const fail = (error: unknown): never => {
    throw error;
  };
  return await inRequestTransaction(
    api,
    settings,
    async (client) => (await client.query<Row>({ text, values: [...values] })).rows,
    fail,
  );
}
