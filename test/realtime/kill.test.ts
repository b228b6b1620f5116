import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { LiveClient } from '../../examples/live-client.ts';
import { openDataDirectory, passwordPurpose } from '../../src/config/data-directory.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/database/embedded/server.ts';
import { prepareDatabase } from '../../src/database/prepare.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { limitRequests, people, secret, seedBookings, tokenFor } from '../api/support.ts';
import { findFreePort } from '../helpers/server.ts';
import { makeTemporaryDirectory } from '../helpers/temporary-directory.ts';
import { cursorOf, followBooking, logOf, startChanging, type Watched, watch } from './live.ts';
import { type KillableProcess, startServing } from './processes.ts';
import { aWhile, until } from './support.ts';

const directory = makeTemporaryDirectory();
const data = openDataDirectory(path.join(directory.path, 'data'));
const myBookings =
  'subscription($after: BigInt) { myBookingsUpdated(after: $after) { eventId booking { id } } }';

/** A second of changes at twenty a second. */
const intervalMs = 50;
const some = 15;

describe('processes are killed while rows change', () => {
  let port: number;
  let server: EmbeddedServer;
  let owner: pg.Pool;
  let ports: readonly [number, number];
  const processes: KillableProcess[] = [];
  const clients: LiveClient[] = [];
  let ids: readonly string[];
  let after: number;
  let watched: { topic: string; by: Watched }[];
  let changing: ReturnType<typeof startChanging>;

  const urlFor = (role: string) =>
    `postgres://${role}:${data.secretFor(passwordPurpose(role))}@127.0.0.1:${port}/${role === 'postgres' ? role : 'ombaro'}`;
  const startDatabase = () =>
    startEmbedded({ data, port, binariesDirectory: null, isDisposable: true });
  const serve = async (n: 0 | 1) => {
    processes[n] = await startServing({
      DATABASE_URL: urlFor('ombaro_owner'),
      API_DATABASE_URL: urlFor('ombaro_api'),
      WORKER_DATABASE_URL: urlFor('ombaro_worker'),
      JWT_SECRET: secret,
      PORT: String(ports[n]),
      LOG_LEVEL: 'silent',
    });
  };
  /** Tries the two servers in turn, beginning with one of them. */
  const clientThatBeginsAt = (first: 0 | 1) => {
    let tries = first - 1;
    const client = new LiveClient({
      url: () => {
        tries += 1;
        return `ws://127.0.0.1:${ports[(tries % 2) as 0 | 1]}/graphql`;
      },
      token: () => tokenFor(people.ann, { expiresAt: Math.floor(Date.now() / 1000) + 6_000 }),
    });
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    port = await findFreePort();
    server = await startDatabase();
    const target = {
      rootUrl: urlFor('postgres'),
      ownerUrl: urlFor('ombaro_owner'),
      apiUrl: urlFor('ombaro_api'),
      workerUrl: urlFor('ombaro_worker'),
      shadowUrl: null,
    };
    await prepareDatabase(target, () => undefined);
    owner = new pg.Pool({ connectionString: target.ownerUrl, max: 4 });
    owner.on('error', () => undefined);
    ids = (await seedBookings(owner, 4)).ann.map(({ id }) => id);
    await limitRequests(owner, 1_000_000);
    ports = [await findFreePort(), await findFreePort()];
    // The first is the relay: there is no other yet.
    await serve(0);
    await serve(1);
    watched = [
      { topic: `customer:${people.ann}`, by: watch(clientThatBeginsAt(0), myBookings) },
      { topic: `customer:${people.ann}`, by: watch(clientThatBeginsAt(1), myBookings) },
      {
        topic: `booking:${ids[0]}`,
        by: watch(clientThatBeginsAt(0), followBooking, { id: ids[0] }),
      },
      {
        topic: `booking:${ids[1]}`,
        by: watch(clientThatBeginsAt(1), followBooking, { id: ids[1] }),
      },
    ];
    // Every client that has been given a change follows.
    const first = startChanging(owner, ids, intervalMs);
    await until(() => watched.every(({ by }) => by.sequences.length > 0), 30_000);
    await first.stop();
    await until(async () => {
      const { rowCount } = await owner.query(
        'select from app_private.events where sequence is null',
      );
      return rowCount === 0;
    });
    after = await cursorOf(owner);
    changing = startChanging(owner, ids, intervalMs);
    await changesCome();
  }, 120_000);
  afterAll(async () => {
    await changing?.stop();
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(processes.map((each) => each.kill()));
    await owner?.end();
    await server?.stop();
    directory.remove();
  });

  /** Waits until every client has been given some more. */
  async function changesCome(): Promise<void> {
    const before = watched.map(({ by }) => by.sequences.length);
    await until(
      () => watched.every(({ by }, n) => by.sequences.length >= (before[n] ?? 0) + some / 3),
      15_000,
    );
  }

  async function expectEverything(): Promise<void> {
    await changesCome();
    for (const { topic, by } of watched) {
      // What is in the log now; more comes meanwhile.
      const log = await logOf(owner, topic, after);
      const given = () => by.sequences.filter((sequence) => sequence > Number(after));
      await until(() => given().length >= log.length);
      expect(log.length).toBeGreaterThan(some / 3);
      expect(given().slice(0, log.length)).toEqual(log);
      expect(by.refetches()).toBe(0);
    }
  }

  test('the process that is the relay, with kill -9', async () => {
    await processes[0]?.kill();
    await expectEverything();
    await serve(0);
  });

  test('one of two API processes that is not the relay, with kill -9', async () => {
    await processes[0]?.kill();
    await expectEverything();
    await serve(0);
  });

  test('the new relay as well, and both at once', async () => {
    await processes[1]?.kill();
    await expectEverything();
    await processes[0]?.kill();
    await aWhile();
    await serve(0);
    await expectEverything();
    await serve(1);
  });

  test('every listener', async () => {
    const terminated = await withClient(urlFor('postgres'), (root) =>
      root.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = 'ombaro' and application_name = 'ombaro listener'`),
    );
    expect(terminated.rowCount).toBe(2);
    await expectEverything();
  });

  test('PostgreSQL, which is started again', async () => {
    await server.stop();
    await aWhile();
    server = await startDatabase();
    await expectEverything();
  });
});
