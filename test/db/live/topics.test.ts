import pg from 'pg';
import { idOf } from '../../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';

const { one, two, closed } = worldIds;
const customer = `customer:${idOf('customer')}`;
const customer2 = `customer:${idOf('customer2')}`;
const therapist = `provider:${idOf('therapist')}`;
const therapist2 = `provider:${idOf('therapist2')}`;
const beautician = `provider:${idOf('beautician')}`;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

beforeEach(async () => {
  await client.query('begin; delete from app_private.events');
});

afterEach(async () => {
  await client.query('rollback');
});

type Event = { event: string; topics: string[]; subject: string; changed: string[] };

/** What happened, but for what people were notified of in passing. The order of topics says nothing. */
async function events(): Promise<readonly Event[]> {
  const { rows } = await client.query<Event>(
    `select event, topics, subject_id as subject, data -> 'changed' as changed
    from app_private.events where event <> 'notification.created' order by id`,
  );
  return rows.map((row) => ({ ...row, topics: row.topics.toSorted() }));
}

const insertBooking = `insert into bookings (id, customer_id, vendor_id, booking_type,
    booking_date, booking_time, duration_minutes, total_amount, final_amount)
  select '99999999-9999-4999-8999-999999999999', customer_id, vendor_id, booking_type,
    booking_date, booking_time, duration_minutes, total_amount, final_amount
  from bookings where id = '${one}'`;
const made = '99999999-9999-4999-8999-999999999999';
const insertAssignment = `insert into therapist_assignments (id, booking_id, therapist_id, vendor_id,
    customer_id, service_id, assignment_date, assignment_time, estimated_duration)
  select '${made}', '${closed}', therapist_id, vendor_id, customer_id, service_id, assignment_date,
    assignment_time, estimated_duration
  from therapist_assignments where id = '${one}'`;
const insertBeauticians = `insert into beautician_assignments (id, booking_id, beautician_id, assignment_time)
  values ('${made}', '${closed}', '${one}', now())`;
const insertMessage = (isInternal: boolean) => `insert into ticket_messages
    (ticket_id, sender_id, sender_type, message, is_internal)
  values ('${two}', '${idOf('customer_care')}', 'employee', 'We look into it.', ${isInternal})`;
const insertApplication = `insert into vendor_applications (id, user_id, business_name, business_type,
    contact_person, contact_mobile, contact_email, address_line1, city, state, pincode)
  values ('${made}', '${idOf('nobody')}', 'A Spa', 'spa', 'A Person', '+919876543210',
    'spa@example.com', 'MG Road', 'Pune', 'Maharashtra', '411001')`;

/** `before` happens unseen. */
type Case = {
  what: string;
  before?: string;
  act: string;
  told: readonly (readonly [event: string, topics: string[], subject: string, changed: string[]])[];
};

