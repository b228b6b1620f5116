import pg from 'pg';
import type { PgClient, WithPgClient } from 'postgraphile/@dataplan/pg';
import { createWithPgClient as createBareWithPgClient } from 'postgraphile/adaptors/pg';
import { apiError } from '../errors/errors.ts';
import type { ApiPool } from './pool.ts';
import { originSettings, originValues } from './request-origin.ts';
import { EnterRequestError, inRequestTransaction, type RequestSettings } from './transaction.ts';

export type AdaptorOptions = {
  pool: ApiPool;
  /** Is told of failures that no request waits for, such as a commit after a read. */
  onError: (error: unknown, request: RequestSettings) => void;
};

/**
 * Stands in front of PostGraphile's `pg` adaptor: every use of a client is one transaction in which
 * the database itself decides, from the claims, who is asking.
 *
 * A signed-in person who has no profile yet gets one, and the work runs again: its statements had
 * not run, because the first transaction had failed at its beginning.
 */
export function createWithPgClient({ pool, onError }: AdaptorOptions): WithPgClient {
  const bare: WithPgClient<PgClient> = createBareWithPgClient({ pool: pool.pool });
  return async (settings, callback) => {
    if (settings === null) {
      return bare(null, callback);
    }
    const request = settings as unknown as RequestSettings;
    try {
      return await run(request, callback);
    } catch (error) {
      throw explain(error, request);
    }
  };

  async function run<T>(
    request: RequestSettings,
    callback: (client: PgClient) => T | Promise<T>,
  ): Promise<T> {
    const attempt = () =>
      inRequestTransaction(pool, request, callback, (error) => onError(error, request));
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof EnterRequestError) || error.code !== 'OB008') {
        throw error;
      }
    }
    await pool.pool.query(
      `select ${originSettings(2)}, app_private.provision_profile($1::text::jsonb)`,
      [request.claims, ...originValues(request)],
    );
    return await attempt();
  }
}

/** What went wrong, as far as it depends on the user. */
function explain(error: unknown, { claims }: RequestSettings): unknown {
  if (error instanceof EnterRequestError) {
    return error.cause;
  }
  // Refused as an anonymous user, a client is asked to sign in.
  const isRefused = error instanceof pg.DatabaseError && error.code === '42501';
  return isRefused && claims === undefined ? apiError('OB001', undefined, error) : error;
}
