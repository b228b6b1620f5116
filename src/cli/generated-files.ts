import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../config/project.ts';
import { describeDatabase } from '../database/describe/database-pages.ts';
import { describePermissions } from '../database/describe/permissions.ts';
import { describeRules } from '../database/describe/rules.ts';
import { describeSchemaFiles } from '../database/describe/schema-sql.ts';
import type { Shadow } from '../database/migrations/shadow.ts';
import { withClient } from '../lib/postgres.ts';

/** A file's path from the project's folder, and what it shall contain. */
export type GeneratedFiles = ReadonlyMap<string, string>;

/** Makes the content of every generated file from a shadow database that has all migrations. */
export async function generateFiles(shadow: Shadow): Promise<GeneratedFiles> {
  // Read by the GraphQL libraries as they load.
  process.env.GRAPHILE_ENV ??= 'production';
  const { buildSchemaSdl } = await import('../api/schema-sdl.ts');
  const [schemaFiles, permissions, pages, rules] = await withClient(
    shadow.ownerUrl,
    async (client) => [
      await describeSchemaFiles(client),
      await describePermissions(client),
      await describeDatabase(client),
      await describeRules(client),
    ],
  );
  return new Map([
    ...[...schemaFiles].map(([name, content]) => [`schema/${name}`, content] as const),
    ['schema/schema.graphql', await buildSchemaSdl(shadow.apiUrl)],
    ['schema/permissions.md', permissions],
    ['docs/rules.md', rules],
    ...[...pages].map(([name, page]) => [`docs/database/${name}`, page] as const),
  ]);
}

/** Folders that hold generated files and no others. */
const generatedFolders = ['schema/tables', 'docs/database'];

/** Writes the files, and removes what was generated of something that is gone. */
export async function writeGenerated(files: GeneratedFiles): Promise<void> {
  for (const name of await findLeftOver(files)) {
    await rm(path.join(projectRoot, name));
  }
  for (const [name, content] of files) {
    const file = path.join(projectRoot, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** The names of the generated files that are missing, differ from what they shall contain, or shall be gone. */
export async function findStale(files: GeneratedFiles): Promise<readonly string[]> {
  const stale = [...(await findLeftOver(files))];
  for (const [name, content] of files) {
    if ((await readOrNull(path.join(projectRoot, name))) !== content) {
      stale.push(name);
    }
  }
  return stale;
}

async function findLeftOver(files: GeneratedFiles): Promise<readonly string[]> {
  const found = await Promise.all(
    generatedFolders.map(async (folder) => {
      await mkdir(path.join(projectRoot, folder), { recursive: true });
      return (await readdir(path.join(projectRoot, folder))).map((name) => `${folder}/${name}`);
    }),
  );
  return found.flat().filter((name) => !files.has(name));
}

async function readOrNull(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}
