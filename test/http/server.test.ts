import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withClient } from '../../src/lib/postgres.ts';
import { codeIn, people, seedBookings, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

describe('the server over HTTP', () => {
  let database: TestDatabase;
  let api: TestApi;
  let isMigrated = true;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedBookings(database.owner);
    await database.owner.query(`
      create function public.rest(seconds float) returns boolean language plpgsql stable as
        $$ begin perform pg_sleep(seconds); return true; end $$;
      grant execute on function public.rest(float) to anon`);
    api = await startApi(database, {
      http: { corsOrigins: ['https://app.example.com'], graphiql: true },
      checkMigrations: async () => {
        if (!isMigrated) {
          throw new Error('two migrations are missing');
        }
      },
    });
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const get = (path: string, init?: RequestInit) => fetch(`${api.url}${path}`, init);
  const post = (
    body: string,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => get('/graphql', { method: 'POST', body, headers });
  const outcome = async (response: Response) => {
    const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
    return [response.status, errors?.[0]?.extensions.code];
  };
  const inUrl = (query: string) => `/graphql?query=${encodeURIComponent(query)}`;

  test('queries come by POST or GET', async () => {
    const byPost = await post('{"query":"{ __typename }"}');
    const byGet = await get(inUrl('{ __typename }'));
    expect(await byPost.json()).toEqual({ data: { __typename: 'Query' } });
    expect(await byGet.json()).toEqual({ data: { __typename: 'Query' } });
  });

  test('a mutation by GET is refused and does nothing', async () => {
    const { rows } = await database.owner.query<{ id: string }>(
      'select id from bookings where customer_id = $1 limit 1',
      [people.ann],
    );
    const mutation = `mutation { updateBooking(input: { id: "${rows[0]?.id}",
      patch: { specialInstructions: "by GET" } }) { clientMutationId } }`;
    const authorization = `Bearer ${await tokenFor(people.ann)}`;
    const written = () =>
      database.owner.query("select from bookings where special_instructions = 'by GET'");
    expect(await outcome(await get(inUrl(mutation), { headers: { authorization } }))).toEqual([
      405,
      'OB016',
    ]);
    expect((await written()).rowCount).toBe(0);
    expect((await api.as('ann', mutation)).errors).toBeUndefined();
    expect((await written()).rowCount).toBe(1);
  });

  test('a subscription over HTTP is refused with a hint', async () => {
    const answer = await api.graphql('subscription { listen(topic: "x") { event } }');
    expect([answer.status, codeIn(answer)]).toEqual([405, 'OB016']);
  });

  const refused: [string, () => Promise<Response>, number, string][] = [
    ['a list of operations', () => post('[{"query":"{ __typename }"}]'), 400, 'OB010'],
    ['no JSON', () => post('{"query":'), 400, 'OB010'],
    ['no query', () => post('{}'), 400, 'OB010'],
    ['JSON without end', () => post('['.repeat(500_000)), 400, 'OB010'],
    [
      '10 MB',
      () => post(JSON.stringify({ query: `{ __typename } #${'x'.repeat(10_000_000)}` })),
      413,
      'OB014',
    ],
    [
      'a form, which any page may send',
      () => post('query={__typename}', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'OB016',
    ],
    [
      'plain text, which any page may send',
      () => post('{ __typename }', { 'content-type': 'text/plain' }),
      415,
      'OB016',
    ],
    ['another method', () => get('/graphql', { method: 'DELETE' }), 405, 'OB016'],
    ['another address', () => get('/elsewhere'), 404, 'OB003'],
  ];
  test.each(refused)('refused: %s', async (_name, send, status, code) => {
    expect(await outcome(await send())).toEqual([status, code]);
    expect((await get('/healthz')).status).toBe(200);
  });

  test('pages of the listed origins may call, others may not', async () => {
    const preflight = (origin: string) =>
      get('/graphql', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const listed = await preflight('https://app.example.com');
    expect(listed.status).toBe(204);
    expect(listed.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect(listed.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(listed.headers.get('access-control-allow-credentials')).toBeNull();
    const other = await preflight('https://elsewhere.example.com');
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('answers have an id and security headers', async () => {
    const { headers } = await get('/healthz');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test('/readyz names what is missing', async () => {
    expect((await get('/readyz')).status).toBe(200);
    isMigrated = false;
    const response = await get('/readyz');
    isMigrated = true;
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: 'not ready',
      checks: { database: 'ok', migrations: 'failed' },
    });
    expect((await get('/healthz')).status).toBe(200);
  });

  test('/metrics counts requests, operations and connections', async () => {
    await api.graphql('{ vendors { totalCount } }');
    const text = await (await get('/metrics')).text();
    expect(text).toMatch(
      /http_request_duration_seconds_count\{method="POST",path="\/graphql",status="200"\} \d/,
    );
    expect(text).toMatch(/graphql_operation_duration_seconds_count\{type="query"\} \d/);
    expect(text).toMatch(/database_pool_connections\{state="idle"\} \d/);
    expect(text).toMatch(/^websocket_connections 0$/m);
    expect(text).not.toContain('elsewhere');
  });

  test('Ruru is served only when it is switched on', async () => {
    const page = await (await get('/')).text();
    expect(page).toContain('Ruru');
    const without = await startApi(database);
    expect((await fetch(without.url)).status).toBe(404);
    expect((await fetch(`${without.url}/ruru-static/ruru.js`)).status).toBe(404);
    await without.close();
  });

  test('no token, variable or personal data is logged', async () => {
    const token = await tokenFor(people.ann);
    await api.graphql('query($n: String!) { bookingByBookingNumber(bookingNumber: $n) { id } }', {
      token,
      variables: { n: 'a-private-number' },
    });
    await get(`${inUrl('{ __typename }')}&variables={"secret":"in-the-url"}`);
    await api.graphql('{ vendors { totalCount } }', { token: 'not-a-token' });
    const log = JSON.stringify(api.log);
    expect(log).toContain('/graphql');
    expect(log).not.toMatch(new RegExp(`${token}|a-private-number|in-the-url|not-a-token`));
  });

  test('a change of the schema is visible after a reload, also with prepared statements', async () => {
    const query = '{ vendors { nodes { id motto } } }';
    await Promise.all(
      Array.from({ length: 10 }, () => api.as('ann', '{ bookings { nodes { id } } }')),
    );
    expect((await api.graphql(query)).status).toBe(400);
    await database.owner.query("alter table vendors add column motto text default 'calm'");
    await database.owner.query('alter table bookings alter column booking_number type varchar(60)');
    await api.reload();
    expect((await api.as('ann', query)).errors).toBeUndefined();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        api.as('ann', '{ bookings { nodes { id bookingNumber } } }'),
      ),
    );
    expect(answers.map(({ errors }) => errors)).toEqual(Array(10).fill(undefined));
  });

  test('closing lets running requests end and takes no new ones', async () => {
    const own = await startApi(database);
    const slow = own.graphql('{ rest(seconds: 0.5) }');
    await new Promise((resolve) => setTimeout(resolve, 150));
    const closing = own.close();
    await expect(fetch(`${own.url}/healthz`)).rejects.toThrow();
    expect((await slow).data).toEqual({ rest: true });
    const start = performance.now();
    await closing;
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test('a taken port is an error and leaves nothing running', async () => {
    const port = Number(new URL(api.url).port);
    await expect(startApi(database, { http: { port } })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    const listeners = await withClient(database.rootUrl, (root) =>
      root.query(
        "select from pg_stat_activity where datname = $1 and application_name = 'ombaro listener'",
        [database.name],
      ),
    );
    expect(listeners.rowCount).toBe(1);
  });

  test('a client that says nothing does not hold the others up', async () => {
    const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
    socket.write(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{',
    );
    expect((await get('/healthz')).status).toBe(200);
    socket.destroy();
  });
});
