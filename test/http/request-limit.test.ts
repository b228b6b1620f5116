import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { makeCountRequest, RequestLimit } from '../../src/http/request-limit.ts';
import { followRequestLimit } from '../../src/http/request-limit-setting.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { limitRequests } from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { until } from '../realtime/support.ts';

/** How many of so many requests at once are within the limit. */
function passing(limit: RequestLimit, key: string, times: number): number {
  const answers = Array.from({ length: times }, () => limit.count(key));
  return answers.filter((retryAfter) => retryAfter === undefined).length;
}

describe('a limit of requests', () => {
  test('a client that comes back at the given time is let through, and not sooner', async () => {
    const limit = new RequestLimit({ most: 3, windowSeconds: 1.4 });
    expect(passing(limit, 'one', 3)).toBe(3);
    expect(limit.count('one')).toBe(2);
    await sleep(600);
    const retryAfter = limit.count('one');
    expect(retryAfter).toBe(1);
    await sleep(1_000 * Number(retryAfter));
    expect(passing(limit, 'one', 10)).toBe(3);
  });

  test('a thousand at once: as many pass as the limit allows', () => {
    const limit = new RequestLimit({ most: 100 });
    expect(passing(limit, 'one', 1_000)).toBe(100);
    expect(passing(limit, 'other', 99)).toBe(99);
  });

  test('another limit holds at once, also for those who have been counted', () => {
    const limit = new RequestLimit({ most: 2 });
    expect(passing(limit, 'one', 2)).toBe(2);
    limit.most = 5;
    expect(passing(limit, 'one', 10)).toBe(3);
    expect(passing(limit, 'other', 4)).toBe(4);
    limit.most = 4;
    expect(passing(limit, 'other', 1)).toBe(0);
  });

  test('visitors of one address have a limit of their own', () => {
    const count = makeCountRequest(new RequestLimit({ most: 2, mostOfVisitors: 4 }));
    const passed = (subject: string | undefined) =>
      Array.from({ length: 9 }, () => count('192.0.2.1', subject)).filter(
        (retryAfter) => retryAfter === undefined,
      ).length;
    expect([passed('a user'), passed(undefined), passed('another user')]).toEqual([2, 4, 2]);
  });

  test('a window begins with the first request, and lasts its length for each client', () => {
    let seconds = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => seconds * 1_000);
    const at = (now: number, key: string, times = 1) => {
      seconds = now;
      return [passing(limit, key, times), limit.count(key)];
    };
    const limit = new RequestLimit({ most: 2, windowSeconds: 60 });
    expect(at(0, 'early', 2)).toEqual([2, 60]);
    expect(at(50, 'late', 2)).toEqual([2, 60]);
    expect(at(59, 'early')).toEqual([0, 1]);
    expect(at(60, 'early', 5)).toEqual([2, 60]);
    expect(at(70, 'late')).toEqual([0, 40]);
    expect(at(109.5, 'late')).toEqual([0, 1]);
    expect(at(110, 'late', 5)).toEqual([2, 60]);
    expect(at(119, 'early')).toEqual([0, 1]);
    expect(at(169, 'late')).toEqual([0, 1]);
    expect(at(400, 'late', 5)).toEqual([2, 60]);
    clock.mockRestore();
  });

  test('what comes beyond the capacity is not counted, and no one else is let off', async () => {
    const limit = new RequestLimit({ most: 2, windowSeconds: 0.3, capacity: 2 });
    expect(passing(limit, 'first', 5)).toBe(2);
    expect(passing(limit, 'second', 1)).toBe(1);
    expect(passing(limit, 'third', 5)).toBe(5);
    expect(passing(limit, 'first', 1)).toBe(0);
    expect(passing(limit, 'second', 5)).toBe(1);
    await sleep(700);
    expect(passing(limit, 'third', 5)).toBe(2);
  });
});

describe('the setting of the limit', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = new pg.Pool({ connectionString: database.apiUrl });
    await limitRequests(database.owner, 2);
  });
  afterAll(async () => {
    await pool?.end();
    await database?.drop();
  });

  /** What the database would refuse gets in only past its trigger. */
  const set = async (value: string) => {
    const client = await database.owner.connect();
    await client.query('begin; alter table system_settings disable trigger _200_validate');
    await client.query(
      `update system_settings set value = $1 where key = 'limits.api_requests_a_minute'`,
      [value],
    );
    await client.query('alter table system_settings enable trigger _200_validate; commit');
    client.release();
  };

  test('a change takes effect without a restart; a malformed value changes nothing', async () => {
    const log: string[] = [];
    const logger = makeLogger('error', { destination: { write: (line) => void log.push(line) } });
    const { limit, close } = await followRequestLimit({ pool, logger, intervalMs: 20 });
    expect(passing(limit, 'one', 10)).toBe(2);
    await set('4');
    await until(() => passing(limit, `any ${Math.random()}`, 10) === 4);
    expect(log).toEqual([]);
    await set('"many"');
    await until(() => log.length > 1);
    expect(log[0]).toContain('the last one stays');
    expect(passing(limit, 'two', 10)).toBe(4);
    await set('0');
    await until(() => passing(limit, `any ${Math.random()}`, 10) === 1);
    await close();
    await set('7');
    await sleep(100);
    expect(passing(limit, 'three', 10)).toBe(1);
  });

  test('without it the server does not start', async () => {
    await set('"many"');
    const logger = makeLogger('silent');
    await expect(followRequestLimit({ pool, logger })).rejects.toThrow();
    await set('3');
    const { limit, close } = await followRequestLimit({ pool, logger });
    expect(passing(limit, 'one', 10)).toBe(3);
    await close();
  });
});
