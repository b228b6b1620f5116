import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { PersonaName } from '../../src/demo/personas.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import type { Channel } from '../../src/work/channels/channel.ts';
import type { Channels } from '../../src/work/channels/channels.ts';
import {
  type DeliveriesOptions,
  type RunningDeliveries,
  startDeliveries,
} from '../../src/work/deliveries.ts';
import { idOf, seedPeople } from '../fixtures/people.ts';
import { allBy } from '../helpers/channels.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** A database with all personas, and delays of a tenth of a second instead of minutes. */
export async function openMessages(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await seedPeople(database.owner);
  await setWaits(database.owner, { first: 0.1, longest: 0.4 });
  return database;
}

export async function setWaits(
  owner: pg.Pool,
  { first, longest, attempts = 13 }: { first: number; longest: number; attempts?: number },
): Promise<void> {
  for (const [name, value] of [
    ['first_wait_seconds', first],
    ['longest_wait_seconds', longest],
    ['attempts', attempts],
  ] as const) {
    await owner.query(`update system_settings set value = to_jsonb($2::numeric) where key = $1`, [
      `notifications.${name}`,
      value,
    ]);
  }
}

/** A pool, or the transaction of a play. */
export type Queryable = Pick<pg.Pool, 'query'>;

export type NotificationOptions = {
  person?: PersonaName;
  channels: readonly string[];
  priority?: string;
  title?: string;
  message?: string;
  template?: string;
};

/** Writes a notification as the triggers do, and gives its id. */
export async function notify(
  owner: Queryable,
  {
    person = 'customer',
    channels,
    priority = 'high',
    title = 'Hello',
    message = 'All is well.',
    template,
  }: NotificationOptions,
): Promise<string> {
  const { rows } = await owner.query<{ id: string }>(
    `insert into notifications (user_id, type, title, message, channels, priority, data, metadata)
    values ($1, 'system_alert', $2, $3, $4, $5, '{"screen": "home"}', $6) returning id`,
    [
      idOf(person),
      title,
      message,
      channels,
      priority,
      template === undefined ? {} : { templateId: template },
    ],
  );
  return rows[0]?.id as string;
}

export type Delivery = {
  readonly id: string;
  readonly channel: string;
  readonly status: string;
  readonly attempts: number;
  readonly error: string | null;
  readonly outcomes: readonly string[];
  readonly providerMessageId: string | null;
};

export async function deliveriesOf(
  owner: Queryable,
  notification: string,
): Promise<readonly Delivery[]> {
  const { rows } = await owner.query<Delivery>(
    `select d.id, d.channel, d.status, d.attempts, d.last_error as error,
      d.provider_message_id as "providerMessageId",
      array(select coalesce(a.outcome, 'running') from notification_attempts a
        where a.delivery_id = d.id order by a.number) as outcomes
    from notification_deliveries d where d.notification_id = $1 order by d.channel`,
    [notification],
  );
  return rows;
}

/** The only delivery of a notification, once it has this status. */
export async function deliveryWhen(
  owner: pg.Pool,
  notification: string,
  status: string,
): Promise<Delivery> {
  const [delivery] = await until(async () => {
    const all = await deliveriesOf(owner, notification);
    return all[0]?.status === status && all.length === 1 ? all : null;
  });
  return delivery as Delivery;
}

/** Waits until there is a result; fails after twenty seconds. */
export async function until<Result>(
  look: () => Promise<Result | null | false> | Result | null | false,
): Promise<Result> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) {
      return found;
    }
    if (Date.now() > deadline) {
      throw new Error(`It never came to be: ${look}`);
    }
    await sleep(20);
  }
}

/** Long enough for something to have happened, had it been coming. */
export const aWhile = (): Promise<void> => sleep(700);

const unused: Channel = {
  async send() {
    throw new Error('Nothing was to be sent by this channel.');
  },
  close: () => undefined,
};

export type Worker = RunningDeliveries & {
  readonly log: Record<string, unknown>[];
};

/** Delivers by the channels that a test gives, in a hurry. */
export function startWorker(
  database: TestDatabase,
  channels: Partial<Channels>,
  options: Partial<DeliveriesOptions> = {},
): Worker {
  const log: Record<string, unknown>[] = [];
  const worker = startDeliveries({
    connectionString: database.workerUrl,
    logger: makeLogger('info', {
      destination: { write: (line) => void log.push(JSON.parse(line)) },
    }),
    channels: { ...allBy(unused), ...channels },
    intervalMs: 20,
    leaseMs: 5_000,
    ...options,
  });
  return { ...worker, log };
}
