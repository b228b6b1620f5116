import { beginPlay, type Play } from '../db/play.ts';
import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { makeBrowser } from './browser.ts';
import { notify, openMessages } from './support.ts';

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

type Device = {
  readonly id: string;
  readonly user_id: string;
  readonly gone_at: Date | null;
};

const { p256dh, auth } = makeBrowser();
const address = 'https://push.example/send/abc';

async function register(person: Person, token = 'ExponentPushToken[a]'): Promise<Device> {
  const [device] = await play.as<Device>(
    claimsOf(person),
    `select * from register_device('android', 'expo', $1)`,
    [token],
  );
  return device as Device;
}

const live = async (person: 'customer' | 'customer2') => {
  const { rows } = await play.query<{ id: string }>(
    'select id from user_devices where user_id = $1 and gone_at is null order by created_at',
    [idOf(person)],
  );
  return rows.map(({ id }) => id);
};

it('a device is registered once, however often it registers', async () => {
  const first = await register('customer');
  const second = await register('customer');
  expect(second.id).toBe(first.id);
  expect(await live('customer')).toEqual([first.id]);
});

it('a device belongs to the user who registered it last, and what waited for the one before is not sent', async () => {
  const first = await register('customer');
  await notify(play, { channels: ['push'] });
  const second = await register('customer2');
  expect(second.id).not.toBe(first.id);
  expect(await live('customer')).toEqual([]);
  expect(await live('customer2')).toEqual([second.id]);
  const begin = async () => {
    const { rows } = await play.query<{ address: string | null; error: string | null }>(
      `select m.address, d.last_error as error
      from notification_deliveries d,
        lateral app_private.begin_delivery(d.id) m where d.status = 'waiting'`,
    );
    return rows;
  };
  expect(await begin()).toMatchObject([{ address: null }]);
  const { rows } = await play.query('select status, last_error from notification_deliveries');
  expect(rows).toEqual([{ status: 'dropped', last_error: 'The device is no longer registered.' }]);
  // Positive control: what is for the new one does.
  await notify(play, { person: 'customer2', channels: ['push'] });
  expect(await begin()).toMatchObject([{ address: 'ExponentPushToken[a]' }]);
});

it('an address that two users register at once belongs to one of them in the end', async () => {
  const at = (person: Person) =>
    database.asUser(
      claimsOf(person),
      (client) =>
        client.query(`select register_device('android', 'expo', 'ExponentPushToken[race]')`),
      { commit: true },
    );
  await Promise.all(
    Array.from({ length: 10 }, (_, n) => at(n % 2 === 0 ? 'customer' : 'customer2')),
  );
  const { rows } = await database.owner.query(
    `select from user_devices where gone_at is null and kind = 'expo'`,
  );
  expect(rows).toHaveLength(1);
  await database.owner.query('delete from user_devices');
});

it('a user has as many devices as the settings say; one more takes the place of the oldest', async () => {
  await play.query(
    `update system_settings set value = '2' where key = 'notifications.devices_maximum'`,
  );
  const devices: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    devices.push((await register('customer', `ExponentPushToken[${name}]`)).id);
    await play.query(`update user_devices set registered_at = registered_at - interval '1 minute'`);
  }
  expect((await live('customer')).sort()).toEqual(devices.slice(1).sort());
});

it('unregistering ends it, for one’s own devices only', async () => {
  const own = await register('customer');
  const call = 'select * from unregister_device($1)';
  expect(await play.ends(claimsOf('customer2'), call, [own.id])).toBe('OB003');
  expect(await play.ends(claimsOf('visitor'), call, [own.id])).toBe('42501');
  expect(await live('customer')).toEqual([own.id]);
  const [ended] = await play.as<Device>(claimsOf('customer'), call, [own.id]);
  expect(ended?.gone_at).not.toBeNull();
  expect(await live('customer')).toEqual([]);
  // Again changes nothing; to register it again is a new beginning.
  expect(await play.ends(claimsOf('customer'), call, [own.id])).toBe('ok');
  expect((await register('customer')).id).not.toBe(own.id);
});

it.each([
  ['a plain http address', 'web', 'web_push', 'http://push.example/a', p256dh, auth],
  ['a number in place of a name', 'web', 'web_push', 'https://169.254.169.254/a', p256dh, auth],
  ['a number in brackets', 'web', 'web_push', 'https://[::1]/a', p256dh, auth],
  ['a name without a dot', 'web', 'web_push', 'https://localhost/a', p256dh, auth],
  [
    'a name behind another',
    'web',
    'web_push',
    'https://push.example@inside.example/a',
    p256dh,
    auth,
  ],
  ['a number written otherwise', 'web', 'web_push', 'https://0x7f.0.0.1/a', p256dh, auth],
  ['no path', 'web', 'web_push', 'https://push.example', p256dh, auth],
  ['a line break', 'web', 'web_push', 'https://push.example/a\nb', p256dh, auth],
  ['no keys', 'web', 'web_push', address, null, null],
  ['a key that is too short', 'web', 'web_push', address, p256dh.slice(1), auth],
  ['what is no token of Expo’s', 'ios', 'expo', 'abc', null, null],
  ['no address', 'ios', 'expo', null, null, null],
  ['an unknown platform', 'toaster', 'expo', 'ExponentPushToken[a]', null, null],
  ['an unknown kind', 'ios', 'pigeon', 'ExponentPushToken[a]', null, null],
])('%s is refused', async (_name, ...values) => {
  const call = 'select register_device($1, $2, $3, $4, $5)';
  expect(await play.ends(claimsOf('customer'), call, values)).toBe('OB020');
  // Positive control.
  expect(
    await play.ends(claimsOf('customer'), call, ['web', 'web_push', address, p256dh, auth]),
  ).toBe('ok');
});

it('no user reads the address of a device, not even its owner', async () => {
  const own = await register('customer');
  const read = 'select * from app_private.device_addresses';
  expect((await play.query(read)).rows).toHaveLength(1);
  for (const person of ['customer', 'customer2', 'super_admin'] as const) {
    expect(await play.ends(claimsOf(person), read)).toBe('42501');
  }
  const seen = await play.as<Device>(claimsOf('customer'), 'select * from user_devices');
  expect(seen).toMatchObject([{ id: own.id }]);
  expect(JSON.stringify(seen)).not.toContain('ExponentPushToken');
  expect(await play.as(claimsOf('customer2'), 'select * from user_devices')).toEqual([]);
});
