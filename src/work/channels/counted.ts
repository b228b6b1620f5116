import type { Channel } from './channel.ts';
import type { Channels } from './channels.ts';

/** Messages within so many milliseconds of the first are told of together. */
const windowMs = 1_000;

/** What a message of each channel is called; of any other channel, a message. */
const nouns: Readonly<Record<string, string>> = {
  email: 'e-mail',
  sms: 'text message',
  webPush: 'push message',
  expo: 'push message',
};

/**
 * Counts what the channels send, and tells of it in one line: `5 messages sent: 2 e-mails, 3 push messages.` For
 * development.
 */
export function countSent(channels: Channels, say: (line: string) => void): Channels {
  const counts = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    say(describe(counts));
    counts.clear();
  };
  const counted = (name: string, channel: Channel): Channel => ({
    ...channel,
    async send(message) {
      const sent = await channel.send(message);
      const noun = nouns[name] ?? 'message';
      counts.set(noun, (counts.get(noun) ?? 0) + 1);
      timer ??= setTimeout(tell, windowMs);
      return sent;
    },
    close() {
      clearTimeout(timer);
      channel.close();
    },
  });
  const all = Object.entries(channels).map(([name, channel]) => [name, counted(name, channel)]);
  return Object.fromEntries(all) as Channels;
}

function describe(counts: ReadonlyMap<string, number>): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...counts].map(([noun, count]) => plural(count, noun));
  return `${plural(total, 'message')} sent: ${parts.join(', ')}.`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
