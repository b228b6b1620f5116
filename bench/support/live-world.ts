import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { secret } from '../../test/api/support.ts';
import { findFreePort } from '../../test/helpers/server.ts';
import { type KillableProcess, startServing } from '../../test/realtime/processes.ts';
import type { ClientsOrder, ClientsReport } from './live-clients.ts';
import { startPreparedServer } from './prepared-server.ts';

export type Follower = { readonly subject: string; readonly bookingId: string };

/** A temporary server, the program serving it in a process of its own, and as many customers with a booking each. */
export type LiveWorld = {
  readonly owner: pg.Pool;
  readonly followers: readonly Follower[];
  /** Websockets in a process of their own that follow a booking each. */
  follow(followers: readonly Follower[]): Promise<Clients>;
  /** What the program holds in memory, in bytes. */
  memory(): Promise<number>;
  close(): Promise<void>;
};

export type Clients = {
  report(): Promise<ClientsReport>;
  close(): Promise<void>;
};

export async function openLiveWorld(customers: number): Promise<LiveWorld> {
  const running = new AsyncDisposableStack();
  try {
    const server = await startPreparedServer();
    running.defer(() => server.stop());
    const owner = new pg.Pool({
      connectionString: server.urlFor('ombaro_owner', 'ombaro'),
      max: 16,
    });
    running.defer(() => owner.end());
    const followers = await makeFollowers(owner, customers);
    const port = await findFreePort();
    const program = await startServing({
      DATABASE_URL: server.urlFor('ombaro_owner', 'ombaro'),
      API_DATABASE_URL: server.urlFor('ombaro_api', 'ombaro'),
      WORKER_DATABASE_URL: server.urlFor('ombaro_worker', 'ombaro'),
      JWT_SECRET: secret,
      PORT: String(port),
      LOG_LEVEL: 'warn',
    });
    running.defer(() => program.kill());
    await untilPublished(owner);
    return {
      owner,
      followers,
      follow: (some) =>
        follow({ url: `ws://127.0.0.1:${port}/graphql`, secret, followers: some }, running),
      memory: () => memoryOf(program),
      close: () => running.disposeAsync(),
    };
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}

async function makeFollowers(owner: pg.Pool, customers: number): Promise<Follower[]> {
  await owner.query(`update system_settings set value = '1000000000'
    where key in ('limits.api_requests_a_minute', 'limits.visitor_requests_a_minute')`);
  await owner.query(
    'insert into auth.users (id) select gen_random_uuid() from generate_series(1, $1::integer)',
    [customers],
  );
  await owner.query(`insert into user_profiles (id, name) select id, 'A Person' from auth.users
    on conflict do nothing`);
  await owner.query('insert into customers (id) select id from auth.users');
  await owner.query(`insert into vendors (business_name, address_line1, city, state, pincode)
    values ('Lotus Spa', '1 Park Street', 'Kolkata', 'West Bengal', '700016')`);
  const { rows } = await owner.query<Follower>(
    `insert into bookings (customer_id, vendor_id, booking_type, booking_date,
       booking_time, duration_minutes, total_amount, final_amount)
     select c.id, v.id, 'spa_visit', current_date + 1, '10:00', 60, 1000, 1000
     from customers c, vendors v
     returning customer_id as subject, id as "bookingId"`,
  );
  await owner.query('analyze');
  return rows;
}

/** Waits until the relay has published everything, so that what is measured begins with nothing to do. */
export async function untilPublished(owner: pg.Pool): Promise<void> {
  for (;;) {
    const { rowCount } = await owner.query(
      'select from app_private.events where sequence is null limit 1',
    );
    if (rowCount === 0) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function follow(order: ClientsOrder, running: AsyncDisposableStack): Promise<Clients> {
  const child = fork(path.join(import.meta.dirname, 'live-clients.ts'), {
    serialization: 'advanced',
  });
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
  };
  running.defer(close);
  child.send(order);
  await answerOf(child);
  return {
    async report() {
      child.send('report');
      return (await answerOf(child)) as ClientsReport;
    },
    close,
  };
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', gone).then(([message]) => message),
      once(child, 'exit', gone).then(() => {
        throw new Error('The process of the clients has ended.');
      }),
    ]);
  } finally {
    gone.abort();
  }
}

async function memoryOf({ pid }: KillableProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
