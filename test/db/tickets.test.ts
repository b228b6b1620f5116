import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeOf } from './attempt.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

// The first ticket is the customer's and resolved, the second customer2's and open.
const { one, two } = worldIds;
const unknown = '99999999-9999-4999-8999-999999999999';
const statuses = [
  'open',
  'in_progress',
  'waiting_response',
  'resolved',
  'closed',
  'reopened',
] as const;

type Status = (typeof statuses)[number];

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

const say = 'insert into ticket_messages (ticket_id, message) values ($1, $2)';
const note = 'insert into ticket_messages (ticket_id, message, is_internal) values ($1, $2, true)';
const setStatus = 'update support_tickets set status = $2 where id = $1';

/** The ticket in this status, by whatever way. */
async function put(id: string, status: Status): Promise<void> {
  await play.query('alter table support_tickets disable trigger _200_step');
  await play.query(setStatus, [id, status]);
  await play.query('alter table support_tickets enable trigger _200_step');
}

async function ticket(id: string): Promise<Record<string, unknown>> {
  const { rows } = await play.query('select * from support_tickets where id = $1', [id]);
  return rows[0];
}

describe('the steps of a ticket', () => {
  const next: Readonly<Record<Status, readonly Status[]>> = {
    open: ['in_progress', 'waiting_response', 'resolved', 'closed'],
    in_progress: ['waiting_response', 'resolved'],
    waiting_response: ['in_progress', 'resolved'],
    resolved: ['closed', 'reopened'],
    closed: ['reopened'],
    reopened: ['in_progress', 'waiting_response', 'resolved', 'closed'],
  };

  it.each(statuses)('from %s', async (from) => {
    for (const to of statuses) {
      await put(two, from);
      const isStep = to === from || next[from].includes(to);
      const ended = await play.ends(claimsOf('customer_care'), setStatus, [two, to]);
      expect({ to, ended }).toEqual({ to, ended: isStep ? 'ok' : 'OB030' });
      expect((await ticket(two)).status).toBe(isStep ? to : from);
    }
  });

  it('the owner of the table is free of them', async () => {
    await expect(play.query(setStatus, [one, 'in_progress'])).rejects.toMatchObject({
      code: 'OB030',
    });
  });

  it('of two at once the second continues from where the first has left it', async () => {
    let second: Promise<string> = Promise.resolve('');
    await database.asUser(
      claimsOf('customer_care'),
      async (client) => {
        await client.query(setStatus, [two, 'closed']);
        second = database
          .asUser(claimsOf('admin'), (other) => other.query(setStatus, [two, 'in_progress']))
          .then(() => 'ok', codeOf);
        await untilBlocked(database.owner);
      },
      { commit: true },
    );
    expect(await second).toBe('OB030');
    expect((await ticket(two)).status).toBe('closed');
    await database.owner.query(setStatus, [two, 'reopened']);
  });
});

describe('a message in a ticket', () => {
  it.each<[Status, Status]>([
    ['open', 'open'],
    ['in_progress', 'in_progress'],
    ['waiting_response', 'in_progress'],
    ['resolved', 'reopened'],
    ['reopened', 'reopened'],
  ])('by the author of a ticket that is %s leaves it %s', async (from, to) => {
    await put(two, from);
    expect(await play.ends(claimsOf('customer2'), say, [two, 'And now?'])).toBe('ok');
    expect((await ticket(two)).status).toBe(to);
    expect((await ticket(two)).resolved_at).toBeNull();
  });

  it.each<Status>([
    'open',
    'in_progress',
    'waiting_response',
    'resolved',
    'reopened',
  ])('by customer care leaves a ticket that is %s as it is', async (status) => {
    await put(two, status);
    expect(await play.ends(claimsOf('customer_care'), say, [two, 'Hello'])).toBe('ok');
    expect(await play.ends(claimsOf('customer_care'), note, [two, 'Known'])).toBe('ok');
    expect((await ticket(two)).status).toBe(status);
  });

  it('is refused in a closed ticket, and users without access do not learn that it is closed', async () => {
    await put(two, 'closed');
    expect(await play.ends(claimsOf('customer2'), say, [two, 'And now?'])).toBe('OB030');
    expect(await play.ends(claimsOf('customer_care'), say, [two, 'Hello'])).toBe('OB030');
    expect(await play.ends(claimsOf('customer_care'), note, [two, 'Known'])).toBe('OB030');
    expect(await play.ends(claimsOf('customer'), say, [two, 'Hello'])).toBe('42501');
    await put(two, 'reopened');
    expect(await play.ends(claimsOf('customer'), say, [two, 'Hello'])).toBe('42501');
    expect(await play.ends(claimsOf('customer2'), say, [two, 'And now?'])).toBe('ok');
  });

  it('is refused when the ticket is closed at the same time', async () => {
    let message: Promise<string> = Promise.resolve('');
    await database.asUser(
      claimsOf('customer_care'),
      async (client) => {
        await client.query(setStatus, [two, 'closed']);
        message = database
          .asUser(claimsOf('customer2'), (other) => other.query(say, [two, 'And now?']), {
            commit: true,
          })
          .then(() => 'ok', codeOf);
        await untilBlocked(database.owner);
      },
      { commit: true },
    );
    expect(await message).toBe('OB030');
    const { rowCount } = await database.owner.query(
      `select from ticket_messages where ticket_id = $1 and message = 'And now?'`,
      [two],
    );
    expect(rowCount).toBe(0);
    await database.owner.query(setStatus, [two, 'reopened']);
  });
});

