import type { Config } from '../../config/config.ts';
import type { Channel } from './channel.ts';
import { makeEmail } from './email.ts';
import { type Expo, makeExpo } from './expo.ts';
import { makeMsg91 } from './msg91.ts';
import { makeTwilio } from './twilio.ts';
import { makeRefused, makeShown } from './unconfigured.ts';
import { makeWebPush } from './web-push.ts';

/** The channels of `enums.notification_channel` that leave the app. Push has a way for each kind of device. */
export const channelNames = ['push', 'sms', 'email'] as const;

export type ChannelName = (typeof channelNames)[number];

/** What messages leave by. */
export type Channels = {
  readonly email: Channel;
  readonly sms: Channel;
  readonly webPush: Channel;
  readonly expo: Channel & Partial<Pick<Expo, 'receipts'>>;
};

type Settings = Pick<Config, 'isProduction' | 'messages'>;

/**
 * The channels that the settings name. What another would send is given to `show` in development, and refused in
 * production.
 */
export function makeChannels(
  { isProduction, messages }: Settings,
  show: (text: string) => void,
): Channels {
  const without = (kind: string, remedy: string): Channel =>
    isProduction ? makeRefused(kind, remedy) : makeShown(kind, show);
  return {
    email: messages.email ? makeEmail(messages.email) : without('e-mail', 'set SMTP_URL'),
    sms: messages.sms ? makeSms(messages.sms) : without('text messages', 'set SMS_GATEWAY'),
    webPush: messages.webPush
      ? makeWebPush(messages.webPush)
      : without('push messages to browsers', 'set VAPID_PUBLIC_KEY'),
    expo: messages.expo
      ? makeExpo(messages.expo)
      : without('push messages to the app', 'set EXPO_PUSH=true'),
  };
}

export function makeSms(config: NonNullable<Config['messages']['sms']>): Channel {
  return config.gateway === 'twilio' ? makeTwilio(config) : makeMsg91(config);
}

export function closeChannels(channels: Channels): void {
  for (const channel of Object.values(channels)) {
    channel.close();
  }
}
