import { ConfigError, makeConfig } from '../../src/config/load.ts';

const external = {
  DATABASE_URL: 'postgres://ombaro_owner:a@db.example.com/ombaro',
  API_DATABASE_URL: 'postgres://ombaro_api:b@db.example.com/ombaro',
  WORKER_DATABASE_URL: 'postgres://ombaro_worker:c@db.example.com/ombaro',
  JWT_SECRET: 'x'.repeat(32),
};
const twilio = {
  SMS_GATEWAY: 'twilio',
  TWILIO_ACCOUNT_SID: 'AC1',
  TWILIO_AUTH_TOKEN: 't',
  SMS_SENDER: '+1',
};
const msg91 = {
  SMS_GATEWAY: 'msg91',
  MSG91_AUTH_KEY: 'k',
  MSG91_CODE_TEMPLATE_ID: '1107160000000012345',
  SMS_SENDER: 'OMBARO',
};
const email = {
  SMTP_URL: 'smtps://u:p@mail.example.com',
  MAIL_FROM: 'OMBARO <no-reply@example.com>',
};
const push = {
  VAPID_PUBLIC_KEY: 'B'.repeat(87),
  VAPID_PRIVATE_KEY: 'a'.repeat(43),
  VAPID_SUBJECT: 'mailto:ops@example.com',
};

type Variables = Record<string, string>;

const messagesOf = (variables: Variables) => makeConfig({ ...external, ...variables }).messages;

function mistakesOf(variables: Variables): readonly string[] {
  try {
    makeConfig({ ...external, ...variables });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message.split('\n').slice(1);
  }
  return [];
}

it('a channel without settings sends nothing', () => {
  const none = { email: null, sms: null, webPush: null, expo: null };
  expect(messagesOf({})).toEqual(none);
  expect(messagesOf({ NODE_ENV: 'production' })).toEqual({
    ...none,
    expo: { url: 'https://exp.host', accessToken: null },
  });
  expect(messagesOf({ NODE_ENV: 'production', EXPO_PUSH: 'false' })).toEqual(none);
});

it('each channel has the settings that were given', () => {
  expect(messagesOf({ ...twilio, ...email, ...push, EXPO_ACCESS_TOKEN: 'e' })).toEqual({
    email: { smtpUrl: email.SMTP_URL, from: email.MAIL_FROM },
    sms: {
      gateway: 'twilio',
      url: 'https://api.twilio.com',
      accountSid: 'AC1',
      authToken: 't',
      sender: '+1',
    },
    webPush: {
      publicKey: push.VAPID_PUBLIC_KEY,
      privateKey: push.VAPID_PRIVATE_KEY,
      subject: push.VAPID_SUBJECT,
    },
    expo: { url: 'https://exp.host', accessToken: 'e' },
  });
  expect(messagesOf({ ...msg91, SMS_GATEWAY_URL: 'https://sms.example.com/' }).sms).toEqual({
    gateway: 'msg91',
    url: 'https://sms.example.com',
    authKey: 'k',
    codeTemplateId: '1107160000000012345',
    sender: 'OMBARO',
  });
});

it.each([
  ['twilio', twilio],
  ['msg91', msg91],
  ['e-mail', email],
  ['push', push],
] as const)('%s needs all its settings: missing ones are named', (_name, settings) => {
  for (const name of Object.keys(settings)) {
    const { [name as keyof typeof settings]: _, ...rest } = settings as Variables;
    expect(mistakesOf(rest).join('\n')).toContain(name);
  }
  expect(mistakesOf(settings)).toEqual([]);
});

it.each([
  ['SMTP_URL', 'http://mail.example.com', email],
  ['MAIL_FROM', 'nobody', email],
  ['MAIL_FROM', 'A <a@example.com>\nBcc: b@example.com', email],
  ['SMS_GATEWAY', 'pigeon', twilio],
  ['SMS_GATEWAY_URL', 'ftp://x', twilio],
  ['MSG91_CODE_TEMPLATE_ID', '12', msg91],
  ['VAPID_PUBLIC_KEY', 'short', push],
  ['VAPID_SUBJECT', 'ops@example.com', push],
  ['EXPO_PUSH', 'yes', {}],
])('%s may not be %j', (name, value, settings) => {
  const mistakes = mistakesOf({ ...settings, [name]: value });
  expect(mistakes.some((mistake) => mistake.includes(name))).toBe(true);
});

it('all mistakes are reported at once', () => {
  const mistakes = mistakesOf({ SMTP_URL: 'x', SMS_GATEWAY: 'twilio', VAPID_SUBJECT: 'x' });
  for (const name of [
    'SMTP_URL',
    'MAIL_FROM',
    'TWILIO_AUTH_TOKEN',
    'SMS_SENDER',
    'VAPID_PUBLIC_KEY',
  ]) {
    expect(mistakes.join('\n')).toContain(name);
  }
});

it('no text message goes to the made-up numbers of the demo data', () => {
  expect(mistakesOf({ ...twilio, DEMO: 'true' }).join()).toContain('DEMO=false');
  expect(mistakesOf({ ...twilio, DEMO: 'false' })).toEqual([]);
  // E-mail may: example.com has no mailboxes.
  expect(mistakesOf({ ...email, DEMO: 'true' })).toEqual([]);
});
