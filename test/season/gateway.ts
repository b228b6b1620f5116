import { createHmac, randomUUID } from 'node:crypto';

export const webhookSecret = 'a webhook secret of the season';

/** The company that takes payments: tells the platform what became of them, as Razorpay does. */
export type Gateway = {
  /** A customer has paid; the answer of the platform. */
  readonly captured: (payment: StartedPayment) => Promise<string>;
  /** A customer has paid, and the gateway was not told for what. */
  readonly capturedWithoutName: (payment: StartedPayment) => Promise<string>;
  /** It tells of a rupee that no one here was to pay. */
  readonly mistaken: () => Promise<string>;
  readonly failed: (payment: StartedPayment) => Promise<string>;
  /** Money has gone back to a customer. */
  readonly refunded: (payment: StartedPayment, refund: StartedRefund) => Promise<string>;
  /** Money has gone back to a customer, and the platform is not told. */
  readonly refundedQuietly: (refund: StartedRefund) => void;
  /** Rupees that it took from customers, and that it gave back. */
  readonly books: { readonly taken: number; readonly returned: number };
};

/** As `startPayment` answers. */
export type StartedPayment = { readonly transactionId: string; readonly totalAmount: string };
export type StartedRefund = { readonly id: string; readonly refundAmount: string };

const paise = (amount: string) => Math.round(Number(amount) * 100);

export function makeGateway(url: string): Gateway {
  const tell = async (event: string, entities: object): Promise<string> => {
    const body = JSON.stringify({ entity: 'event', event, payload: entities });
    const response = await fetch(`${url}/webhooks/payments/razorpay`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-razorpay-event-id': randomUUID(),
        'x-razorpay-signature': createHmac('sha256', webhookSecret).update(body).digest('hex'),
      },
      body,
    });
    const answer = (await response.json()) as { outcome?: string };
    return answer.outcome ?? JSON.stringify(answer);
  };
  const paymentOf = ({ transactionId, totalAmount }: StartedPayment) => ({
    entity: {
      id: `pay_${transactionId}`,
      amount: paise(totalAmount),
      currency: 'INR',
      notes: { transaction_id: transactionId },
    },
  });
  const books = { taken: 0, returned: 0 };
  const giveBack = ({ refundAmount }: StartedRefund) => {
    books.returned += Number(refundAmount);
  };
  return {
    books,
    refundedQuietly: giveBack,
    captured: (payment) => {
      books.taken += Number(payment.totalAmount);
      return tell('payment.captured', { payment: paymentOf(payment) });
    },
    capturedWithoutName: (payment) => {
      books.taken += Number(payment.totalAmount);
      const { entity } = paymentOf(payment);
      return tell('payment.captured', { payment: { entity: { ...entity, notes: [] } } });
    },
    mistaken: () =>
      tell('payment.captured', {
        payment: paymentOf({ transactionId: 'PAY99999999', totalAmount: '1.00' }),
      }),
    failed: (payment) => tell('payment.failed', { payment: paymentOf(payment) }),
    refunded: (payment, refund) => {
      giveBack(refund);
      return tell('refund.processed', {
        payment: paymentOf(payment),
        refund: {
          entity: {
            id: `rfnd_${refund.id}`,
            amount: paise(refund.refundAmount),
            payment_id: `pay_${payment.transactionId}`,
            notes: { refund_id: refund.id },
          },
        },
      });
    },
  };
}
