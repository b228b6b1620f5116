import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeLogger } from '../../src/lib/logger.ts';
import { type Relay, startRelay } from '../../src/realtime/relay.ts';
import { startApi, type TestApi, tokenFor } from '../api/support.ts';
import { desk, may } from '../db/permissions/rights.ts';
import { permissions } from '../db/permissions.data.ts';
import { idOf, type Person, people } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { aWhile, connect, type Followed, type Follower, gauge, until } from './support.ts';

const { one, two } = worldIds;

/** Each subscription with what it gives of a row, and its arguments for the first world and the second. */
const subscriptions = {
  bookingUpdated: { args: { bookingId: [one, two] }, row: 'booking { id }' },
  myBookingsUpdated: { args: {}, row: 'booking { id }' },
  vendorBookingsUpdated: { args: { vendorId: [one, two] }, row: 'booking { id }' },
  assignmentUpdated: {
    args: {},
    row: 'therapistAssignment { id } beauticianAssignment { id }',
  },
  vendorAssignmentsUpdated: {
    args: { vendorId: [one, two] },
    row: 'therapistAssignment { id } beauticianAssignment { id }',
  },
  vendorUpdated: { args: { vendorId: [one, two] }, row: 'vendor { id status }' },
  notificationReceived: { args: {}, row: 'notification { title }' },
  therapistLocationUpdated: { args: { bookingId: [one, two] }, row: 'location { latitude }' },
  ticketUpdated: { args: { ticketId: [one, two] }, row: 'ticket { id }' },
  vendorApplicationUpdated: { args: {}, row: 'application { id }' },
  departmentDashboardUpdated: { args: { code: ['FINANCE', 'HR'] }, row: 'dashboard { title }' },
} as const;

type Name = keyof typeof subscriptions;

const sees = (table: string, label: 'one' | 'FINANCE' = 'one') =>
  permissions[table]?.sees[label] ?? [];
const staffOfBookings = [...desk, ...may.readBookings];

/** What happens, who is told of it by which subscription, and what they see. */
const changes: readonly {
  what: string;
  sql: string;
  event: string;
  told: Readonly<Partial<Record<Name, readonly Person[]>>>;
  payload: object;
}[] = [
  {
    what: 'a booking changes',
    sql: `update bookings set special_instructions = 'Ring twice' where id = '${one}'`,
    event: 'booking.updated',
    told: {
      bookingUpdated: sees('bookings'),
      myBookingsUpdated: ['customer'],
      vendorBookingsUpdated: staffOfBookings,
    },
    payload: { changedFields: ['specialInstructions'], booking: { id: one } },
  },
  {
    what: 'the assignment of a therapist changes',
    sql: `update therapist_assignments set status = 'reached' where id = '${one}'`,
    event: 'assignment.reached',
    told: {
      assignmentUpdated: ['therapist'],
      vendorAssignmentsUpdated: staffOfBookings,
    },
    payload: { therapistAssignment: { id: one }, beauticianAssignment: null },
  },
  {
    what: 'the assignment of a beautician changes',
    sql: `update beautician_assignments set notes = 'Bring towels' where id = '${one}'`,
    event: 'beautician_assignment.updated',
    told: {
      assignmentUpdated: ['beautician'],
      vendorAssignmentsUpdated: staffOfBookings,
    },
    payload: { therapistAssignment: null, beauticianAssignment: { id: one } },
  },
  {
    what: 'a vendor is paused',
    sql: `update vendors set status = 'paused' where id = '${one}'`,
    event: 'vendor.paused',
    told: { vendorUpdated: staffOfBookings },
    payload: { vendor: { id: one, status: 'paused' } },
  },
  {
    what: 'a user is notified',
    sql: `insert into notifications (user_id, type, title, message)
      values ('${idOf('customer')}', 'promotion', 'Offer', 'Half price')`,
    event: 'notification.created',
    told: { notificationReceived: ['customer'] },
    payload: { notification: { title: 'Offer' } },
  },
  {
    what: 'a therapist on the way reports a position',
    sql: `insert into therapist_locations (therapist_id, booking_id, latitude, longitude)
      values ('${one}', '${one}', 18.53, 73.86)`,
    event: 'location.updated',
    told: { therapistLocationUpdated: sees('therapist_locations') },
    payload: { location: { latitude: '18.53000000' } },
  },
  {
    what: 'a ticket changes',
    sql: `update support_tickets set subject = 'Once more' where id = '${one}'`,
    event: 'ticket.updated',
    told: { ticketUpdated: sees('support_tickets') },
    payload: { changedFields: ['subject'], ticket: { id: one } },
  },
  {
    what: 'customer care writes something to itself in a ticket',
    sql: `insert into ticket_messages (ticket_id, sender_id, sender_type, message, is_internal)
      values ('${one}', '${idOf('customer_care')}', 'employee', 'Known', true)`,
    event: 'ticket_message.created',
    told: { ticketUpdated: may.readTickets },
    payload: { ticket: { id: one } },
  },
  {
    what: 'an application changes',
    sql: `update vendor_applications set business_name = 'Another Spa' where id = '${one}'`,
    event: 'application.updated',
    told: { vendorApplicationUpdated: sees('vendor_applications') },
    payload: { changedFields: ['businessName'], application: { id: one } },
  },
  {
    what: 'a figure of a department changes',
    sql: `update dashboard_data set refreshed_at = now(), value = 4711 where kpi_id in (
      select k.id from kpi_definitions k join departments d on d.id = k.department_id where d.code = 'FINANCE')`,
    event: 'dashboard.updated',
    told: { departmentDashboardUpdated: sees('department_dashboards', 'FINANCE') },
    payload: {},
  },
];