describe('times of a ticket', () => {
  const minutes = `select support_tickets_first_response_minutes(t) as first,
    support_tickets_resolution_minutes(t) as resolution from support_tickets t where id = $1`;

  it('the first response is the first that the author sees, and never moves', async () => {
    const care = claimsOf('customer_care');
    expect(await play.ends(claimsOf('customer2'), say, [two, 'Any news?'])).toBe('ok');
    expect(await play.ends(care, note, [two, 'Known'])).toBe('ok');
    expect((await ticket(two)).first_response_at).toBeNull();
    expect(await play.ends(care, say, [two, 'Hello'])).toBe('ok');
    const { first_response_at: first } = await ticket(two);
    const { rows } = await play.query('select now()');
    expect(first).toEqual(rows[0].now);
    await play.query(
      `insert into ticket_messages (ticket_id, sender_id, sender_type, message, created_at)
      values ($1, $2, 'employee', 'Later', now() + interval '1 hour')`,
      [two, idOf('admin')],
    );
    expect((await ticket(two)).first_response_at).toEqual(first);
  });

  it('minutes are null until they can be computed, and whole', async () => {
    const as = claimsOf('customer2');
    expect(await play.as(as, minutes, [two])).toEqual([{ first: null, resolution: null }]);
    await play.query('alter table support_tickets disable trigger _100_timestamps');
    await play.query(
      `update support_tickets set created_at = now() - interval '90 minutes 50 seconds' where id = $1`,
      [two],
    );
    expect(await play.ends(claimsOf('customer_care'), say, [two, 'Hello'])).toBe('ok');
    expect(await play.as(as, minutes, [two])).toEqual([{ first: 90, resolution: null }]);
    expect(await play.ends(claimsOf('customer_care'), setStatus, [two, 'resolved'])).toBe('ok');
    expect(await play.as(as, minutes, [two])).toEqual([{ first: 90, resolution: 90 }]);
    expect(await play.ends(as, say, [two, 'No'])).toBe('ok');
    expect(await play.as(as, minutes, [two])).toEqual([{ first: 90, resolution: null }]);
  });
});

