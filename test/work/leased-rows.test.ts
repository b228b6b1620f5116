import type pg from 'pg';
import { idOf } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { createEndpoint, openWebhooks, set } from '../webhooks/support.ts';

let database: TestDatabase;
let owner: pg.Pool;

beforeAll(async () => {
  database = await openWebhooks();
  owner = database.owner;
  await set(owner, 'webhooks.concurrency', 10);
  await set(owner, 'webhooks.waits_seconds', [3600, 3600, 3600]);
  await createEndpoint(database, 'http://localhost:1/');
});

afterAll(async () => {
  await database?.drop();
});

type Leased = { readonly key: string; readonly attempt: number };

/** How work of one kind is made, leased and ended. */
type Queue = {
  readonly table: string;
  /** How many of three that are due are leased at once: maintenance runs one task after another. */
  readonly atOnce: number;
  /** Makes three that are due. A planted row where only the clock or a fault makes one. */
  readonly plant: string;
  /** Leases up to three for a minute. */
  readonly lease: string;
  /** Records that $1 failed at its attempt $2. */
  readonly fail: string;
};

const tasks = `'{vacuum,reindex,audit}', '{daily,daily,daily}', interval '1 hour'`;

const queues: Readonly<Record<string, Queue>> = {
  messages: {
    table: 'public.notification_deliveries',
    atOnce: 3,
    plant: `insert into notifications (user_id, type, title, message, channels)
      select '${idOf('customer')}', 'system_alert', 'x', 'x', '{sms}' from generate_series(1, 3)`,
    lease: `select delivery_id::text as key, attempt
      from app_private.lease_deliveries('sms', 3, interval '1 minute')`,
    fail: `select app_private.finish_delivery($1::uuid, $2, 'failed', 'No', null, 3600, false)`,
  },
  webhooks: {
    table: 'public.webhook_deliveries',
    atOnce: 3,
    plant: `insert into webhook_deliveries (endpoint_id, type, happened_at)
      select e.id, 'webhook.test', now() from webhook_endpoints e, generate_series(1, 3)`,
    lease: `select delivery_id::text as key, attempt
      from app_private.lease_webhooks(3, interval '1 minute')`,
    fail: `select app_private.finish_webhook($1::uuid, $2, 'failed', 'No', 500, '', null)`,
  },
  'file removals': {
    table: 'app_private.file_removals',
    atOnce: 3,
    plant: `with file as (
        insert into files (owner_id, purpose, content_type, size, status, upload_expires_at, deleted_at)
        select '${idOf('customer')}', 'profile_image', 'image/png', 1, 'deleted', now(), now()
        from generate_series(1, 3) returning id
      ), stored as (insert into app_private.file_storage (file_id, attempts) select id, 1 from file)
      insert into app_private.file_removals (id) select id from file`,
    lease: `select file_id::text as key, attempt
      from app_private.lease_removals(3, interval '1 minute')`,
    fail: `select app_private.finish_removal($1::uuid, $2, 'No', interval '1 hour')`,
  },
  jobs: {
    table: 'app_private.jobs',
    atOnce: 3,
    plant: `select app_private.schedule_jobs('{a,b,c}')`,
    lease: `select name as key, attempt from app_private.lease_jobs(
      '{a,b,c}', '{1 day,1 day,1 day}', '{1 min,1 min,1 min}', 3)`,
    fail: `select app_private.finish_job($1, $2, 'No', null, interval '1 hour')`,
  },
  maintenance: {
    table: 'app_private.jobs',
    atOnce: 1,
    plant: `update schema_versions set applied_at = now() - interval '60 days'`,
    lease: `select task as key, attempt
      from app_private.lease_maintenance(${tasks}, interval '1 minute')`,
    fail: `with run as (insert into maintenance_runs (task, cadence, finished_at, outcome, error)
        values ($1, 'daily', now(), 'failed', 'No'))
      select app_private.finish_maintenance($1, $2, 'No')`,
  },
};

