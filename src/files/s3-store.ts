import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import type { S3Config } from '../config/config.ts';
import type { FileStore } from './store.ts';

/** For one call with its repetitions, in milliseconds. */
const timeoutMs = 60_000;
/** How long a reader may take to follow where we send it, in seconds. */
const readSeconds = 60;

/** Keeps files in a bucket of Amazon S3 or of what speaks like it. */
export function makeS3Store({ endpoint, bucket, region, ...keys }: S3Config): FileStore {
  const client = new AwsClient({ ...keys, region, service: 's3', retries: 2 });
  const addressOf = (key: string) => new URL(`${endpoint}/${bucket}/${key}`);
  const call = async (key: string, init: RequestInit) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await client.fetch(addressOf(key), { ...init, signal });
    const body = await response.text();
    if (!response.ok && !(init.method === 'DELETE' && response.status === 404)) {
      throw new Error(
        `${init.method} to ${endpoint} was answered with ${response.status}: ${body.slice(0, 300)}`,
      );
    }
  };
  return {
    place: `${endpoint}/${bucket}`,
    put: (key, bytes, contentType) =>
      call(key, {
        method: 'PUT',
        body: new Uint8Array(bytes),
        headers: {
          'content-type': contentType,
          'x-amz-content-sha256': createHash('sha256').update(bytes).digest('hex'),
        },
      }),
    async read(key, { contentType, disposition }) {
      const address = addressOf(key);
      address.searchParams.set('X-Amz-Expires', String(readSeconds));
      address.searchParams.set('response-content-type', contentType);
      address.searchParams.set('response-content-disposition', disposition);
      const signed = await client.sign(address, { method: 'GET', aws: { signQuery: true } });
      return new URL(signed.url);
    },
    remove: (key) => call(key, { method: 'DELETE' }),
  };
}
