import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema, type GraphQLObjectType, type GraphQLSchema, isEnumType } from 'graphql';
import { buildSchemaSdl } from '../../src/api/schema-sdl.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

describe('names of the API', () => {
  let database: TestDatabase;
  let sdl: string;
  let schema: GraphQLSchema;

  beforeAll(async () => {
    database = await createTestDatabase();
    sdl = await buildSchemaSdl(database.apiUrl);
    schema = buildSchema(sdl);
  });
  afterAll(() => database?.drop());

  const fields = (type: string) => (schema.getType(type) as GraphQLObjectType).getFields();
  const argumentsOf = (type: string, field: string) =>
    Object.fromEntries(
      (fields(type)[field]?.args ?? []).map((arg) => [arg.name, String(arg.type)]),
    );

  test('are those of the contract', () => {
    expect(argumentsOf('Query', 'booking')).toEqual({ id: 'UUID!' });
    expect(argumentsOf('Query', 'bookingByBookingNumber')).toEqual({ bookingNumber: 'String!' });
    expect(String(fields('Vendor').therapists?.type)).toBe('TherapistConnection!');
    expect(String(fields('Booking').id?.type)).toBe('UUID!');
    expect(String(fields('Booking').nodeId?.type)).toBe('ID!');
    expect(String(fields('BookingConnection').totalCount?.type)).toBe('Int!');
    expect(argumentsOf('Subscription', 'bookingUpdated')).toEqual({
      bookingId: 'UUID!',
      after: 'BigInt',
    });
    expect(argumentsOf('Subscription', 'listen')).toEqual({ topic: 'String!', after: 'BigInt' });
  });

  test('a connection has first, after, filter and orderBy and nothing else', () => {
    expect(argumentsOf('Query', 'bookings')).toEqual({
      first: 'Int',
      after: 'Cursor',
      filter: 'BookingFilter',
      orderBy: '[BookingOrderBy!]',
    });
    const first = fields('Query').bookings?.args.find(({ name }) => name === 'first');
    expect(first?.defaultValue).toBe(20);
  });

  test('a closed list is an enum with descriptions, and its table is not exposed', () => {
    const status = schema.getType('BookingStatus');
    const values = isEnumType(status) ? status.getValues() : [];
    expect(values.map(({ name }) => name)).toContain('confirmed');
    expect(values.every(({ description }) => description)).toBe(true);
    expect(String(fields('Booking').status?.type)).toBe('BookingStatus!');
    expect(fields('Query').bookingStatuses).toBeUndefined();
  });

  test('a leave is a Leave, and not a Leaf', () => {
    expect(fields('Query').therapistLeave).toBeDefined();
    expect(sdl).not.toContain('Leaf');
  });

  test('mutations exist only where a role has the grant', () => {
    const mutations = fields('Mutation');
    expect(mutations.updateBooking).toBeDefined();
    expect(mutations.createBooking).toBeUndefined();
    expect(mutations.deleteBooking).toBeUndefined();
    expect(mutations.updateBookingByBookingNumber).toBeUndefined();
    expect(mutations.createUserRole).toBeUndefined();
  });

  test('internal names are not exposed', () => {
    expect(sdl).not.toMatch(/enterRequest|provisionProfile|emitEvent|publishEvents|mayListen/);
  });

  test('the schema is the same each time it is built', async () => {
    expect(await buildSchemaSdl(database.apiUrl)).toBe(sdl);
  });
});
