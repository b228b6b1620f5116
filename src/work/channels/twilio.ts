import http from 'node:http';
import https from 'node:https';
import { z } from 'zod';
import type { TwilioConfig } from '../../config/config.ts';
import { type Channel, DeliveryError } from './channel.ts';
import { failureOf, parseJson, post } from './post.ts';
import { textOf } from './sms-text.ts';

const accepted = z.object({ sid: z.string() });
const refused = z.object({ code: z.number(), message: z.string().optional() });

/**
 * Numbers that no text message reaches, however often it is tried: not valid, not mobile, not allowed, or
 * its owner has said stop (https://www.twilio.com/docs/api/errors).
 */
const finalCodes = new Set([
  21211, 21214, 21217, 21265, 21408, 21421, 21601, 21604, 21610, 21612, 21614, 21617, 21635,
]);

/**
 * Sends text messages through Twilio, or a gateway of its shape. `Idempotency-Key` is for gateways that
 * observe it; Twilio itself ignores it.
 *
 * @param timeoutMs of a call.
 */
export function makeTwilio(config: TwilioConfig, timeoutMs = 15_000): Channel {
  const { Agent } = config.url.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true });
  const address = `${config.url}/2010-04-01/Accounts/${encodeURIComponent(config.accountSid)}/Messages.json`;
  const login = Buffer.from(`${config.accountSid}:${config.authToken}`).toString('base64');
  return {
    async send(message) {
      const answer = await post(address, {
        headers: {
          authorization: `Basic ${login}`,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
          'idempotency-key': message.deliveryId,
        },
        body: new URLSearchParams({
          To: message.address,
          [config.sender.startsWith('MG') ? 'MessagingServiceSid' : 'From']: config.sender,
          Body: textOf(message),
        }).toString(),
        agent,
        timeoutMs,
      });
      const body = parseJson(answer.body);
      if (answer.status >= 200 && answer.status < 300) {
        const { data } = accepted.safeParse(body);
        return { providerMessageId: data?.sid ?? null, hasReceipt: false };
      }
      const { data } = refused.safeParse(body);
      if (data !== undefined && finalCodes.has(data.code)) {
        throw new DeliveryError('dead', `The gateway answered ${data.code}: ${data.message ?? ''}`);
      }
      throw failureOf(answer, 'The gateway');
    },
    close: () => agent.destroy(),
  };
}
