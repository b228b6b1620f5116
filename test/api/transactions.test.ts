import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeLogger } from '../../src/lib/logger.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { createWithPgClient } from '../../src/requests/adaptor.ts';
import { type ApiPool, makeApiPool } from '../../src/requests/pool.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Booking, people, seedBookings, startApi, type TestApi } from './support.ts';

const claimsOf = (sub: string) => JSON.stringify({ sub, role: 'authenticated' });
const reading = (sub: string) => ({
  claims: claimsOf(sub),
  access: 'read only',
  statementTimeout: '5000ms',
});
const writing = (sub: string) => ({ ...reading(sub), access: 'read write' });

describe('the transaction of a request', () => {
  let database: TestDatabase;
  let pool: ApiPool;
  let bookings: Record<'ann' | 'ben', Booking[]>;
  const errors: unknown[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    bookings = await seedBookings(database.owner);
    const logger = makeLogger('silent');
    pool = makeApiPool({ connectionString: database.apiUrl, max: 4, logger });
  });
  afterAll(async () => {
    await pool?.pool.end();
    await database?.drop();
  });

  const use = () => createWithPgClient({ pool, onError: (error) => errors.push(error) });
  const select = (
    settings: Record<string, string>,
    text: string,
    values: unknown[] = [],
    name?: string,
  ) =>
    use()(settings, (client) =>
      client.query<Record<string, unknown>>({ text, values, ...(name ? { name } : {}) }),
    ).then(({ rows }) => rows);

  test('has the role, the claims and the timeout of the request, and nothing afterwards', async () => {
    const text = `select current_user as role, auth.uid() as uid,
      current_setting('statement_timeout') as timeout,
      current_setting('transaction_read_only') as read_only`;
    expect(await select(reading(people.ann), text)).toEqual([
      { role: 'authenticated', uid: people.ann, timeout: '5s', read_only: 'on' },
    ]);
    expect(
      await select(
        { access: 'read write', statementTimeout: '1s' },
        text.replace('auth.uid()', 'null'),
      ),
    ).toEqual([{ role: 'anon', uid: null, timeout: '1s', read_only: 'off' }]);
    const client = await pool.connect();
    const { rows } = await client.query(
      "select current_user as role, current_setting('request.jwt.claims', true) as claims",
    );
    client.release();
    expect(rows).toEqual([{ role: 'ombaro_api', claims: '' }]);
  });

  test('of a query cannot write, and of a mutation can', async () => {
    const text = `update bookings set special_instructions = 'x' where id = '${bookings.ann[0]?.id}' returning id`;
    await expect(select(reading(people.ann), text)).rejects.toMatchObject({ code: '25006' });
    expect(await select(writing(people.ann), text)).toHaveLength(1);
  });

  test('reports that access has ended rather than the error of the statement behind it', async () => {
    const stranger = '20000000-0000-4000-8000-000000000000';
    for (const name of [undefined, 'named']) {
      await expect(select(reading(stranger), 'select 1', [], name)).rejects.toMatchObject({
        code: 'OB008',
      });
    }
    expect(await select(reading(people.ann), 'select 1 as one', [], 'named')).toEqual([{ one: 1 }]);
  });

  test('a failed statement leaves the connection usable, and does not mix with another request', async () => {
    for (let round = 0; round < 8; round += 1) {
      await expect(select(reading(people.ann), 'select 1 / 0')).rejects.toMatchObject({
        code: '22012',
      });
      const rows = await select(reading(people.ben), 'select auth.uid() as uid');
      expect(rows).toEqual([{ uid: people.ben }]);
    }
    expect(pool.pool.totalCount).toBeLessThanOrEqual(4);
  });

  test('answers several statements at once, each with its own result', async () => {
    const rows = await use()(reading(people.ann), (client) =>
      Promise.all([1, 2, 3].map((n) => client.query({ text: 'select $1::int as n', values: [n] }))),
    );
    expect(rows.map((each) => each.rows)).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
  });

  test('rolls back an inner transaction alone', async () => {
    const id = bookings.ann[1]?.id;
    const write = (text: string) =>
      `update bookings set special_instructions = '${text}' where id = '${id}'`;
    await use()(writing(people.ann), async (client) => {
      await client.query({ text: write('outer') });
      await client
        .withTransaction(async (inner) => {
          await inner.query({ text: write('inner') });
          await inner.withTransaction((innermost) => innermost.query({ text: 'select 1 / 0' }));
        })
        .catch(() => undefined);
    });
    const { rows } = await database.owner.query(
      'select special_instructions from bookings where id = $1',
      [id],
    );
    expect(rows).toEqual([{ special_instructions: 'outer' }]);
  });

  test('is not reported as done when a failed write was ignored', async () => {
    const work = use()(writing(people.ann), async (client) => {
      await client.query({ text: 'select 1 / 0' }).catch(() => undefined);
      return 'done';
    });
    await expect(work).rejects.toThrow('rolled back');
  });

  test('copes with more prepared statements than a connection keeps', async () => {
    const single = makeApiPool({
      connectionString: database.apiUrl,
      max: 1,
      logger: makeLogger('silent'),
    });
    const withClient = createWithPgClient({ pool: single, onError: (error) => errors.push(error) });
    const ask = (n: number) =>
      withClient(reading(people.ann), (client) =>
        client.query<{ n: number }>({
          text: `select ${n} as n`,
          values: [],
          name: `statement_${n}`,
        }),
      ).then(({ rows }) => rows[0]?.n);
    const fail = () =>
      withClient(reading(people.ann), (client) =>
        client.query({ text: 'select 1 / $1::int', values: [0], name: 'failing' }),
      );
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 130; n += 1) {
        expect(await ask(n)).toBe(n);
        if (n % 40 === 0) {
          await expect(fail()).rejects.toMatchObject({ code: '22012' });
        }
      }
    }
    const { rows } = await single.pool.query(
      'select count(*)::int as count from pg_prepared_statements',
    );
    await single.pool.end();
    // The 100 that are kept, and that of the identity.
    expect(rows[0]?.count).toBeLessThanOrEqual(101);
  });

  test('a lost connection fails its request and no other', async () => {
    const answered = Promise.withResolvers<number>();
    const unseen = createWithPgClient({ pool, onError: () => undefined });
    const killed = unseen(reading(people.ann), async (client) => {
      const { rows } = await client.query<{ pid: number }>({
        text: 'select pg_backend_pid() as pid',
      });
      answered.resolve(rows[0]?.pid ?? 0);
      await client.query({ text: 'select pg_sleep(4)' });
    });
    const pid = await answered.promise;
    await Promise.all([
      expect(killed).rejects.toThrow(/terminat|ECONNRESET/),
      withClient(database.rootUrl, (root) => root.query('select pg_terminate_backend($1)', [pid])),
    ]);
    expect(await select(reading(people.ann), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  describe('through the API', () => {
    let api: TestApi;
    let proxy: Server;
    const sockets = new Set<Socket>();
    const oneWay = 100;

    beforeAll(async () => {
      const target = new URL(database.apiUrl);
      proxy = createServer((incoming) => {
        const outgoing = connect(Number(target.port), target.hostname);
        for (const [from, to] of [
          [incoming, outgoing],
          [outgoing, incoming],
        ] as const) {
          sockets.add(from);
          from.on('data', (chunk) => setTimeout(() => to.write(chunk), oneWay));
          from.on('close', () => to.destroy());
          from.on('error', () => to.destroy());
        }
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const far = new URL(database.apiUrl);
      far.port = String((proxy.address() as AddressInfo).port);
      api = await startApi(database, { apiUrl: far.href });
    });
    afterAll(async () => {
      await api?.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      proxy?.close();
    });

    test('a nested read waits for one round trip', async () => {
      const query =
        '{ bookings { nodes { id vendor { businessName } bookingItems { nodes { id } } } } }';
      await api.as('ann', query);
      const start = performance.now();
      await api.as('ann', query);
      const waited = performance.now() - start;
      expect(waited).toBeGreaterThan(2 * oneWay);
      expect(waited).toBeLessThan(3.5 * oneWay);
    });

    test('200 requests of two users at once: each gets their own rows', async () => {
      const asked = Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? 'ann' : 'ben'));
      const answers = await Promise.all(
        asked.map((person) =>
          api.as(person as 'ann' | 'ben', '{ bookings { nodes { id } } me { id } }'),
        ),
      );
      for (const [n, { data }] of answers.entries()) {
        const person = asked[n] as 'ann' | 'ben';
        expect(data.me.id).toBe(people[person]);
        expect(data.bookings.nodes.map(({ id }: Booking) => id).toSorted()).toEqual(
          bookings[person].map(({ id }) => id).toSorted(),
        );
      }
    });
  });

  test('no error was lost', () => {
    expect(errors).toEqual([]);
  });
});
