import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startActivityLog } from '../../src/api/activity/activity-log.ts';
import { ActivityQueue } from '../../src/api/activity/activity-queue.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { codeIn, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { idOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { until } from '../realtime/support.ts';

const sessionId = 'visit-0001';
const view = { kind: 'page_view', sessionId, pagePath: '/home' };

describe('the queue of reported activities', () => {
  test('a full queue refuses a whole report and loses nothing', () => {
    const queue = new ActivityQueue(3);
    expect(queue.add(undefined, [view, view])).toBe(2);
    expect(() => queue.add(undefined, [view, view])).toThrow('Too many activities');
    expect(queue.size).toBe(2);
    expect(queue.add(undefined, [view])).toBe(1);
    expect(queue.take(2)).toHaveLength(2);
    expect(queue.take(2)).toHaveLength(1);
  });

  test('is written five hundred at a time, and what cannot be written waits', async () => {
    const queue = new ActivityQueue();
    for (let n = 0; n < 24; n += 1) {
      queue.add(undefined, Array(50).fill(view));
    }
    const sizes: number[] = [];
    let isBroken = true;
    const log = startActivityLog({
      queue,
      logger: makeLogger('silent'),
      intervalMs: 10,
      call: async (_scope, _statement, [json]) => {
        if (isBroken) {
          throw new Error('no database');
        }
        sizes.push(JSON.parse(String(json)).length);
        return [];
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(queue.size).toBe(1_200);
    isBroken = false;
    await until(() => queue.size === 0);
    await log.close();
    expect(sizes).toEqual([500, 500, 200]);
  });
});

describe('what front ends report', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.owner.query('delete from user_activity_log');
  });

  const report = async (person: Person, events: readonly object[]) =>
    api.graphql(
      'mutation ($events: [ActivityInput!]!) { recordActivity(input: { events: $events }) { recorded } }',
      {
        variables: { events },
        ...(person === 'visitor' ? {} : { token: await tokenFor(idOf(person)) }),
      },
    );
  const rows = async () =>
    (await database.owner.query('select * from user_activity_log order by created_at')).rows;
  const ask = async (person: Person, query: string) =>
    api.graphql(query, person === 'visitor' ? {} : { token: await tokenFor(idOf(person)) });

  test('is written within moments, with the user and the time', async () => {
    const answer = await report('customer', [
      { ...view, secondsAgo: 60 },
      { kind: 'search', sessionId, metadata: { words: 'massage' } },
    ]);
    expect(answer.data.recordActivity).toEqual({ recorded: 2 });
    expect((await report('visitor', [view])).errors).toBeUndefined();
    await until(async () => (await rows()).length === 3);
    const [first, second, third] = await rows();
    expect(first).toMatchObject({
      user_id: idOf('customer'),
      action: 'page_view',
      page_path: '/home',
      session_id: sessionId,
      metadata: {},
    });
    expect(second).toMatchObject({ action: 'search', metadata: { words: 'massage' } });
    expect(third.user_id).toBeNull();
    const apart = second.created_at.getTime() - first.created_at.getTime();
    expect(apart).toBe(60_000);
  });

  test('a malformed report is refused whole', async () => {
    const bad: readonly (readonly [string, readonly object[]])[] = [
      ['OB010', [{ ...view, kind: 'hacked' }]],
      ['OB010', [{ kind: 'page_view' }]],
      ['OB020', [{ ...view, sessionId: 'x' }]],
      ['OB020', [{ ...view, pagePath: '/a?token=secret' }]],
      ['OB020', [{ ...view, pagePath: `/${'x'.repeat(500)}` }]],
      ['OB020', [{ ...view, metadata: [] }]],
      ['OB020', [{ ...view, metadata: { long: 'x'.repeat(2_000) } }]],
      ['OB020', [{ ...view, metadata: { nothing: '\u0000' } }]],
      ['OB020', [{ ...view, secondsAgo: -1 }]],
      ['OB020', [{ ...view, secondsAgo: 3_601 }]],
      ['OB059', Array(51).fill(view)],
    ];
    for (const [code, events] of bad) {
      const answer = await report('customer', events.length === 1 ? [view, ...events] : events);
      expect([events, codeIn(answer)]).toEqual([events, code]);
    }
    expect((await report('customer', Array(50).fill(view))).data.recordActivity.recorded).toBe(50);
    await until(async () => (await rows()).length > 0);
    expect(await rows()).toHaveLength(50);
  });

  test('a user without a profile loses no one else their rows', async () => {
    const stranger = await tokenFor('99999999-9999-4999-8999-999999999999');
    await api.graphql(
      `mutation { recordActivity(input: { events: [{ kind: page_view, sessionId: "visit-0002" }] }) { recorded } }`,
      { token: stranger },
    );
    await report('customer', [view]);
    await until(async () => (await rows()).length === 2);
    expect((await rows()).map(({ user_id: id }) => id).sort()).toEqual([idOf('customer'), null]);
  });

  test('closing writes what still waits', async () => {
    const other = await startApi(database);
    await other.graphql(
      `mutation { recordActivity(input: { events: [{ kind: share, sessionId: "visit-0003" }] }) { recorded } }`,
    );
    await other.close();
    expect((await rows()).map(({ action }) => action)).toEqual(['share']);
  });

  describe('the figures of activity', () => {
    // Two days in India: the second begins at 18:30 in UTC.
    const first = '2025-03-01T18:00:00Z';
    const insert = async (
      user: string | null,
      session: string,
      start: string,
      steps: readonly (readonly [kind: string, seconds: number, path?: string])[],
    ) => {
      for (const [kind, seconds, path] of steps) {
        await database.owner.query(
          `insert into user_activity_log (user_id, session_id, action, page_path, created_at)
          values ($1, $2, $3, $4, $5::timestamptz + $6 * interval '1 second')`,
          [user, session, kind, path ?? null, start, seconds],
        );
      }
    };

    beforeEach(async () => {
      await insert(idOf('customer'), 'a', first, [
        ['page_view', 0, '/home'],
        ['vendor_view', 10],
        ['slot_view', 20],
        ['page_view', 60, '/vendor'],
      ]);
      await insert(null, 'b', first, [
        ['page_view', 0, '/home'],
        // A step without the one before it takes no user further.
        ['slot_view', 5],
        ['vendor_view', 20],
      ]);
      await insert(idOf('customer'), 'c', '2025-03-02T10:00:00Z', [
        ['vendor_view', 0],
        ['slot_view', 10],
        ['booking_begin', 20],
        ['payment_begin', 30],
        ['booking_done', 40],
      ]);
      await insert(idOf('customer2'), 'd', '2025-03-04T10:00:00Z', [['page_view', 0, '/home']]);
    });

    const days = 'fromDay: "2025-03-01", toDay: "2025-03-02"';

    test('count the active users of each day', async () => {
      const answer = await ask(
        'marketing',
        `{ activePeopleByDay(${days}) { day people visits visitors activities } }`,
      );
      expect(answer.data.activePeopleByDay).toEqual([
        { day: '2025-03-01', people: '1', visits: '2', visitors: '1', activities: '7' },
        { day: '2025-03-02', people: '1', visits: '1', visitors: '0', activities: '5' },
      ]);
    });

    test('name the pages that were opened most', async () => {
      const answer = await ask(
        'marketing',
        `{ topPages(${days}) { pagePath views people visits } }`,
      );
      expect(answer.data.topPages).toEqual([
        { pagePath: '/home', views: '2', people: '1', visits: '2' },
        { pagePath: '/vendor', views: '1', people: '1', visits: '1' },
      ]);
    });

    test('say how long visits were', async () => {
      const answer = await ask(
        'director',
        `{ visitLengthsByDay(${days}) { day visits medianSeconds averageSeconds averagePages } }`,
      );
      expect(answer.data.visitLengthsByDay).toEqual([
        {
          day: '2025-03-01',
          visits: '2',
          medianSeconds: 40,
          averageSeconds: 40,
          averagePages: '1.50',
        },
        {
          day: '2025-03-02',
          visits: '1',
          medianSeconds: 40,
          averageSeconds: 40,
          averagePages: '0.00',
        },
      ]);
    });

    test('say how far users got in a funnel', async () => {
      const answer = await ask('admin', `{ funnelByDay(${days}) { day step kind visits } }`);
      const byDay = Map.groupBy(
        answer.data.funnelByDay as { day: string; visits: string }[],
        ({ day }) => day,
      );
      expect([...byDay].map(([day, steps]) => [day, steps.map(({ visits }) => visits)])).toEqual([
        ['2025-03-01', ['2', '1', '0', '0', '0']],
        ['2025-03-02', ['1', '1', '1', '1', '1']],
      ]);
    });

    test('are for staff with the right to them, and for no more days than can be counted', async () => {
      const query = `{ topPages(${days}) { pagePath } }`;
      expect(codeIn(await ask('finance', query))).toBe('OB002');
      expect(codeIn(await ask('customer', query))).toBe('42501');
      expect(codeIn(await ask('visitor', query))).toBe('OB001');
      expect((await ask('vice_president', query)).errors).toBeUndefined();
      const year = '{ topPages(fromDay: "2025-01-01", toDay: "2025-12-31") { pagePath } }';
      expect(codeIn(await ask('admin', year))).toBe('OB020');
      const steps = `{ funnelByDay(${days}, steps: ["no_such"]) { visits } }`;
      expect(codeIn(await ask('admin', steps))).toBe('OB020');
    });

    test('are read by an index: a day of a hundred thousand rows is not read whole', async () => {
      await database.owner.query(
        `insert into user_activity_log (action, page_path, session_id, created_at)
        select 'page_view', '/p', 's' || n % 5000, '2025-05-01'::timestamptz + n * interval '1 minute'
        from generate_series(1, 100000) n;
        analyze user_activity_log`,
      );
      const calls = [
        `active_people_by_day('2025-05-10', '2025-05-10')`,
        `top_pages('2025-05-10', '2025-05-10')`,
        `visit_lengths_by_day('2025-05-10', '2025-05-10')`,
        `funnel_by_day('2025-05-10', '2025-05-10')`,
      ];
      for (const call of calls) {
        const client = await database.owner.connect();
        // Else what this connection read before is counted, too, for up to a second.
        await client.query('select pg_stat_force_next_flush()');
        await client.query('begin');
        await client.query(
          `select set_config('request.jwt.claims', json_build_object('sub', $1::text, 'role', 'authenticated')::text, true)`,
          [idOf('admin')],
        );
        await client.query(`select * from ${call}`);
        const { rows: facts } = await client.query(
          `select seq_scan::integer as whole, idx_scan::integer as by_index
          from pg_stat_xact_user_tables where relname = 'user_activity_log'`,
        );
        await client.query('rollback');
        client.release();
        expect([call, facts[0].whole, facts[0].by_index > 0]).toEqual([call, 0, true]);
      }
    });
  });
});
