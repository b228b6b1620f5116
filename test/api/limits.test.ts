import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import WebSocket from 'ws';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { aWhile, connect, connectAs } from '../realtime/support.ts';
import {
  type Answer,
  codeIn,
  people,
  seedBookings,
  startApi,
  type TestApi,
  tokenFor,
} from './support.ts';

describe('limits of one request', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedBookings(database.owner);
    await database.owner.query(`
      create function public.rest(seconds float) returns boolean language plpgsql stable as
        $$ begin perform pg_sleep(seconds); return true; end $$;
      grant execute on function public.rest(float) to anon, authenticated`);
    api = await startApi(database, { limits: { statementTimeoutMs: 400 } });
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  /** `vendors { nodes { bookings { nodes { vendor { … } } } } }`, so many fields deep. */
  const nested = (depth: number): string => {
    const names = ['vendor', 'bookings(first: 1)', 'nodes'];
    const fields = Array.from({ length: depth - 3 }, (_, index) => names[(index + 1) % 3]);
    return `{ vendors(first: 1) { nodes { ${fields.join(' { ')} { id } ${'} '.repeat(depth - 3)} } }`;
  };
  const status = async (query: string, variables?: Record<string, unknown>) => {
    const answer = await api.graphql(query, {
      token: await tokenFor(people.ann),
      ...(variables && { variables }),
    });
    return [answer.status, codeIn(answer)];
  };

  test('fields may be nested 12 deep and not 13', async () => {
    expect(await status(nested(12))).toEqual([200, undefined]);
    expect(await status(nested(15))).toEqual([400, 'OB011']);
  });

  test('fragments do not hide depth', async () => {
    const query = `{ vendors(first: 1) { nodes { ...a } } }
      fragment a on Vendor { bookings(first: 1) { nodes { vendor { ...b } } } }
      fragment b on Vendor { bookings(first: 1) { nodes { vendor { ...c } } } }
      fragment c on Vendor { bookings(first: 1) { nodes { vendor { DEEPER } } } }`;
    expect(await status(query.replace('DEEPER', 'id'))).toEqual([200, undefined]);
    const deeper = 'bookings(first: 1) { nodes { id } }';
    expect(await status(query.replace('DEEPER', deeper))).toEqual([400, 'OB011']);
  });

  test('values cannot be nested without limit, in the text or in variables', async () => {
    const filter = (depth: number) =>
      JSON.parse(`${'{"not":'.repeat(depth)}{"id":{"isNull":true}}${'}'.repeat(depth)}`);
    const literal = (depth: number) => JSON.stringify(filter(depth)).replaceAll('"', '');
    const query = 'query($filter: BookingFilter) { bookings(filter: $filter) { totalCount } }';
    expect(await status(query, { filter: filter(5) })).toEqual([200, undefined]);
    expect(await status(query, { filter: filter(1_000) })).toEqual([400, 'OB011']);
    expect(await status(`{ bookings(filter: ${literal(5)}) { totalCount } }`)).toEqual([
      200,
      undefined,
    ]);
    expect(await status(`{ bookings(filter: ${literal(50)}) { totalCount } }`)).toEqual([
      400,
      'OB011',
    ]);
  });

  test('the introspection of tools passes, by POST and by GET', async () => {
    const query = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true });
    expect(await status(query)).toEqual([200, undefined]);
    const answer = await fetch(`${api.url}/graphql?query=${encodeURIComponent(query)}`);
    const { data } = (await answer.json()) as { data: { __schema: { types: unknown[] } } };
    expect(data.__schema.types.length).toBeGreaterThan(1_000);
  });

  test('a page has 20 rows unless asked, and at most 100', async () => {
    const query = 'query($first: Int) { cities(first: $first) { nodes { id } } }';
    const bare = await api.graphql('{ cities { nodes { id } } }');
    expect(bare.data.cities.nodes).toHaveLength(20);
    expect(
      (await api.graphql(query, { variables: { first: 100 } })).data.cities.nodes,
    ).toHaveLength(100);
    expect((await api.graphql(query, { variables: {} })).data.cities.nodes).toHaveLength(20);
    expect(await status(query, { first: 101 })).toEqual([400, 'OB012']);
    expect(await status(query, { first: -1 })).toEqual([400, 'OB012']);
    // Null is as if not said.
    expect(
      (await api.graphql(query, { variables: { first: null } })).data.cities.nodes,
    ).toHaveLength(20);
    expect(await status('{ cities(first: null) { nodes { id } } }')).toEqual([200, undefined]);
    expect(await status('{ cities(first: 101) { nodes { id } } }')).toEqual([400, 'OB012']);
    expect(await status('query($n: Int = 101) { cities(first: $n) { nodes { id } } }')).toEqual([
      400,
      'OB012',
    ]);
  });

  test('nested pages are multiplied, and aliases are added up', async () => {
    const nest = (first: number) =>
      `{ vendors(first: 100) { nodes { bookings(first: ${first}) { nodes { id } } } } }`;
    // 100 vendors and 100 × 100 bookings; then twice that and a little more.
    expect(await status(nest(100))).toEqual([200, undefined]);
    const twice = `{ a: vendors(first: 100) { nodes { bookings(first: 100) { nodes { id } } } }
      b: vendors(first: 100) { nodes { bookings(first: 100) { nodes { id } } } } }`;
    expect(await status(twice)).toEqual([400, 'OB012']);
    const thrice = `{ vendors(first: 100) { nodes { bookings { nodes { bookingItems { nodes { id } } } } } } }`;
    expect(await status(thrice)).toEqual([400, 'OB012']);
  });

  describe('a query that is short to write and long to answer', () => {
    const times = (count: number, text: (n: number) => string): string =>
      Array.from({ length: count }, (_, n) => text(n)).join(' ');
    const doubling = (levels: number, on = 'Query', end = '__typename'): string =>
      `${times(levels, (n) => `fragment f${n} on ${on}{...f${n + 1} ...f${n + 1}}`)}
      fragment f${levels} on ${on}{${end}}`;
    /** What it takes by itself is measured in documents.test.ts; other tests run beside this one. */
    const withinMs = 5_000;
    const schemas = (count: number): string =>
      `{${times(count, (n) => `a${n}:__schema{types{fields{name type{name}}}}`)}}`;
    /** What is answered, and the same made too large. */
    const documents: [string, string, string][] = [
      ['fragments that spread the next twice', `{...f0}${doubling(3)}`, `{...f0}${doubling(24)}`],
      [
        'such fragments with a field of every row',
        `{vendors(first:1){nodes{...f0}}}${doubling(3, 'Vendor', 'id')}`,
        `{vendors(first:1){nodes{...f0}}}${doubling(24, 'Vendor', 'id')}`,
      ],
      [
        'such fragments within the schema',
        `{__schema{types{...f0}}}${doubling(3, '__Type', 'name')}`,
        `{__schema{types{...f0}}}${doubling(24, '__Type', 'name')}`,
      ],
      ['a hundred aliases of the schema', schemas(1), schemas(100)],
      ['four hundred aliases of the schema', schemas(2), schemas(400)],
      [
        'aliases of a type',
        '{__type(name:"Query"){name}}',
        `{${times(150, (n) => `a${n}:__type(name:"Query"){fields{args{type{name}}}}`)}}`,
      ],
      [
        'many lists',
        `{${times(5, (n) => `a${n}:vendors(first:1){nodes{id}}`)}}`,
        `{${times(300, (n) => `a${n}:vendors(first:1){nodes{id}}`)}}`,
      ],
      [
        'names without fields',
        `{${times(50, (n) => `a${n}:__typename`)}}`,
        `{${times(1_600, (n) => `a${n}:__typename ...{__typename}`)}}`.slice(0, 60_000),
      ],
    ];

    test.each(documents)('%s: by POST and GET', async (_name, fits, exceeds) => {
      const get = async (query: string) => {
        const answer = await fetch(`${api.url}/graphql?query=${encodeURIComponent(query)}`);
        const { errors } = (await answer.json()) as Pick<Answer, 'errors'>;
        return [answer.status, errors?.[0]?.extensions.code];
      };
      expect(await status(fits)).toEqual([200, undefined]);
      expect(await get(fits)).toEqual([200, undefined]);
      const start = performance.now();
      expect(await status(exceeds)).toEqual([400, 'OB011']);
      // Node refuses an address of more than 16 kB before we see it.
      if (encodeURIComponent(exceeds).length < 15_000) {
        expect(await get(exceeds)).toEqual([400, 'OB011']);
      }
      expect(performance.now() - start).toBeLessThan(withinMs);
    });

    test.each(documents)('%s: by websocket', async (_name, fits, exceeds) => {
      const follower = connect(api);
      expect((await follower.follow(fits).next()).errors).toBeUndefined();
      const start = performance.now();
      const [refusal] = (await follower.follow(exceeds).ended) as Answer['errors'] & object;
      expect(refusal?.extensions.code).toBe('OB011');
      expect(performance.now() - start).toBeLessThan(withinMs);
      follower.dispose();
    });

    test('a subscription counts like a query', async () => {
      const follower = await connectAs(api, 'ann');
      const subscription = (levels: number) =>
        `subscription{myBookingsUpdated{booking{...f0}}} ${doubling(levels, 'Booking', 'id')}`;
      const good = follower.follow(subscription(3));
      const [refusal] = (await follower.follow(subscription(24)).ended) as Answer['errors'] &
        object;
      expect(refusal?.extensions.code).toBe('OB011');
      expect(await Promise.race([good.ended, aWhile()])).toBeUndefined();
      follower.dispose();
    });
  });

  test('a websocket goes on or is closed, whatever is sent on it, and no other client notices', async () => {
    const subscribe = (payload: unknown, id: unknown = '1') =>
      JSON.stringify({ id, type: 'subscribe', payload });
    const messages: (string | Buffer)[] = [
      'no JSON',
      '',
      'null',
      '[]',
      '1e400',
      '{"type":"subscribe"}',
      Buffer.from([0xff, 0xfe, 0x00]),
      subscribe(null),
      subscribe({ query: 5 }),
      subscribe({ query: null }),
      subscribe({ query: '{__typename}', variables: [] }),
      subscribe({ query: '{__typename}', variables: 'text' }),
      subscribe({ query: '{__typename}', operationName: {} }),
      subscribe({ query: '{__typename}', extensions: 5 }),
      subscribe({ query: '\ud800\u0000' }),
      subscribe({ query: '{__typename}' }, { a: 1 }),
      subscribe({ query: '{__typename}' }, '__proto__'),
      subscribe({ query: '{__typename}' }, 'x'.repeat(100_000)),
      subscribe({ query: `{${'a'.repeat(900_000)}}` }),
      '['.repeat(500_000),
      `{"type":"subscribe","id":"1","payload":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
      'x'.repeat(2_000_000),
    ];
    for (const message of messages) {
      const socket = new WebSocket(
        `${api.url.replace('http', 'ws')}/graphql`,
        'graphql-transport-ws',
      );
      const answered = new Promise((resolve) => {
        socket.on('close', resolve);
        socket.on('message', (data) => {
          if (String(data).includes('connection_ack')) {
            socket.send(message);
          } else {
            resolve(String(data));
          }
        });
      });
      socket.on('open', () => socket.send('{"type":"connection_init"}'));
      const answer = await answered;
      expect(String(answer)).not.toContain('OB099');
      socket.terminate();
      expect((await api.graphql('{ __typename }')).status).toBe(200);
    }
  });

  test('a statement that takes too long is stopped', async () => {
    expect((await api.graphql('{ rest(seconds: 0.01) }')).data).toEqual({ rest: true });
    expect(codeIn(await api.graphql('{ rest(seconds: 5) }'))).toBe('OB013');
  });

  const malformed: [string, string][] = [
    ['no GraphQL', '}{'],
    ['an unknown field', '{ nothing }'],
    ['an unknown argument', '{ bookings(last: 1) { totalCount } }'],
    ['a wrong type', '{ booking(id: 5) { id } }'],
    ['a value that is no id', '{ booking(id: "five") { id } }'],
    ['a missing variable', 'query($id: UUID!) { booking(id: $id) { id } }'],
    ['two operations and no choice', 'query a { __typename } query b { __typename }'],
    ['nesting that would exhaust a parser', `${'{a'.repeat(4_000)}${'}'.repeat(4_000)}`],
    ['too many tokens', `{ ${'__typename '.repeat(20_000)} }`],
  ];
  test.each(malformed)('malformed with 400: %s', async (_name, query) => {
    for (const accept of ['application/json', 'application/graphql-response+json', '*/*']) {
      const answer = await api.graphql(query, { headers: { accept } });
      expect(answer.status).toBe(400);
      expect(codeIn(answer)).toMatch(/^OB0(1[01]|20)$/);
    }
    expect((await api.graphql('{ __typename }')).status).toBe(200);
  });
});
