import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, people, seedBookings, startApi, type TestApi, tokenFor } from './support.ts';

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

  test('values may not be nested without end, in the text or in variables', async () => {
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

  test('GraphiQL’s introspection passes', async () => {
    const query = getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true });
    expect(await status(query)).toEqual([200, undefined]);
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
    expect(await status(query, { first: null })).toEqual([400, 'OB012']);
    expect(await status('{ cities(first: 101) { nodes { id } } }')).toEqual([400, 'OB012']);
    expect(await status('query($n: Int = 101) { cities(first: $n) { nodes { id } } }')).toEqual([
      400,
      'OB012',
    ]);
  });

  test('nested pages are multiplied and aliases added up', async () => {
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

  test('fragments that multiply each other are refused before they are counted out', async () => {
    const levels = Array.from(
      { length: 25 },
      (_, level) => `fragment f${level} on Query { ...f${level + 1} ...f${level + 1} }`,
    );
    const query = `{ ...f0 } ${levels.join('\n')} fragment f25 on Query { node(nodeId: "x") { nodeId } }`;
    const start = performance.now();
    expect(await status(query)).toEqual([400, 'OB011']);
    expect(performance.now() - start).toBeLessThan(5_000);
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
      expect(codeIn(answer)).toMatch(/^OB01[01]$/);
    }
    expect((await api.graphql('{ __typename }')).status).toBe(200);
  });
});
