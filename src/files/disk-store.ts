import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { FileStore } from './store.ts';

/** Keeps files in a folder, which is made when the first comes. */
export function makeDiskStore(directory: string): FileStore {
  const kept = path.join(directory, 'kept');
  const fileOf = (key: string) => path.join(kept, key);
  return {
    place: directory,
    async put(key, bytes) {
      const file = fileOf(key);
      const draft = path.join(path.dirname(file), `.${randomUUID()}`);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      try {
        await writeThrough(draft, bytes);
        await rename(draft, file);
        await sync(path.dirname(file));
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
    async read(key) {
      try {
        const handle = await open(fileOf(key));
        return handle.createReadStream();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
          return null;
        }
        throw error;
      }
    },
    remove: (key) => rm(fileOf(key), { force: true }),
  };
}

/** What is named must be there after a power cut, too. */
async function writeThrough(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
