/** What `app_private.receive_payment_event` knows to act on. */
export type PaymentEventKind =
  | 'payment.authorized'
  | 'payment.captured'
  | 'payment.failed'
  | 'refund.processed'
  | 'refund.failed';

/** What happened, in the words of `app_private.receive_payment_event`. Amounts are rupees such as `1050.00`. */
export type PaymentEventDetails = {
  /** Ours, as far as the gateway was told. */
  readonly transactionId?: string | undefined;
  /** The gateway's name of the payment. */
  readonly paymentReference: string;
  readonly amount: string;
  /** The gateway's name of the refund. */
  readonly refundReference?: string;
  /** Ours, as far as the gateway was told. */
  readonly refundId?: string | undefined;
  readonly refundAmount?: string;
};

export type PaymentEvent = {
  /** The gateway's name of the event: the same whenever it tells it. */
  readonly id: string;
  readonly kind: PaymentEventKind;
  readonly details: PaymentEventDetails;
};

/** A request of a gateway, as it came over the wire: the signature is of these very bytes. */
export type WebhookMessage = {
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
};

export type PaymentGateway = {
  /** As in its webhook's address, and in `payments.payment_gateway`. */
  readonly name: string;
  /** Whether the message is signed with the secret that we share. */
  readonly isGenuine: (message: WebhookMessage) => boolean;
  /**
   * What a genuine message tells; `null` when it is of no interest to us.
   *
   * @throws Refusal OB010 when it lacks what its kind needs.
   */
  readonly read: (message: WebhookMessage) => PaymentEvent | null;
};
