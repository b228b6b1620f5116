import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Booking, codeIn, seedBookings, startApi, type TestApi } from './support.ts';

describe('bookings over GraphQL', () => {
  let database: TestDatabase;
  let api: TestApi;
  let bookings: Record<'ann' | 'ben', Booking[]>;

  beforeAll(async () => {
    database = await createTestDatabase();
    bookings = await seedBookings(database.owner, 3);
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const anns = () => bookings.ann[0] as Booking;

  test('a customer reads their own, with vendor, in one answer', async () => {
    const { data, status } = await api.as(
      'ann',
      `{ bookings(orderBy: BOOKING_DATE_ASC) {
        totalCount nodes { id bookingNumber status vendor { businessName } bookingItems { totalCount } }
      } }`,
    );
    expect(status).toBe(200);
    expect(data.bookings.totalCount).toBe(3);
    expect(data.bookings.nodes[0]).toEqual({
      id: anns().id,
      bookingNumber: anns().number,
      status: 'pending',
      vendor: { businessName: 'Other Spa' },
      bookingItems: { totalCount: 0 },
    });
  });

  describe('a customer cannot reach what is another customer’s', () => {
    const ways: [string, string, (found: unknown) => boolean][] = [
      ['by list', '{ it: bookings { nodes { id } } }', (it) => has(it, () => anns().id)],
      ['by id', 'query($id: UUID!) { it: booking(id: $id) { id } }', (it) => it !== null],
      [
        'by number',
        'query($number: String!) { it: bookingByBookingNumber(bookingNumber: $number) { id } }',
        (it) => it !== null,
      ],
      [
        'by filter',
        'query($id: UUID!) { it: bookings(filter: { id: { equalTo: $id } }) { nodes { id } } }',
        (it) => has(it, () => anns().id),
      ],
      [
        'by a nested relation',
        '{ it: vendors { nodes { bookings { nodes { id } } } } }',
        (it) => has(it, () => anns().id),
      ],
      [
        'by count',
        'query($id: UUID!) { it: bookings(filter: { id: { equalTo: $id } }) { totalCount } }',
        (it) => (it as { totalCount: number }).totalCount > 0,
      ],
      [
        'by aggregate',
        `query($id: UUID!) { it: bookings(filter: { id: { equalTo: $id } }) {
          aggregates { sum { totalAmount } } } }`,
        (it) => JSON.stringify(it).includes('1000'),
      ],
    ];

    test.each(ways)('%s', async (_name, query, isFound) => {
      const variables = { ...anns() };
      const own = await api.as('ann', query, variables);
      const foreign = await api.as('ben', query, variables);
      expect(isFound(own.data.it)).toBe(true);
      expect(foreign.errors).toBeUndefined();
      expect(isFound(foreign.data.it)).toBe(false);
    });

    test('by its nodeId', async () => {
      const { data } = await api.as('ann', 'query($id: UUID!) { booking(id: $id) { nodeId } }', {
        id: anns().id,
      });
      const query = 'query($nodeId: ID!) { node(nodeId: $nodeId) { ... on Booking { id } } }';
      const own = await api.as('ann', query, { nodeId: data.booking.nodeId });
      const foreign = await api.as('ben', query, { nodeId: data.booking.nodeId });
      expect(own.data.node).toEqual({ id: anns().id });
      expect(foreign.data.node).toBeNull();
    });
  });

  test('a customer changes the instructions of their own booking and of no other', async () => {
    const mutation = `mutation($id: UUID!) {
      updateBooking(input: { id: $id, patch: { specialInstructions: "Ring twice" } }) {
        booking { specialInstructions }
      } }`;
    const own = await api.as('ann', mutation, { id: anns().id });
    const foreign = await api.as('ben', mutation, { id: anns().id });
    expect(own.data.updateBooking.booking.specialInstructions).toBe('Ring twice');
    expect(foreign.data.updateBooking).toBeNull();
    expect(codeIn(foreign)).toBe('OB003');
  });

  test('pages follow each other without gap or repetition', async () => {
    const query = `query($after: Cursor) {
      bookings(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }`;
    const first = await api.as('ann', query);
    const { endCursor, hasNextPage } = first.data.bookings.pageInfo;
    const second = await api.as('ann', query, { after: endCursor });
    const ids = [...first.data.bookings.nodes, ...second.data.bookings.nodes].map(({ id }) => id);
    expect(hasNextPage).toBe(true);
    expect(second.data.bookings.pageInfo.hasNextPage).toBe(false);
    expect(ids.toSorted()).toEqual(bookings.ann.map(({ id }) => id).toSorted());
  });
});

function has(connection: unknown, id: () => string): boolean {
  return JSON.stringify(connection).includes(id());
}
