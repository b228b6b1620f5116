import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseConfig } from './config/config.ts';
import { withClient } from './database/connection.ts';
import { describeDatabase } from './database/describe/database-pages.ts';
import { describePermissions } from './database/describe/permissions.ts';
import { describeSchema } from './database/describe/schema-sql.ts';
import { resetShadow } from './database/migrations/shadow.ts';
import { projectRoot } from './project.ts';

/** A file's path from the project's folder, and what it shall contain. */
export type GeneratedFiles = ReadonlyMap<string, string>;

/** Makes the content of every generated file from the migrations, on a fresh shadow database. */
export async function generateFiles(database: DatabaseConfig): Promise<GeneratedFiles> {
  const shadow = await resetShadow(database);
  // Read by the GraphQL libraries as they load.
  process.env.GRAPHILE_ENV ??= 'production';
  const { buildSchemaSdl } = await import('./api/schema-sdl.ts');
  const [schemaSql, permissions, pages] = await withClient(shadow.ownerUrl, async (client) => [
    await describeSchema(client),
    await describePermissions(client),
    await describeDatabase(client),
  ]);
  return new Map([
    ['schema/schema.sql', schemaSql],
    ['schema/schema.graphql', await buildSchemaSdl(shadow.apiUrl)],
    ['schema/permissions.md', permissions],
    ...[...pages].map(([name, page]) => [`docs/database/${name}`, page] as const),
  ]);
}

export async function writeGenerated(files: GeneratedFiles): Promise<void> {
  for (const [name, content] of files) {
    const file = path.join(projectRoot, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** The names of the generated files that are missing or differ from what they shall contain. */
export async function findStale(files: GeneratedFiles): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [name, content] of files) {
    if ((await readOrNull(path.join(projectRoot, name))) !== content) {
      stale.push(name);
    }
  }
  return stale;
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
