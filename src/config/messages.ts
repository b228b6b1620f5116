import type { Config } from './config.ts';
import type { Environment } from './environment.ts';
import { findMissingOf, type Names } from './together.ts';

type Messages = Config['messages'];

const gatewayUrls = { twilio: 'https://api.twilio.com', msg91: 'https://api.msg91.com' } as const;
const expoUrl = 'https://exp.host';

/** What each gateway needs. */
const gatewaySettings: Readonly<Record<string, readonly string[]>> = {
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'SMS_SENDER'],
  msg91: ['MSG91_AUTH_KEY', 'MSG91_CODE_TEMPLATE_ID', 'SMS_SENDER'],
};

/** Channels that are half set up, each with its remedy. */
export function findIncompleteChannels(set: Names): string[] {
  const gateway = set.get('SMS_GATEWAY');
  const mistakes = [
    ...findMissingOf(set, ['SMTP_URL', 'MAIL_FROM']),
    ...findMissingOf(set, ['VAPID_PUBLIC_KEY', 'VAPID_PRIVATE_KEY', 'VAPID_SUBJECT']),
  ];
  if (gateway === undefined) {
    const strays = new Set(['SMS_GATEWAY_URL', ...Object.values(gatewaySettings).flat()]);
    for (const name of strays) {
      if (set.has(name)) {
        mistakes.push(`SMS_GATEWAY is not set, but ${name} is: set it to twilio or msg91.`);
      }
    }
    return mistakes;
  }
  for (const name of gatewaySettings[gateway] ?? []) {
    if (!set.has(name)) {
      mistakes.push(`${name} is not set: SMS_GATEWAY=${gateway} needs it.`);
    }
  }
  const getsDemo = set.has('DEMO') ? set.get('DEMO') === 'true' : !set.has('DATABASE_URL');
  if (getsDemo) {
    mistakes.push(
      'SMS_GATEWAY would send text messages to the invented numbers of the demo data, which may belong to real people: set DEMO=false, and use a database without demo data.',
    );
  }
  return mistakes;
}

export function assembleMessages(environment: Environment): Messages {
  const { SMTP_URL, MAIL_FROM, VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY, VAPID_SUBJECT } = environment;
  const { EXPO_PUSH, EXPO_ACCESS_TOKEN, NODE_ENV } = environment;
  // It needs no account, so in production it is there unless it is switched off.
  const hasExpo = EXPO_PUSH ?? (NODE_ENV === 'production' || EXPO_ACCESS_TOKEN !== undefined);
  return {
    email: SMTP_URL && MAIL_FROM ? { smtpUrl: SMTP_URL, from: MAIL_FROM } : null,
    sms: assembleSms(environment),
    webPush:
      VAPID_PUBLIC_KEY && VAPID_PRIVATE_KEY && VAPID_SUBJECT
        ? { publicKey: VAPID_PUBLIC_KEY, privateKey: VAPID_PRIVATE_KEY, subject: VAPID_SUBJECT }
        : null,
    expo: hasExpo ? { url: expoUrl, accessToken: EXPO_ACCESS_TOKEN ?? null } : null,
  };
}

function assembleSms(environment: Environment): Messages['sms'] {
  const { SMS_GATEWAY: gateway, SMS_SENDER: sender = '' } = environment;
  if (gateway === undefined) {
    return null;
  }
  const url = (environment.SMS_GATEWAY_URL ?? gatewayUrls[gateway]).replace(/\/+$/, '');
  const { TWILIO_ACCOUNT_SID = '', TWILIO_AUTH_TOKEN = '' } = environment;
  const { MSG91_AUTH_KEY = '', MSG91_CODE_TEMPLATE_ID = '' } = environment;
  return gateway === 'twilio'
    ? { gateway, url, accountSid: TWILIO_ACCOUNT_SID, authToken: TWILIO_AUTH_TOKEN, sender }
    : { gateway, url, authKey: MSG91_AUTH_KEY, codeTemplateId: MSG91_CODE_TEMPLATE_ID, sender };
}
