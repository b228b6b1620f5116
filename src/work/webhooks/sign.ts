import { createHmac } from 'node:crypto';

export type Signed = {
  /** Of the message, the same however often it is sent. */
  readonly id: string;
  /** `whsec_` and a key in base64; each signs, so that a partner may know either. */
  readonly secrets: readonly string[];
  readonly body: string;
};

/**
 * The headers that make a message one of ours, by Standard Webhooks
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
 *
 * @param time in milliseconds since 1970; receivers refuse what is minutes old.
 */
export function signatureHeaders(
  { id, secrets, body }: Signed,
  time: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(time / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
