import { randomUUID } from 'node:crypto';

/** What is to be sent, as `app_private.lease_deliveries` gives it. */
export type Message = {
  /** The same at every attempt: providers that take such a key send once. */
  readonly deliveryId: string;
  /** An E.164 number, an e-mail address, the address of a browser's subscription, or Expo's token. */
  readonly address: string;
  readonly title: string;
  readonly body: string;
  readonly actionUrl: string | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly priority: 'low' | 'normal' | 'high' | 'urgent';
  /** Under which India's operators know the text; null where they do not. */
  readonly dltTemplateId: string | null;
  /** Of a browser's subscription, base64url. */
  readonly p256dh: string | null;
  readonly auth: string | null;
};

export type Sent = {
  readonly providerMessageId: string | null;
  /** Whether the provider can be asked later what became of it. */
  readonly hasReceipt: boolean;
};

/**
 * Hands one message to its provider.
 *
 * @throws DeliveryError; any other error means that it may go better another time.
 */
export type Send = (message: Message) => Promise<Sent>;

export type Channel = {
  readonly send: Send;
  /** Releases connections. */
  close(): void;
};

/** `failed`: may go better another time; `dead`: will not; `gone`: the device is not known any more. */
export type Failure = 'failed' | 'dead' | 'gone';

/** A message was not taken. */
export class DeliveryError extends Error {
  readonly failure: Failure;
  /** When the provider wants to be asked again, in seconds; null when it does not say. */
  readonly retrySeconds: number | null;

  constructor(
    failure: Failure,
    message: string,
    { retrySeconds = null, cause }: { retrySeconds?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.name = 'DeliveryError';
    this.failure = failure;
    this.retrySeconds = retrySeconds;
  }
}

/** Hands over what waits in no queue, which would have to keep it, such as a code; throws when it is not taken. */
export function sendAtOnce({
  send,
}: Channel): (
  message: Pick<Message, 'address' | 'title' | 'body' | 'dltTemplateId'>,
) => Promise<Sent> {
  return (message) =>
    send({
      ...message,
      deliveryId: randomUUID(),
      actionUrl: null,
      data: {},
      priority: 'urgent',
      p256dh: null,
      auth: null,
    });
}