const cases: readonly Case[] = [
  {
    what: 'a booking is made',
    act: insertBooking,
    told: [['booking.created', [`booking:${made}`, customer, `vendor:${one}`], made, []]],
  },
  {
    what: 'a booking changes its state',
    before: "update bookings set special_instructions = 'x'",
    act: `update bookings set status = 'in_progress' where id = '${one}'`,
    told: [['booking.in_progress', [`booking:${one}`, customer, `vendor:${one}`], one, ['status']]],
  },
  {
    what: 'a booking changes otherwise',
    act: `update bookings set special_instructions = 'Ring twice' where id = '${one}'`,
    told: [
      [
        'booking.updated',
        [`booking:${one}`, customer, `vendor:${one}`],
        one,
        ['special_instructions'],
      ],
    ],
  },
  {
    what: 'a booking passes to another customer',
    act: `update bookings set customer_id = '${idOf('customer2')}' where id = '${one}'`,
    told: [
      [
        'booking.updated',
        [`booking:${one}`, customer, customer2, `vendor:${one}`],
        one,
        ['customer_id'],
      ],
    ],
  },
  {
    what: 'a booking passes to another vendor',
    act: `update bookings set vendor_id = '${two}' where id = '${closed}'`,
    told: [
      [
        'booking.updated',
        [`booking:${closed}`, customer, `vendor:${two}`, `vendor:${closed}`],
        closed,
        ['vendor_id'],
      ],
    ],
  },
  {
    what: 'a therapist is assigned',
    act: insertAssignment,
    told: [['assignment.created', [therapist, `vendor:${one}`], made, []]],
  },
  {
    what: 'a therapist acknowledges',
    before: insertAssignment,
    act: `update therapist_assignments set status = 'acknowledged' where id = '${made}'`,
    told: [
      ['assignment.acknowledged', [therapist, `vendor:${one}`], made, ['status']],
      ['booking.acknowledged', [`booking:${closed}`, customer], closed, []],
    ],
  },
  {
    what: 'a therapist starts to travel',
    before: `${insertAssignment};
      update therapist_assignments set status = 'acknowledged' where id = '${made}'`,
    act: `update therapist_assignments set status = 'in_transit' where id = '${made}'`,
    told: [
      ['assignment.in_transit', [therapist, `vendor:${one}`], made, ['status']],
      ['booking.in_transit', [`booking:${closed}`, customer], closed, []],
    ],
  },
  {
    what: 'a therapist arrives',
    act: `update therapist_assignments set status = 'reached' where id = '${one}'`,
    told: [
      ['assignment.reached', [therapist, `vendor:${one}`], one, ['status']],
      ['booking.reached', [`booking:${one}`, customer], one, []],
    ],
  },
  {
    what: 'a therapist’s assignment changes otherwise',
    act: `update therapist_assignments set notes = 'Third floor' where id = '${one}'`,
    told: [['assignment.updated', [therapist, `vendor:${one}`], one, ['notes']]],
  },
  {
    what: 'an assignment passes to another therapist',
    act: `update therapist_assignments set therapist_id = '${two}' where id = '${one}'`,
    told: [['assignment.updated', [therapist, therapist2, `vendor:${one}`], one, ['therapist_id']]],
  },
  {
    what: 'an assignment passes to a therapist without an account',
    act: `update therapist_assignments set therapist_id = '${closed}' where id = '${one}'`,
    told: [['assignment.updated', [therapist, `vendor:${one}`], one, ['therapist_id']]],
  },
  {
    what: 'a beautician is assigned',
    act: insertBeauticians,
    told: [['beautician_assignment.created', [beautician, `vendor:${closed}`], made, []]],
  },
  {
    what: 'a beautician begins',
    before: insertBeauticians,
    act: `update beautician_assignments set status = 'in_progress' where id = '${made}'`,
    told: [
      ['beautician_assignment.in_progress', [beautician, `vendor:${closed}`], made, ['status']],
    ],
  },
  {
    what: 'an assignment passes to another beautician',
    act: `update beautician_assignments set beautician_id = '${closed}', notes = 'x' where id = '${one}'`,
    told: [
      [
        'beautician_assignment.updated',
        [beautician, `vendor:${one}`],
        one,
        ['beautician_id', 'notes'],
      ],
    ],
  },
  {
    what: 'a therapist is somewhere',
    act: `insert into therapist_locations (id, therapist_id, booking_id, latitude, longitude)
      values ('${made}', '${one}', '${one}', 18, 73)`,
    told: [['location.updated', [`booking:${one}`], made, []]],
  },
  {
    what: 'a therapist is somewhere for no booking',
    act: `insert into therapist_locations (id, therapist_id, latitude, longitude)
      values ('${made}', '${one}', 18, 73)`,
    told: [],
  },
  {
    what: 'a ticket is opened',
    act: `insert into support_tickets (id, user_id, category, subject, description)
      values ('${made}', '${idOf('nobody')}', 'other', 'Help', 'Please')`,
    told: [['ticket.created', [`ticket:${made}`], made, []]],
  },
  {
    what: 'a ticket changes its state',
    act: `update support_tickets set status = 'in_progress' where id = '${two}'`,
    told: [['ticket.in_progress', [`ticket:${two}`], two, ['status']]],
  },
  {
    what: 'a ticket changes otherwise',
    act: `update support_tickets set priority = 'urgent' where id = '${two}'`,
    told: [['ticket.updated', [`ticket:${two}`], two, ['priority']]],
  },
  {
    what: 'something is said in a ticket',
    before: 'update support_tickets set first_response_at = now()',
    act: insertMessage(false),
    told: [['ticket_message.created', [`ticket:${two}`], two, []]],
  },
  {
    what: 'customer care says something among itself',
    act: insertMessage(true),
    told: [['ticket_message.created', [`ticket_desk:${two}`], two, []]],
  },
  {
    what: 'an application is begun',
    act: insertApplication,
    told: [['application.created', [`applicant:${idOf('nobody')}`, 'applications:all'], made, []]],
  },
  {
    what: 'an application is forwarded',
    act: `update vendor_applications set status = 'manager_review', current_approval_stage = 2 where id = '${two}'`,
    told: [
      [
        'application.manager_review',
        [`applicant:${idOf('vendor2')}`, 'applications:all'],
        two,
        ['current_approval_stage', 'status'],
      ],
    ],
  },
  {
    what: 'an application changes otherwise',
    act: `update vendor_applications set description = 'Quiet' where id = '${one}'`,
    told: [
      [
        'application.updated',
        [`applicant:${idOf('applicant')}`, 'applications:all'],
        one,
        ['description'],
      ],
    ],
  },
  {
    what: 'a role is given',
    act: `insert into user_roles (user_id, role_id)
      select '${idOf('nobody')}', id from roles where code = 'customer'`,
    told: [['features.updated', [`features:${idOf('nobody')}`], idOf('nobody'), []]],
  },
  {
    what: 'a role is taken away',
    before: `insert into user_roles (user_id, role_id)
      select '${idOf('nobody')}', id from roles where code = 'customer'`,
    act: `update user_roles set status = 'inactive' where user_id = '${idOf('nobody')}'`,
    told: [['features.updated', [`features:${idOf('nobody')}`], idOf('nobody'), []]],
  },
  {
    what: 'a user becomes a customer',
    act: `insert into customers (id) values ('${idOf('nobody')}')`,
    told: [['features.updated', [`features:${idOf('nobody')}`], idOf('nobody'), []]],
  },
  {
    what: 'a therapist gets another account',
    act: `update therapists set user_id = '${idOf('nobody')}' where id = '${one}'`,
    told: [
      ['features.updated', [`features:${idOf('therapist')}`], idOf('therapist'), []],
      ['features.updated', [`features:${idOf('nobody')}`], idOf('nobody'), []],
    ],
  },
  {
    what: 'an account is suspended',
    act: `update user_profiles set status = 'suspended' where id = '${idOf('nobody')}'`,
    told: [['account.suspended', [`user:${idOf('nobody')}`], idOf('nobody'), ['status']]],
  },
  {
    what: 'a session ends',
    act: `update user_sessions set status = 'terminated' where id = '${idOf('nobody')}'`,
    told: [['session.terminated', [`user:${idOf('nobody')}`], idOf('nobody'), ['status']]],
  },
  {
    what: 'two figures of one dashboard and one of another change, and all are computed anew',
    act: `update dashboard_data f
      set value = case
          when d.code = 'FINANCE' and k.position in (1, 3) then 7
          when d.code = 'CUSTOMER_CARE' and k.position = 1 then 9
          else f.value
        end,
        refreshed_at = now() + interval '1 minute'
      from kpi_definitions k join departments d on d.id = k.department_id
      where k.id = f.kpi_id`,
    told: [
      ['dashboard.updated', ['dashboard:CUSTOMER_CARE'], one, ['value']],
      ['dashboard.updated', ['dashboard:FINANCE'], two, ['value']],
    ],
  },
  {
    what: 'a figure comes to a dashboard',
    before: `delete from dashboard_data`,
    act: `insert into dashboard_data (kpi_id, value, refreshed_at)
      select k.id, 1, now() from kpi_definitions k
      join departments d on d.id = k.department_id where d.code = 'FINANCE'`,
    told: [['dashboard.updated', ['dashboard:FINANCE'], two, []]],
  },
];

