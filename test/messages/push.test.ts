import { Agent } from 'node:https';
import ipaddr from 'ipaddr.js';
import type pg from 'pg';
import webPush from 'web-push';
import type { Channel } from '../../src/work/channels/channel.ts';
import { makeExpo } from '../../src/work/channels/expo.ts';
import { isPublicAddress, makePublicAgent } from '../../src/work/channels/public-agent.ts';
import { makeWebPush } from '../../src/work/channels/web-push.ts';
import { claimsOf, type Person } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { type Browser, makeBrowser, makeSecureServer, signerOf } from './browser.ts';
import { type Provider, startProvider } from './providers.ts';
import {
  aWhile,
  deliveriesOf,
  deliveryWhen,
  notify,
  openMessages,
  startWorker,
  until,
  type Worker,
} from './support.ts';

const vapid = { ...webPush.generateVAPIDKeys(), subject: 'mailto:ops@ombaro.example' };

/** Every name is one of this machine. */
const resolveHere: Parameters<typeof makePublicAgent>[0] & object = (_name, _options, done) =>
  done(null, [{ address: '127.0.0.1', family: 4 }]);

/** An address of the provider as a browser would have it, with a name. */
const endpoint = (path: string) => `${provider.url.replace('localhost', 'push.example')}${path}`;

let database: TestDatabase;
let owner: pg.Pool;
let provider: Provider;
let worker: Worker | undefined;
let channel: Channel | undefined;

beforeAll(async () => {
  database = await openMessages();
  owner = database.owner;
});

afterAll(async () => {
  await database?.drop();
});

afterEach(async () => {
  await worker?.close();
  channel?.close();
  await provider?.close();
  await owner.query('delete from user_devices');
});

async function register(
  person: Person,
  kind: string,
  address: string,
  browser?: Browser,
): Promise<string> {
  return database.asUser(
    claimsOf(person),
    async (client) => {
      const { rows } = await client.query<{ id: string }>(
        `select id from register_device('web', $1, $2, $3, $4)`,
        [kind, address, browser?.p256dh, browser?.auth],
      );
      return rows[0]?.id as string;
    },
    { commit: true },
  );
}

const goneAt = async (device: string) => {
  const { rows } = await owner.query('select gone_at from user_devices where id = $1', [device]);
  return rows[0]?.gone_at;
};

