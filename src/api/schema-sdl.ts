import { pino } from 'pino';
import { makeSchema } from 'postgraphile';
import { lexicographicSortSchema, printSchema } from 'postgraphile/graphql';
import { EventRouter } from '../realtime/event-router.ts';
import { makeApiPool } from '../requests/pool.ts';
import { ActivityQueue } from './activity/activity-queue.ts';
import { makePreset } from './preset.ts';

/**
 * The GraphQL schema of a database as SDL, sorted, ending in a line break: what is committed as
 * `schema/schema.graphql`. It connects as `ombaro_api`, since what that role may do is in it.
 */
export async function buildSchemaSdl(apiUrl: string): Promise<string> {
  const logger = pino({ level: 'error' });
  const pool = makeApiPool({ connectionString: apiUrl, max: 1, logger });
  const nothing = () => undefined;
  try {
    const { schema } = await makeSchema(
      makePreset({
        pool,
        logger,
        router: new EventRouter(),
        readMissed: async () => ({ events: [], place: 0 }),
        // What follows shapes how operations run, and not the schema.
        limits: { maxDepth: 0, maxRows: 0 },
        statementTimeoutMs: 0,
        maxBodyLength: 0,
        ruru: false,
        fileAddresses: null,
        maskError: (error) => error,
        onOperation: nothing,
        interrupt: nothing,
        onSession: nothing,
        activities: new ActivityQueue(),
      }),
    );
    return `${printSchema(lexicographicSortSchema(schema))}\n`;
  } finally {
    await pool.pool.end();
  }
}
