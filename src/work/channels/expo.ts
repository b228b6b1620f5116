import http from 'node:http';
import https from 'node:https';
import { z } from 'zod';
import type { Config } from '../../config/config.ts';
import { type Channel, DeliveryError } from './channel.ts';
import { failureOf, parseJson, post } from './post.ts';
import { shorten } from './shorten.ts';

type ExpoConfig = NonNullable<Config['messages']['expo']>;

/** What became of a message that Expo took. */
export type Receipt = {
  /** Null: Apple or Google has taken it. */
  readonly error: string | null;
  readonly isGone: boolean;
};

export type Expo = Channel & {
  /** Asks what became of messages, by their ids; those that Expo does not know yet are not in the answer. */
  receipts(ids: readonly string[]): Promise<ReadonlyMap<string, Receipt>>;
};

const details = z.object({ error: z.string().optional() }).optional();
const ok = z.object({ status: z.literal('ok'), id: z.string() });
const bad = z.object({ status: z.literal('error'), message: z.string().optional(), details });
const ticket = z.object({ data: z.union([ok, bad]) });
const receipt = z.union([z.object({ status: z.literal('ok') }), bad]);
const receiptAnswer = z.object({ data: z.record(z.string(), receipt) });

/** Of the text, in bytes: Apple and Google take 4096 in all. */
const longestBody = 2_000;
const longestData = 1_000;

/**
 * Sends push messages to the mobile app through Expo's push service. It takes no key of ours: the
 * delivery's id is in the data, by which the app can drop repeats.
 *
 * @param timeoutMs of a call.
 */
export function makeExpo({ url, accessToken }: ExpoConfig, timeoutMs = 15_000): Expo {
  const { Agent } = url.startsWith('https:') ? https : http;
  const agent = new Agent({ keepAlive: true });
  const call = (path: string, body: unknown) =>
    post(`${url}${path}`, {
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(accessToken !== null && { authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify(body),
      agent,
      timeoutMs,
    });
  return {
    async send({ address, title, body, actionUrl, data, deliveryId, priority }) {
      const extra = JSON.stringify(data).length <= longestData ? data : {};
      const answer = await call('/--/api/v2/push/send', {
        to: address,
        title: shorten(title, 600),
        body: shorten(body, longestBody),
        data: { ...extra, url: actionUrl, deliveryId },
        priority: priority === 'high' || priority === 'urgent' ? 'high' : 'default',
        ttl: 24 * 3600,
      });
      const { data: taken } = ticket.safeParse(parseJson(answer.body));
      if (answer.status !== 200 || taken === undefined) {
        throw failureOf(answer, 'Expo');
      }
      if (taken.data.status === 'ok') {
        return { providerMessageId: taken.data.id, hasReceipt: true };
      }
      const { error = '' } = taken.data.details ?? {};
      const words = `Expo answered ${error}: ${taken.data.message ?? ''}`;
      if (error === 'DeviceNotRegistered') {
        throw new DeliveryError('gone', words);
      }
      throw new DeliveryError(error === 'MessageTooBig' ? 'dead' : 'failed', words);
    },
    async receipts(ids) {
      const answer = await call('/--/api/v2/push/getReceipts', { ids });
      const { data: found } = receiptAnswer.safeParse(parseJson(answer.body));
      if (answer.status !== 200 || found === undefined) {
        throw failureOf(answer, 'Expo');
      }
      return new Map(
        Object.entries(found.data).map(([id, one]) => {
          const error = one.status === 'ok' ? null : (one.details?.error ?? 'unknown');
          const words = one.status === 'ok' ? null : `Expo says ${error}: ${one.message ?? ''}`;
          return [id, { error: words, isGone: error === 'DeviceNotRegistered' }];
        }),
      );
    },
    close: () => agent.destroy(),
  };
}
