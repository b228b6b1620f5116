import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../http/refusal.ts';
import { Semaphore } from '../lib/semaphore.ts';
import { type RequestScope, scopeOf } from '../requests/scope.ts';
import { cleanContent } from './content.ts';
import type { FileRows } from './file-rows.ts';
import { receiveBody } from './receive.ts';
import type { FileStore } from './store.ts';

export type TakeInOptions = {
  rows: FileRows;
  store: FileStore;
  /** Where bodies wait until they are looked at. */
  incoming: string;
};

export type TakenIn = {
  /** In bytes, as stored. */
  readonly size: number;
  readonly sha256: string;
};

/** How many files are held in memory at once, to be looked at and stored. */
const atOnce = 2;

/**
 * Makes what takes in the body of a request as an announced file.
 *
 * @returns a function that throws a Refusal when it is too late, is being sent by another (OB030, OB057), too
 * large (OB055), or something else (OB056). The file can then be sent again.
 */
export function makeTakeIn({ rows, store, incoming }: TakeInOptions) {
  const semaphore = new Semaphore(atOnce);
  const keep = async (
    scope: RequestScope,
    id: string,
    bytes: Buffer,
    contentType: string,
  ): Promise<TakenIn> => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const key = await rows.claim(scope, id);
    try {
      await store.put(key, bytes, contentType);
      await rows.finish(scope, id, key, bytes.length, sha256);
    } catch (error) {
      // Where this fails too, others wait until the claim ends by itself.
      await rows.release(scope, id, key).catch(() => undefined);
      throw error;
    }
    return { size: bytes.length, sha256 };
  };
  return async (id: string, request: IncomingMessage): Promise<TakenIn> => {
    const scope = scopeOf(request);
    const { contentType, size } = await rows.open(scope, id);
    const [given = ''] = (request.headers['content-type'] ?? '').split(';');
    if (given.trim().toLowerCase() !== contentType) {
      throw new Refusal(
        'OB056',
        `This file was announced as ${contentType}. Send it with this content type.`,
      );
    }
    const file = await receiveBody(request, { directory: incoming, size });
    try {
      return await semaphore.run(async () =>
        keep(scope, id, await cleanContent(await readFile(file), contentType), contentType),
      );
    } finally {
      await rm(file, { force: true });
    }
  };
}
