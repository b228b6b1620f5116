import type { CodeAddress } from '../lib/code-address.ts';
import { addressOf } from './addresses.ts';

export type CodeMessage = {
  readonly address: CodeAddress;
  readonly code: string;
  readonly validSeconds: number;
};

/** Gets a code to its address; throws when it could not be handed over. */
export type SendCode = (message: CodeMessage) => Promise<void>;

/** Shows codes on the console of the server in place of sending them: for development. */
export function makeShowCode(say: (line: string) => void): SendCode {
  return async ({ address, code, validSeconds }) => {
    const validMinutes = validSeconds / 60;
    say(
      `\n  >>>  Code ${code} for ${addressOf(address)}, valid for ${validMinutes} minutes  <<<\n`,
    );
  };
}

/** Where nothing sends codes: an error is better than a user who waits for a code. */
export const sendNoCode: SendCode = async () => {
  throw new Error('No channel is set up that sends codes.');
};

/** Hands a text to its provider at once; throws when it is not taken. */
export type SendText = (text: {
  /** A number in E.164, or an e-mail address. */
  readonly address: string;
  /** Empty for a text message. */
  readonly title: string;
  readonly body: string;
  /** Under which India's operators know the text; null where they do not. */
  readonly dltTemplateId: string | null;
}) => Promise<unknown>;

export type CodeChannels = {
  /** Null: no text message is sent. */
  sms: SendText | null;
  /** Under which India's operators know the text of codes; null where they need not. */
  dltTemplateId: string | null;
  /** Null: no e-mail is sent. */
  email: SendText | null;
  /** For addresses without a channel. */
  otherwise: SendCode;
};

/**
 * Sends codes by text message and e-mail: once, and straight away. Not through the queue, which would
 * have to keep them.
 */
export function makeSendCode({ sms, dltTemplateId, email, otherwise }: CodeChannels): SendCode {
  return async (message) => {
    const { address, code, validSeconds } = message;
    const send = address.mobile === null ? email : sms;
    if (send === null) {
      await otherwise(message);
      return;
    }
    await send({
      address: addressOf(address),
      title: address.mobile === null ? 'Your OMBARO code' : '',
      body: `${code} is your OMBARO code, valid for ${validSeconds / 60} minutes. Never tell it to anyone.`,
      dltTemplateId,
    });
  };
}
