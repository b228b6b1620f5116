import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLSchema, getNamedType, isInputObjectType } from 'graphql';
import { idOf } from '../../fixtures/people.ts';
import { seedTwoWorlds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { schemaOf } from '../paging/lists.ts';
import { type Answer, startApi, type TestApi, tokenFor } from '../support.ts';
import { type Leaf, leavesOf, nullsOf, operationOf, rootFields } from './leaves.ts';

/** Texts that PostgreSQL would take for some day, time or other, or fail at. */
const odd: Readonly<Record<string, readonly unknown[]>> = {
  Date: ['yesterday', '08/12/02', 'infinity', '2026-02-30', '294277-01-01', '0044-03-15 BC', ''],
  Datetime: ['now', '2026-11-30 11:00', '2026-11-30T11:00:00', '-infinity', '2026-11-30T24:00:00Z'],
  Time: ['now', 'allballs', '25:00', '11:00+05:30', '24:01', 'noon'],
  UUID: ['x', '', '{10000000-0000-4000-8000-000000000001}', 5],
  Cursor: ['x', '', 'bnVsbA==', 'WyJuYXR1cmFsIiwtMV0=', 'WyJuYXR1cmFsIiwiXHUwMDAwIl0='],
};

let database: TestDatabase;
let api: TestApi;
let schema: GraphQLSchema;
let leaves: readonly Leaf[];

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  api = await startApi(database, { limits: { maxQueryDepth: 20 } });
  schema = await schemaOf(api);
  // Subscriptions are refused over HTTP, whatever they say.
  leaves = leavesOf(schema).filter(({ query }) => !query.startsWith('subscription'));
}, 120_000);
afterAll(async () => {
  await api?.close();
  await database?.drop();
});

/** What is wrong with the answers; several are asked for at a time. */
async function faults<Task>(
  tasks: readonly Task[],
  faultOf: (task: Task) => Promise<string | undefined>,
): Promise<readonly string[]> {
  const waiting = [...tasks];
  const found: string[] = [];
  const work = async () => {
    for (let task = waiting.pop(); task !== undefined; task = waiting.pop()) {
      const fault = await faultOf(task);
      if (fault !== undefined) {
        found.push(fault);
      }
    }
  };
  await Promise.all(Array.from({ length: 6 }, work));
  return found.toSorted();
}

async function refusedAs(
  leaf: Leaf,
  value: unknown,
  field = leaf.field,
): Promise<string | undefined> {
  const variables = leaf.valueWith(value) as Record<string, unknown>;
  const answer = await api.graphql(leaf.query, { variables });
  const { code, field: named } = (answer.errors?.[0]?.extensions ?? {}) as Record<string, unknown>;
  // The limits look at "first" before anything else.
  const expected = field === 'first' ? 'OB012' : 'OB020';
  return code === expected && named === field
    ? undefined
    : `${leaf.query} ${JSON.stringify(variables)}: ${code} names ${named}, not ${field}`;
}

const codesOf = ({ errors }: Answer) => errors?.map(({ extensions }) => extensions.code) ?? [];

