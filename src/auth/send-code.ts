import { randomUUID } from 'node:crypto';
import type { Channel } from '../jobs/channels/channel.ts';
import { addressOf, type CodeAddress } from './addresses.ts';

export interface CodeMessage {
  readonly address: CodeAddress;
  readonly code: string;
  readonly validSeconds: number;
}

/** Gets a code to its address; throws when it could not be handed over. */
export type SendCode = (message: CodeMessage) => Promise<void>;

/** Shows codes to whoever runs the server, in place of sending them: for development. */
export function makeShowCode(say: (line: string) => void): SendCode {
  return async ({ address, code, validSeconds }) => {
    say(`Code          ${code} for ${addressOf(address)}, valid ${validSeconds / 60} minutes`);
  };
}

/** Where nothing sends codes: better to say so than to let somebody wait for one. */
export const sendNoCode: SendCode = async () => {
  throw new Error('No channel is set up that sends codes.');
};

export interface CodeChannels {
  /** Null: no text message is sent. */
  sms: Channel | null;
  /** Under which India's operators know the text of codes; null where they need not. */
  dltTemplateId: string | null;
  /** Null: no e-mail is sent. */
  email: Channel | null;
  /** For addresses without a channel. */
  otherwise: SendCode;
}

/**
 * Sends codes by text message and e-mail: once, and straight away. Not through the queue, which would
 * have to keep them.
 */
export function makeSendCode({ sms, dltTemplateId, email, otherwise }: CodeChannels): SendCode {
  return async (message) => {
    const { address, code, validSeconds } = message;
    const channel = address.mobile === null ? email : sms;
    if (channel === null) {
      await otherwise(message);
      return;
    }
    await channel.send({
      deliveryId: randomUUID(),
      address: addressOf(address),
      title: address.mobile === null ? 'Your OMBARO code' : '',
      body: `${code} is your OMBARO code, valid for ${validSeconds / 60} minutes. Never tell it to anybody.`,
      actionUrl: null,
      data: {},
      priority: 'urgent',
      dltTemplateId,
      p256dh: null,
      auth: null,
    });
  };
}
