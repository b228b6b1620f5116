import type { DestinationStream } from 'pino';
import { makeSchema } from 'postgraphile';
import type { GraphQLSchema } from 'postgraphile/graphql';
import { ErrorQueue } from '../src/errors/error-queue.ts';
import { type LoggerOptions, makeLogger } from '../src/lib/logger.ts';
import { withClient } from '../src/lib/postgres.ts';
import { type RunningServer, type ServerOptions, startServer } from '../src/server/server.ts';

export type SharedApiOptions = Omit<ServerOptions, 'logger' | 'buildSchema'> & {
  /** As `ombaro_owner`, to see whether the database is as another one. */
  readonly ownerUrl: string;
  /** Gets every line of the log. */
  readonly onLogLine: DestinationStream['write'];
  /** Is told of every error that is logged as one. */
  readonly onError?: LoggerOptions['onError'];
};

export type SharedApi = RunningServer & {
  /** The unexpected errors that were logged. */
  readonly errors: ErrorQueue;
};

/** A schema knows no server: what is a server's own comes with each operation. */
const schemas = new Map<string, Promise<GraphQLSchema>>();

/** Starts the real server. Databases whose catalogues are the same share one GraphQL schema. */
export async function startSharedApi({
  ownerUrl,
  onLogLine,
  onError,
  ...options
}: SharedApiOptions): Promise<SharedApi> {
  const errors = new ErrorQueue();
  const server = await startServer({
    ...options,
    logger: makeLogger('debug', {
      destination: { write: onLogLine },
      onError(error, moment) {
        errors.add(error, moment);
        onError?.(error, moment);
      },
    }),
    async buildSchema(preset) {
      const fingerprint = await fingerprintOf(ownerUrl);
      const known = schemas.get(fingerprint) ?? makeSchema(preset).then(({ schema }) => schema);
      schemas.set(fingerprint, known);
      return known;
    },
  });
  return { ...server, errors };
}

/** The same for clones of a database until a definition that GraphQL is made from changes in one of them. */
async function fingerprintOf(ownerUrl: string): Promise<string> {
  return withClient(ownerUrl, async (client) => {
    const { rows } = await client.query<{ fingerprint: string }>(`
      with exposed as (select oid from pg_namespace where nspname in ('public', 'enums')),
      entries as (
        select 1 as catalogue, ctid, xmin from pg_class where relnamespace in (table exposed)
        union all
        select 2, a.ctid, a.xmin from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relnamespace in (table exposed)
        union all
        select 3, ctid, xmin from pg_proc where pronamespace in (table exposed)
        union all
        select 4, ctid, xmin from pg_type where typnamespace in (table exposed)
        union all
        select 5, ctid, xmin from pg_constraint where connamespace in (table exposed)
        union all
        select 6, ctid, xmin from pg_description
      )
      select md5(string_agg(format('%s %s', ctid, xmin), ' ' order by catalogue, ctid))
        || md5(schema_to_xml('enums', true, false, '')::text) as fingerprint
      from entries`);
    const [row] = rows;
    if (row === undefined) {
      throw new Error('The catalogue has no fingerprint.');
    }
    return row.fingerprint;
  });
}