describe.each(Object.entries(queues))('%s', (_name, queue) => {
  const lease = async (): Promise<readonly Leased[]> =>
    (await owner.query<Leased>(queue.lease)).rows;
  const fail = async ({ key, attempt }: Leased) =>
    void (await owner.query(queue.fail, [key, attempt]));
  const endLeases = () =>
    owner.query(`update ${queue.table} set leased_until = now() where leased_until is not null`);
  const underWay = async () =>
    (await owner.query(`select from ${queue.table} where leased_until is not null`)).rowCount;

  beforeEach(async () => {
    for (const table of [
      'notifications',
      'webhook_deliveries',
      'files',
      'app_private.jobs',
      'maintenance_runs',
    ]) {
      await owner.query(`delete from ${table}`);
    }
    await owner.query(queue.plant);
  });

  it('are leased once by several workers that ask at once', async () => {
    const leased = (await Promise.all([lease(), lease(), lease(), lease()])).flat();
    expect(leased.every(({ attempt }) => attempt === 1)).toBe(true);
    expect(new Set(leased.map(({ key }) => key)).size).toBe(leased.length);
    // What one of them had locked in that moment is leased by the next that asks.
    leased.push(...(await lease()));
    expect(leased).toHaveLength(queue.atOnce);
    expect(await underWay()).toBe(queue.atOnce);
    expect(await lease()).toEqual([]);
  });

  it('come back when the lease of a worker that died is over, and not before', async () => {
    const first = await lease();
    expect(first).toHaveLength(queue.atOnce);
    await owner.query(`update ${queue.table} set next_attempt_at = now() - interval '1 hour'`);
    expect(await lease()).toEqual([]);
    await endLeases();
    const second = await lease();
    const by = (a: Leased, b: Leased) => a.key.localeCompare(b.key);
    expect(second.toSorted(by)).toEqual(first.map(({ key }) => ({ key, attempt: 2 })).toSorted(by));
  });

  it('are not ended by a worker whose lease was over', async () => {
    const [first] = await lease();
    await endLeases();
    const second = await lease();
    await fail(first as Leased);
    expect(await underWay()).toBe(queue.atOnce);
    // Positive control: by the one whose it is they are.
    for (const one of second) {
      await fail(one);
    }
    expect(await underWay()).toBe(0);
  });

  it('that failed record why and wait', async () => {
    const leased = await lease();
    for (const one of leased) {
      await fail(one);
    }
    const { rows } = await owner.query(
      `select last_error as error, next_attempt_at > now() + interval '30 minutes' as waits
      from ${queue.table} where attempts > 0`,
    );
    // When maintenance is due again its runs say, at the next look.
    const waits = queue.atOnce > 1;
    expect(rows).toEqual(leased.map(() => ({ error: 'No', waits })));
    const next = await lease();
    expect(next.filter(({ key }) => leased.some((one) => one.key === key))).toEqual([]);
  });
});

describe('the shape', () => {
  it('is the same in every table of leased rows', async () => {
    const { rows } = await owner.query<{ table: string; columns: string }>(`
      select attrelid::regclass::text as table,
        string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attname) as columns
      from pg_attribute
      where attname in ('id', 'next_attempt_at', 'leased_until', 'attempts', 'last_error')
        and attrelid in (
          select attrelid from pg_attribute join pg_class on pg_class.oid = attrelid
          where attname = 'leased_until' and relkind = 'r')
      group by attrelid order by 1`);
    const zone = 'timestamp with time zone';
    const columns = `attempts integer, id uuid, last_error text, leased_until ${zone}, next_attempt_at ${zone}`;
    expect(rows).toEqual(
      [
        'app_private.file_removals',
        'app_private.jobs',
        'notification_deliveries',
        'webhook_deliveries',
      ].map((table) => ({ table, columns })),
    );
  });

  it('is leased by one function alone', async () => {
    const { rows } = await owner.query<{ name: string; source: string }>(
      `select proname as name, prosrc as source from pg_proc
      where pronamespace in ('public'::regnamespace, 'app_private'::regnamespace)`,
    );
    const named = (pattern: RegExp) =>
      rows
        .filter(({ source }) => pattern.test(source))
        .map(({ name }) => name)
        .sort();
    expect(named(/\bleased_until = (?!null\b)/)).toEqual(['lease']);
    expect(named(/\bapp_private\.lease\(/)).toEqual([
      'lease_deliveries',
      'lease_jobs',
      'lease_maintenance',
      'lease_removals',
      'lease_webhooks',
    ]);
  });
});
