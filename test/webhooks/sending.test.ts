import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type pg from 'pg';
import type { TestDatabase } from '../helpers/database.ts';
import { type Behaviour, type Provider, startProvider } from '../messages/providers.ts';
import { aWhile, until } from '../messages/support.ts';
import {
  act,
  change,
  createEndpoint,
  deliveriesOf,
  deliveriesWhen,
  type Endpoint,
  one,
  openWebhooks,
  startWorker,
  verify,
  type Worker,
} from './support.ts';

let database: TestDatabase;
let owner: pg.Pool;
let partner: Provider;
let worker: Worker;
let endpoint: Endpoint;

beforeAll(async () => {
  database = await openWebhooks();
  owner = database.owner;
});

afterAll(async () => {
  await database?.drop();
});

beforeEach(async () => {
  partner = await startProvider();
  endpoint = await createEndpoint(database, `${partner.url}/hooks?shop=1`);
  worker = startWorker(database);
});

afterEach(async () => {
  await worker.close();
  await partner.close();
  await owner.query('delete from webhook_endpoints');
});

it('a change arrives once, signed so that a standard library accepts it, and with no other secret', async () => {
  await change(owner);
  const [delivery] = await deliveriesWhen(owner, endpoint.id, 'sent');
  expect(delivery).toMatchObject({ attempts: 1, response: 200, error: null });
  await aWhile();
  expect(partner.received).toHaveLength(1);
  const [request] = partner.received;
  if (request === undefined) {
    throw new Error('Nothing came.');
  }
  expect(request.path).toBe('/hooks?shop=1');
  expect(request.headers).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': delivery?.id,
  });
  expect(verify(request, endpoint.secret)).toMatchObject({
    type: 'booking.updated',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    data: { id: one, status: 'assigned' },
  });
  expect(() => verify(request, `whsec_${Buffer.alloc(32).toString('base64')}`)).toThrow(
    'No matching signature',
  );
  const forged = { ...request, body: Buffer.from(`${request.body} `) };
  expect(() => verify(forged, endpoint.secret)).toThrow('No matching signature');
});

it.each<[string, Behaviour, Record<string, unknown>]>([
  [
    'answers 500',
    { status: 500, body: 'broken' },
    { response: 500, body: '"broken"', error: 'The endpoint answered 500.' },
  ],
  ['answers 400', { status: 400 }, { response: 400, error: 'The endpoint answered 400.' }],
  ['hangs', 'hang', { response: null, error: 'No answer within 3000 ms.' }],
  ['cuts the line', 'cut', { response: null, error: 'socket hang up' }],
  [
    'redirects',
    { status: 302, headers: { location: '/elsewhere' } },
    { response: 302, error: 'The endpoint answered 302, and nothing follows it elsewhere.' },
  ],
])('a partner that %s gets it when that is over, under the same id, and goes nowhere else', async (_, behaviour, expected) => {
  partner.behave(behaviour);
  await change(owner);
  await until(async () => {
    const [delivery] = await deliveriesOf(owner, endpoint.id);
    return delivery?.status === 'failed' && delivery.attempts >= 2;
  });
  expect(await deliveriesOf(owner, endpoint.id)).toMatchObject([expected]);
  partner.behave({ status: 204 });
  const [delivery] = await deliveriesWhen(owner, endpoint.id, 'sent');
  expect(delivery).toMatchObject({ response: 204, error: expected.error });
  const ids = new Set(partner.received.map(({ headers }) => headers['webhook-id']));
  expect([...ids]).toEqual([delivery?.id]);
  // The bytes stay the same, the time does not have to.
  expect(new Set(partner.received.map(({ body }) => body.toString()))).toHaveProperty('size', 1);
  expect(partner.received.every(({ path }) => path === '/hooks?shop=1')).toBe(true);
});

it('a partner that is down gets everything when it is back', async () => {
  const { port } = new URL(partner.url);
  await partner.close();
  await change(owner);
  await change(owner);
  await until(async () => {
    const found = await deliveriesOf(owner, endpoint.id);
    return found.length === 2 && found.every(({ error }) => error?.includes('ECONNREFUSED'));
  });
  const received: string[] = [];
  const back = createServer((request, response) => {
    received.push(String(request.headers['webhook-id']));
    response.end();
  });
  await new Promise<void>((resolve) => back.listen(Number(port), '127.0.0.1', resolve));
  try {
    const sent = await deliveriesWhen(owner, endpoint.id, 'sent', 2);
    expect(received.sort()).toEqual(sent.map(({ id }) => id).sort());
  } finally {
    back.closeAllConnections();
    await new Promise((resolve) => back.close(resolve));
  }
});

it.each([429, 503])('%i with Retry-After is not tried again before that', async (status) => {
  partner.behave({ status, headers: { 'retry-after': '3600' } });
  await change(owner);
  const [delivery] = await deliveriesWhen(owner, endpoint.id, 'failed');
  expect(delivery?.wait).toBeGreaterThan(3_500);
  expect(delivery?.wait).toBeLessThanOrEqual(3_600);
  expect(partner.received).toHaveLength(1);
});

it('Retry-After of any other answer, or beyond a day, is ignored', async () => {
  partner.behave({ status: 500, headers: { 'retry-after': '3600' } });
  await change(owner);
  await until(() => partner.received.length === 2);
  partner.behave({ status: 429, headers: { 'retry-after': '9999999' } });
  const wait = await until(async () => {
    const [delivery] = await deliveriesOf(owner, endpoint.id);
    return delivery?.response === 429 && delivery.wait;
  });
  expect(wait).toBeGreaterThan(86_000);
  expect(wait).toBeLessThanOrEqual(86_400);
});

