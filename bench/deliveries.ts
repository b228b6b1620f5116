import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import pg from 'pg';
import { makeLogger } from '../src/lib/logger.ts';
import { wait } from '../src/lib/retry.ts';
import { makeTwilio } from '../src/work/channels/twilio.ts';
import { makeRefused } from '../src/work/channels/unconfigured.ts';
import { startDeliveries } from '../src/work/deliveries.ts';
import { allBy } from '../test/helpers/channels.ts';
import type { Benchmark } from './support/benchmark.ts';
import { startPreparedServer } from './support/prepared-server.ts';

const people = 100;
const notifications = 10_000;
/** At which the issue wants them drained. */
const fewestASecond = 500;
const gatewayScript = path.join(import.meta.dirname, 'support', 'sms-gateway.ts');

/**
 * Drains ten thousand waiting text messages, through one worker and a gateway in a process of its own
 * on the same machine as the database. All must be sent, each once.
 */
export const deliveries: Benchmark = async () => {
  const server = await startPreparedServer();
  const gateway = spawn(process.execPath, [gatewayScript], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const owner = new pg.Pool({ connectionString: server.urlFor('ombaro_owner', 'ombaro') });
  try {
    const url = await readUrl(gateway);
    const writing = await write(owner);
    const sms = makeTwilio({
      gateway: 'twilio',
      url,
      accountSid: 'AC',
      authToken: 'a',
      sender: '+1',
    });
    const start = performance.now();
    const worker = startDeliveries({
      connectionString: server.urlFor('ombaro_worker', 'ombaro'),
      logger: makeLogger('warn'),
      channels: { ...allBy(makeRefused('this benchmark', 'do not')), sms },
    });
    while ((await count(owner, `next_attempt_at is not null`)) > 0) {
      await wait(200, new AbortController().signal);
    }
    const seconds = (performance.now() - start) / 1000;
    await worker.close();
    sms.close();
    const sent = await count(owner, `status = 'sent' and attempts = 1`);
    const calls = Number(await (await fetch(`${url}/count`)).text());
    if (sent !== notifications || calls !== notifications) {
      throw new Error(`Of ${notifications} messages ${sent} were sent, in ${calls} calls.`);
    }
    return [
      { what: `writing ${notifications} notifications`, value: writing, unit: 's' },
      {
        what: `delivering them (${Math.round(notifications / seconds)} a second)`,
        value: seconds,
        unit: 's',
        bound: notifications / fewestASecond,
      },
    ];
  } finally {
    gateway.kill('SIGKILL');
    await owner.end();
    await server.stop();
  }
};

async function readUrl(gateway: ChildProcess): Promise<string> {
  const [line] = await once(gateway.stdout as NodeJS.ReadableStream, 'data');
  return String(line).trim();
}

/** Writes all notifications, and gives how long it took in seconds. */
async function write(owner: pg.Pool): Promise<number> {
  await owner.query(
    `with account as (
      insert into auth.users (id) select gen_random_uuid() from generate_series(1, $1) returning id
    )
    insert into user_profiles (id, name, mobile)
    select id, 'Asha', '+9198765' || lpad((row_number() over ())::text, 5, '0') from account`,
    [people],
  );
  const start = performance.now();
  await owner.query(
    `insert into notifications (user_id, type, title, message, channels)
    select id, 'system_alert', 'Hello', 'All is well.', '{in_app,sms}'
    from user_profiles, generate_series(1, $1)`,
    [notifications / people],
  );
  return (performance.now() - start) / 1000;
}

async function count(owner: pg.Pool, which: string): Promise<number> {
  const { rows } = await owner.query<{ count: number }>(
    `select count(*)::integer from notification_deliveries where ${which}`,
  );
  return rows[0]?.count ?? 0;
}
