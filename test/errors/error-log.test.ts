import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ErrorLog, startErrorLog } from '../../src/errors/error-log.ts';
import { ErrorQueue } from '../../src/errors/error-queue.ts';
import { withoutSecrets } from '../../src/errors/without-secrets.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { codeIn, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { idOf } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { until } from '../realtime/support.ts';

const moment = { userId: undefined, data: {}, isFatal: false };
const logger = makeLogger('silent');

describe('the queue of errors', () => {
  test('like errors are one entry: ids and numbers make no difference, types do', () => {
    const queue = new ErrorQueue();
    for (let n = 0; n < 1_000; n += 1) {
      queue.add(
        new Error(`Booking ${n} of 1f0e5c1a-0000-4000-8000-00000000000${n % 10} is gone`),
        moment,
      );
    }
    queue.add(new TypeError('Booking 1 of x is gone'), moment);
    const entries = queue.take();
    expect(entries.map(({ type, occurrences }) => [type, occurrences])).toEqual([
      ['Error', 1_000],
      ['TypeError', 1],
    ]);
    expect(queue.take()).toEqual([]);
  });

  test('a flood of many kinds is bounded, and the rest is counted', () => {
    const queue = new ErrorQueue();
    const letters = 'abcdefghijklmnopqrst';
    for (const one of letters) {
      for (const two of letters) {
        queue.add(new Error(`${one}${two}`), moment);
      }
    }
    const entries = queue.take();
    expect(entries).toHaveLength(101);
    expect(entries.at(-1)).toMatchObject({ type: 'ErrorQueue', occurrences: 300 });
  });

  test('what could not be written is counted on, and the latest details stay', () => {
    const queue = new ErrorQueue();
    queue.add(new Error('a'), { ...moment, data: { errorId: 'first' } });
    const [first] = queue.take();
    queue.add(new Error('a'), { ...moment, data: { errorId: 'second' } });
    queue.giveBack(first === undefined ? [] : [first]);
    expect(queue.take()).toMatchObject([
      { occurrences: 2, data: { errorId: 'second' }, first_seen: first?.first_seen },
    ]);
  });

  test.each([
    ['Bearer abc.def-123 was refused', 'Bearer [secret] was refused'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2ln was', 'token [token] was'],
    [
      'cannot reach postgres://owner:hunter2@db:5432/x',
      'cannot reach postgres://[secret]@db:5432/x',
    ],
    ['no such user a.person+x@example.com', 'no such user [email]'],
    ['could not call +919876543210', 'could not call [number]'],
    ['account 1234 5678 9012 is closed', 'account [number] is closed'],
    ['{"password": "hunter2", "n": 1}', '{"password": [secret], "n": 1}'],
    ['at file.ts:120:45 relation "bookings"', 'at file.ts:120:45 relation "bookings"'],
  ])('%s', (text, expected) => {
    expect(withoutSecrets(text)).toBe(expected);
  });
});

describe('the error log', () => {
  let database: TestDatabase;
  let api: TestApi;
  let queue: ErrorQueue;
  let errorLog: ErrorLog;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    await database.owner.query(`
      create function public.break(words text) returns boolean language plpgsql volatile as
        $$ begin raise exception 'broken for %', words; end $$;
      create function public.refuse(words text) returns boolean language plpgsql volatile as
        $$ begin raise exception 'refused' using errcode = 'OB020'; end $$;
      grant execute on function public.break(text), public.refuse(text) to authenticated, anon`);
    api = await startApi(database);
    queue = api.errors;
    errorLog = startErrorLog({
      connectionString: database.workerUrl,
      queue,
      logger,
      intervalMs: 50,
    });
  });
  afterAll(async () => {
    await api?.close();
    await errorLog?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.owner.query('delete from error_logs');
  });

  const rows = async () =>
    (await database.owner.query('select * from error_logs order by created_at, id')).rows;
  const group = () => database.owner.query('select app_private.group_errors() as gone');
  const insert = (type: string, message: string, n = 1) =>
    database.owner.query(
      `insert into error_logs (error_type, error_message, request_data)
      select $1, $2, jsonb_build_object('n', n) from generate_series(1, $3::integer) n`,
      [type, message, n],
    );

  test('an unexpected error of the API is in it, with its user and without variables', async () => {
    const token = await tokenFor(idOf('customer'));
    const answer = await api.graphql(
      'mutation ($w: String!) { break(input: { words: $w }) { clientMutationId } }',
      {
        token,
        variables: { w: 'a.person@example.com' },
        headers: { 'x-request-id': 'trace-0001' },
      },
    );
    expect(codeIn(answer)).toBe('OB099');
    await until(async () => (await rows()).length > 0);
    const written = await rows();
    expect(written).toHaveLength(1);
    expect(written[0]).toMatchObject({
      error_type: 'P0001',
      error_message: 'broken for [email]',
      user_id: idOf('customer'),
      severity: 'error',
      resolved: false,
      occurrences: 1,
      request_data: {
        requestId: 'trace-0001',
        errorId: answer.errors?.[0]?.extensions.errorId,
        path: ['break'],
      },
    });
    expect(written[0].stack_trace).toContain('break(text)');
    expect(JSON.stringify(written)).not.toContain('a.person');
    expect(JSON.stringify(written)).not.toContain(token);
  });

  test('an expected error is not in it', async () => {
    const refused = await api.graphql(
      'mutation { refuse(input: { words: "x" }) { clientMutationId } }',
    );
    expect(codeIn(refused)).toBe('OB020');
    await api.graphql('mutation { break(input: { words: "x" }) { clientMutationId } }');
    await until(async () => (await rows()).length > 0);
    expect((await rows()).map(({ error_message: message }) => message)).toEqual(['broken for x']);
  });

  test('a hundred at once are one row, and no request waits for it', async () => {
    await errorLog.close();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        api.graphql('mutation ($w: String!) { break(input: { words: $w }) { clientMutationId } }', {
          variables: { w: `${n}` },
        }),
      ),
    );
    // Nothing writes, and all are answered.
    expect(new Set(answers.map(codeIn))).toEqual(new Set(['OB099']));
    expect(await rows()).toEqual([]);
    errorLog = startErrorLog({
      connectionString: database.workerUrl,
      queue,
      logger,
      intervalMs: 50,
    });
    await until(async () => (await rows()).length > 0);
    expect((await rows()).map(({ occurrences }) => occurrences)).toEqual([100]);
  });

  test('errors wait while the database does not take them, and are written afterwards', async () => {
    await database.owner.query('alter function app_private.record_errors(jsonb) rename to gone');
    await api.graphql('mutation { break(input: { words: "early" }) { clientMutationId } }');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await rows()).toEqual([]);
    await database.owner.query('alter function app_private.gone(jsonb) rename to record_errors');
    await until(async () => (await rows()).length > 0);
    expect((await rows())[0]).toMatchObject({ error_message: 'broken for early', occurrences: 1 });
  });

  test('like rows of all processes become one: how often, first and last, the last details', async () => {
    await insert('notification', 'There is no template for booking 1.', 3);
    await insert('notification', 'There is no template for booking 22.', 2);
    await insert('payment', 'There is no template for booking 1.');
    await database.owner.query(
      `update error_logs set created_at = now() - interval '1 day', last_seen_at = created_at
      where id in (select id from error_logs where error_type = 'notification' limit 1);
      update error_logs set last_seen_at = now() + interval '1 hour', request_data = '{"n": 99}'
      where id in (select id from error_logs where error_type = 'notification' order by created_at desc limit 1)`,
    );
    expect((await group()).rows).toEqual([{ gone: 4 }]);
    expect((await group()).rows).toEqual([{ gone: 0 }]);
    const [first, second] = await rows();
    expect(await rows()).toHaveLength(2);
    expect([first.occurrences, first.request_data]).toEqual([5, { n: 99 }]);
    expect(first.last_seen_at.getTime() - first.created_at.getTime()).toBeGreaterThan(
      24 * 3_600_000,
    );
    expect([second.error_type, second.occurrences]).toEqual(['payment', 1]);
  });

  test('a request that meets an error waits for no other, while others have met it and while they are put together', async () => {
    await insert('notification', 'no template', 2);
    const booking = await database.owner.connect();
    await booking.query('begin');
    await booking.query(
      `insert into error_logs (error_type, error_message) values ('notification', 'no template')`,
    );
    // In another transaction, which ends while that one is open.
    await insert('notification', 'no template');
    expect((await group()).rows).toEqual([{ gone: 2 }]);
    await booking.query('commit');
    booking.release();
    expect((await group()).rows).toEqual([{ gone: 1 }]);
    expect((await rows()).map(({ occurrences }) => occurrences)).toEqual([4]);
  });

  const resolve = async (person: Parameters<typeof idOf>[0] | undefined, id: string) =>
    api.graphql(
      'mutation ($id: UUID!) { resolveError(input: { errorId: $id }) { result { resolved resolvedBy occurrences } } }',
      { variables: { id }, ...(person && { token: await tokenFor(idOf(person)) }) },
    );

  test('staff resolve an error and all like it; when it comes again, it is a new one', async () => {
    await insert('notification', 'no template for 1', 2);
    const [first] = await rows();
    expect(codeIn(await resolve('finance', first.id))).toBe('OB002');
    expect(codeIn(await resolve('customer', first.id))).toBe('42501');
    expect(codeIn(await resolve(undefined, first.id))).toBe('OB001');
    expect((await rows()).filter(({ resolved }) => resolved)).toEqual([]);
    const done = await resolve('admin', first.id);
    expect(done.data.resolveError.result).toEqual({
      resolved: true,
      resolvedBy: idOf('admin'),
      occurrences: 1,
    });
    expect((await rows()).every(({ resolved, resolved_at: at }) => resolved && at !== null)).toBe(
      true,
    );
    expect(codeIn(await resolve('admin', first.id))).toBe('OB030');
    expect(codeIn(await resolve('admin', idOf('admin')))).toBe('OB003');
    await insert('notification', 'no template for 3');
    await group();
    const list = await api.graphql('{ openErrors { nodes { errorMessage occurrences } } }', {
      token: await tokenFor(idOf('admin')),
    });
    expect(list.data.openErrors.nodes).toEqual([
      { errorMessage: 'no template for 3', occurrences: 1 },
    ]);
    expect(await rows()).toHaveLength(3);
  });

  test('two who resolve it at once: one did, the other is told', async () => {
    await insert('notification', 'no template');
    const [{ id }] = await rows();
    const ends = await Promise.all([resolve('admin', id), resolve('super_admin', id)]);
    expect(ends.map((answer) => codeIn(answer) ?? 'ok').sort()).toEqual(['OB030', 'ok']);
  });
});
