import http from 'node:http';
import https from 'node:https';
import { z } from 'zod';
import type { Msg91Config } from '../../config/config.ts';
import { type Channel, DeliveryError } from './channel.ts';
import { failureOf, parseJson, post } from './post.ts';
import { textOf } from './sms-text.ts';

const answered = z.object({
  type: z.string(),
  message: z.string(),
  code: z.union([z.string(), z.number()]).transform(String).optional(),
});

/** An invalid number; a text that is too long. */
const finalCodes = new Set(['202', '310']);
/** The same request came twice within ten seconds: the first was taken. */
const repeated = '311';

/**
 * Sends text messages through MSG91, in the shape that takes the whole text with the number of its DLT
 * template. MSG91 ignores our key.
 *
 * @param timeoutMs of a call.
 */
export function makeMsg91(config: Msg91Config, timeoutMs = 15_000): Channel {
  const { Agent } = config.url.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true });
  return {
    async send(message) {
      const isIndian = message.address.startsWith('+91');
      if (isIndian && message.dltTemplateId === null) {
        throw new DeliveryError(
          'dead',
          'The template has no DLT number (dlt_template_id), without which India’s operators take no message.',
        );
      }
      const text = textOf(message);
      const answer = await post(`${config.url}/api/v2/sendsms`, {
        headers: {
          authkey: config.authKey,
          'content-type': 'application/json',
          'idempotency-key': message.deliveryId,
        },
        body: JSON.stringify({
          sender: config.sender,
          // Transactional.
          route: '4',
          country: isIndian ? '91' : '0',
          ...(message.dltTemplateId !== null && { DLT_TE_ID: message.dltTemplateId }),
          // Beyond one byte a letter, such as Hindi and the rupee sign.
          unicode: /[^\0-\xff]/.test(text) ? '1' : '0',
          sms: [{ message: text, to: [message.address.replace(/^\+/, '')] }],
        }),
        agent,
        timeoutMs,
      });
      const { data } = answered.safeParse(parseJson(answer.body));
      const isTaken = answer.status >= 200 && answer.status < 300 && data?.type === 'success';
      if (isTaken || data?.code === repeated) {
        return { providerMessageId: isTaken ? (data?.message ?? null) : null, hasReceipt: false };
      }
      if (data?.code !== undefined && finalCodes.has(data.code)) {
        throw new DeliveryError('dead', `MSG91 answered ${data.code}: ${data.message}`);
      }
      throw failureOf(answer, 'MSG91');
    },
    close: () => agent.destroy(),
  };
}
