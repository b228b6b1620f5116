import { beginPlay, type Play } from '../db/play.ts';
import { idOf } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { desk, makeBooking, seededDatabase } from './support.ts';

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

const flags = [true, false];
const everyChoice = flags.flatMap((push) =>
  flags.flatMap((sms) => flags.map((email) => ({ push, sms, email }))),
);

describe('channels', () => {
  it.each(everyChoice)('follow what the user has chosen: %j', async (choices) => {
    await choose('customer', choices);
    await offer('booking_confirmed', 'customer', '{in_app,push,sms,email}', 'high');
    expect(await channelsOfConfirmation()).toEqual(
      ['in_app', 'push', 'sms', 'email'].filter(
        (channel) => channel === 'in_app' || choices[channel as keyof typeof choices],
      ),
    );
  });

  it('are all that the template allows for a user who has chosen nothing', async () => {
    await play.query('delete from user_preferences');
    await offer('booking_confirmed', 'customer', '{in_app,push,sms,email}', 'high');
    expect(await channelsOfConfirmation()).toEqual(['in_app', 'push', 'sms', 'email']);
  });

  it('never include one that the template does not allow', async () => {
    await choose('customer', { push: true, sms: true, email: true });
    await offer('booking_confirmed', 'customer', '{sms}', 'high');
    expect(await channelsOfConfirmation()).toEqual(['in_app', 'sms']);
    await play.query('delete from notifications');
    await offer('booking_confirmed', 'customer', '{}', 'normal');
    expect(await channelsOfConfirmation()).toEqual(['in_app']);
  });

  it('never include one by which the user cannot be reached', async () => {
    await offer('booking_confirmed', 'customer', '{in_app,push,sms,email}', 'high');
    await play.query('update user_profiles set mobile = null, email = null where id = $1', [
      idOf('customer'),
    ]);
    expect(await channelsOfConfirmation()).toEqual(['in_app', 'push']);
  });
});

describe('an urgent notification uses one channel beyond in-app, whatever the user has chosen', () => {
  it.each([
    ['a text message', '', 'sms'],
    ['else an e-mail', 'mobile = null', 'email'],
    ['else a push message', 'mobile = null, email = null', 'push'],
  ])('%s', async (_name, without, channel) => {
    await choose('customer', { push: false, sms: false, email: false });
    if (without !== '') {
      await play.query(`update user_profiles set ${without} where id = $1`, [idOf('customer')]);
    }
    await offer('booking_confirmed', 'customer', '{in_app,push,sms,email}', 'urgent');
    expect(await channelsOfConfirmation()).toEqual(['in_app', channel]);
    // Positive control: what is not urgent follows the choices.
    await play.query('delete from notifications');
    await offer('booking_confirmed', 'customer', '{in_app,push,sms,email}', 'high');
    expect(await channelsOfConfirmation()).toEqual(['in_app']);
  });

  it('and adds none where the chosen channels are enough', async () => {
    await choose('customer', { push: true, sms: false, email: false });
    await offer('booking_confirmed', 'customer', '{in_app,push,sms,email}', 'urgent');
    expect(await channelsOfConfirmation()).toEqual(['in_app', 'push']);
  });
});

describe('language', () => {
  beforeEach(async () => {
    await play.query(
      `insert into notification_templates (type, audience, language, title, message)
      values ('booking_confirmed', 'customer', 'hi', 'पक्का {{booking_number}}', '{{service}}')`,
    );
  });

  it.each([
    ['hi', 'पक्का'],
    ['en', 'Booking'],
    ['hi-IN', 'पक्का'],
    ['ta', 'Booking'],
  ])('%s is told %s', async (language, word) => {
    await choose('customer', { push: true, sms: true, email: true }, language);
    await channelsOfConfirmation();
    expect(await titles('customer')).toEqual([expect.stringContaining(word)]);
    expect(await titles('vendor')).toEqual([expect.stringContaining('Booking')]);
  });

  it('an inactive template of one language sends nothing, and others are told', async () => {
    await choose('customer', { push: true, sms: true, email: true }, 'hi');
    await play.query(`update notification_templates set is_active = false where language = 'hi'`);
    await confirmBooking();
    expect(await titles('customer')).toEqual([]);
    expect(await titles('vendor')).toHaveLength(1);
  });
});

it('an inactive template sends nothing to anyone', async () => {
  await play.query(
    `update notification_templates set is_active = false
    where type = 'booking_confirmed' and audience = 'vendor'`,
  );
  await confirmBooking();
  for (const person of desk) {
    expect(await titles(person)).toEqual([]);
  }
  expect(await titles('customer')).toHaveLength(1);
  const { rows } = await play.query('select from error_logs');
  expect(rows).toEqual([]);
});

async function choose(
  person: 'customer',
  { push, sms, email }: { push: boolean; sms: boolean; email: boolean },
  language = 'en',
): Promise<void> {
  await play.query(
    `insert into user_preferences
       (user_id, notification_push, notification_sms, notification_email, language)
     values ($1, $2, $3, $4, $5)`,
    [idOf(person), push, sms, email, language],
  );
}

async function offer(
  type: string,
  audience: string,
  channels: string,
  priority: string,
): Promise<void> {
  const { rowCount } = await play.query(
    `update notification_templates set channels = $3, priority = $4 where type = $1 and audience = $2`,
    [type, audience, channels, priority],
  );
  expect(rowCount).toBe(1);
}

async function confirmBooking(): Promise<void> {
  const booking = await makeBooking(play);
  await play.query('delete from notifications');
  await play.query(`update bookings set status = 'confirmed' where id = $1`, [booking]);
}

/** The channels by which the customer is told of a booking that is confirmed now. */
async function channelsOfConfirmation(): Promise<readonly string[]> {
  await confirmBooking();
  const { rows } = await play.query<{ channels: string[] }>(
    'select channels from notifications where user_id = $1',
    [idOf('customer')],
  );
  expect(rows).toHaveLength(1);
  return rows[0]?.channels ?? [];
}

async function titles(person: 'customer' | (typeof desk)[number]): Promise<readonly string[]> {
  const { rows } = await play.query<{ title: string }>(
    'select title from notifications where user_id = $1',
    [idOf(person)],
  );
  return rows.map(({ title }) => title);
}
