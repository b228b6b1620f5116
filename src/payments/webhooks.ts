import { type Express, type Request, type Response, raw } from 'express';
import type { Logger } from 'pino';
import { sendFailure } from '../http/failure.ts';
import { bodyRefusal, Refusal, requireMethod } from '../http/refusal.ts';
import { scopeOf } from '../requests/scope.ts';
import type { PaymentGateway } from './gateway.ts';
import type { ReceiveEvent } from './receive-event.ts';

export type PaymentWebhookOptions = {
  gateways: readonly PaymentGateway[];
  receive: ReceiveEvent;
  /** In bytes. */
  maxBodyLength: number;
};

/** `POST /webhooks/payments/<gateway>`. Its signature names the sender, so no token is needed. */
export function installPaymentWebhooks(
  app: Express,
  { gateways, receive, maxBodyLength }: PaymentWebhookOptions,
): void {
  // Not unpacked, as the signature is of the bytes that came.
  const readBody = raw({ type: () => true, limit: maxBodyLength, inflate: false });
  for (const gateway of gateways) {
    app.all(`/webhooks/payments/${gateway.name}`, async (request, response) => {
      try {
        requireMethod(
          'POST',
          'This address accepts only POST. Send webhooks with POST.',
          request,
          response,
        );
        const body = await bodyOf(request, response, readBody);
        response.json({ outcome: await takeIn(gateway, receive, request, body) });
      } catch (error) {
        refuse(response, error, scopeOf(request).logger.child({ gateway: gateway.name }));
      }
    });
  }
}

async function takeIn(
  gateway: PaymentGateway,
  receive: ReceiveEvent,
  request: Request,
  body: Buffer,
): Promise<string> {
  const message = { header: (name: string) => request.get(name), body };
  if (!gateway.isGenuine(message)) {
    throw new Refusal('OB074', 'The signature does not match. Check the secret on both sides.');
  }
  return await receive(scopeOf(request), gateway.name, gateway.read(message), body);
}

function bodyOf(
  request: Request,
  response: Response,
  read: ReturnType<typeof raw>,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    read(request, response, (error?: unknown) => {
      const { body } = request as { body: unknown };
      if (error) {
        reject(bodyRefusal(error, bodyWords));
      } else {
        resolve(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
      }
    });
  });
}

const bodyWords = {
  tooLong: 'The webhook is too long. It must have at most 1 MB.',
  unreadable: 'The body could not be read. Send it again.',
};

/** Anything but a refusal of ours is an error: the gateway is told so and tries again. */
function refuse(response: Response, error: unknown, logger: Logger): void {
  if (error instanceof Refusal) {
    logger.warn({ err: error, code: error.code }, 'a webhook was refused');
    sendFailure(response, error.code, error.message);
    return;
  }
  logger.error({ err: error }, 'a webhook failed');
  sendFailure(response, 'OB099');
}
