import { jest } from '@jest/globals';
import type { Channel } from '../../src/work/channels/channel.ts';
import { countSent } from '../../src/work/channels/counted.ts';

const taken: Channel = {
  send: async () => ({ providerMessageId: null, hasReceipt: false }),
  close: () => undefined,
};
const refused: Channel = {
  send: async () => {
    throw new Error('refused');
  },
  close: () => undefined,
};
const message = {
  deliveryId: '00000000-0000-4000-8000-000000000001',
  address: 'asha@example.com',
  title: 'Hello',
  body: 'Hello',
  actionUrl: null,
  data: {},
  priority: 'normal',
  dltTemplateId: null,
  p256dh: null,
  auth: null,
} as const;

afterEach(() => {
  jest.useRealTimers();
});

test('messages that are sent within a second are counted in one line', async () => {
  jest.useFakeTimers();
  const said: string[] = [];
  const { email, sms, webPush, expo } = countSent(
    { email: taken, sms: refused, webPush: taken, expo: taken },
    (line) => void said.push(line),
  );
  await Promise.all([email.send(message), email.send(message), webPush.send(message)]);
  await expo.send(message);
  await expect(sms.send(message)).rejects.toThrow('refused');
  expect(said).toEqual([]);
  jest.advanceTimersByTime(1_000);
  expect(said).toEqual(['4 messages sent: 2 e-mails, 2 push messages.']);
  await email.send(message);
  jest.advanceTimersByTime(1_000);
  expect(said.slice(1)).toEqual(['1 message sent: 1 e-mail.']);
});
