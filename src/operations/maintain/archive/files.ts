import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

/**
 * The files of an archive. One that is whole and of which no row is deleted yet waits in `pending/`; its
 * rows leave the database, then it moves up. `<name>.csv.gz.sha256` beside it is as `sha256sum -c` reads it.
 * So a process that is killed leaves one of three things: an unfinished file, which counts for nothing; a whole
 * one in `pending/`, whose rows are then deleted; or a finished one.
 */
export type ArchiveFiles = {
  readonly directory: string;
  readonly pending: string;
};

const unfinished = '.partial';
const suffix = '.csv.gz';

export async function openArchive(directory: string): Promise<ArchiveFiles> {
  const pending = path.join(directory, 'pending');
  // What is in there is people's data.
  await mkdir(pending, { recursive: true, mode: 0o700 });
  return { directory, pending };
}

/** Throws unfinished files away, and returns the names of whole ones whose rows may still be in the database. */
export async function findPending({
  directory,
  pending,
}: ArchiveFiles): Promise<readonly string[]> {
  const names = (await readdir(pending)).sort();
  for (const name of names.filter((one) => one.endsWith(unfinished))) {
    await rm(path.join(directory, checksumOf(name.slice(0, -unfinished.length))), { force: true });
    await rm(path.join(pending, name));
  }
  return names.filter((one) => one.endsWith(suffix));
}

/** Writes `rows` into a new pending file of that name, on disk before this returns. Bytes written. */
export async function writePending(
  { directory, pending }: ArchiveFiles,
  name: string,
  rows: Readable,
  signal: AbortSignal,
): Promise<number> {
  const draft = path.join(pending, `${name}${unfinished}`);
  const hash = createHash('sha256');
  let bytes = 0;
  const measure = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  try {
    const file = createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(rows, createGzip(), measure, file, { signal });
  } catch (error) {
    // The disk may be full.
    await rm(draft, { force: true });
    throw error;
  }
  const checksum = path.join(directory, checksumOf(name));
  // Every file that there ever was has one: none is written over.
  await writeFile(checksum, `${hash.digest('hex')}  ${name}\n`, {
    mode: 0o600,
    flush: true,
    flag: 'wx',
  });
  await rename(draft, path.join(pending, name));
  await syncDirectory(directory);
  await syncDirectory(pending);
  return bytes;
}

/** Takes an empty file back. */
export async function discardPending(
  { directory, pending }: ArchiveFiles,
  name: string,
): Promise<void> {
  await rm(path.join(pending, name));
  await rm(path.join(directory, checksumOf(name)));
}

/**
 * Reads a pending file into `into`, as it is on disk.
 *
 * @throws Error when it does not match its checksum.
 */
export async function readPending(
  { directory, pending }: ArchiveFiles,
  name: string,
  into: () => Writable,
): Promise<void> {
  const file = path.join(pending, name);
  const expected = (await readFile(path.join(directory, checksumOf(name)), 'utf8')).split(' ')[0];
  const hash: Hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  if (hash.digest('hex') !== expected) {
    throw new Error(
      `${file} does not match its checksum. Nothing of it was deleted from the database. Remove the file and its .sha256, and its rows are archived anew.`,
    );
  }
  await pipeline(createReadStream(file), createGunzip(), into());
}

/** The rows of a pending file have left the database. */
export async function finishPending(
  { directory, pending }: ArchiveFiles,
  name: string,
): Promise<void> {
  await rename(path.join(pending, name), path.join(directory, name));
  await syncDirectory(directory);
}

function checksumOf(name: string): string {
  return `${name}.sha256`;
}

/** A new name in a directory survives a power cut only when the directory is on disk, too. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') {
    return;
  }
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
