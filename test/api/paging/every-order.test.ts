import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLSchema, getNullableType, isListType, isObjectType } from 'graphql';
import { withClient } from '../../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { startApi, type TestApi } from '../support.ts';
import {
  type Field,
  findLosses,
  isConnection,
  nestedLists,
  ordersOf,
  rootLists,
  schemaOf,
} from './lists.ts';
import { plantAlikeRows } from './plant.ts';

describe('pages', () => {
  let database: TestDatabase;
  let api: TestApi;
  let schema: GraphQLSchema;

  beforeAll(async () => {
    database = await createTestDatabase();
    // It reads the rules before they are gone, as in production.
    api = await startApi(database);
    schema = await schemaOf(api);
    await withClient(database.rootUrl, (client) => plantAlikeRows(client, 8));
  }, 120_000);
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const allFields = () =>
    Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .flatMap((type) => Object.values(type.getFields()));

  test('there are enough lists and orders to test', () => {
    const lists = rootLists(schema);
    expect(lists.length).toBeGreaterThan(80);
    expect(lists.flatMap(({ field }) => ordersOf(field)).length).toBeGreaterThan(400);
  });

  test('of every list, by every order, show every row once, also among equal and null values', async () => {
    expect(await findLosses(api, rootLists(schema))).toEqual([]);
  }, 120_000);

  test('of lists of relations show every row once', async () => {
    const nested = nestedLists(schema);
    expect(nested.length).toBeGreaterThan(50);
    // The orders are those of the lists above: one of each is enough.
    const lastOf = (field: Field) => ordersOf(field).slice(-1);
    expect(await findLosses(api, nested, lastOf)).toEqual([]);
  }, 120_000);

  test('are read forwards, so that no list can be read backwards', () => {
    const backwards = allFields()
      .filter(isConnection)
      .filter(({ args }) => args.some(({ name }) => ['last', 'before', 'offset'].includes(name)));
    expect(backwards).toEqual([]);
  });

  test('lists without pages have one order', () => {
    const ordered = allFields()
      .filter(({ type }) => isListType(getNullableType(type)))
      .filter((field) => ordersOf(field).length > 0);
    expect(ordered).toEqual([]);
  });
});
