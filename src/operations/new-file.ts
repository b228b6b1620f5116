import { once } from 'node:events';
import { createWriteStream, existsSync, type WriteStream } from 'node:fs';
import { link, rm } from 'node:fs/promises';

/** @throws Error when the file is there already. */
export function assertAbsent(file: string): void {
  if (existsSync(file)) {
    throw new Error(`${file} exists already. Choose another file, or remove it.`);
  }
}

/**
 * Has `write` fill a new file, for its owner alone, that appears under its name when it is whole.
 *
 * @throws Error when the file is there already.
 */
export async function writeNewFile<Result>(
  file: string,
  write: (output: WriteStream) => Promise<Result>,
): Promise<Result> {
  assertAbsent(file);
  const draft = `${file}.partial-${process.pid}`;
  try {
    const result = await write(await open(draft, file));
    // Unlike renaming, it overwrites no file that has come meanwhile.
    await link(draft, file);
    return result;
  } finally {
    await rm(draft, { force: true });
  }
}

async function open(draft: string, file: string): Promise<WriteStream> {
  const output = createWriteStream(draft, { mode: 0o600, flush: true });
  try {
    await once(output, 'open');
  } catch (cause) {
    throw new Error(`${file} cannot be written. Check the path and its permissions.`, { cause });
  }
  return output;
}
