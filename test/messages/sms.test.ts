import type pg from 'pg';
import type { Channel } from '../../src/work/channels/channel.ts';
import { makeMsg91 } from '../../src/work/channels/msg91.ts';
import { makeTwilio } from '../../src/work/channels/twilio.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { type Behaviour, type Provider, startProvider } from './providers.ts';
import {
  aWhile,
  deliveryWhen,
  notify,
  openMessages,
  setWaits,
  startWorker,
  until,
  type Worker,
} from './support.ts';

let database: TestDatabase;
let owner: pg.Pool;
let provider: Provider;
let worker: Worker;
let sms: Channel;

const timeoutMs = 300;
const taken: Behaviour = { status: 201, body: { sid: 'SM1' } };

beforeAll(async () => {
  database = await openMessages();
  owner = database.owner;
});

afterAll(async () => {
  await database?.drop();
});

beforeEach(async () => {
  provider = await startProvider();
});

afterEach(async () => {
  await worker?.close();
  sms?.close();
  await provider.close();
  await setWaits(owner, { first: 0.1, longest: 0.4 });
});

function startTwilio(): void {
  sms = makeTwilio(
    {
      gateway: 'twilio',
      url: provider.url,
      accountSid: 'AC1',
      authToken: 'secret',
      sender: '+15005550006',
    },
    timeoutMs,
  );
  worker = startWorker(database, { sms });
}

function startMsg91(): void {
  const config = { authKey: 'key', sender: 'OMBARO', codeTemplateId: '1'.repeat(19) };
  sms = makeMsg91({ gateway: 'msg91', url: provider.url, ...config }, timeoutMs);
  worker = startWorker(database, { sms });
}

const bodies = () => provider.received.map(({ body }) => body.toString());

