import type { PgClient, WithPgClient } from 'postgraphile/@dataplan/pg';
import { createWithPgClient as createBareWithPgClient } from 'postgraphile/adaptors/pg';
import type { ApiPool } from './pool.ts';
import { EnterRequestError, inTransaction, type RequestSettings } from './transaction.ts';

export interface AdaptorOptions {
  pool: ApiPool;
  /** Is told of failures that no request waits for, such as a commit after a read. */
  onError: (error: unknown) => void;
}

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
      return await inTransaction(pool, request, callback, onError);
    } catch (error) {
      if (!(error instanceof EnterRequestError) || error.code !== 'OB008') {
        throw error instanceof EnterRequestError ? error.cause : error;
      }
    }
    await pool.pool.query('select app_private.provision_profile($1::text::jsonb)', [
      request.claims,
    ]);
    try {
      return await inTransaction(pool, request, callback, onError);
    } catch (error) {
      throw error instanceof EnterRequestError ? error.cause : error;
    }
  };
}
