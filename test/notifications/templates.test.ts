import { beginPlay, type Play } from '../db/play.ts';
import { idOf } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { acts } from './acts.ts';
import { seededDatabase } from './support.ts';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await seededDatabase();
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

// That the acts use every template, acts.test.ts sees to.
it('every template, in every language, knows its fields', async () => {
  expect(await faults()).toEqual([]);
});

it('a template with an unknown field is found, in every language', async () => {
  await play.query(
    `insert into notification_templates (type, audience, language, title, message, action_url) values
      ('leave_decided', 'provider', 'hi', 'छुट्टी', '{{paid}}', null),
      ('refund_processed', 'customer', 'ta', '{{no_such}}', 'x', null),
      ('service_started', 'vendor', 'bn', 'x', 'x', '/{{refunded}}'),
      ('service_started', 'customer', 'bn', 'Fine', '{{service}}', '/{{booking_id}}')`,
  );
  expect(await faults()).toEqual([
    'bn: the service begins: The template uses the field "refunded", which does not exist. Correct the template.',
    'hi: leave is granted: The template uses the field "paid", which does not exist. Correct the template.',
    'hi: leave is refused: The template uses the field "paid", which does not exist. Correct the template.',
    'ta: a refund is paid: The template uses the field "no_such", which does not exist. Correct the template.',
  ]);
});

/** What goes wrong when everyone reads one language and everything happens, language by language. */
async function faults(): Promise<readonly string[]> {
  const { rows: languages } = await play.query<{ language: string }>(
    'select distinct language from notification_templates',
  );
  const found = new Set<string>();
  for (const { language } of languages) {
    for (const { name, given, sql } of acts) {
      await play.query('savepoint act');
      await play.query(
        'insert into user_preferences (user_id, language) select id, $1 from user_profiles',
        [language],
      );
      const id = await given(play);
      await play.query('delete from error_logs');
      await play.query(sql, [id]);
      await play.query('set constraints all immediate');
      const { rows } = await play.query<{ fault: string }>(
        `select error_message as fault from error_logs
        union all
        select concat_ws(' ', title, message, action_url) from notifications
        where concat_ws(' ', title, message, action_url) ~ '\\{\\{|\\}\\}'`,
      );
      for (const { fault } of rows) {
        found.add(`${language}: ${name}: ${fault}`);
      }
      await play.query('rollback to savepoint act');
    }
  }
  return [...found].sort();
}

describe('a template with missing values', () => {
  it.each([
    ['names an unknown field', `update notification_templates set message = 'Pay {{price}}'`],
    ['is not there', 'delete from notification_templates'],
  ])('%s: stops nothing and is recorded', async (_name, spoil) => {
    const { sql, given } = acts.find(({ type }) => type === 'leave_decided') ?? never();
    const leave = await given(play);
    await play.query(`${spoil} where type = 'leave_decided'`);
    const { rowCount } = await play.query(sql, [leave]);
    expect(rowCount).toBe(1);
    const { rows: left } = await play.query('select status from therapist_leaves where id = $1', [
      leave,
    ]);
    expect(left).toEqual([{ status: 'approved' }]);
    const { rows } = await play.query('select from notifications');
    expect(rows).toEqual([]);
    const { rows: errors } = await play.query(
      'select error_type, error_message, request_data, user_id, resolved from error_logs',
    );
    expect(errors).toEqual([
      {
        error_type: 'notification',
        error_message: expect.stringMatching(/price|template of the type "leave_decided"/),
        request_data: expect.any(Object),
        user_id: null,
        resolved: false,
      },
    ]);
    expect(JSON.stringify(errors)).toContain(leave);
  });

  it('of one audience: the others are told', async () => {
    const { sql, given } = acts.find(({ type }) => type === 'booking_confirmed') ?? never();
    const booking = await given(play);
    await play.query(
      `update notification_templates set message = '{{price}}'
      where type = 'booking_confirmed' and audience = 'vendor'`,
    );
    await play.query(sql, [booking]);
    const { rows } = await play.query('select user_id from notifications');
    expect(rows).toEqual([{ user_id: idOf('customer') }]);
    const { rows: errors } = await play.query('select distinct error_type from error_logs');
    expect(errors).toEqual([{ error_type: 'notification' }]);
  });
});

function never(): never {
  throw new Error('There is no such act.');
}