describe('a gateway of Twilio’s shape', () => {
  it('gets a message once, with sender, recipient and a key', async () => {
    provider.behave(taken);
    startTwilio();
    const id = await notify(owner, {
      channels: ['in_app', 'sms'],
      title: 'Hi',
      message: '₹5 & more',
    });
    const delivery = await deliveryWhen(owner, id, 'sent');
    expect(delivery).toMatchObject({ attempts: 1, outcomes: ['sent'], providerMessageId: 'SM1' });
    await aWhile();
    expect(provider.received).toHaveLength(1);
    const [request] = provider.received;
    expect(request?.path).toBe('/2010-04-01/Accounts/AC1/Messages.json');
    expect(request?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('AC1:secret').toString('base64')}`,
      'idempotency-key': delivery.id,
    });
    expect(Object.fromEntries(new URLSearchParams(bodies()[0]))).toEqual({
      To: expect.stringMatching(/^\+91\d{10}$/),
      From: '+15005550006',
      Body: 'Hi. ₹5 & more',
    });
  });

  it.each<[string, Behaviour]>([
    ['answers 500', { status: 500 }],
    ['answers what is no JSON of its shape', { status: 503, body: 'no' }],
    ['answers 429', { status: 429, headers: { 'retry-after': '0' } }],
    ['does not know us for now', { status: 401, body: { code: 20003, message: 'Authenticate' } }],
    ['hangs', 'hang'],
    ['cuts the line', 'cut'],
  ])('that %s for a while gets it after that, under the same key', async (_name, behaviour) => {
    provider.behave(behaviour, behaviour, taken);
    startTwilio();
    const id = await notify(owner, { channels: ['sms'] });
    const delivery = await deliveryWhen(owner, id, 'sent');
    expect(delivery.outcomes).toEqual(['failed', 'failed', 'sent']);
    const keys = provider.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([delivery.id, delivery.id, delivery.id]);
  });

  it('that is down gets it when it is back', async () => {
    await provider.close();
    startTwilio();
    const id = await notify(owner, { channels: ['sms'] });
    await deliveryWhen(owner, id, 'failed');
    const port = Number(new URL(provider.url).port);
    const { createServer } = await import('node:http');
    const later = createServer((_request, response) =>
      response.writeHead(201).end('{"sid":"SM2"}'),
    );
    await new Promise<void>((resolve) => later.listen(port, '127.0.0.1', resolve));
    const delivery = await deliveryWhen(owner, id, 'sent');
    expect(delivery.outcomes.length).toBeGreaterThan(1);
    later.closeAllConnections();
    later.close();
  });

  it('is not asked again before its Retry-After', async () => {
    await setWaits(owner, { first: 0.1, longest: 60 });
    provider.behave({ status: 429, headers: { 'retry-after': '2' } }, taken);
    startTwilio();
    const id = await notify(owner, { channels: ['sms'] });
    await deliveryWhen(owner, id, 'failed');
    const { rows } = await owner.query<{ wait: number }>(
      `select extract(epoch from next_attempt_at - now())::float8 as wait
      from notification_deliveries where notification_id = $1`,
      [id],
    );
    expect(rows[0]?.wait).toBeGreaterThan(1);
    await aWhile();
    expect(provider.received).toHaveLength(1);
    await deliveryWhen(owner, id, 'sent');
  });

  it.each([21211, 21610, 21614])('that answers %i is not asked again', async (code) => {
    provider.behave({ status: 400, body: { code, message: 'No such number' } });
    startTwilio();
    const id = await notify(owner, { channels: ['sms'] });
    const delivery = await deliveryWhen(owner, id, 'dead');
    expect(delivery).toMatchObject({ attempts: 1, outcomes: ['dead'] });
    expect(delivery.error).toContain(String(code));
    await aWhile();
    expect(provider.received).toHaveLength(1);
    // Positive control: with an answer that says nothing final it would be.
    provider.behave({ status: 400, body: { code: 21606, message: 'Wrong sender' } }, taken);
    const other = await notify(owner, { channels: ['sms'] });
    expect((await deliveryWhen(owner, other, 'sent')).outcomes).toEqual(['failed', 'sent']);
  });

  it('is asked as often as the settings say, with growing delays, and then no more', async () => {
    await setWaits(owner, { first: 0.05, longest: 0.2, attempts: 4 });
    provider.behave({ status: 500 });
    startTwilio();
    const id = await notify(owner, { channels: ['sms'] });
    const delivery = await deliveryWhen(owner, id, 'dead');
    expect(delivery).toMatchObject({
      attempts: 4,
      outcomes: ['failed', 'failed', 'failed', 'failed'],
    });
    expect(delivery.error).toContain('500');
    await aWhile();
    expect(provider.received).toHaveLength(4);
    const lines = worker.log.filter(({ msg }) => msg === 'a message was not taken');
    expect(lines).toHaveLength(4);
    expect(JSON.stringify(worker.log)).not.toContain('+91');
  });
});

describe('MSG91', () => {
  const template = async (dlt: string | null) => {
    const { rows } = await owner.query<{ id: string }>(
      `update notification_templates set dlt_template_id = $1
      where type = 'booking_confirmed' and audience = 'customer' and language = 'en' returning id`,
      [dlt],
    );
    return rows[0]?.id as string;
  };

  it('gets the text, its DLT number, and whether it needs Unicode', async () => {
    provider.behave({ status: 200, body: { type: 'success', message: '3763646c3058' } });
    startMsg91();
    const known = await template('1107160000000012345');
    const id = await notify(owner, { channels: ['sms'], title: 'नमस्ते', template: known });
    const delivery = await deliveryWhen(owner, id, 'sent');
    expect(delivery.providerMessageId).toBe('3763646c3058');
    expect(provider.received[0]).toMatchObject({
      path: '/api/v2/sendsms',
      headers: { authkey: 'key', 'idempotency-key': delivery.id },
    });
    expect(JSON.parse(bodies()[0] ?? '')).toEqual({
      sender: 'OMBARO',
      route: '4',
      country: '91',
      DLT_TE_ID: '1107160000000012345',
      unicode: '1',
      sms: [{ message: 'नमस्ते. All is well.', to: [expect.stringMatching(/^91\d{10}$/)] }],
    });
  });

  it('is not asked without a DLT number, and gets it when there is one and an operator says so', async () => {
    provider.behave({ status: 200, body: { type: 'success', message: 'x' } });
    startMsg91();
    const unknown = await template(null);
    const id = await notify(owner, { channels: ['sms'], template: unknown });
    const dead = await deliveryWhen(owner, id, 'dead');
    expect(dead.error).toContain('dlt_template_id');
    expect(provider.received).toHaveLength(0);
    await template('1107160000000012345');
    await owner.query(
      `update notification_deliveries
      set status = 'waiting', attempts = 0, next_attempt_at = now(), finished_at = null where id = $1`,
      [dead.id],
    );
    await deliveryWhen(owner, id, 'sent');
  });

  it('an answer of 200 that reports a failure is a failure', async () => {
    startMsg91();
    const known = await template('1107160000000012345');
    const refusing = (code: string): Behaviour => ({
      status: 200,
      body: { type: 'error', message: 'No', code },
    });
    provider.behave(refusing('202'));
    const bad = await notify(owner, { channels: ['sms'], template: known });
    expect((await deliveryWhen(owner, bad, 'dead')).attempts).toBe(1);
    provider.behave(refusing('301'), { status: 200, body: { type: 'success', message: 'x' } });
    const poor = await notify(owner, { channels: ['sms'], template: known });
    expect((await deliveryWhen(owner, poor, 'sent')).outcomes).toEqual(['failed', 'sent']);
    // Taken a moment ago.
    provider.behave(refusing('311'));
    const again = await notify(owner, { channels: ['sms'], template: known });
    expect((await deliveryWhen(owner, again, 'sent')).attempts).toBe(1);
    await until(() => provider.received.length === 4);
  });
});