it('410 ends it: the endpoint is disabled, its owner told, and nothing more is queued for it', async () => {
  partner.behave({ status: 410 });
  await change(owner);
  await deliveriesWhen(owner, endpoint.id, 'dead');
  const { rows } = await owner.query(
    'select disabled_reason, failing_since is null as well from webhook_endpoints',
  );
  expect(rows).toEqual([{ disabled_reason: 'gone', well: false }]);
  const { rows: told } = await owner.query(
    `select u.email, n.title from notifications n join user_profiles u on u.id = n.user_id
    where n.type = 'webhook_disabled'`,
  );
  expect(told).toEqual([
    { email: 'vendor@example.com', title: `Webhooks to ${new URL(partner.url).host} have stopped` },
  ]);
  await change(owner);
  await aWhile();
  expect(await deliveriesOf(owner, endpoint.id)).toHaveLength(1);
  // Positive control: once it is enabled, it hears of what happens from then on.
  partner.behave({ status: 200 });
  await act(database, 'vendor', 'select enable_webhook_endpoint($1)', [endpoint.id]);
  await change(owner);
  await until(async () => (await deliveriesOf(owner, endpoint.id))[1]?.status === 'sent');
  await owner.query(`delete from notifications where type = 'webhook_disabled'`);
});

it('a test arrives whatever the endpoint has subscribed to, one at a time', async () => {
  const quiet = await createEndpoint(database, `${partner.url}/quiet`, {
    types: ['booking.cancelled'],
  });
  partner.behave('hang');
  await act(database, 'vendor', 'select send_test_webhook($1)', [quiet.id]);
  await until(() => partner.received.length === 1);
  await expect(
    act(database, 'vendor', 'select send_test_webhook($1)', [quiet.id]),
  ).rejects.toMatchObject({ code: 'OB030' });
  partner.behave({ status: 200 });
  await deliveriesWhen(owner, quiet.id, 'sent');
  const request = partner.received.at(-1);
  expect(request && verify(request, quiet.secret)).toMatchObject({
    type: 'webhook.test',
    data: {},
  });
});

it('for a day both secrets sign, then the new one alone', async () => {
  const [rotated] = await act<{ secret: string }>(
    database,
    'vendor',
    'select secret from rotate_webhook_secret($1)',
    [endpoint.id],
  );
  const secrets = [endpoint.secret, rotated?.secret as string] as const;
  await change(owner);
  const both = await until(() => partner.received[0] ?? false);
  for (const secret of secrets) {
    expect(verify(both, secret)).toMatchObject({ type: 'booking.updated' });
  }
  await owner.query(
    `update app_private.webhook_secrets set expires_at = expires_at - interval '24 hours'`,
  );
  await change(owner);
  const alone = await until(() => partner.received[1] ?? false);
  expect(verify(alone, secrets[1])).toMatchObject({ type: 'booking.updated' });
  expect(() => verify(alone, secrets[0])).toThrow('No matching signature');
});

describe('an answer that is', () => {
  async function answering(
    answer: Parameters<typeof createServer>[1] & object,
  ): Promise<{ url: string; close: () => Promise<unknown> }> {
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    };
    return { url: `http://localhost:${(server.address() as AddressInfo).port}`, close };
  }

  it.each<[string, Parameters<typeof createServer>[1] & object, RegExp]>([
    ['endless', (_, response) => void response.end('é'.repeat(1_000_000)), /^é{400,}…$/],
    ['no text', (_, response) => void response.end(Buffer.from([0x61, 0, 0xff])), /^a��$/],
    ['never finished', (_, response) => void response.writeHead(200).write('half'), /^half$/],
    [
      'cut off',
      (_, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('half', () => response.destroy());
      },
      /^half$/,
    ],
  ])('%s counts by its status, and its beginning is kept', async (_, answer, kept) => {
    const server = await answering(answer);
    const { id } = await createEndpoint(database, server.url, { types: ['booking.updated'] });
    try {
      await change(owner);
      const [delivery] = await deliveriesWhen(owner, id, 'sent');
      expect(delivery?.attempts).toBe(1);
      expect(delivery?.body).toMatch(kept);
      expect(Buffer.byteLength(delivery?.body ?? '')).toBeLessThanOrEqual(1_000);
    } finally {
      await server.close();
    }
  });

  it('of another protocol does not count', async () => {
    const server = await answering((_, response) => {
      response.writeHead(101, { upgrade: 'x', connection: 'upgrade' }).end();
    });
    const { id } = await createEndpoint(database, server.url, { types: ['booking.updated'] });
    try {
      await change(owner);
      await until(async () => (await deliveriesOf(owner, id))[0]?.status === 'failed');
    } finally {
      await server.close();
    }
  });
});

it('log lines contain neither address nor answer', async () => {
  partner.behave({ status: 500, body: 'a word of the partner' });
  await change(owner);
  await until(() => worker.log.some(({ msg }) => msg === 'a webhook was not taken'));
  const text = JSON.stringify(worker.log);
  expect(text).toContain('"answer":500');
  expect(text).not.toContain('a word of the partner');
  expect(text).not.toContain('/hooks');
  expect(text).not.toContain(endpoint.secret);
});
