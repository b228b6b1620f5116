import { codeIn, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { beginPlay, type Play } from '../db/play.ts';
import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { deliveriesOf, deliveryWhen, notify, openMessages, startWorker } from './support.ts';

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

const device = (person: Person) =>
  play.as(
    claimsOf(person),
    `select register_device('ios', 'expo', 'ExpoPushToken[' || $1 || ']')`,
    [person + Math.random()],
  );

describe('a notification', () => {
  it('is one delivery for each channel beyond the app, and each device', async () => {
    await device('customer');
    await device('customer');
    await device('customer2');
    const id = await notify(play, { channels: ['in_app', 'push', 'sms', 'email'] });
    const channels = (await deliveriesOf(play, id)).map(({ channel }) => channel);
    expect(channels).toEqual(['email', 'push', 'push', 'sms']);
    const inApp = await notify(play, { channels: ['in_app'] });
    expect(await deliveriesOf(play, inApp)).toEqual([]);
  });

  it('that was rolled back is not delivered', async () => {
    await play.query('savepoint before');
    await notify(play, { channels: ['sms'] });
    await play.query('rollback to savepoint before');
    expect((await play.query('select from notification_deliveries')).rows).toEqual([]);
  });

  it('that is urgent uses another channel where push was the only one and there is no device', async () => {
    const channels = ['in_app', 'push'];
    const told = async (options: Parameters<typeof notify>[1]) =>
      (await deliveriesOf(play, await notify(play, options))).map(({ channel }) => channel);
    expect(await told({ channels, priority: 'urgent' })).toEqual(['sms']);
    await play.query('update user_profiles set mobile = null where id = $1', [idOf('customer')]);
    expect(await told({ channels, priority: 'urgent' })).toEqual(['email']);
    // What is not urgent keeps to its channels.
    expect(await told({ channels, priority: 'high' })).toEqual([]);
    await device('customer');
    expect(await told({ channels, priority: 'urgent' })).toEqual(['push']);
  });

  it('is in the user’s language, by the channels that they have chosen', async () => {
    await play.query(
      `insert into user_preferences (user_id, language, notification_sms, notification_email)
      values ($1, 'hi', true, false)`,
      [idOf('customer')],
    );
    await play.query(
      `insert into notification_templates (type, audience, language, title, message, channels)
      values ('booking_confirmed', 'customer', 'hi', 'पक्का', 'हो गया', '{sms,email}')`,
    );
    await play.query(
      `select app_private.write_notification(u, 'customer', 'booking_confirmed',
        '{"booking_id": 1, "booking_number": 1, "service": 1, "vendor": 1, "date": 1, "time": 1,
          "start_code": 1}', '{}')
      from unnest($1::uuid[]) u`,
      [[idOf('customer'), idOf('customer2')]],
    );
    const { rows } = await play.query<{ id: string; body: string; channel: string }>(
      `select d.user_id as id, m.title as body, d.channel from notification_deliveries d,
        lateral app_private.begin_delivery(d.id) m order by d.channel`,
    );
    expect(rows).toEqual(
      [
        { id: idOf('customer2'), body: expect.stringContaining('Booking'), channel: 'email' },
        { id: idOf('customer'), body: 'पक्का', channel: 'sms' },
        { id: idOf('customer2'), body: expect.stringContaining('Booking'), channel: 'sms' },
      ].sort((a, b) => (a.channel < b.channel ? -1 : a.channel > b.channel ? 1 : 0)),
    );
  });
});

describe('an attempt that failed', () => {
  const settings = { first_wait_seconds: 30, longest_wait_seconds: 21_600, attempts: 13 };

  async function fail(id: string, retrySeconds: number | null = null): Promise<number | null> {
    await play.query(`update notification_deliveries set next_attempt_at = now() where id = $1`, [
      id,
    ]);
    const { rows: begun } = await play.query<{ attempt: number }>(
      `select attempt from app_private.lease_deliveries('sms', 1, '1 minute')`,
    );
    await play.query(
      `select app_private.finish_delivery($1, $2, 'failed', 'No', null, $3, false)`,
      [id, begun[0]?.attempt, retrySeconds],
    );
    const { rows } = await play.query<{ wait: number | null }>(
      `select extract(epoch from next_attempt_at - now())::float8 as wait
      from notification_deliveries where id = $1`,
      [id],
    );
    return rows[0]?.wait ?? null;
  }

  beforeEach(async () => {
    for (const [name, value] of Object.entries(settings)) {
      await play.query(`update system_settings set value = to_jsonb($2::integer) where key = $1`, [
        `notifications.${name}`,
        value,
      ]);
    }
  });

  it('is followed by another, each delay twice as long and with jitter, over about a day', async () => {
    const notification = await notify(play, { channels: ['sms'] });
    const [delivery] = await deliveriesOf(play, notification);
    let total = 0;
    for (let n = 0; n < settings.attempts - 1; n += 1) {
      const wait = (await fail(delivery?.id as string)) ?? Number.NaN;
      const middle = Math.min(30 * 2 ** n, 21_600);
      expect(wait).toBeGreaterThanOrEqual(middle * 0.75);
      expect(wait).toBeLessThanOrEqual(middle * 1.25);
      expect(wait).not.toBe(middle);
      total += middle;
    }
    expect(total / 3600).toBeGreaterThan(20);
    expect(total / 3600).toBeLessThan(24);
    expect(await fail(delivery?.id as string)).toBeNull();
    const [dead] = await deliveriesOf(play, notification);
    expect(dead).toMatchObject({ status: 'dead', attempts: 13 });
  });

  it.each([
    [null, 22, 38],
    [5, 22, 38],
    [600, 600, 600],
    [1_000_000, 21_600, 21_600],
  ])('with a Retry-After of %j s is not followed before that', async (seconds, least, most) => {
    const [delivery] = await deliveriesOf(play, await notify(play, { channels: ['sms'] }));
    const wait = await fail(delivery?.id as string, seconds);
    expect(wait).toBeGreaterThanOrEqual(least);
    expect(wait).toBeLessThanOrEqual(most);
  });
});

describe('deliveries in the API', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startApi(database);
  });

  afterAll(async () => {
    await api?.close();
  });

  const as = async (person: Person, query: string, variables: Record<string, unknown> = {}) =>
    api.graphql(query, { token: await tokenFor(idOf(person as 'customer')), variables });

  const retry =
    'mutation ($id: UUID!) { retryDelivery(input: { deliveryId: $id }) { result { status attempts } } }';

  async function makeDead(): Promise<{ notification: string; id: string }> {
    const notification = await notify(database.owner, { channels: ['sms'] });
    const { rows } = await database.owner.query<{ id: string }>(
      `update notification_deliveries
      set status = 'dead', attempts = 13, next_attempt_at = null, finished_at = now(), last_error = 'No'
      where notification_id = $1 returning id`,
      [notification],
    );
    return { notification, id: rows[0]?.id as string };
  }

  it('dead letters are seen by staff who handle errors, and by no one else', async () => {
    const { id } = await makeDead();
    const query =
      '{ deadLetters { nodes { id status channel attempts lastError notificationAttemptsByDeliveryId { totalCount } } } }';
    const { data } = await as('admin', query);
    expect(data.deadLetters.nodes).toMatchObject([
      { id, status: 'dead', channel: 'sms', attempts: 13, lastError: 'No' },
    ]);
    expect((await as('customer_care', query)).data.deadLetters.nodes).toEqual([]);
    expect(codeIn(await as('customer', query))).toBe('42501');
    await database.owner.query('delete from notifications');
  });

  it('a dead letter is tried again by staff with the right to it, and arrives', async () => {
    const { notification, id } = await makeDead();
    expect(codeIn(await as('customer', retry, { id }))).toBe('42501');
    expect(codeIn(await as('customer_care', retry, { id }))).toBe('OB002');
    expect(codeIn(await as('admin', retry, { id: notification }))).toBe('OB003');
    const { data } = await as('admin', retry, { id });
    expect(data.retryDelivery.result).toEqual({ status: 'waiting', attempts: 0 });
    expect(codeIn(await as('admin', retry, { id }))).toBe('OB030');
    const { rows } = await database.owner.query(
      `select user_id from audit_logs where resource_type = 'notification_deliveries'`,
    );
    expect(rows).toEqual([{ user_id: idOf('admin') }]);
    const sms = {
      send: async () => ({ providerMessageId: 'x', hasReceipt: false }),
      close: () => undefined,
    };
    const worker = startWorker(database, { sms });
    await deliveryWhen(database.owner, notification, 'sent');
    await worker.close();
  });

  it('a device is registered and unregistered, and its address never comes back', async () => {
    const { data } = await as(
      'customer',
      `mutation { registerDevice(input: { platform: ios, kind: expo, endpoint: "ExpoPushToken[api]" }) {
        result { id platform kind goneAt } } }`,
    );
    const { result: device } = data.registerDevice;
    expect(device).toMatchObject({ platform: 'ios', kind: 'expo', goneAt: null });
    expect(Object.keys(device)).toEqual(['id', 'platform', 'kind', 'goneAt']);
    const type = await as('customer', '{ __type(name: "UserDevice") { fields { name } } }');
    const fields = type.data?.__type.fields.map(({ name }: { name: string }) => name);
    expect(fields).toContain('platform');
    expect(fields.join()).not.toMatch(/endpoint|p256dh|auth/i);
    const unregister = `mutation ($id: UUID!) { unregisterDevice(input: { deviceId: $id }) { result { goneAt } } }`;
    const { id } = device;
    expect(codeIn(await as('customer2', unregister, { id }))).toBe('OB003');
    const ended = await as('customer', unregister, { id });
    expect(ended.data.unregisterDevice.result.goneAt).not.toBeNull();
    const refused = await as(
      'customer',
      'mutation { registerDevice(input: { platform: ios, kind: expo, endpoint: "abc" }) { result { id } } }',
    );
    expect(codeIn(refused)).toBe('OB020');
  });

  it('the metrics count what waits, failed, died and was sent', async () => {
    await database.owner.query('delete from notifications');
    await makeDead();
    const waiting = await notify(database.owner, { channels: ['sms', 'email'] });
    await database.owner.query(
      `update notification_deliveries set created_at = now() - interval '90 seconds' where notification_id = $1`,
      [waiting],
    );
    const text = await (await fetch(`${api.url}/metrics`)).text();
    const value = (name: string) =>
      Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(value('notification_deliveries{status="waiting"}')).toBe(2);
    expect(value('notification_deliveries{status="failed"}')).toBe(0);
    expect(value('notification_deliveries{status="dead"}')).toBe(1);
    expect(value('notification_deliveries{status="sent_last_hour"}')).toBe(0);
    expect(Math.round(value('notification_deliveries_oldest_seconds') / 10)).toBe(9);
  });
});
