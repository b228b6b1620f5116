import { type Channel, DeliveryError } from './channel.ts';
import { textOf } from './sms-text.ts';

/** Shows messages in place of sending them: for development. */
export function makeShown(kind: string, show: (text: string) => void): Channel {
  return {
    async send(message) {
      show(`Message       ${kind} to ${message.address}: ${textOf(message)}`);
      return { providerMessageId: null, hasReceipt: false };
    },
    close: () => undefined,
  };
}

/** Where nothing sends such messages: better a dead letter that says so than a silence. */
export function makeRefused(kind: string, remedy: string): Channel {
  return {
    async send() {
      throw new DeliveryError('dead', `No channel is set up for ${kind}: ${remedy}.`);
    },
    close: () => undefined,
  };
}
