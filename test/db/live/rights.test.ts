import { claimsOf, idOf, type Person, people } from '../../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { admins, desk, may } from '../permissions/rights.ts';
import { beginPlay } from '../play.ts';

const { one, two, closed } = worldIds;
const unknown = '99999999-9999-4999-8999-999999999999';
const dashboardReaders = ['director', 'vice_president', ...admins] as const;
const readTickets: readonly Person[] = may.readTickets;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

const mayListen = (person: Person, topic: string): Promise<boolean> =>
  database.asUser(claimsOf(person), async (client) => {
    const { rows } = await client.query('select app_private.may_listen($1) as may', [topic]);
    return rows[0].may;
  });

const listenersOf = async (topic: string): Promise<readonly Person[]> => {
  const listeners: Person[] = [];
  for (const person of people) {
    if (await mayListen(person, topic)) {
      listeners.push(person);
    }
  }
  return listeners.sort();
};

const topics: readonly (readonly [what: string, topic: string, listeners: readonly Person[]])[] = [
  ['a booking', `booking:${one}`, ['customer', ...desk, 'therapist', ...may.readBookings]],
  [
    'another’s booking',
    `booking:${two}`,
    ['customer2', 'vendor2', 'therapist2', ...may.readBookings],
  ],
  ['no booking', `booking:${unknown}`, []],
  ['a customer’s bookings', `customer:${idOf('customer')}`, ['customer', ...may.readBookings]],
  ['another’s bookings', `customer:${idOf('customer2')}`, ['customer2', ...may.readBookings]],
  ['a vendor’s bookings', `vendor:${one}`, [...desk, ...may.readBookings]],
  ['those of the owner’s other vendor', `vendor:${closed}`, ['vendor', ...may.readBookings]],
  ['another vendor’s', `vendor:${two}`, ['vendor2', ...may.readBookings]],
  ['no vendor’s', `vendor:${unknown}`, may.readBookings],
  [
    'a therapist’s assignments',
    `provider:${idOf('therapist')}`,
    ['therapist', ...may.readBookings],
  ],
  ['a beautician’s', `provider:${idOf('beautician')}`, ['beautician', ...may.readBookings]],
  ['one’s own notifications', `user:${idOf('customer')}`, ['customer']],
  ['those of staff', `user:${idOf('finance')}`, ['finance']],
  ['a ticket', `ticket:${one}`, ['customer', ...readTickets]],
  ['another’s ticket', `ticket:${two}`, ['customer2', ...readTickets]],
  ['no ticket', `ticket:${unknown}`, []],
  ['what customer care says of a ticket', `ticket_desk:${one}`, readTickets],
  ['an application', `applicant:${idOf('applicant')}`, ['applicant', ...may.approveApplications]],
  ['another’s', `applicant:${idOf('vendor2')}`, ['vendor2', ...may.approveApplications]],
  ['all applications', 'applications:all', may.approveApplications],
  [
    'a dashboard',
    'dashboard:CUSTOMER_CARE',
    ['customer_care', 'customer_care_head', 'customer_care_viewer', ...dashboardReaders],
  ],
  ['one with a viewer from elsewhere', 'dashboard:FINANCE', ['finance', 'hr', ...dashboardReaders]],
  ['one without a persona', 'dashboard:LEGAL', dashboardReaders],
  ['one whose member is gone', 'dashboard:MARKETING', ['marketing', ...dashboardReaders]],
  ['no dashboard', 'dashboard:NONE', []],
  ['the feature flags', 'features:all', people.filter((person) => person !== 'visitor')],
];

it.each(
  topics,
)('%s (%s) may be followed by users who may read it alone', async (_, topic, listeners) => {
  expect(await listenersOf(topic)).toEqual([...listeners].sort());
});

it.each([
  '',
  ':',
  'booking',
  'booking:',
  `booking:${one} `,
  `booking:${one.toUpperCase().replace('1', 'A')}`,
  `bookings:${one}`,
  'applications:',
  'applications:none',
  'features:',
  'features:none',
  `applications:${one}`,
  'dashboard:',
  'dashboard:finance',
  'customer:',
  'vendor:all',
  'ombaro_events',
  'account:all',
])('"%s" is no topic, not even for a super admin', async (topic) => {
  expect(await mayListen('super_admin', topic)).toBe(false);
  expect(await mayListen('super_admin', 'applications:all')).toBe(true);
});

describe('the right to a topic ends', () => {
  const endings: readonly (readonly [what: string, person: Person, topic: string, sql: string])[] =
    [
      [
        'the receptionist leaves',
        'receptionist',
        `vendor:${one}`,
        `update vendor_staff set status = 'inactive' where user_id = '${idOf('receptionist')}'`,
      ],
      [
        'the receptionist becomes accountant',
        'receptionist',
        `vendor:${one}`,
        `update vendor_staff set role = 'accountant' where user_id = '${idOf('receptionist')}'`,
      ],
      [
        'the booking passes to another',
        'customer',
        `booking:${one}`,
        `update bookings set customer_id = '${idOf('customer2')}' where id = '${one}'`,
      ],
      [
        'the assignment is cancelled',
        'therapist',
        `booking:${one}`,
        `update therapist_assignments set status = 'cancelled' where id = '${one}'`,
      ],
      [
        'the viewer’s time is over',
        'hr',
        'dashboard:FINANCE',
        `update department_user_assignments set status = 'inactive' where user_id = '${idOf('hr')}'`,
      ],
      [
        'the role is taken away',
        'customer_care',
        `ticket_desk:${one}`,
        `update user_roles set status = 'inactive' where user_id = '${idOf('customer_care')}'`,
      ],
    ];

  it.each(endings)('%s', async (_, person, topic, sql) => {
    const play = await beginPlay(database);
    const ask = async () => {
      const rows = await play.as<{ may: boolean }>(
        claimsOf(person),
        'select app_private.may_listen($1) as may',
        [topic],
      );
      return rows[0]?.may;
    };
    try {
      expect(await ask()).toBe(true);
      await play.query(sql);
      expect(await ask()).toBe(false);
    } finally {
      await play.end();
    }
  });
});

it('the event cursor is available to every signed-in user, and to no visitor', async () => {
  const ask = (person: Person) =>
    database.asUser(claimsOf(person), async (client) => {
      const { rows } = await client.query('select event_cursor() as cursor');
      return rows[0].cursor;
    });
  const { rows } = await database.owner.query('select last_value from app_private.event_sequence');
  for (const person of people.filter((each) => each !== 'visitor')) {
    expect(await ask(person)).toBe(rows[0].last_value);
  }
  await expect(ask('visitor')).rejects.toMatchObject({ code: '42501' });
});

it('events are replayed through the API alone', async () => {
  const replay = `select from app_private.events_since('booking:${one}', 0, 10)`;
  for (const person of people) {
    const asked = database.asUser(claimsOf(person), (client) => client.query(replay));
    await expect(asked).rejects.toMatchObject({ code: '42501' });
  }
  expect((await database.owner.query(replay)).command).toBe('SELECT');
});
