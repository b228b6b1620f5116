import { makeSendCode, makeShowCode, sendNoCode } from '../../src/auth/send-code.ts';
import { type Channel, sendAtOnce } from '../../src/work/channels/channel.ts';
import { makeEmail } from '../../src/work/channels/email.ts';
import { makeMsg91 } from '../../src/work/channels/msg91.ts';
import {
  type MailServer,
  type Provider,
  startMailServer,
  startProvider,
} from '../messages/providers.ts';

const dltTemplateId = '1107160000000012345';
const toMobile = { mobile: '+919876543210', email: null };
const toEmail = { mobile: null, email: 'asha@example.com' };
const code = { code: '123456', validSeconds: 300 };

let gateway: Provider;
let mailServer: MailServer;
let sms: Channel;
let email: Channel;

beforeEach(async () => {
  gateway = await startProvider();
  mailServer = await startMailServer();
  sms = makeMsg91(
    {
      gateway: 'msg91',
      url: gateway.url,
      authKey: 'k',
      codeTemplateId: dltTemplateId,
      sender: 'O',
    },
    300,
  );
  email = makeEmail({ smtpUrl: mailServer.url, from: 'no-reply@ombaro.example' }, 300);
});

afterEach(async () => {
  sms.close();
  email.close();
  await Promise.all([gateway.close(), mailServer.close()]);
});

it('a code leaves by text message or e-mail, once', async () => {
  gateway.behave({ status: 200, body: { type: 'success', message: 'x' } });
  const send = makeSendCode({
    sms: sendAtOnce(sms),
    dltTemplateId,
    email: sendAtOnce(email),
    otherwise: sendNoCode,
  });
  await send({ address: toMobile, ...code });
  expect(gateway.received).toHaveLength(1);
  const body = JSON.parse(gateway.received[0]?.body.toString() ?? '');
  expect(body).toMatchObject({ DLT_TE_ID: dltTemplateId, sms: [{ to: ['919876543210'] }] });
  expect(body.sms[0].message).toMatch(/^123456 is your OMBARO code, valid for 5 minutes\./);
  await send({ address: toEmail, ...code });
  expect(mailServer.mails).toHaveLength(1);
  expect(mailServer.mails[0]?.to).toBe('asha@example.com');
  expect(mailServer.mails[0]?.text).toContain('123456');
  // Not where a lock screen shows it.
  expect(mailServer.mails[0]?.text).toMatch(/^Subject: Your OMBARO code\r?$/m);
});

it.each([
  ['answers 500', { status: 500 }],
  ['hangs', 'hang'],
  ['cuts the line', 'cut'],
] as const)('the user is told when the gateway %s, and nothing is tried again', async (_name, how) => {
  gateway.behave(how);
  const send = makeSendCode({
    sms: sendAtOnce(sms),
    dltTemplateId,
    email: null,
    otherwise: sendNoCode,
  });
  await expect(send({ address: toMobile, ...code })).rejects.toThrow();
  expect(gateway.received).toHaveLength(1);
});

it('without a channel a code is shown, or refused; with one it is not shown', async () => {
  const said: string[] = [];
  const show = makeShowCode((line) => void said.push(line));
  const shown = makeSendCode({
    sms: null,
    dltTemplateId: null,
    email: sendAtOnce(email),
    otherwise: show,
  });
  await shown({ address: toMobile, ...code });
  expect(said).toEqual(['\n  >>>  Code 123456 for +919876543210, valid for 5 minutes  <<<\n']);
  await shown({ address: toEmail, ...code });
  expect(said).toHaveLength(1);
  const refused = makeSendCode({
    sms: null,
    dltTemplateId: null,
    email: sendAtOnce(email),
    otherwise: sendNoCode,
  });
  await expect(refused({ address: toMobile, ...code })).rejects.toThrow(/No channel/);
});
