import { beginPlay, type Play } from '../db/play.ts';
import { claimsOf, idOf } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { deliveryWhen, notify, openMessages, startWorker } from './support.ts';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await openMessages();
});

afterAll(async () => {
  await database?.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

const setQuietHours = (from: string | null, until: string | null, zone = 'Asia/Kolkata') =>
  play.query(
    `insert into user_preferences (user_id, quiet_from, quiet_until, timezone) values ($1, $2, $3, $4)`,
    [idOf('customer'), from, until, zone],
  );

const quietEnd = async (at: string): Promise<string | null> => {
  const { rows } = await play.query<{ end: Date | null }>(
    'select app_private.quiet_end($1, $2) as end',
    [idOf('customer'), at],
  );
  return rows[0]?.end?.toISOString() ?? null;
};

/** India is 5:30 ahead. */
it.each([
  ['over midnight: before', '22:00', '07:00', 'Asia/Kolkata', '2030-01-10T16:29:59Z', null],
  [
    'over midnight: at its beginning',
    '22:00',
    '07:00',
    'Asia/Kolkata',
    '2030-01-10T16:30:00Z',
    '2030-01-11T01:30:00.000Z',
  ],
  [
    'over midnight: after midnight',
    '22:00',
    '07:00',
    'Asia/Kolkata',
    '2030-01-10T20:00:00Z',
    '2030-01-11T01:30:00.000Z',
  ],
  ['over midnight: at its end', '22:00', '07:00', 'Asia/Kolkata', '2030-01-11T01:30:00Z', null],
  [
    'within a day: in it',
    '13:00',
    '15:00',
    'Asia/Kolkata',
    '2030-01-10T08:00:00Z',
    '2030-01-10T09:30:00.000Z',
  ],
  ['within a day: after it', '13:00', '15:00', 'Asia/Kolkata', '2030-01-10T09:30:00Z', null],
  [
    'elsewhere',
    '22:00',
    '07:00',
    'America/New_York',
    '2030-01-10T05:00:00Z',
    '2030-01-10T12:00:00.000Z',
  ],
  [
    'on the night when the clocks go forward',
    '22:00',
    '07:00',
    'America/New_York',
    '2030-03-10T04:00:00Z',
    '2030-03-10T11:00:00.000Z',
  ],
  ['none', null, null, 'Asia/Kolkata', '2030-01-10T20:00:00Z', null],
] as const)('quiet hours %s', async (_name, from, until, zone, at, end) => {
  await setQuietHours(from, until, zone);
  expect(await quietEnd(at)).toBe(end);
});

it('an invalid zone from before zones were checked counts as the platform’s', async () => {
  await play.query('alter table user_preferences disable trigger _200_validate');
  await setQuietHours('22:00', '07:00', 'Nowhere/Town');
  expect(await quietEnd('2030-01-10T20:00:00Z')).toBe('2030-01-11T01:30:00.000Z');
});

it('a user sets their own quiet hours, with beginning and end, in a valid zone', async () => {
  const set = (values: string) =>
    play.ends(
      claimsOf('customer'),
      `insert into user_preferences (quiet_from, quiet_until, timezone) values (${values})`,
    );
  expect(await set(`'22:00', null, 'Asia/Kolkata'`)).toBe('23514');
  expect(await set(`'22:00', '22:00', 'Asia/Kolkata'`)).toBe('23514');
  expect(await set(`'22:00', '07:00', 'Nowhere/Town'`)).toBe('OB020');
  expect(await set(`'22:00', '07:00', 'Europe/London'`)).toBe('ok');
});

/** Quiet now, whatever the time is: from an hour ago to an hour ahead. */
const quietNow = (query: Play['query'], person: 'customer' | 'customer2') =>
  query(
    `insert into user_preferences (user_id, quiet_from, quiet_until)
    select $1, (t - interval '1 hour')::time, (t + interval '1 hour')::time
    from (select now() at time zone 'Asia/Kolkata') x (t)`,
    [idOf(person)],
  );

it.each([
  ['low', true],
  ['normal', true],
  ['high', false],
  ['urgent', false],
] as const)('a message that is %s waits for the end of quiet hours: %s', async (priority, waits) => {
  const waiting = async () => {
    const { rows } = await play.query<{ channel: string; minutes: number }>(
      `select channel, round(extract(epoch from next_attempt_at - now()) / 60)::integer as minutes
      from notification_deliveries order by channel`,
    );
    await play.query('delete from notifications');
    return rows;
  };
  await quietNow(play.query, 'customer');
  await notify(play, { channels: ['in_app', 'email', 'sms'], priority });
  const minutes = waits ? 60 : 0;
  expect(await waiting()).toEqual([
    { channel: 'email', minutes },
    { channel: 'sms', minutes },
  ]);
  // Positive control: a user without quiet hours waits for nothing.
  await notify(play, { person: 'customer2', channels: ['sms'], priority });
  expect(await waiting()).toEqual([{ channel: 'sms', minutes: 0 }]);
});

it('a message that failed and is due again in quiet hours waits, too, and is then sent', async () => {
  const { owner } = database;
  let calls = 0;
  const sms = {
    async send() {
      calls += 1;
      return { providerMessageId: null, hasReceipt: false };
    },
    close: () => undefined,
  };
  await quietNow(owner.query.bind(owner) as Play['query'], 'customer2');
  const worker = startWorker(database, { sms });
  try {
    const quiet = await notify(owner, {
      person: 'customer2',
      channels: ['sms'],
      priority: 'normal',
    });
    const due = `update notification_deliveries set next_attempt_at = now() where notification_id = $1`;
    await owner.query(due, [quiet]);
    // Positive control: the worker works.
    await deliveryWhen(owner, await notify(owner, { channels: ['sms'] }), 'sent');
    expect(calls).toBe(1);
    await deliveryWhen(owner, quiet, 'waiting');
    await owner.query('update user_preferences set quiet_from = null, quiet_until = null');
    await owner.query(due, [quiet]);
    await deliveryWhen(owner, quiet, 'sent');
    expect(calls).toBe(2);
  } finally {
    await worker.close();
  }
});