describe('every argument and input field of the schema', () => {
  test('is covered by these tests', () => {
    expect(leaves.length).toBeGreaterThan(1_000);
  });

  test('refuses text that cannot be kept, and names the field', async () => {
    const found = await faults(leaves, async (leaf) =>
      leaf.type.name === 'JSON'
        ? refusedAs(leaf, { a: ['\ud800'] }, `${leaf.field}.a.0`)
        : refusedAs(leaf, leaf.field.length % 2 === 0 ? 'a\u0000b' : '\udc00'),
    );
    expect(found).toEqual([]);
  }, 120_000);

  test('refuses odd dates, times, ids and cursors, and names the field', async () => {
    const tasks = leaves.flatMap((leaf, n) => {
      const values = odd[leaf.type.name] ?? [];
      return values.length === 0 ? [] : [{ leaf, value: values[n % values.length] }];
    });
    expect(await faults(tasks, ({ leaf, value }) => refusedAs(leaf, value))).toEqual([]);
  }, 120_000);

  test.each(Object.entries(odd))('no odd value is accepted as %s', async (type, values) => {
    const leaf = leaves.find((each) => each.type.name === type) as Leaf;
    expect(await faults(values, (value) => refusedAs(leaf, value))).toEqual([]);
  });

  test('takes null wherever it is optional', async () => {
    const tokens = await Promise.all(
      (['customer', 'super_admin'] as const).map((name) => tokenFor(idOf(name))),
    );
    const tasks = rootFields(schema)
      .filter(([kind]) => kind !== 'subscription')
      .flatMap(([kind, field]) => tokens.map((token) => ({ kind, field, token })));
    const found = await faults(tasks, async ({ kind, field, token }) => {
      const variables = Object.fromEntries(
        field.args.map(({ name, type }) => [name, nullsOf(type)]),
      );
      const answer = await api.graphql(operationOf(kind, field), { token, variables });
      return codesOf(answer).includes('OB099') ? `${field.name}: OB099` : undefined;
    });
    expect(found).toEqual([]);
  }, 120_000);

  test('of filters may be null or empty, which counts as not given', async () => {
    const token = await tokenFor(idOf('super_admin'));
    const tasks = rootFields(schema).flatMap(([kind, field]) => {
      const filter = field.args.find(({ name }) => name === 'filter');
      const type = filter && getNamedType(filter.type);
      if (
        !filter ||
        !isInputObjectType(type) ||
        field.args.some(({ type }) => `${type}`.endsWith('!'))
      ) {
        return [];
      }
      const isList = !getNamedType(field.type).name.endsWith('Connection');
      const of = (value: (type: unknown) => unknown) =>
        Object.fromEntries(
          Object.values(type.getFields())
            .filter(({ name }) => !['and', 'or', 'not'].includes(name))
            .map((column) => [column.name, value(getNamedType(column.type))]),
        );
      const nulls = of((operators) =>
        isInputObjectType(operators)
          ? Object.fromEntries(Object.keys(operators.getFields()).map((name) => [name, null]))
          : null,
      );
      const values = [
        null,
        {},
        of(() => null),
        of(() => ({})),
        nulls,
        { and: [], or: [{}], not: {} },
        { and: null, or: null, not: null },
        { not: { or: [{ not: {} }, nulls] } },
      ];
      const query = operationOf(kind, field, [filter], isList ? '__typename' : 'totalCount');
      return [{ field, query, values }];
    });
    expect(tasks.length).toBeGreaterThan(80);
    const found = await faults(tasks, async ({ field, query, values }) => {
      const answers = [];
      for (const filter of values) {
        answers.push(await api.graphql(query, { token, variables: { filter } }));
      }
      const bodies = new Set(
        answers.map(({ data, errors }) =>
          JSON.stringify([data, errors?.map(({ message }) => message)]),
        ),
      );
      return bodies.size === 1 && !answers.flatMap(codesOf).includes('OB099')
        ? undefined
        : `${field.name}: ${[...bodies].join(' or ')}`;
    });
    expect(found).toEqual([]);
  }, 120_000);

  test('of paging refuses what is below zero, and is named', async () => {
    const pages = rootFields(schema).flatMap(([kind, field]) =>
      field.args
        .filter(({ name }) => ['first', 'last', 'offset'].includes(name))
        .map((argument) => ({ kind, field, argument })),
    );
    expect(pages.length).toBeGreaterThan(100);
    const found = await faults(pages, async ({ field, argument }) => {
      const leaf = leaves.find(
        (each) => each.field === argument.name && each.query.includes(` ${field.name}(`),
      );
      const variables = leaf?.valueWith(-1) as Record<string, unknown>;
      const answer = await api.graphql(leaf?.query ?? '', { variables });
      const named = answer.errors?.map(
        ({ extensions }) => (extensions as { field?: string }).field,
      );
      const code = codesOf(answer)[0];
      return ['OB012', 'OB020'].includes(code ?? '') && named?.[0] === argument.name
        ? undefined
        : `${field.name}(${argument.name}: -1): ${code} names ${named}`;
    });
    expect(found).toEqual([]);
  }, 120_000);
});
