import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { connectAs } from '../../realtime/support.ts';
import { type Answer, people, seedBookings, startApi, type TestApi, tokenFor } from '../support.ts';

describe('odd input', () => {
  let database: TestDatabase;
  let api: TestApi;
  let token: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedBookings(database.owner);
    api = await startApi(database);
    token = await tokenFor(people.ann);
  }, 120_000);
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const told = ({ status, errors }: Answer) => {
    const { code, field } = (errors?.[0]?.extensions ?? {}) as { code?: string; field?: string };
    return [status, code, field];
  };
  const refused = (field: string, code = 'OB020') => [400, code, field];
  const ask = async (query: string, variables: Record<string, unknown> = {}) =>
    told(await api.graphql(query, { token, variables }));
  const fine = [200, undefined, undefined];

  test('a filter with U+0000 is refused, in the text and in a variable', async () => {
    const literal = (city: string) =>
      `{ vendors(first: 1, filter: { city: { equalTo: "${city}" } }) { totalCount } }`;
    const variable = 'query ($f: VendorFilter) { vendors(filter: $f) { totalCount } }';
    expect(await ask(literal('Kolkata'))).toEqual(fine);
    expect(await ask(literal('\\u0000'))).toEqual(refused('filter.city.equalTo'));
    expect(await ask(variable, { f: { city: { in: ['Kolkata'] } } })).toEqual(fine);
    expect(await ask(variable, { f: { city: { in: ['Kolkata', '\0'] } } })).toEqual(
      refused('filter.city.in.1'),
    );
    expect(await ask(variable, { f: { and: [{}, { city: { equalTo: '\ud83d' } }] } })).toEqual(
      refused('filter.and.1.city.equalTo'),
    );
  });

  test('a name with U+0000 or half of an emoji is refused, and a whole emoji is kept', async () => {
    const rename = (name: string) =>
      ask(
        `mutation ($id: UUID!, $name: String!) {
          updateUserProfile(input: { id: $id, patch: { name: $name } }) { clientMutationId } }`,
        { id: people.ann, name },
      );
    expect(await rename('Ann 🌿')).toEqual(fine);
    expect(await rename('Ann\0')).toEqual(refused('input.patch.name'));
    expect(await rename('Ann \ud83c')).toEqual(refused('input.patch.name'));
  });

  test('a date is written as in ISO 8601', async () => {
    const born = (dateOfBirth: string) =>
      ask(
        'mutation ($i: UpdateUserProfileInput!) { updateUserProfile(input: $i) { clientMutationId } }',
        { i: { id: people.ann, patch: { dateOfBirth } } },
      );
    expect(await born('1990-02-28')).toEqual(fine);
    const odd = ['yesterday', '08/12/02', '08-Nov-02', '1990-02-30', 'infinity', '0044-03-15 BC'];
    for (const text of odd) {
      expect([text, await born(text)]).toEqual([text, refused('input.patch.dateOfBirth')]);
    }
  });

  test('a time names its offset from UTC', async () => {
    const since = (at: string) =>
      ask(
        'query ($at: Datetime) { bookings(filter: { createdAt: { lessThan: $at } }) { totalCount } }',
        { at },
      );
    for (const text of ['2026-11-30T11:00:00+05:30', '2026-11-30T05:30:00.123Z']) {
      expect(await since(text)).toEqual(fine);
    }
    const odd = [
      '2026-11-30 11:00',
      '2026-11-30T11:00:00',
      'now',
      '-infinity',
      '294277-01-01T00:00Z',
    ];
    for (const text of odd) {
      expect([text, await since(text)]).toEqual([text, refused('filter.createdAt.lessThan')]);
    }
  });

  test('an empty filter, null and an empty page count as not given', async () => {
    const all = await api.graphql('{ cities { totalCount nodes { id } } }');
    expect(all.data.cities.nodes).toHaveLength(20);
    const said = [
      'filter: {}',
      'filter: null',
      'filter: { name: {} }',
      'filter: { name: null }',
      'filter: { name: { equalTo: null } }',
      'filter: { or: [{}], and: [], not: {} }',
      'first: null',
      'after: null',
      'orderBy: null',
      'orderBy: []',
    ];
    for (const args of said) {
      const answer = await api.graphql(`{ cities(${args}) { totalCount nodes { id } } }`);
      expect([args, answer.data, answer.errors]).toEqual([args, all.data, undefined]);
    }
    expect(
      await ask('query ($f: CityFilter) { cities(filter: $f) { totalCount } }', { f: {} }),
    ).toEqual(fine);
    expect(await ask('query ($n: Int) { cities(first: $n) { totalCount } }', { n: null })).toEqual(
      fine,
    );
    expect(
      (await api.graphql('{ cities(filter: { name: { equalTo: "Nowhere" } }) { totalCount } }'))
        .data,
    ).toEqual({ cities: { totalCount: 0 } });
  });

  test('an offset is 0 or more', async () => {
    const skip = (offset: unknown) =>
      ask('query ($n: Int) { vendorCategoryTree(offset: $n) { id } }', { n: offset });
    expect(await skip(0)).toEqual(fine);
    expect(await skip(null)).toEqual(fine);
    expect(await skip(-1)).toEqual([200, 'OB020', 'offset']);
    expect(await skip(99_999_999_999)).toEqual(refused('offset', 'OB010'));
    expect(await ask('{ vendors(first: -1) { totalCount } }')).toEqual(refused('first', 'OB012'));
  });

  test('made-up cursors and ids are refused', async () => {
    const from = (after: string) =>
      ask('query ($after: Cursor) { cities(after: $after) { nodes { id } } }', { after });
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
    const { data } = await api.graphql('{ cities { edges { cursor node { nodeId } } } }');
    const [{ cursor, node }] = data.cities.edges;
    const [digest] = JSON.parse(Buffer.from(cursor, 'base64').toString());
    expect(await from(cursor)).toEqual(fine);
    expect(await from('x')).toEqual(refused('after'));
    expect(await from(encode([digest, '\0']))).toEqual(refused('after'));
    expect(await from(encode([digest, 'no id']))).toEqual([200, 'OB020', 'after']);
    expect(await from(encode(['another', people.ann]))).toEqual([200, 'OB020', 'after']);
    const byNodeId = (id: string) =>
      ask('query ($id: ID!) { node(nodeId: $id) { nodeId } }', { id });
    expect(await byNodeId(node.nodeId)).toEqual(fine);
    expect(await byNodeId(encode(['City', '\0']))).toEqual([200, 'OB020', 'nodeId']);
    expect(await byNodeId(encode(['City', 'no id']))).toEqual([200, 'OB020', 'nodeId']);
    expect(await ask('{ vendor(id: "no id") { id } }')).toEqual(refused('id'));
  });

  test('where a sign-in comes from must be storable text', async () => {
    const verify = async (platform: string) => {
      const response = await fetch(`${api.url}/auth/otp/verify`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          mobile: '+919876543210',
          code: '123456',
          challenge: randomUUID(),
          device: { platform },
        }),
      });
      return told({ ...((await response.json()) as object), status: response.status } as Answer);
    };
    expect(await verify('android')).toEqual([401, 'OB085', undefined]);
    expect(await verify('\0')).toEqual(refused('device.platform'));
    expect(await verify('\udc00')).toEqual(refused('device.platform'));
  });

  test('a subscription with odd values ends with the refusal that names the field', async () => {
    const socket = await connectAs(api, 'ann');
    try {
      const refusalOf = async (query: string, variables: Record<string, unknown>) => {
        const { errors } = await socket.follow(query, variables).next();
        return errors?.[0];
      };
      const listen = 'subscription ($topic: String!) { listen(topic: $topic) { event } }';
      const updated = 'subscription ($id: UUID!) { bookingUpdated(bookingId: $id) { event } }';
      expect(await refusalOf(listen, { topic: 'booking:\0' })).toMatchObject({
        extensions: { code: 'OB020', field: 'topic' },
      });
      expect(await refusalOf(updated, { id: 'x' })).toMatchObject({
        extensions: { code: 'OB020', field: 'bookingId' },
      });
      const allowed = socket.follow('{ __typename }');
      expect(await allowed.next()).toMatchObject({ data: { __typename: 'Query' } });
    } finally {
      socket.dispose();
    }
  });

  test('a token with claims that cannot be stored is refused', async () => {
    const query = '{ __typename }';
    const claims = (name: string) => tokenFor(people.ann, { claims: { user_metadata: { name } } });
    expect(told(await api.graphql(query, { token: await claims('Ann') }))).toEqual(fine);
    const refusal = told(await api.graphql(query, { token: await claims('\0') }));
    expect(refusal).toEqual([401, 'OB004', undefined]);
  });

  test('none of it was an internal error', () => {
    expect(api.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});
