import { gzipSync } from 'node:zlib';
import { withClient } from '../../src/lib/postgres.ts';
import { startApi } from '../api/support.ts';
import { testUrls } from '../helpers/urls.ts';
import { answerOf, bodyOf, type GatewayTest, openGateway, sign, webhookSecret } from './support.ts';

let gateway: GatewayTest;

beforeAll(async () => {
  gateway = await openGateway();
});

afterAll(async () => {
  await gateway?.close();
});

const url = (path = '/webhooks/payments/razorpay') => `${gateway.api.url}${path}`;
const signed = (body: string, id: string) => ({
  'x-razorpay-signature': sign(body),
  'x-razorpay-event-id': id,
});
const noted = async (id: string) =>
  (
    await gateway.market.owner.query('select from app_private.payment_events where event_id = $1', [
      id,
    ])
  ).rowCount;
const unknown = bodyOf('payment.captured', { payment: 'pay_unknown', paise: 100 });

it('no token is asked for, and a wrong one does not matter', async () => {
  const headers = { ...signed(unknown, 'evt_token'), authorization: 'Bearer none' };
  expect(await gateway.post(unknown, headers)).toEqual([200, 'unknown payment']);
});

it('a wrong or missing signature is refused, and nothing is written', async () => {
  const id = 'evt_signature';
  const right = signed(unknown, id);
  const wrong = [
    { 'x-razorpay-event-id': id },
    { ...right, 'x-razorpay-signature': sign(unknown, 'another secret of the tests') },
    { ...right, 'x-razorpay-signature': sign(`${unknown} `) },
  ];
  for (const headers of wrong) {
    expect(await gateway.post(unknown, headers)).toEqual([401, 'OB074']);
  }
  expect(await noted(id)).toBe(0);
  expect(await gateway.post(unknown, right)).toEqual([200, 'unknown payment']);
  expect(await noted(id)).toBe(1);
});

it.each([
  ['in another currency', unknown.replace('INR', 'SGD'), 'other currency'],
  ['that is empty', '', 'unreadable'],
  ['that is no JSON', '{', 'unreadable'],
  [
    'of a kind that is none of ours',
    unknown.replace('payment.captured', 'invoice.paid'),
    'ignored',
  ],
  ['with characters that no text keeps', unknown.replace('asha@upi', '\\u0000'), 'unknown payment'],
  ['without its payment', '{"event":"order.paid","payload":{}}', 'unreadable'],
])('an event %s is kept, once, and answered with 200', async (_name, body, outcome) => {
  const id = `evt_kept_${body.length}`;
  expect(await gateway.post(body, signed(body, id))).toEqual([200, outcome]);
  expect(await gateway.post(body, signed(body, id))).toEqual([200, 'came before']);
  const kept = await gateway.market.one(
    'select event is null as is_as_it_came, body from app_private.payment_events where event_id = $1',
    [id],
  );
  const isAsItCame = outcome === 'unreadable' || outcome === 'ignored';
  expect(kept).toEqual({ is_as_it_came: isAsItCame, body: isAsItCame ? Buffer.from(body) : null });
});

it('an event without an id is known again by what it says', async () => {
  const body = bodyOf('payment.captured', { payment: 'pay_without_id', paise: 200 });
  const headers = { 'x-razorpay-signature': sign(body) };
  expect(await gateway.post(body, headers)).toEqual([200, 'unknown payment']);
  expect(await gateway.post(body, headers)).toEqual([200, 'came before']);
});

it('messages that were not understood are forgotten after 90 days, and that they came is not', async () => {
  const { owner } = gateway.market;
  const kept = (id: string) =>
    gateway.market.one(
      'select body is not null as has_body, outcome from app_private.payment_events where event_id = $1',
      [id],
    );
  for (const id of ['evt_old', 'evt_new']) {
    await gateway.post('{', signed('{', id));
  }
  await owner.query(
    `update app_private.payment_events set received_at = now() - interval '91 days' where event_id = 'evt_old'`,
  );
  await owner.query('select app_private.lapse_bookings(100)');
  expect(await kept('evt_old')).toEqual({ has_body: false, outcome: 'unreadable' });
  expect(await kept('evt_new')).toEqual({ has_body: true, outcome: 'unreadable' });
});

