import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { Refusal } from '../http/refusal.ts';

/** No upload takes so long, in milliseconds: what is older was left by a process that died. */
const leftOverAgeMs = 24 * 3_600_000;

/**
 * Writes the body of a request into a file of its own in the folder; the caller removes it. Reads
 * no more than was announced. The request is not destroyed, so that it can be answered.
 *
 * @returns the file's path.
 * @throws Refusal OB055 for more bytes than announced, OB056 for fewer.
 */
export async function receiveBody(
  request: IncomingMessage,
  { directory, size }: { readonly directory: string; readonly size: number },
): Promise<string> {
  const declared = request.headers['content-length'];
  if (declared !== undefined) {
    assertSize(Number(declared), size);
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, randomUUID());
  try {
    const handle = await open(file, 'wx', 0o600);
    let length = 0;
    try {
      for await (const part of request.iterator({ destroyOnReturn: false })) {
        length += (part as Buffer).length;
        if (length > size) {
          break;
        }
        await handle.appendFile(part as Buffer);
      }
    } finally {
      await handle.close();
    }
    assertSize(length, size);
    return file;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
}

function assertSize(length: number, announced: number): void {
  if (length > announced) {
    throw new Refusal(
      'OB055',
      `The file has more than the announced ${announced} bytes. Send the announced file.`,
    );
  }
  if (length < announced) {
    throw new Refusal(
      'OB056',
      `The file has ${length} bytes, not ${announced} as announced. Send the announced file.`,
    );
  }
}

/** Removes what processes that died have left in the folder. */
export async function sweepBodies(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(directory)) {
    const file = path.join(directory, name);
    // Another process may sweep at the same time.
    const found = await stat(file).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > leftOverAgeMs) {
      await rm(file, { force: true });
    }
  }
}
