import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { withClient } from '../../src/lib/postgres.ts';
import type { Channel, Message } from '../../src/work/channels/channel.ts';
import { makeTwilio } from '../../src/work/channels/twilio.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { type Provider, startProvider } from './providers.ts';
import {
  aWhile,
  deliveriesOf,
  deliveryWhen,
  notify,
  openMessages,
  startWorker,
  until,
  type Worker,
} from './support.ts';

let database: TestDatabase;
let owner: pg.Pool;
let provider: Provider;
const workers: Worker[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  database = await openMessages();
  owner = database.owner;
});

afterAll(async () => {
  await database?.drop();
});

beforeEach(async () => {
  provider = await startProvider();
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.close()));
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  await provider.close();
  await owner.query('delete from notifications');
});

function start(
  ...options: Parameters<typeof startWorker> extends [unknown, ...infer Rest] ? Rest : never
) {
  const worker = startWorker(database, ...options);
  workers.push(worker);
  return worker;
}

const twilio = () =>
  makeTwilio({
    gateway: 'twilio',
    url: provider.url,
    accountSid: 'AC1',
    authToken: 'a',
    sender: '+1',
  });

function startProcess(lease: number): ChildProcess {
  const script = path.join(import.meta.dirname, 'worker-process.ts');
  const child = spawn(process.execPath, [script, database.workerUrl, provider.url, String(lease)], {
    stdio: 'inherit',
  });
  children.push(child);
  return child;
}

/** Counts what it is handed, after a moment. */
function makeCounting(sent: Message[]): Channel {
  return {
    async send(message) {
      sent.push(message);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { providerMessageId: null, hasReceipt: false };
    },
    close: () => undefined,
  };
}

it('a message arrives though its worker was killed while it handed it over', async () => {
  provider.behave('hang', { status: 201, body: { sid: 'SM1' } });
  const child = startProcess(1_500);
  const id = await notify(owner, { channels: ['sms'] });
  await until(() => provider.received.length === 1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await deliveriesOf(owner, id)).toMatchObject([
    { status: 'waiting', outcomes: ['running'] },
  ]);
  start({ sms: twilio() }, { leaseMs: 1_500 });
  const delivery = await deliveryWhen(owner, id, 'sent');
  expect(delivery.outcomes).toEqual(['lost', 'sent']);
  // Under one key: a gateway that took the first after all sends nothing twice.
  const keys = provider.received.map(({ headers }) => headers['idempotency-key']);
  expect(keys).toEqual([delivery.id, delivery.id]);
}, 30_000);

