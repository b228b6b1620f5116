import { makeLogger } from '../../src/lib/logger.ts';
import { startRelay } from '../../src/realtime/relay.ts';
import { startApi, tokenFor } from '../api/support.ts';
import { vendor } from '../fixtures/market.ts';
import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { aWhile, connect, until } from '../realtime/support.ts';
import { seededDatabase } from './support.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await seededDatabase();
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  await database.owner.query('delete from notifications; delete from app_private.events');
});

const book = `insert into bookings (customer_id, vendor_id, booking_type, booking_date,
    booking_time, duration_minutes, total_amount, final_amount)
  select '${idOf('customer')}', '${vendor}', 'spa_visit', '2030-03-04', '15:30', 60, 1000, 1000`;

describe('a transaction that is rolled back leaves no notification, event or error', () => {
  it.each([
    ['rolled back', `begin; ${book}; rollback`, 0],
    ['a booking made and gone in one', `begin; ${book}; delete from bookings; commit`, 0],
    [
      'a savepoint rolled back',
      `begin; savepoint before; ${book}; rollback to savepoint before; commit`,
      0,
    ],
    ['committed (the control)', `begin; ${book}; commit`, 5],
  ])('%s', async (_name, sql, count) => {
    await database.owner.query(sql);
    const { rows } = await database.owner.query(
      `select (select count(*)::integer from notifications) as told,
        (select count(*)::integer from app_private.events where event = 'notification.created') as events,
        (select count(*)::integer from error_logs) as errors`,
    );
    expect(rows).toEqual([{ told: count, events: count, errors: 0 }]);
  });
});

it('each notification is an event of its owner’s topic, without its text', async () => {
  await database.owner.query(book);
  const { rows } = await database.owner.query(
    `select e.topics, e.data, n.user_id from app_private.events e
    join notifications n on n.id = e.subject_id where e.event = 'notification.created'`,
  );
  expect(rows).toHaveLength(5);
  for (const { topics, data, user_id: owner } of rows) {
    expect([topics, data]).toEqual([[`user:${owner}`], {}]);
  }
});

describe('live notifications', () => {
  const mayListen = async (person: Person, topic: string): Promise<boolean> =>
    database.asUser(claimsOf(person), async (client) => {
      const { rows } = await client.query('select app_private.may_listen($1) as allowed', [topic]);
      return rows[0].allowed;
    });

  it.each([
    'customer',
    'vendor',
    'finance',
    'admin',
  ] as const)('%s may listen to their own topic and to no one else’s', async (person) => {
    expect(await mayListen(person, `user:${idOf(person)}`)).toBe(true);
    expect(await mayListen(person, `user:${idOf('customer2')}`)).toBe(false);
    expect(await mayListen(person, 'user:')).toBe(false);
    expect(await mayListen(person, `user:${idOf(person)}x`)).toBe(false);
  });

  it('a visitor may listen to none', async () => {
    expect(await mayListen('visitor', `user:${idOf('customer')}`)).toBe(false);
    expect(await mayListen('customer', `user:${idOf('customer')}`)).toBe(true);
  });

  it('a subscriber hears of their own, over the websocket, and of no one else’s', async () => {
    const api = await startApi(database);
    const relay = startRelay({
      connectionString: database.workerUrl,
      logger: makeLogger('silent'),
    });
    const follower = connect(api, { token: await tokenFor(idOf('customer')) });
    const stranger = connect(api, { token: await tokenFor(idOf('customer2')) });
    try {
      const listen = 'subscription($topic: String!) { listen(topic: $topic) { event subjectId } }';
      const own = follower.follow(listen, { topic: `user:${idOf('customer')}` });
      const foreign = follower.follow(listen, { topic: `user:${idOf('vendor')}` });
      const others = stranger.follow(listen, { topic: `user:${idOf('customer2')}` });
      expect((await foreign.next()).errors?.[0]?.extensions?.code).toBe('OB015');
      await until(async () => (await subscriptions(api.url)) === 2);
      await database.owner.query(book);
      const { rows } = await database.owner.query(
        'select id from notifications where user_id = $1',
        [idOf('customer')],
      );
      expect((await own.next()).data.listen).toEqual({
        event: 'notification.created',
        subjectId: rows[0].id,
      });
      await aWhile();
      expect(own.messages).toHaveLength(1);
      expect(others.messages).toEqual([]);
    } finally {
      follower.dispose();
      stranger.dispose();
      await relay.close();
      await api.close();
    }
  });
});

async function subscriptions(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^subscriptions (\d+)$/m.exec(metrics)?.[1]);
}
