import type { Channel } from '../../src/work/channels/channel.ts';
import type { Channels } from '../../src/work/channels/channels.ts';

/** Everything leaves by this channel. A new channel is named here, and in no test that is not about it. */
export function allBy(channel: Channel): Channels {
  return { email: channel, sms: channel, webPush: channel, expo: channel };
}