it.each(cases)('$what', async ({ before, act, told }) => {
  if (before !== undefined) {
    await client.query(before);
    await client.query('delete from app_private.events');
  }
  await client.query(act);
  expect(await events()).toEqual(
    told.map(([event, topics, subject, changed]) => ({
      event,
      topics: [...topics].sort(),
      subject,
      changed,
    })),
  );
});

it('a notification is published to its owner, and reading it is not', async () => {
  const { rows } = await client.query(
    `insert into notifications (user_id, type, title, message)
    values ('${idOf('hr')}', 'promotion', 'Offer', 'Half price') returning id`,
  );
  await client.query('update notifications set is_read = true');
  const told = await client.query('select event, topics, subject_id from app_private.events');
  expect(told.rows).toEqual([
    { event: 'notification.created', topics: [`user:${idOf('hr')}`], subject_id: rows[0].id },
  ]);
});

it.each([
  'bookings',
  'therapist_assignments',
  'beautician_assignments',
  'support_tickets',
  'vendor_applications',
])('a write that changes nothing in %s publishes no event', async (table) => {
  const { rowCount } = await client.query(`update ${table} set id = id`);
  expect(rowCount).toBeGreaterThan(1);
  expect(await events()).toEqual([]);
});

it('a refresh that finds the same figures publishes no event, and one that finds others publishes one', async () => {
  await client.query('select app_private.refresh_dashboards()');
  await client.query('select app_private.refresh_dashboards()');
  await client.query('delete from app_private.events');
  await client.query('select app_private.refresh_dashboards()');
  // Health is of the moment.
  const calm = (await events()).filter(({ topics }) => topics[0] !== 'dashboard:IT');
  expect(calm).toEqual([]);
  await client.query(
    `insert into support_tickets (user_id, category, subject, description)
    select id, 'other', 'Help', 'Please' from user_profiles`,
  );
  await client.query('delete from app_private.events');
  await client.query('select app_private.refresh_dashboards()');
  const told = (await events()).filter(({ topics }) => topics[0] === 'dashboard:CUSTOMER_CARE');
  expect(told).toHaveLength(1);
});

describe('what is rolled back is not published', () => {
  const acts = cases.filter(({ told }) => told.length > 0);

  it.each(acts)('$what', async ({ before, act }) => {
    if (before !== undefined) {
      await client.query(before);
    }
    await client.query('delete from app_private.events');
    await client.query(`savepoint before; ${act}`);
    expect(await events()).not.toEqual([]);
    await client.query('rollback to savepoint before');
    expect(await events()).toEqual([]);
  });
});
