import type { DatabaseError, PoolClient } from 'pg';
import type { PgClient } from 'postgraphile/@dataplan/pg';
import type { ApiPool } from './pool.ts';
import { RequestClient } from './request-client.ts';
import { originSettings, originValues, type RequestOrigin } from './request-origin.ts';
import { identityOf, type RequestScope } from './scope.ts';

/**
 * What a transaction needs to know; PostGraphile carries it as the context's `pgSettings`. The
 * origin reaches the database where something may be written.
 */
export type RequestSettings = {
  /** The token's claims as JSON; absent for an anonymous user. */
  claims?: string;
  access: 'read only' | 'read write';
  /** With its unit, as PostgreSQL reads it: `10000ms`. */
  statementTimeout: string;
} & Partial<RequestOrigin>;

/**
 * The settings with which a transaction of this scope begins: role, claims and timeouts.
 *
 * @throws Error when the user is not decided yet.
 */
export function settingsFor(
  scope: Pick<RequestScope, 'identity' | 'origin'>,
  access: RequestSettings['access'],
  statementTimeoutMs: number,
): RequestSettings {
  const { claims } = identityOf(scope);
  return {
    ...(claims === undefined ? {} : { claims }),
    access,
    statementTimeout: `${statementTimeoutMs}ms`,
    ...scope.origin,
  };
}

/** The database turned the person away before any statement of the request ran. */
export class EnterRequestError extends Error {
  readonly code: string | undefined;

  constructor(cause: DatabaseError) {
    super(cause.message, { cause });
    this.code = cause.code;
  }
}

const enterRequest = {
  name: 'ombaro_enter_request',
  text: `select
    set_config('role', app_private.enter_request($1::text::jsonb), true),
    set_config('request.jwt.claims', coalesce($1::text, ''), true),
    set_config('statement_timeout', $2::text, true)`,
};

/** The same where something may be written, and the audit log asks from where. */
const enterToWrite = {
  name: 'ombaro_enter_to_write',
  text: `${enterRequest.text}, ${originSettings(3)}`,
};

/**
 * Runs the callback in one transaction. `begin`, the identity and the callback's first statement
 * are sent without waiting in between (`pipeline: true`), and after a read nothing waits for the
 * commit.
 *
 * Throws EnterRequestError when the identity is refused, else what the callback or commit throws.
 */
export async function inRequestTransaction<T>(
  pool: ApiPool,
  settings: RequestSettings,
  callback: (client: PgClient) => T | Promise<T>,
  onError: (error: unknown) => void,
): Promise<T> {
  const client = await pool.connect();
  const entered = enter(client, settings);
  let result: T;
  try {
    result = await callback(new RequestClient(client, entered));
    await entered;
  } catch (error) {
    rollBack(client, error, onError);
    throw error;
  }
  if (settings.access === 'read only') {
    commitUnawaited(client, onError);
    return result;
  }
  await commit(client);
  return result;
}

function enter(client: PoolClient, settings: RequestSettings) {
  const { claims, access, statementTimeout } = settings;
  const begun = client.query(`begin ${access}`);
  const values = [claims ?? null, statementTimeout];
  const identified = client.query(
    access === 'read only'
      ? { ...enterRequest, values }
      : { ...enterToWrite, values: [...values, ...originValues(settings)] },
  );
  const entered = Promise.all([begun, identified]).then(
    () => undefined,
    (error) => {
      throw new EnterRequestError(error);
    },
  );
  // The callback's first statement reports it; here it only must not count as unhandled.
  entered.catch(() => undefined);
  return entered;
}

/**
 * Ends a read. The connection goes back at once: it has just answered, and the request that gets it next
 * sends behind the commit.
 */
function commitUnawaited(client: PoolClient, onError: (error: unknown) => void): void {
  client.query('commit').catch(onError);
  client.release();
}

/** Only an answer shows that the failure was the statement's and not the connection's. */
function rollBack(client: PoolClient, error: unknown, onError: (error: unknown) => void): void {
  client.query('rollback').then(
    () => client.release(isStalePlan(error)),
    (lost) => {
      client.release(true);
      onError(lost);
    },
  );
}

async function commit(client: PoolClient): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query('commit'));
  } catch (error) {
    client.release(true);
    throw error;
  }
  client.release();
  // PostgreSQL answers the commit of a failed transaction with ROLLBACK and no error.
  if (command !== 'COMMIT') {
    throw new Error('The transaction had failed and was rolled back.');
  }
}

/** A migration changed what a prepared statement of this connection returns. */
function isStalePlan(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === '0A000' || code === '26000';
}
