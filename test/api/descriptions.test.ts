import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { buildSchemaSdl } from '../../src/api/schema-sdl.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { replacedWords } from '../helpers/wording.ts';

type Place = { path: string; description: string };

/** What PostGraphile adds and leaves without a description; each has a name that says all. */
const undescribed: readonly RegExp[] = [
  // Values such as CREATED_AT_DESC.
  /OrderBy\.\w+$/,
  // Arguments of functions have no comments in the database; the mutation describes them.
  /Input\.\w+$/,
  // The result of a mutation, which describes it.
  /Payload\.result$/,
  // The global identifier of a deleted row.
  /Payload\.deleted\w+NodeId$/,
  // The wrappers of sums, averages and counts; their fields are described.
  /Aggregates(\.keys)?$/,
  // Coordinates.
  /^(Point|Polygon|PointInput|PolygonInput)\.\w+$/,
];

describe('descriptions of the API', () => {
  let database: TestDatabase;
  const places: { path: string; description?: string | null | undefined }[] = [];
  let described: readonly Place[];

  beforeAll(async () => {
    database = await createTestDatabase();
    const schema = buildSchema(await buildSchemaSdl(database.apiUrl));
    for (const type of Object.values(schema.getTypeMap())) {
      if (!isIntrospectionType(type) && !isSpecifiedScalarType(type)) {
        places.push({ path: type.name, description: type.description }, ...partsOf(type));
      }
    }
    described = places.filter((place): place is Place => !!place.description);
  });
  afterAll(() => database?.drop());

  /** The descriptions that match, each with one place where it stands. */
  const matching = (pattern: RegExp): readonly string[] => {
    const found = described.filter(({ description }) => pattern.test(description));
    return [...new Map(found.map(({ path, description }) => [description, path]))].map(
      ([description, path]) => `${path}: ${description}`,
    );
  };

  test('there are some of every kind', () => {
    expect(described.length).toBeGreaterThan(5_000);
    for (const path of ['Booking', 'Booking.status', 'BookingStatus', 'BookingStatus.confirmed']) {
      expect(described.map((place) => place.path)).toContain(path);
    }
    expect(described.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['MobileNumber', 'Mutation.confirmBooking', 'Subscription.listen']),
    );
  });

  test('none names a table, column or function as SQL spells it', () => {
    // A link to Wikipedia is none of them.
    expect(matching(/^(?!.*wikipedia\.org).*[a-z0-9]_[a-z0-9]/is)).toEqual([]);
    expect(matching(/\w\(\)/)).toEqual([]);
  });

  test('none uses words that the glossary replaces', () => {
    expect(matching(new RegExp(`\\b(${replacedWords.join('|')})\\b`, 'i'))).toEqual([]);
  });

  test('each begins with a capital letter and ends with a full stop', () => {
    // A product whose name begins with a small letter keeps it, and PostGraphile quotes ‘and.’ at the end.
    expect(matching(/^(?!\p{Lu}|iPhone)/u)).toEqual([]);
    expect(matching(/[^.’]$|[^.]’$/)).toEqual([]);
  });

  test('every type and field of our own has one', () => {
    const missing = places.filter(({ description }) => !description).map(({ path }) => path);
    expect(missing.filter((path) => !undescribed.some((pattern) => pattern.test(path)))).toEqual(
      [],
    );
  });
});

function partsOf(type: GraphQLNamedType) {
  const prefixed = ({
    name,
    description,
  }: {
    name: string;
    description?: string | null | undefined;
  }) => ({
    path: `${type.name}.${name}`,
    description,
  });
  if (isEnumType(type)) {
    return type.getValues().map(prefixed);
  }
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).map(prefixed);
  }
  return isObjectType(type)
    ? Object.values(type.getFields()).flatMap((field) => [
        prefixed(field),
        ...field.args
          .filter(({ description }) => description)
          .map((argument) => ({
            path: `${type.name}.${field.name}(${argument.name})`,
            description: argument.description,
          })),
      ])
    : [];
}
