import type { Message } from './channel.ts';

/** A text message has no headline of its own. */
export function textOf({ title, body }: Pick<Message, 'title' | 'body'>): string {
  return title === '' ? body : `${title}. ${body}`;
}
