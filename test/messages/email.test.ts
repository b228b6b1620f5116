import type pg from 'pg';
import type { Channel } from '../../src/work/channels/channel.ts';
import { makeEmail } from '../../src/work/channels/email.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { type MailServer, startMailServer } from './providers.ts';
import {
  aWhile,
  deliveryWhen,
  notify,
  openMessages,
  startWorker,
  until,
  type Worker,
} from './support.ts';

let database: TestDatabase;
let owner: pg.Pool;
let server: MailServer;
let email: Channel;
let worker: Worker;

beforeAll(async () => {
  database = await openMessages();
  owner = database.owner;
});

afterAll(async () => {
  await database?.drop();
});

beforeEach(async () => {
  server = await startMailServer();
  email = makeEmail({ smtpUrl: server.url, from: 'OMBARO <no-reply@ombaro.example>' }, 500);
  worker = startWorker(database, { email });
});

afterEach(async () => {
  await worker.close();
  email.close();
  await server.close();
});

it('an e-mail arrives once, with the delivery’s id as its own', async () => {
  const id = await notify(owner, {
    channels: ['in_app', 'email'],
    title: 'Paid ₹1,234',
    message: 'नमस्ते, all is well.',
  });
  const delivery = await deliveryWhen(owner, id, 'sent');
  expect(delivery).toMatchObject({ attempts: 1, outcomes: ['sent'] });
  await aWhile();
  expect(server.mails).toHaveLength(1);
  const [mail] = server.mails;
  expect(mail?.to).toBe('customer@example.com');
  expect(mail?.text).toContain(`Message-ID: <${delivery.id}@ombaro.example>`);
  expect(mail?.text).toMatch(/^From: OMBARO <no-reply@ombaro\.example>/m);
  expect(mail?.text).toMatch(/^Auto-Submitted: auto-generated/m);
});

it('line breaks in a title add no header', async () => {
  const id = await notify(owner, { channels: ['email'], title: 'Hi\r\nBcc: other@example.com' });
  await deliveryWhen(owner, id, 'sent');
  expect(server.mails).toHaveLength(1);
  expect(server.mails[0]?.text).not.toMatch(/^Bcc:/m);
});

it.each([
  ['is busy (450)', 450],
  ['hangs', 'hang'],
] as const)('a server that %s for a while gets it after that', async (_name, answer) => {
  let asked = 0;
  server.answer = () => {
    asked += 1;
    return asked > 2 ? null : answer;
  };
  const id = await notify(owner, { channels: ['email'] });
  const delivery = await deliveryWhen(owner, id, 'sent');
  expect(delivery.outcomes).toEqual(['failed', 'failed', 'sent']);
  expect(server.mails).toHaveLength(1);
});

it('a server that is down gets it when it is back', async () => {
  const port = Number(new URL(server.url).port);
  await server.close();
  const id = await notify(owner, { channels: ['email'] });
  await deliveryWhen(owner, id, 'failed');
  server = await startMailServer(port);
  await deliveryWhen(owner, id, 'sent');
  expect(server.mails).toHaveLength(1);
});

it('a mailbox that does not exist is not tried again, one that is full is', async () => {
  let asked = 0;
  server.answer = () => {
    asked += 1;
    return 550;
  };
  const dead = await notify(owner, { channels: ['email'] });
  const delivery = await deliveryWhen(owner, dead, 'dead');
  expect(delivery).toMatchObject({ attempts: 1, outcomes: ['dead'] });
  expect(delivery.error).toContain('550');
  await aWhile();
  expect(asked).toBe(1);
  server.answer = () => {
    asked += 1;
    return asked > 2 ? null : 452;
  };
  const full = await notify(owner, { channels: ['email'] });
  expect((await deliveryWhen(owner, full, 'sent')).outcomes).toEqual(['failed', 'sent']);
});

it('a user whose address is gone is told nothing, and the row says why', async () => {
  await worker.close();
  const id = await notify(owner, { person: 'customer2', channels: ['email'] });
  await owner.query(
    `update user_profiles set email = null
    where id = (select user_id from notifications where id = $1)`,
    [id],
  );
  worker = startWorker(database, { email });
  const delivery = await deliveryWhen(owner, id, 'dropped');
  expect(delivery).toMatchObject({ attempts: 0, outcomes: [] });
  expect(delivery.error).toContain('no longer has an e-mail address');
  await until(() => server.mails.length === 0);
});
