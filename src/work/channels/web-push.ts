import type { Agent } from 'node:https';
import webPush from 'web-push';
import type { Config } from '../../config/config.ts';
import { type Channel, DeliveryError } from './channel.ts';
import { failureOf, post } from './post.ts';
import { makePublicAgent } from './public-agent.ts';
import { shorten } from './shorten.ts';

type WebPushConfig = NonNullable<Config['messages']['webPush']>;

/** What it says is stale after that, in seconds. */
const lifetimeSeconds = 24 * 3600;
/** Of the text, in bytes: with all else it must fit into a record of 4096 (RFC 8030, 7.2). */
const longestBody = 2_000;
const longestData = 1_000;

/**
 * Sends push messages to browsers, encrypted (RFC 8291) and signed (RFC 8292). Their address comes from
 * people, so it is called through an agent that reaches the internet only. The topic is the same at every
 * attempt: a push service that still keeps the first replaces it; `tag` does so on the screen.
 *
 * @param timeoutMs of a call.
 */
export function makeWebPush(
  vapid: WebPushConfig,
  { agent = makePublicAgent(), timeoutMs = 15_000 }: { agent?: Agent; timeoutMs?: number } = {},
): Channel {
  return {
    async send(message) {
      const data = JSON.stringify(message.data).length <= longestData ? message.data : {};
      const content = JSON.stringify({
        title: shorten(message.title, 600),
        body: shorten(message.body, longestBody),
        url: message.actionUrl,
        data,
        tag: message.deliveryId,
      });
      const { endpoint, headers, body } = webPush.generateRequestDetails(
        {
          endpoint: message.address,
          keys: { p256dh: message.p256dh ?? '', auth: message.auth ?? '' },
        },
        content,
        {
          vapidDetails: vapid,
          TTL: lifetimeSeconds,
          urgency: message.priority === 'urgent' ? 'high' : message.priority,
          topic: message.deliveryId.replaceAll('-', ''),
          contentEncoding: 'aes128gcm',
        },
      );
      const answer = await post(endpoint, {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, String(value)]),
        ),
        body: body ?? '',
        agent,
        timeoutMs,
      });
      const { status } = answer;
      if (status >= 200 && status < 300) {
        return { providerMessageId: answer.headers.location ?? null, hasReceipt: false };
      }
      if (status === 404 || status === 410) {
        throw new DeliveryError('gone', `The push service answered ${status}: no such device.`);
      }
      const failure = failureOf(answer, 'The push service');
      // Such a message will be refused again; our credentials (401, 403) can be corrected.
      throw status === 400 || status === 413 ? new DeliveryError('dead', failure.message) : failure;
    },
    close: () => agent.destroy(),
  };
}