describe('a browser', () => {
  beforeEach(async () => {
    provider = await startProvider(makeSecureServer);
    // The test's own certificate, and its own machine.
    const agent = new Agent({
      rejectUnauthorized: false,
      lookup: (name, options, done) =>
        resolveHere(name, { ...options, all: true }, (error, addresses) => done(error, addresses)),
    });
    channel = makeWebPush(vapid, { agent, timeoutMs: 300 });
    worker = startWorker(database, { webPush: channel });
  });

  it('gets a message once, encrypted for it and signed by us', async () => {
    provider.behave({ status: 201, headers: { location: 'https://push.example/m/1' } });
    const browser = makeBrowser();
    await register('customer', 'web_push', endpoint('/send/abc?x=1'), browser);
    const id = await notify(owner, { channels: ['in_app', 'push'], message: 'नमस्ते' });
    const delivery = await deliveryWhen(owner, id, 'sent');
    expect(delivery.providerMessageId).toBe('https://push.example/m/1');
    await aWhile();
    expect(provider.received).toHaveLength(1);
    const [request] = provider.received;
    if (request === undefined) {
      throw new Error('Nothing came.');
    }
    expect(request.path).toBe('/send/abc?x=1');
    expect(request.headers).toMatchObject({
      ttl: '86400',
      urgency: 'high',
      topic: delivery.id.replaceAll('-', ''),
    });
    expect(browser.read(request)).toEqual({
      title: 'Hello',
      body: 'नमस्ते',
      url: null,
      data: { screen: 'home' },
      tag: delivery.id,
    });
    // Positive control of the decryption: another browser cannot read it.
    expect(() => makeBrowser().read(request)).toThrow();
    expect(await signerOf(request, vapid.publicKey)).toMatchObject({
      aud: new URL(endpoint('/')).origin,
      sub: 'mailto:ops@ombaro.example',
    });
  });

  it('gets a message that is too long cut', async () => {
    provider.behave({ status: 201 });
    const browser = makeBrowser();
    await register('customer', 'web_push', endpoint('/long'), browser);
    const message = 'नमस्ते '.repeat(500);
    const id = await notify(owner, { channels: ['push'], message });
    await deliveryWhen(owner, id, 'sent');
    const [request] = provider.received;
    expect(request?.body.length).toBeLessThanOrEqual(4096);
    const { body } = browser.read(request as NonNullable<typeof request>);
    expect(String(body)).toMatch(/^(नमस्ते )+.*…$/);
  });

  it.each([404, 410])('that is gone (%i) is marked, and not tried again', async (status) => {
    provider.behave({ status });
    const [gone, other] = [makeBrowser(), makeBrowser()];
    const device = await register('customer', 'web_push', endpoint('/gone'), gone);
    const id = await notify(owner, { channels: ['push'] });
    const delivery = await deliveryWhen(owner, id, 'dead');
    expect(delivery).toMatchObject({ attempts: 1, outcomes: ['gone'] });
    expect(await goneAt(device)).not.toBeNull();
    provider.behave({ status: 201 });
    await register('customer', 'web_push', endpoint('/other'), other);
    const next = await notify(owner, { channels: ['push'] });
    await deliveryWhen(owner, next, 'sent');
    expect(provider.received.map(({ path }) => path)).toEqual(['/gone', '/other']);
  });

  it.each([
    ['answers 500', { status: 500 }],
    ['answers 429', { status: 429, headers: { 'retry-after': '0' } }],
    ['does not accept our key for now (403)', { status: 403 }],
    ['hangs', 'hang'],
    ['cuts the line', 'cut'],
  ] as const)('whose push service %s for a while gets it after that', async (_name, behaviour) => {
    provider.behave(behaviour, { status: 201 });
    await register('customer', 'web_push', endpoint('/x'), makeBrowser());
    const id = await notify(owner, { channels: ['push'] });
    expect((await deliveryWhen(owner, id, 'sent')).outcomes).toEqual(['failed', 'sent']);
    const topics = new Set(provider.received.map(({ headers }) => headers.topic));
    expect(topics.size).toBe(1);
  });

  it('that is one of several gets its own message, and the others theirs', async () => {
    provider.behave(({ path }) => ({ status: path === '/bad' ? 410 : 201 }));
    await register('customer', 'web_push', endpoint('/good'), makeBrowser());
    await register('customer', 'web_push', endpoint('/bad'), makeBrowser());
    await register('customer2', 'web_push', endpoint('/stranger'), makeBrowser());
    const id = await notify(owner, { channels: ['push'] });
    const states = await until(async () => {
      const all = (await deliveriesOf(owner, id)).map(({ status }) => status).sort();
      return all.includes('waiting') ? null : all;
    });
    expect(states).toEqual(['dead', 'sent']);
    expect(provider.received.map(({ path }) => path).sort()).toEqual(['/bad', '/good']);
  });
});

describe('addresses that users give', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '172.20.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    'fe80::1',
    'fd00::1',
    '2002:7f00:1::',
    '2001::1',
    '::ffff:0:7f00:1',
    '::ffff:8.8.8.8',
    '::8.8.8.8',
    '4000::1',
    '2a00:1450:4001:800::200a%1',
    '127.1',
    '010.8.8.8',
    '0x8.8.8.8',
    '134744072',
    'localhost',
    '',
  ])('are not called when they are %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    '8.8.8.8',
    '172.15.0.1',
    '2a00:1450:4001:800::200a',
  ])('are called when they are %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    // IANA's special-purpose registries: https://www.iana.org/assignments/iana-ipv4-special-registry
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/3',
    '::/96',
    '::ffff:0:0/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '3fff::/20',
    '5f00::/16',
    'fc00::/7',
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
  ])('are not called from the first to the last of %s', (block) => {
    const kind = block.includes(':') ? ipaddr.IPv6 : ipaddr.IPv4;
    const first = kind.networkAddressFromCIDR(block).toString();
    const last = kind.broadcastAddressFromCIDR(block).toString();
    expect([first, last].map(isPublicAddress)).toEqual([false, false]);
  });

  it('reach no server of our own network, also by a harmless name', async () => {
    provider = await startProvider(makeSecureServer);
    channel = makeWebPush(vapid, { agent: makePublicAgent(resolveHere), timeoutMs: 300 });
    worker = startWorker(database, { webPush: channel });
    await register('customer', 'web_push', endpoint('/x'), makeBrowser());
    const id = await notify(owner, { channels: ['push'] });
    const delivery = await deliveryWhen(owner, id, 'failed');
    expect(delivery.error).toContain('push.example is not a public internet address');
    expect(provider.received).toHaveLength(0);
  });
});

