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
