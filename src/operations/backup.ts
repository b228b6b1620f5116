import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { isRunning } from '../database/embedded/postmaster.ts';
import { inTransaction, withClient } from '../lib/postgres.ts';
import { readContents } from './backup/contents.ts';
import { hashFile } from './backup/hash-file.ts';
import {
  checksumFileOf,
  type Manifest,
  manifestFileOf,
  manifestFormat,
} from './backup/manifest.ts';
import { readSource, type Source } from './backup/source.ts';
import { findDumpTool, runTool, type Tool } from './client-tools.ts';

export type BackupOptions = {
  /** As `ombaro_owner`. */
  readonly ownerUrl: string;
  /** Made when it is missing, for its owner alone. */
  readonly directory: string;
  readonly onProgress?: (line: string) => void;
};

/**
 * Dumps the database into a file of its own in `directory`, with its checksum and a manifest beside it.
 * The dump appears under its name only when it is whole, and the other two before it. Counts and checksums
 * of the manifest are of the dump's own snapshot.
 *
 * @throws Error when pg_dump is missing, older than the server, or may not read everything.
 */
export async function backUp({
  ownerUrl,
  directory,
  onProgress = () => {},
}: BackupOptions): Promise<{ path: string }> {
  return await withClient(ownerUrl, async (client) => {
    const tool = await findDumpTool(client);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await removeLeftovers(directory);
    const work = path.join(directory, `${partialPrefix()}${process.pid}-${randomName()}`);
    await mkdir(work, { mode: 0o700 });
    try {
      const manifest = await dump(client, { ownerUrl, tool, work, onProgress });
      const name = fileNameOf(manifest);
      await seal(work, manifest, name);
      for (const file of [manifestFileOf(name), checksumFileOf(name), name]) {
        await rename(path.join(work, file), path.join(directory, file));
      }
      return { path: path.join(directory, name) };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

type Dump = {
  readonly ownerUrl: string;
  readonly tool: Tool;
  readonly work: string;
  readonly onProgress: (line: string) => void;
};

const dumpName = 'dump';

async function dump(client: pg.Client, { ownerUrl, tool, work, onProgress }: Dump) {
  return await inTransaction(
    client,
    async (): Promise<Manifest> => {
      await client.query('set local statement_timeout = 0');
      // It waits while pg_dump works, which needs its snapshot.
      await client.query('set local idle_in_transaction_session_timeout = 0');
      const { rows } = await client.query<{ snapshot: string; time: Date }>(
        'select pg_export_snapshot() as snapshot, now() as time',
      );
      const [moment] = rows;
      if (moment === undefined) {
        throw new Error('The server exported no snapshot.');
      }
      const source = await readSource(client);
      onProgress(`Dumping ${source.database}, schema version ${source.schemaVersion}.`);
      const end = new AbortController();
      const writing = runTool(
        'pg_dump',
        [...dumpArguments(source), `--snapshot=${moment.snapshot}`, `--file=${work}/${dumpName}`],
        ownerUrl,
        end.signal,
      );
      const counting = readContents(client, source.foreignSchemas);
      // If one fails, the other is of no use; nothing is removed under a pg_dump that still writes.
      counting.catch(() => end.abort());
      const tables = await Promise.all([counting, writing]).then(
        ([contents]) => contents,
        async (error: unknown) => {
          end.abort();
          await Promise.allSettled([counting, writing]);
          throw error;
        },
      );
      return {
        format: manifestFormat,
        time: moment.time.toISOString(),
        ...source,
        foreignSchemas: [...source.foreignSchemas],
        toolVersion: tool.version,
        tables,
      };
    },
    { isSnapshot: true },
  );
}

function dumpArguments({ foreignSchemas }: Source): string[] {
  return [
    '--format=custom',
    '--compress=1',
    ...foreignSchemas.map((schema) => `--exclude-schema="${schema.replaceAll('"', '""')}"`),
    '--lock-wait-timeout=60s',
    '--no-password',
  ];
}

/** Gives the dump its name, and writes what belongs beside it. */
async function seal(work: string, manifest: Manifest, name: string): Promise<void> {
  const file = path.join(work, name);
  await rename(path.join(work, dumpName), file);
  await chmod(file, 0o600);
  const options = { mode: 0o600, flush: true };
  await writeFile(checksumFileOf(file), `${await hashFile(file)}  ${name}\n`, options);
  await writeFile(manifestFileOf(file), `${JSON.stringify(manifest, null, 2)}\n`, options);
}

function fileNameOf({ time, schemaVersion }: Manifest): string {
  return `ombaro-${time.replaceAll(/[-:.]/g, '')}-${schemaVersion}.dump`;
}

function partialPrefix(): string {
  return `.partial-${hostname()}-`;
}

function randomName(): string {
  return randomBytes(4).toString('hex');
}

/** Of backups on this machine that were killed. */
async function removeLeftovers(directory: string): Promise<void> {
  const prefix = partialPrefix();
  for (const name of await readdir(directory)) {
    const pid = Number(name.startsWith(prefix) ? name.slice(prefix.length).split('-')[0] : 'none');
    if (Number.isInteger(pid) && !isRunning(pid)) {
      await rm(path.join(directory, name), { recursive: true, force: true });
    }
  }
}