describe('the mobile app', () => {
  const token = 'ExponentPushToken[abc]';

  beforeEach(async () => {
    provider = await startProvider();
    const expo = makeExpo({ url: provider.url, accessToken: 'token' }, 300);
    channel = expo;
    worker = startWorker(database, { expo }, { receiptIntervalMs: 20 });
  });

  const dueNow = () =>
    owner.query(
      `update notification_deliveries set receipt_due_at = now() where receipt_due_at is not null`,
    );

  it('gets a message once through Expo', async () => {
    provider.behave({ status: 200, body: { data: { status: 'ok', id: 't1' } } });
    await register('customer', 'expo', token);
    const id = await notify(owner, { channels: ['push'], priority: 'normal' });
    const delivery = await deliveryWhen(owner, id, 'sent');
    expect(delivery.providerMessageId).toBe('t1');
    const [request] = provider.received;
    expect(request).toMatchObject({
      path: '/--/api/v2/push/send',
      headers: { authorization: 'Bearer token' },
    });
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual({
      to: token,
      title: 'Hello',
      body: 'All is well.',
      data: { screen: 'home', url: null, deliveryId: delivery.id },
      priority: 'default',
      ttl: 86_400,
    });
  });

  it('that Expo does not know is gone; a rate limit is tried again', async () => {
    const error = (name: string) => ({
      status: 200,
      body: { data: { status: 'error', message: 'No', details: { error: name } } },
    });
    const ok = { status: 200, body: { data: { status: 'ok', id: 't2' } } };
    const device = await register('customer', 'expo', token);
    provider.behave(error('MessageRateExceeded'), ok);
    const rated = await notify(owner, { channels: ['push'] });
    expect((await deliveryWhen(owner, rated, 'sent')).outcomes).toEqual(['failed', 'sent']);
    expect(await goneAt(device)).toBeNull();
    provider.behave(error('DeviceNotRegistered'));
    const unknown = await notify(owner, { channels: ['push'] });
    expect((await deliveryWhen(owner, unknown, 'dead')).outcomes).toEqual(['gone']);
    expect(await goneAt(device)).not.toBeNull();
  });

  it('that a receipt reports gone is marked, and the message with it', async () => {
    const device = await register('customer', 'expo', token);
    provider.behave(({ path, body }) => {
      if (path.endsWith('/send')) {
        return { status: 200, body: { data: { status: 'ok', id: 't3' } } };
      }
      expect(JSON.parse(body.toString())).toEqual({ ids: ['t3'] });
      const receipt = { status: 'error', message: 'x', details: { error: 'DeviceNotRegistered' } };
      return { status: 200, body: { data: { t3: receipt } } };
    });
    const id = await notify(owner, { channels: ['push'] });
    await deliveryWhen(owner, id, 'sent');
    await aWhile();
    // Not before its time.
    expect(provider.received).toHaveLength(1);
    await dueNow();
    const delivery = await deliveryWhen(owner, id, 'dead');
    expect(delivery.error).toContain('DeviceNotRegistered');
    expect(await goneAt(device)).not.toBeNull();
  });

  it('that a receipt reports delivered stays, and Expo is asked again until there is a receipt', async () => {
    const device = await register('customer', 'expo', token);
    let asked = 0;
    provider.behave(({ path }) => {
      if (path.endsWith('/send')) {
        return { status: 200, body: { data: { status: 'ok', id: 't4' } } };
      }
      asked += 1;
      return { status: 200, body: { data: asked === 1 ? {} : { t4: { status: 'ok' } } } };
    });
    const id = await notify(owner, { channels: ['push'] });
    await deliveryWhen(owner, id, 'sent');
    await dueNow();
    await until(() => asked === 1);
    await dueNow();
    await until(async () => {
      const { rows } = await owner.query(
        'select from notification_deliveries where receipt_due_at is not null',
      );
      return asked === 2 && rows.length === 0;
    });
    await deliveryWhen(owner, id, 'sent');
    expect(await goneAt(device)).toBeNull();
  });
});
