import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { withClient } from '../../src/lib/postgres.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { type Provider, startProvider } from '../messages/providers.ts';
import { aWhile, until } from '../messages/support.ts';
import {
  change,
  createEndpoint,
  deliveriesOf,
  deliveriesWhen,
  one,
  openWebhooks,
  set,
  startWorker,
  two,
  type Worker,
} from './support.ts';

let database: TestDatabase;
let owner: pg.Pool;
let partner: Provider;
const workers: Worker[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await openWebhooks();
  owner = database.owner;
});

afterAll(async () => {
  await database?.drop();
});

beforeEach(async () => {
  partner = await startProvider();
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  await partner.close();
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  await owner.query('delete from webhook_endpoints');
});

function start(options: Parameters<typeof startWorker>[1] = {}): Worker {
  const worker = startWorker(database, options);
  workers.push(worker);
  return worker;
}

function startProcess(lease: number): ChildProcess {
  const script = path.join(import.meta.dirname, 'worker-process.ts');
  const child = spawn(process.execPath, [script, database.workerUrl, String(lease)], {
    stdio: 'inherit',
  });
  children.push(child);
  return child;
}

/** So many events of a vendor in one transaction. */
const many = (count: number, vendor = one) =>
  owner.query(
    `select app_private.emit_event(array['vendor:' || $1], 'booking.updated', $1::uuid)
    from generate_series(1, $2)`,
    [vendor, count],
  );

const idsAt = ({ received }: Provider) => received.map(({ headers }) => headers['webhook-id']);

it('a webhook arrives though its worker was killed while it handed it over', async () => {
  const { id } = await createEndpoint(database, partner.url);
  partner.behave('hang', { status: 200 });
  // Longer than it takes to kill it, on however slow a machine.
  const child = startProcess(10_000);
  await change(owner);
  await until(() => partner.received.length === 1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await deliveriesOf(owner, id)).toMatchObject([{ status: 'waiting', attempts: 1 }]);
  start();
  const [delivery] = await deliveriesWhen(owner, id, 'sent');
  expect(delivery?.attempts).toBe(2);
  // Under one id: a partner who took the first after all takes nothing twice.
  expect(idsAt(partner)).toEqual([delivery?.id, delivery?.id]);
}, 60_000);

it('no other worker takes a webhook while its worker may still be alive', async () => {
  const { id } = await createEndpoint(database, partner.url);
  partner.behave('hang', { status: 200 });
  const child = startProcess(600_000);
  await change(owner);
  await until(() => partner.received.length === 1);
  start();
  await aWhile();
  expect(partner.received).toHaveLength(1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await aWhile();
  expect(partner.received).toHaveLength(1);
  // Positive control: when the lease is over, another worker does.
  await owner.query('update webhook_deliveries set leased_until = now()');
  await deliveriesWhen(owner, id, 'sent');
}, 60_000);

it('a thousand are delivered though another endpoint hangs, which keeps no more than its five requests', async () => {
  const hanging = await startProvider();
  try {
    hanging.behave('hang');
    const stuck = await createEndpoint(database, hanging.url);
    const { id } = await createEndpoint(database, partner.url);
    const other = await createEndpoint(database, `${partner.url}/other`, {
      person: 'vendor2',
      vendor: two,
    });
    // As few hands as make it hard, and a limit beyond the test.
    start({ concurrency: 8, timeoutMs: 60_000, leaseMs: 120_000 });
    await many(500);
    await many(500, two);
    const sent = async (endpoint: string) => {
      const { rows } = await owner.query<{ count: number }>(
        `select count(*)::integer from webhook_deliveries where endpoint_id = $1 and status = 'sent'`,
        [endpoint],
      );
      return rows[0]?.count ?? 0;
    };
    // Long enough for a slow machine, as long as there is progress.
    for (let count = 100; count <= 1_000; count += 100) {
      await until(async () => (await sent(id)) + (await sent(other.id)) >= count);
    }
    expect(new Set(idsAt(partner)).size).toBe(1_000);
    expect(partner.received).toHaveLength(1_000);
    // Five at first; it has not failed yet.
    expect(hanging.received).toHaveLength(5);
    expect(await sent(stuck.id)).toBe(0);
    // Positive control: it would have been told, too.
    expect(await deliveriesOf(owner, stuck.id)).toHaveLength(500);
  } finally {
    await hanging.close();
  }
}, 120_000);

it('a failing endpoint has one request under way at a time, and all again when it works', async () => {
  const { id } = await createEndpoint(database, partner.url);
  await owner.query('update webhook_endpoints set failing_since = now()');
  partner.behave('hang', { status: 200 });
  await many(20);
  start({ timeoutMs: 5_000, leaseMs: 30_000 });
  await until(() => partner.received.length > 0);
  await aWhile();
  expect(partner.received).toHaveLength(1);
  await deliveriesWhen(owner, id, 'sent', 20);
  const { rows } = await owner.query('select failing_since from webhook_endpoints');
  expect(rows).toEqual([{ failing_since: null }]);
}, 60_000);

it('of several workers one sends each webhook, and all are sent', async () => {
  const { id } = await createEndpoint(database, partner.url);
  for (let n = 0; n < 3; n += 1) {
    start({ leaseMs: 60_000 });
  }
  await many(300);
  await deliveriesWhen(owner, id, 'sent', 300);
  await aWhile();
  expect(partner.received).toHaveLength(300);
  expect(new Set(idsAt(partner)).size).toBe(300);
});

it('lost connections to the database cost no webhook, and none is sent twice', async () => {
  const { id } = await createEndpoint(database, partner.url);
  // Longer than it takes to note how one ended, over connections that are lost again and again.
  start({ leaseMs: 9_000 });
  for (let n = 0; n < 10; n += 1) {
    await many(5);
    await sleep(Math.random() * 150);
    await withClient(database.rootUrl, (root) =>
      root.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name in ('ombaro webhooks', 'ombaro relay')`,
      ),
    );
  }
  const sent = await deliveriesWhen(owner, id, 'sent', 50);
  const ids = idsAt(partner);
  // One that was taken by a connection that was lost before it said so was not sent by it.
  expect(ids).toHaveLength(50);
  expect(new Set(ids)).toEqual(new Set(sent.map((delivery) => delivery.id)));
}, 30_000);

it('closing waits for what is on its way, begins nothing else, and releases every connection', async () => {
  const { id } = await createEndpoint(database, partner.url);
  partner.behave('hang');
  await set(owner, 'webhooks.waits_seconds', [3600]);
  const worker = startWorker(database, { timeoutMs: 1_500 });
  await change(owner);
  await until(() => partner.received.length === 1);
  await worker.close();
  expect(await deliveriesOf(owner, id)).toMatchObject([
    { status: 'failed', error: 'No answer within 1500 ms.' },
  ]);
  const { rows } = await withClient(database.rootUrl, (root) =>
    root.query(
      `select from pg_stat_activity
      where datname = current_database() and application_name = 'ombaro webhooks'`,
    ),
  );
  expect(rows).toEqual([]);
});