it('no other worker takes a message while its worker may still be alive', async () => {
  provider.behave('hang', { status: 201, body: { sid: 'SM1' } });
  const child = startProcess(600_000);
  const id = await notify(owner, { channels: ['sms'] });
  await until(() => provider.received.length === 1);
  start({ sms: twilio() }, { leaseMs: 600_000 });
  // Even where it is said to be due.
  await owner.query(
    'update notification_deliveries set next_attempt_at = now() where notification_id = $1',
    [id],
  );
  await aWhile();
  expect(provider.received).toHaveLength(1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await aWhile();
  expect(provider.received).toHaveLength(1);
  // Positive control: when the lease is over, another does.
  await owner.query(
    'update notification_deliveries set leased_until = now() where notification_id = $1',
    [id],
  );
  await deliveryWhen(owner, id, 'sent');
}, 30_000);

it('a message that kills each of its workers is given up', async () => {
  await owner.query(`update system_settings set value = '2' where key = 'notifications.attempts'`);
  provider.behave('hang');
  const id = await notify(owner, { channels: ['sms'] });
  for (const round of [1, 2]) {
    const child = startProcess(500);
    await until(() => provider.received.length === round);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  start({ sms: twilio() }, { leaseMs: 500 });
  const delivery = await deliveryWhen(owner, id, 'dead');
  expect(delivery.outcomes).toEqual(['lost', 'lost']);
  expect(provider.received).toHaveLength(2);
  await owner.query(`update system_settings set value = '13' where key = 'notifications.attempts'`);
}, 30_000);

it('of several workers one delivers each message, and all are delivered', async () => {
  const sent: Message[] = [];
  const sms = makeCounting(sent);
  for (let n = 0; n < 3; n += 1) {
    start({ sms }, { leaseMs: 60_000 });
  }
  await owner.query(
    `insert into notifications (user_id, type, title, message, channels, priority)
    select id, 'system_alert', 'Many ' || n, 'x', '{sms}', 'high'
    from user_profiles, generate_series(1, 20) n where mobile is not null`,
  );
  const { rows } = await owner.query<{ count: number }>(
    `select count(*)::integer from notifications where title like 'Many %'`,
  );
  const total = rows[0]?.count ?? 0;
  expect(total).toBeGreaterThan(300);
  await until(() => sent.length >= total);
  await aWhile();
  expect(new Set(sent.map(({ deliveryId }) => deliveryId)).size).toBe(total);
  expect(sent).toHaveLength(total);
});

it('a provider that hangs holds up only its own channel', async () => {
  const mails: Message[] = [];
  provider.behave('hang');
  const sms = makeTwilio(
    { gateway: 'twilio', url: provider.url, accountSid: 'AC1', authToken: 'a', sender: '+1' },
    3_000,
  );
  start({ sms, email: makeCounting(mails) }, { concurrency: 2 });
  for (let n = 0; n < 4; n += 1) {
    await notify(owner, { channels: ['sms'] });
  }
  await until(() => provider.received.length === 2);
  const id = await notify(owner, { channels: ['email'] });
  await deliveryWhen(owner, id, 'sent');
  expect(provider.received).toHaveLength(2);
});

it('urgent messages go first, whatever was there before', async () => {
  const sent: Message[] = [];
  for (const priority of ['low', 'normal', 'high', 'urgent', 'low', 'urgent']) {
    await notify(owner, { channels: ['sms'], priority });
  }
  start({ sms: makeCounting(sent) }, { concurrency: 1 });
  await until(() => sent.length === 6);
  expect(sent.map(({ priority }) => priority)).toEqual([
    'urgent',
    'urgent',
    'high',
    'normal',
    'low',
    'low',
  ]);
});

it('one that cannot even be begun is given up in the end, and holds up no other', async () => {
  await owner.query(`update system_settings set value = '2' where key = 'notifications.attempts'`);
  const broken = await notify(owner, { channels: ['sms'], priority: 'urgent' });
  // A planted fault: what its words came from cannot be read.
  await owner.query(`update notifications set metadata = '{"templateId": "none"}' where id = $1`, [
    broken,
  ]);
  start({ sms: makeCounting([]) }, { leaseMs: 1_000 });
  const id = await notify(owner, { channels: ['sms'], priority: 'low' });
  await deliveryWhen(owner, id, 'sent');
  const delivery = await deliveryWhen(owner, broken, 'dead');
  expect(delivery.outcomes).toEqual([]);
  await owner.query(`update system_settings set value = '13' where key = 'notifications.attempts'`);
}, 30_000);

it('a channel that never comes to an end is given up before another attempt begins', async () => {
  let calls = 0;
  const endless: Channel = {
    send() {
      calls += 1;
      return calls > 1
        ? Promise.resolve({ providerMessageId: null, hasReceipt: false })
        : new Promise(() => undefined);
    },
    close: () => undefined,
  };
  start({ sms: endless }, { leaseMs: 1_000 });
  const id = await notify(owner, { channels: ['sms'] });
  expect((await deliveryWhen(owner, id, 'sent')).outcomes).toEqual(['failed', 'sent']);
});

it('lost connections to the database cost no message, and none is sent twice', async () => {
  const sent: Message[] = [];
  // Longer than it takes to note how a message ended, over connections that are lost again and again.
  start({ sms: makeCounting(sent) }, { leaseMs: 9_000 });
  await deliveryWhen(owner, await notify(owner, { channels: ['sms'] }), 'sent');
  for (let n = 0; n < 15; n += 1) {
    await Promise.all([1, 2, 3].map(() => notify(owner, { channels: ['sms'] })));
    await sleep(Math.random() * 150);
    await withClient(database.rootUrl, (root) =>
      root.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'ombaro deliveries'`,
      ),
    );
  }
  await until(async () => {
    const { rows } = await owner.query(
      'select from notification_deliveries where status in ($1, $2)',
      ['waiting', 'failed'],
    );
    return rows.length === 0;
  });
  const { rows } = await owner.query<{ id: string }>(
    `select id from notification_deliveries where status = 'sent' and channel = 'sms'`,
  );
  const times = (id: string) => sent.filter(({ deliveryId }) => deliveryId === id).length;
  const late = rows.map(({ id }) => times(id)).filter((count) => count > 1);
  expect(rows).toHaveLength(46);
  // What could not be recorded at once was recorded at the next try.
  expect(late).toEqual([]);
}, 30_000);

it('closing waits for what is on its way, and releases every connection', async () => {
  let arrived = 0;
  const slow: Channel = {
    async send() {
      await new Promise((resolve) => setTimeout(resolve, 600));
      arrived += 1;
      return { providerMessageId: null, hasReceipt: false };
    },
    close: () => undefined,
  };
  const worker = startWorker(database, { sms: slow });
  const id = await notify(owner, { channels: ['sms'] });
  await until(async () => (await deliveriesOf(owner, id))[0]?.outcomes[0] === 'running');
  await worker.close();
  expect(arrived).toBe(1);
  expect(await deliveriesOf(owner, id)).toMatchObject([{ status: 'sent' }]);
  const { rows } = await withClient(database.rootUrl, (root) =>
    root.query(
      `select from pg_stat_activity
      where datname = current_database() and application_name = 'ombaro deliveries'`,
    ),
  );
  expect(rows).toEqual([]);
});
