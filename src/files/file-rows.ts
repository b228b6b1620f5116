import pg, { type QueryResultRow } from 'pg';
import { isErrorCode } from '../errors/error-codes.ts';
import { Refusal } from '../http/refusal.ts';
import type { OwnCall, OwnStatement } from '../requests/own-call.ts';
import type { RequestScope } from '../requests/scope.ts';

export type Announced = {
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
};

export type Stored = Announced & {
  readonly key: string;
  /** How long the address that was used is valid yet. */
  readonly secondsLeft: number;
};

/** The functions of `migrations/…-files.sql`, which hold the rules. Refusals are thrown as Refusal. */
export type FileRows = {
  /** What was announced of a file that may be sent now. */
  open(scope: RequestScope, id: string): Promise<Announced>;
  /** The key to store it under, which for some minutes belongs to this upload alone. */
  claim(scope: RequestScope, id: string): Promise<string>;
  finish(scope: RequestScope, id: string, key: string, size: number, sha256: string): Promise<void>;
  /** Storing has failed. */
  release(scope: RequestScope, id: string, key: string): Promise<void>;
  stored(scope: RequestScope, id: string, signedAt: Date): Promise<Stored>;
};

const statements = {
  open: {
    name: 'ombaro_open_upload',
    text: `select content_type as "contentType", size from app_private.open_upload($1)`,
  },
  // Twice as long as a store may take.
  claim: {
    name: 'ombaro_claim_upload',
    text: `select app_private.claim_upload($1, '2 minutes') as key`,
  },
  finish: {
    name: 'ombaro_finish_upload',
    text: 'select app_private.finish_upload($1, $2, $3, $4)',
  },
  release: { name: 'ombaro_release_upload', text: 'select app_private.release_upload($1, $2)' },
  stored: {
    name: 'ombaro_stored_file',
    text: `select key, content_type as "contentType", size, seconds_left as "secondsLeft"
      from app_private.stored_file($1, $2)`,
  },
} as const;

export function makeFileRows(call: OwnCall): FileRows {
  const ask = async <Row extends QueryResultRow>(
    scope: RequestScope,
    statement: OwnStatement,
    values: readonly unknown[],
  ): Promise<Row> => {
    try {
      const [row] = await call<Row>(scope, statement, values);
      return row as Row;
    } catch (cause) {
      if (cause instanceof pg.DatabaseError && isErrorCode(cause.code)) {
        throw new Refusal(cause.code, cause.message, { cause });
      }
      throw cause;
    }
  };
  return {
    open: (scope, id) => ask<{ contentType: string; size: number }>(scope, statements.open, [id]),
    claim: async (scope, id) => (await ask<{ key: string }>(scope, statements.claim, [id])).key,
    async finish(scope, id, key, size, sha256) {
      await ask(scope, statements.finish, [id, key, size, sha256]);
    },
    async release(scope, id, key) {
      await ask(scope, statements.release, [id, key]);
    },
    stored: (scope, id, signedAt) =>
      ask<{ key: string; contentType: string; size: number; secondsLeft: number }>(
        scope,
        statements.stored,
        [id, signedAt],
      ),
  };
}
