import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const columnSchema = z.strictObject({
  /** As SQL writes it, with its schema. */
  type: z.string(),
  /** Of all values as text in any order; `null` when every one is null. */
  checksum: z.string().nullable(),
});

const tableSchema = z.strictObject({
  file: z.string(),
  /** SHA-256 of the file. */
  sha256: z.string(),
  rows: z.number(),
  columns: z.record(z.string(), columnSchema),
});

const manifestSchema = z.strictObject({
  format: z.literal('ombaro-export-1'),
  /** Of the snapshot. */
  time: z.iso.datetime(),
  database: z.string(),
  serverVersion: z.string(),
  schemaVersion: z.string(),
  migrations: z.array(z.strictObject({ filename: z.string(), hash: z.string() })),
  /** By schema and name. */
  tables: z.record(z.string(), tableSchema),
  sequences: z.record(z.string(), z.strictObject({ last: z.string(), isCalled: z.boolean() })),
  /** Tables and schemas that were left out, and why. */
  leftOut: z.record(z.string(), z.string()),
});

/** What an export of a whole database says of itself, in its file manifest.json. */
export type Manifest = z.infer<typeof manifestSchema>;
export type ExportedTable = z.infer<typeof tableSchema>;

export const manifestFormat = 'ombaro-export-1';
export const manifestName = 'manifest.json';

/** @throws Error when there is none: an export writes it last. */
export async function readManifest(folder: string): Promise<Manifest> {
  const file = path.join(folder, manifestName);
  try {
    return manifestSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Error(
      `${folder} is not a complete export: its ${manifestName} is missing or from another program. To write one, run: npx ombaro export --all <folder>`,
      { cause },
    );
  }
}