describe('assigning a ticket', () => {
  const assign = 'select status, assigned_to from assign_ticket($1, $2)';

  it.each<[Status, Status]>([
    ['open', 'in_progress'],
    ['reopened', 'in_progress'],
    ['waiting_response', 'waiting_response'],
    ['resolved', 'resolved'],
  ])('a ticket that is %s leaves it %s', async (from, to) => {
    await put(two, from);
    const care = claimsOf('customer_care');
    const head = idOf('customer_care_head');
    expect(await play.as(care, assign, [two, head])).toEqual([{ status: to, assigned_to: head }]);
    expect((await ticket(two)).assigned_at).not.toBeNull();
    expect(await play.as(care, assign, [two, null])).toEqual([{ status: to, assigned_to: null }]);
    expect((await ticket(two)).assigned_at).toBeNull();
  });

  it.each<[string, Person, string, string]>([
    ['a visitor', 'visitor', two, '42501'],
    ['the author', 'customer2', two, '42501'],
    ['staff who only read tickets', 'customer_care_viewer', two, 'OB002'],
    ['an unknown ticket', 'customer_care', unknown, 'OB003'],
  ])('is not done: %s', async (_, person, id, code) => {
    expect(await play.ends(claimsOf(person), assign, [id, idOf('customer_care')])).toBe(code);
    expect((await ticket(two)).assigned_to).toBeNull();
    expect(await play.ends(claimsOf('customer_care'), assign, [two, idOf('admin')])).toBe('ok');
  });

  it('is not done once the ticket is closed', async () => {
    await put(two, 'closed');
    expect(await play.ends(claimsOf('admin'), assign, [two, idOf('admin')])).toBe('OB030');
    await put(two, 'reopened');
    expect(await play.ends(claimsOf('admin'), assign, [two, idOf('admin')])).toBe('ok');
  });

  const direct = 'update support_tickets set assigned_to = $2 where id = $1';

  it.each([
    ['by the act', assign],
    ['by writing the row', direct],
  ])('to a user who may not work on tickets today is refused: %s', async (_, sql) => {
    const admin = claimsOf('admin');
    const to = (id: string) => play.ends(admin, sql, [two, id]);
    expect(await to(idOf('customer_care_viewer'))).toBe('OB082');
    expect(await to(idOf('customer'))).toBe('OB082');
    expect(await to(unknown)).toBe('OB082');
    const care = idOf('customer_care');
    for (const [end, undo] of [
      ['valid_until = current_date - 2', 'valid_until = null'],
      [`status = 'inactive'`, `status = 'active'`],
    ]) {
      await play.query(
        `update user_roles set valid_from = current_date - 9, ${end} where user_id = $1`,
        [care],
      );
      expect({ end, ended: await to(care) }).toEqual({ end, ended: 'OB082' });
      await play.query(`update user_roles set ${undo} where user_id = $1`, [care]);
    }
    await play.query(`update user_profiles set status = 'suspended' where id = $1`, [care]);
    expect(await to(care)).toBe('OB082');
    await play.query(`update user_profiles set status = 'active' where id = $1`, [care]);
    expect(await to(care)).toBe('ok');
  });

  it('of two at once the last has it, and each is told who had it before', async () => {
    let second: Promise<unknown> = Promise.resolve();
    const first = await database.asUser(
      claimsOf('customer_care'),
      async (client) => {
        const { rows } = await client.query(assign, [two, idOf('customer_care')]);
        second = database.asUser(
          claimsOf('customer_care_head'),
          async (other) => (await other.query(assign, [two, idOf('customer_care_head')])).rows,
          { commit: true },
        );
        await untilBlocked(database.owner);
        return rows;
      },
      { commit: true },
    );
    expect(first).toEqual([{ status: 'in_progress', assigned_to: idOf('customer_care') }]);
    const last = { status: 'in_progress', assigned_to: idOf('customer_care_head') };
    expect(await second).toEqual([last]);
    expect(await ticket(two)).toMatchObject(last);
  });
});

describe('reopening a ticket', () => {
  const reopen = 'select status, resolved_at, closed_at from reopen_ticket($1, $2)';

  it.each<Status>(['resolved', 'closed'])('the author can, when it is %s', async (status) => {
    await put(one, status);
    expect(await play.as(claimsOf('customer'), reopen, [one, ' It is back '])).toEqual([
      { status: 'reopened', resolved_at: null, closed_at: null },
    ]);
    const { rows } = await play.query(
      `select sender_id, sender_type, is_internal from ticket_messages
      where ticket_id = $1 and message = 'It is back'`,
      [one],
    );
    expect(rows).toEqual([
      { sender_id: idOf('customer'), sender_type: 'customer', is_internal: false },
    ]);
  });

  it.each<[string, Person, string, Status, string, string]>([
    ['a visitor', 'visitor', one, 'closed', 'Why', '42501'],
    ['staff, who write the status', 'customer_care', one, 'closed', 'Why', '42501'],
    ['another customer', 'customer2', one, 'closed', 'Why', 'OB003'],
    ['an unknown ticket', 'customer', unknown, 'closed', 'Why', 'OB003'],
    ['what is open', 'customer', one, 'in_progress', 'Why', 'OB030'],
    ['for no reason', 'customer', one, 'closed', '  ', 'OB036'],
    ['for a reason too long', 'customer', one, 'closed', 'x'.repeat(5001), '23514'],
  ])('is not done: %s', async (_, person, id, status, reason, code) => {
    await put(one, status);
    expect(await play.ends(claimsOf(person), reopen, [id, reason])).toBe(code);
    expect((await ticket(one)).status).toBe(status);
    await put(one, 'closed');
    expect(await play.ends(claimsOf('customer'), reopen, [one, 'Why'])).toBe('ok');
  });

  it('twice at once happens once', async () => {
    let second: Promise<string> = Promise.resolve('');
    await database.asUser(
      claimsOf('customer'),
      async (client) => {
        await client.query(reopen, [one, 'It is back']);
        second = database
          .asUser(claimsOf('customer'), (other) => other.query(reopen, [one, 'It is back']), {
            commit: true,
          })
          .then(() => 'ok', codeOf);
        await untilBlocked(database.owner);
      },
      { commit: true },
    );
    expect(await second).toBe('OB030');
    const { rowCount } = await database.owner.query(
      `select from ticket_messages where ticket_id = $1 and message = 'It is back'`,
      [one],
    );
    expect(rowCount).toBe(1);
  });
});
