import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const manifestSchema = z.strictObject({
  format: z.literal('ombaro-backup-1'),
  /** Of the snapshot. */
  time: z.iso.datetime(),
  database: z.string(),
  systemIdentifier: z.string(),
  schemaVersion: z.string(),
  lastMigration: z.string(),
  serverVersion: z.string(),
  /** Version of pg_dump. */
  toolVersion: z.string(),
  foreignSchemas: z.array(z.string()),
  tables: z.record(z.string(), z.strictObject({ rows: z.number(), checksum: z.string() })),
});

/** What a backup says of itself, beside the dump: `….dump.json`. */
export type Manifest = z.infer<typeof manifestSchema>;

export const manifestFormat = 'ombaro-backup-1';

export function manifestFileOf(dump: string): string {
  return `${dump}.json`;
}

/** In the form of sha256sum, so that `sha256sum --check` reads it. */
export function checksumFileOf(dump: string): string {
  return `${dump}.sha256`;
}

/** @throws Error when there is none, or it is not one of ours. */
export async function readManifest(dump: string): Promise<Manifest> {
  const file = manifestFileOf(dump);
  try {
    return manifestSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Error(`${file} is missing or not a manifest of npx ombaro backup.`, { cause });
  }
}
