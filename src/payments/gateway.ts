/** What `app_private.receive_payment_event` knows to act on. */
export type PaymentEventKind =
  | 'payment.authorized'
  | 'payment.captured'
  | 'payment.failed'
  | 'refund.processed'
  | 'refund.failed'
  | 'chargeback.open'
  | 'chargeback.won'
  | 'chargeback.lost';

/** What happened, in the words of `app_private.receive_payment_event`. Amounts are such as `1050.00`, in the currency. */
export type PaymentEventDetails = {
  /** Ours, as far as the gateway was told. */
  readonly transactionId?: string | undefined;
  /** The gateway's name of the payment. */
  readonly paymentReference: string;
  /** What was asked for: without a fee that the gateway adds for the customer. */
  readonly amount: string;
  /** Three capital letters. */
  readonly currency: string;
  /** The gateway's name of the refund. */
  readonly refundReference?: string;
  /** Ours, as far as the gateway was told. */
  readonly refundId?: string | undefined;
  readonly refundAmount?: string;
  /** The gateway's name of the chargeback. */
  readonly disputeReference?: string;
  readonly disputeAmount?: string;
  readonly disputeReason?: string | undefined;
  /** ISO 8601. */
  readonly respondBy?: string | undefined;
};

export type PaymentEvent = {
  /** The gateway's name of the event: the same whenever it tells it. */
  readonly id: string;
} & (
  | { readonly kind: PaymentEventKind; readonly details: PaymentEventDetails }
  /** The gateway's own kind, which is none of ours, or `unreadable`. */
  | { readonly kind: string; readonly details: null }
);

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
  /** What a genuine message tells. It never fails: what is refused, the gateway sends for days, and then nothing more. */
  readonly read: (message: WebhookMessage) => PaymentEvent;
};
