import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../config/project.ts';
import type { Catalogue, Entry } from '../describe/catalogue/entry.ts';

const folder = path.join(projectRoot, 'node_modules', '.cache', 'catalogues');
const mostKept = 50;

/**
 * The catalogue that `read` gives, which takes seconds, remembered in node_modules/.cache by everything that it
 * depends on. Where the folder cannot be written, the catalogue is read each time.
 */
export async function knownCatalogue(
  dependsOn: readonly unknown[],
  read: () => Promise<Catalogue>,
): Promise<Catalogue> {
  const name = `${createHash('sha256').update(JSON.stringify(dependsOn)).digest('hex')}.json`;
  const known = await find(name);
  if (known !== null) {
    return known;
  }
  const catalogue = await read();
  await keep(name, catalogue).catch(onlyIfUnwritable);
  return catalogue;
}

async function find(name: string): Promise<Catalogue | null> {
  try {
    const entries = JSON.parse(await readFile(path.join(folder, name), 'utf8')) as Entry[];
    return new Map(entries.map((entry) => [entry.object, entry]));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

async function keep(name: string, catalogue: Catalogue): Promise<void> {
  await mkdir(folder, { recursive: true });
  const kept = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  for (const other of kept.slice(mostKept)) {
    await rm(path.join(folder, other), { force: true });
  }
  // Whole or not at all, also when several write and read the same one at once.
  const draft = path.join(folder, `${randomUUID()}.draft`);
  await writeFile(draft, JSON.stringify([...catalogue.values()]));
  await rename(draft, path.join(folder, name));
}

function onlyIfUnwritable(error: NodeJS.ErrnoException): void {
  if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '')) {
    throw error;
  }
}