it('any content type is accepted, and nothing is decompressed', async () => {
  const headers = { ...signed(unknown, 'evt_type'), 'content-type': 'text/plain' };
  expect(await gateway.post(unknown, headers)).toEqual([200, 'unknown payment']);
  const packed = await fetch(url(), {
    method: 'POST',
    headers: { ...signed(unknown, 'evt_packed'), 'content-encoding': 'gzip' },
    body: gzipSync(unknown),
  });
  expect(await answerOf(packed)).toEqual([400, 'OB010']);
});

it('1 MB is read, more is not', async () => {
  const fill = (length: number) => unknown.padEnd(length, ' ');
  const most = fill(1024 * 1024);
  expect(await gateway.post(most, signed(most, 'evt_most'))).toEqual([200, 'unknown payment']);
  const more = fill(1024 * 1024 + 1);
  expect(await gateway.post(more, signed(more, 'evt_more'))).toEqual([413, 'OB014']);
});

it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('%s is refused', async (method) => {
  const response = await fetch(url(), { method });
  expect(await answerOf(response)).toEqual([405, 'OB016']);
  expect(response.headers.get('allow')).toBe('POST');
});

it.each([
  '/webhooks/payments/stripe',
  '/webhooks/payments/constructor',
  '/webhooks/payments/%',
  '/webhooks/payments',
  '/webhooks/payments/razorpay/more',
])('%s is not found', async (path) => {
  expect(await answerOf(await fetch(url(path), { method: 'POST', body: unknown }))).toEqual([
    404,
    'OB003',
  ]);
});

it('a gateway without a secret has no webhook', async () => {
  const without = await startApi(gateway.market.database);
  const response = await fetch(`${without.url}/webhooks/payments/razorpay`, {
    method: 'POST',
    headers: signed(unknown, 'evt_without'),
    body: unknown,
  });
  expect(await answerOf(response)).toEqual([404, 'OB003']);
  await without.close();
});

it('an error of the database is reported to the gateway, whose next try succeeds', async () => {
  const { owner } = gateway.market;
  const headers = signed(unknown, 'evt_error');
  const right =
    'execute on function app_private.receive_payment_event(text, text, text, jsonb, bytea)';
  await owner.query(`revoke ${right} from ombaro_api`);
  expect(await gateway.post(unknown, headers)).toEqual([500, 'OB099']);
  await owner.query(`grant ${right} to ombaro_api`);
  expect(await gateway.post(unknown, headers)).toEqual([200, 'unknown payment']);
  expect(gateway.api.log).toContainEqual(
    expect.objectContaining({
      msg: 'a webhook failed',
      err: expect.objectContaining({ code: '42501' }),
    }),
  );
});

it('a database that cannot be reached is reported to the gateway', async () => {
  const { name } = gateway.market.database;
  const headers = signed(unknown, 'evt_away');
  await withClient(testUrls().root, async (root) => {
    await root.query(`alter database ${name} allow_connections false`);
    await root.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = $1 and usename = 'ombaro_api'`,
      [name],
    );
    try {
      expect(await gateway.post(unknown, headers)).toEqual([500, 'OB099']);
    } finally {
      await root.query(`alter database ${name} allow_connections true`);
    }
  });
  expect(await gateway.post(unknown, headers)).toEqual([200, 'unknown payment']);
});

it('what takes too long is stopped, and leaves nothing behind', async () => {
  const { owner } = gateway.market;
  const own = await startApi(gateway.market.database, {
    payments: { razorpay: { webhookSecret } },
    limits: { statementTimeoutMs: 2_000 },
  });
  const { id, paise, payments } = await gateway.unpaid();
  const body = bodyOf('payment.captured', {
    payment: 'pay_slow',
    paise,
    transaction: payments[0]?.transaction_id,
  });
  const send = async () =>
    answerOf(
      await fetch(`${own.url}/webhooks/payments/razorpay`, {
        method: 'POST',
        headers: signed(body, 'evt_slow'),
        body,
      }),
    );
  const busy = await owner.connect();
  await busy.query('begin');
  await busy.query('select from bookings where id = $1 for update', [id]);
  expect(await send()).toEqual([500, 'OB099']);
  await busy.query('rollback');
  busy.release();
  expect(await noted('evt_slow')).toBe(0);
  expect(await send()).toEqual([200, 'received']);
  await own.close();
});

it('no secret, signature or personal data is logged, but that a webhook was refused is', async () => {
  const log = JSON.stringify(gateway.api.log);
  expect(log).toContain('/webhooks/payments/razorpay');
  expect(log).toContain('a webhook was refused');
  expect(log).not.toMatch(new RegExp(`${webhookSecret}|${sign(unknown)}|asha@upi`));
});