describe('subscriptions reach every user concerned and no one else', () => {
  let database: TestDatabase;
  let api: TestApi;
  let relay: Relay;
  const followers: Follower[] = [];
  const followed = new Map<Person, Map<Name, Followed>>();

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    api = await startApi(database);
    relay = startRelay({ connectionString: database.workerUrl, logger: makeLogger('silent') });
    await until(async () => {
      const { rowCount } = await database.owner.query(
        'select from app_private.events where sequence is null',
      );
      return rowCount === 0;
    });
    await Promise.all(people.map(followAll));
    const all = people.length * Object.keys(subscriptions).length;
    await until(async () => (await gauge(api, 'subscriptions')) + refusals().length === all);
  });
  afterAll(async () => {
    for (const follower of followers) {
      follower.dispose();
    }
    await relay?.close();
    await api?.close();
    await database?.drop();
  });

  /** Follows the rows of the first world with everything. */
  async function followAll(person: Person): Promise<void> {
    const token = person === 'visitor' ? {} : { token: await tokenFor(idOf(person)) };
    const follower = connect(api, token);
    followers.push(follower);
    const byName = new Map<Name, Followed>();
    for (const [name, { args, row }] of Object.entries(subscriptions)) {
      const asked = Object.entries(args).map(([key, [value]]) => `${key}: "${value}"`);
      const list = asked.length > 0 ? `(${asked.join(', ')})` : '';
      byName.set(
        name as Name,
        follower.follow(`subscription { ${name}${list} { event eventId changedFields ${row} } }`),
      );
    }
    followed.set(person, byName);
  }

  const refusals = () =>
    [...followed].flatMap(([person, byName]) =>
      [...byName].flatMap(([name, { messages }]) =>
        (messages[0]?.errors ?? []).map(({ extensions }) => ({
          person,
          name,
          code: extensions?.code,
        })),
      ),
    );
  const payloads = (person: Person, name: Name, event: string) =>
    (followed.get(person)?.get(name)?.messages ?? []).filter(
      ({ data }) => data?.[name]?.event === event,
    );
  /** What has come before, such as notifications of another change. */
  const forget = () => {
    for (const { messages } of [...followed.values()].flatMap((byName) => [...byName.values()])) {
      messages.length = 0;
    }
  };

  test('a user who may not see the rows is refused when they ask, and nothing else was refused', async () => {
    const refused = () =>
      Object.fromEntries(
        Object.keys(subscriptions).map((name) => [
          name,
          people.filter((person) =>
            refusals().some((refusal) => refusal.person === person && refusal.name === name),
          ),
        ]),
      );
    const except = (...allowed: readonly Person[]) =>
      people.filter((person) => !allowed.includes(person));
    const expected: Readonly<Record<string, readonly Person[]>> = {
      bookingUpdated: except(...sees('bookings')),
      vendorBookingsUpdated: except(...staffOfBookings),
      vendorAssignmentsUpdated: except(...staffOfBookings),
      vendorUpdated: except(...staffOfBookings),
      notificationReceived: ['visitor'],
      ticketUpdated: except(...sees('support_tickets')),
      departmentDashboardUpdated: except(...sees('department_dashboards', 'FINANCE')),
    };
    // One that is about to be refused counts as open until then.
    await until(() =>
      Object.entries(expected).every(
        ([name, refusedPeople]) => (refused()[name]?.length ?? 0) >= refusedPeople.length,
      ),
    ).catch(() => undefined);
    expect(refused()).toMatchObject(expected);
    const codes = refusals().map(({ person, code }) => [person === 'visitor', code]);
    expect(new Set(codes.map(String))).toEqual(new Set(['true,OB001', 'false,OB003']));
  });

  test.each(changes)('$what', async ({ sql, event, told, payload }) => {
    await aWhile();
    forget();
    await database.owner.query(sql);
    const names = Object.keys(subscriptions) as Name[];
    const tellsAll = () =>
      names.every((name) =>
        (told[name] ?? []).every((person) => payloads(person, name, event).length > 0),
      );
    await until(tellsAll).catch(() => undefined);
    await aWhile();
    const heard = Object.fromEntries(
      names.map((name) => [
        name,
        people.filter((person) => payloads(person, name, event).length > 0),
      ]),
    );
    expect(heard).toEqual(
      Object.fromEntries(
        names.map((name) => [name, people.filter((person) => told[name]?.includes(person))]),
      ),
    );
    for (const [name, told_] of Object.entries(told) as [Name, readonly Person[]][]) {
      for (const person of told_) {
        const messages = payloads(person, name, event);
        expect(messages).toHaveLength(1);
        expect(messages[0]?.data[name]).toMatchObject(payload);
      }
    }
  });
});
