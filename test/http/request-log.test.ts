import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeReadableLog } from '../../src/server/readable-log.ts';
import { seedBookings, startApi, type TestApi } from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { connectAs, until } from '../realtime/support.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedBookings(database.owner, 1);
  api = await startApi(database);
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

/** The log's line about what was sent last. */
const lastLine = () =>
  api.log.findLast(({ msg }) => msg === 'request' || msg === 'operation') ?? {};

describe('the log line of a request', () => {
  test.each([
    ['query Nothing { nothing }', 'invalid document', 'OB010'],
    ['query Catalogue { vendors { totalCount } }', 'query Catalogue', undefined],
    [
      '{ vendors { totalCount } a: vendors { totalCount } b: vendors { totalCount } __typename }',
      'query { vendors vendors vendors … }',
      undefined,
    ],
    [
      'mutation { deleteMyAccount(input: {}) { clientMutationId } }',
      'mutation { deleteMyAccount }',
      'OB001',
    ],
    ['subscription Mine { myBookingsUpdated { event } }', 'subscription Mine', 'OB016'],
    ['{ vendors(first: 2000000) { totalCount } }', 'query { vendors }', 'OB012'],
  ])('names the operation and its code: %s', async (query, operation, code) => {
    await api.graphql(query);
    await until(() => lastLine().operation === operation);
    expect(lastLine()).toMatchObject({ msg: 'request', path: '/graphql', operation });
    expect(lastLine().code).toBe(code);
  });

  test('stays short however long a name the client has chosen', async () => {
    await api.graphql(`query N${'a'.repeat(10_000)} { vendors { totalCount } }`);
    await until(() => String(lastLine().operation).startsWith('query Naa'));
    expect(String(lastLine().operation).length).toBeLessThan(100);
  });

  test('names the code with which a bad token is refused', async () => {
    await api.graphql('{ vendors { totalCount } }', { token: 'none' });
    await until(() => lastLine().code === 'OB004');
    expect(lastLine()).toMatchObject({ status: 401, method: 'POST' });
  });

  test('is written for each operation of a websocket too', async () => {
    const follower = await connectAs(api, 'ann');
    follower.follow('subscription Mine { myBookingsUpdated { event } }');
    await until(
      () => lastLine().operation === 'subscription Mine' && lastLine().msg === 'operation',
    );
    await follower.follow('query Mine { bookings { totalCount } }').ended;
    expect(lastLine()).toMatchObject({ msg: 'operation', operation: 'query Mine' });
    follower.dispose();
  });
});

describe('the readable log', () => {
  /** The lines that these fields become, without the time of day. */
  function format(fields: Readonly<Record<string, unknown>>): string {
    let text = '';
    makeReadableLog((written) => {
      text += written;
    }).write(JSON.stringify({ level: 30, time: Date.UTC(2026, 0, 31, 10), ...fields }));
    expect(text).toMatch(/^\d\d:\d\d:\d\d {2}.*\n$/s);
    return text.slice(10, -1).replaceAll(/ {2,}/g, '  ');
  }

  test('has one line for an operation: its name, status, duration and code', () => {
    const answered = { msg: 'request', method: 'POST', path: '/graphql', status: 200, ms: 12 };
    expect(format({ ...answered, operation: 'query Mine' })).toBe('query Mine  200  12 ms');
    expect(format({ ...answered, operation: 'mutation { holdSlot }', code: 'OB030' })).toBe(
      'mutation { holdSlot }  200  12 ms  OB030',
    );
    expect(format({ ...answered, status: 401, code: 'OB004' })).toBe(
      'POST /graphql  401  12 ms  OB004',
    );
    expect(format({ msg: 'operation', operation: 'query Mine', ms: 3 })).toBe(
      'query Mine  ws  3 ms',
    );
  });

  test('has the stack of an error and of its causes, and no internals of the process', () => {
    const err = { type: 'Error', message: 'broken', stack: 'Error: broken\n    at here' };
    const text = format({
      level: 50,
      pid: 7,
      hostname: 'host',
      requestId: 'r',
      errorId: 'e1',
      msg: 'request failed',
      err: { ...err, cause: { message: 'no disk', stack: 'Error: no disk\n    at there' } },
    });
    expect(text.split('\n').map((line) => line.trim())).toEqual([
      'ERROR  request failed  errorId=e1',
      'Error: broken',
      'at here',
      'Error: no disk',
      'at there',
    ]);
    expect(format({ level: 40, msg: 'not ready', check: 'database' })).toBe(
      'WARNING  not ready  check=database',
    );
  });
});
