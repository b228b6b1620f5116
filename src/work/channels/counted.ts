import type { Channel } from './channel.ts';
import type { Channels } from './channels.ts';

/** Messages within so many milliseconds of the first are told of together. */
const windowMs = 1_000;

const names = { email: 'e-mail', sms: 'text message', push: 'push message' } as const;
type Kind = keyof typeof names;

/**
 * Counts what the channels send, and tells of it in one line: `5 messages sent: 2 e-mails, 3 push messages.` For
 * development.
 */
export function countSent(channels: Channels, say: (line: string) => void): Channels {
  const counts = new Map<Kind, number>();
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    say(describe(counts));
    counts.clear();
  };
  const counted = <Inner extends Channel>(kind: Kind, channel: Inner): Inner => ({
    ...channel,
    async send(message) {
      const sent = await channel.send(message);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      timer ??= setTimeout(tell, windowMs);
      return sent;
    },
    close() {
      clearTimeout(timer);
      channel.close();
    },
  });
  return {
    email: counted('email', channels.email),
    sms: counted('sms', channels.sms),
    webPush: counted('push', channels.webPush),
    expo: counted('push', channels.expo),
  };
}

function describe(counts: ReadonlyMap<Kind, number>): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...counts].map(([kind, count]) => plural(count, names[kind]));
  return `${plural(total, 'message')} sent: ${parts.join(', ')}.`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
