import type pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { makeLogger } from '../../src/lib/logger.ts';
import { startRelay } from '../../src/realtime/relay.ts';
import {
  type RunningWebhooks,
  startWebhooks,
  type WebhooksOptions,
} from '../../src/work/webhooks/webhooks.ts';
import { claimsOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import type { Received } from '../messages/providers.ts';
import { until } from '../messages/support.ts';

const { one, two }: Readonly<Record<'one' | 'two', string>> = worldIds;

/** Two worlds without endpoints, where this machine may be told, and waits are a tenth of a second. */
export async function openWebhooks(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  await database.owner.query('delete from webhook_endpoints');
  await set(database.owner, 'webhooks.allow_loopback', true);
  await set(
    database.owner,
    'webhooks.waits_seconds',
    [0.05, 0.05, 0.1, 0.1, 0.2, 0.2, 0.4, 0.4, 0.4],
  );
  return database;
}

/** Also to what no user may set, such as waits that a test can sit through. */
export async function set(
  owner: Pick<pg.Pool, 'query'>,
  key: string,
  value: unknown,
): Promise<void> {
  await owner.query('alter table system_settings disable trigger _200_validate');
  const { rowCount } = await owner.query('update system_settings set value = $2 where key = $1', [
    key,
    JSON.stringify(value),
  ]);
  await owner.query('alter table system_settings enable trigger _200_validate');
  expect(rowCount).toBe(1);
}

export type Endpoint = {
  readonly id: string;
  readonly secret: string;
};

export const all = [
  'booking.created',
  'booking.confirmed',
  'booking.assigned',
  'booking.in_progress',
  'booking.completed',
  'booking.cancelled',
  'booking.updated',
  'assignment.created',
  'assignment.updated',
  'assignment.cancelled',
] as const;

/** Makes an endpoint as a person does, and keeps it. */
export async function createEndpoint(
  database: TestDatabase,
  url: string,
  {
    person = 'vendor',
    vendor = one,
    types = all,
  }: { person?: Person; vendor?: string; types?: readonly string[] } = {},
): Promise<Endpoint> {
  const [made] = await act<{ endpoint_id: string; secret: string }>(
    database,
    person,
    'select * from create_webhook_endpoint($1, $2, $3)',
    [vendor, url, types],
  );
  return { id: made?.endpoint_id as string, secret: made?.secret as string };
}

/** Runs a statement as a person, and commits it. */
export async function act<Row extends pg.QueryResultRow>(
  database: TestDatabase,
  person: Person,
  sql: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  return database.asUser(
    claimsOf(person),
    async (client) => (await client.query<Row>(sql, [...values])).rows,
    { commit: true },
  );
}

/** Lets something happen to the booking of the first world, or of the second. */
export async function change(owner: Pick<pg.Pool, 'query'>, world = one): Promise<void> {
  await owner.query(
    'update bookings set special_instructions = gen_random_uuid()::text where id = $1',
    [world],
  );
}

/** Publishes and notes what has happened, as relay and worker do. */
export async function note(owner: Pick<pg.Pool, 'query'>): Promise<void> {
  await owner.query('select app_private.publish_events(100000)');
  await owner.query('select app_private.queue_webhooks(100000)');
}

export type Delivery = {
  readonly id: string;
  readonly type: string;
  readonly status: string;
  readonly attempts: number;
  readonly response: number | null;
  readonly body: string | null;
  readonly error: string | null;
  readonly wait: number | null;
};

export async function deliveriesOf(
  owner: Pick<pg.Pool, 'query'>,
  endpoint: string,
): Promise<readonly Delivery[]> {
  const { rows } = await owner.query<Delivery>(
    `select id, type, status, attempts, response_status as response, response_body as body,
      last_error as error, extract(epoch from next_attempt_at - now())::float8 as wait
    from webhook_deliveries where endpoint_id = $1 order by event_id nulls last, created_at`,
    [endpoint],
  );
  return rows;
}

/** All deliveries of an endpoint, once there are so many and all have this status. */
export async function deliveriesWhen(
  owner: pg.Pool,
  endpoint: string,
  status: string,
  count = 1,
): Promise<readonly Delivery[]> {
  return until(async () => {
    const found = await deliveriesOf(owner, endpoint);
    return found.length === count && found.every((one) => one.status === status) && found;
  });
}

/** What a partner makes of a request: throws when it is not signed with the secret. */
export function verify({ body, headers }: Received, secret: string): Record<string, unknown> {
  return new Webhook(secret).verify(body.toString('utf8'), {
    'webhook-id': String(headers['webhook-id']),
    'webhook-timestamp': String(headers['webhook-timestamp']),
    'webhook-signature': String(headers['webhook-signature']),
  }) as Record<string, unknown>;
}

export type Worker = RunningWebhooks & {
  readonly log: Record<string, unknown>[];
};

/** Relay and sender, in a hurry. */
export function startWorker(
  database: TestDatabase,
  options: Partial<WebhooksOptions> = {},
): Worker {
  const log: Record<string, unknown>[] = [];
  const logger = makeLogger('info', {
    destination: { write: (line) => void log.push(JSON.parse(line)) },
  });
  const { workerUrl: connectionString } = database;
  const relay = startRelay({ connectionString, logger });
  const webhooks = startWebhooks({
    connectionString,
    logger,
    allowsLoopback: true,
    intervalMs: 20,
    timeoutMs: 3_000,
    leaseMs: 20_000,
    ...options,
  });
  return {
    log,
    async close() {
      await Promise.all([relay.close(), webhooks.close()]);
    },
  };
}

export { one, two };
