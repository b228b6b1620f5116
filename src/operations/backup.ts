import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
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
      return { path: await publish(work, manifest, directory) };
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

/** Puts the dump, and what belongs beside it, into the directory under a name of its own, and returns its path. */
async function publish(work: string, manifest: Manifest, directory: string): Promise<string> {
  const dump = path.join(work, dumpName);
  const options = { mode: 0o600, flush: true };
  await chmod(dump, 0o600);
  await writeFile(manifestFileOf(dump), `${JSON.stringify(manifest, null, 2)}\n`, options);
  const hash = await hashFile(dump);
  const file = await claimName(manifestFileOf(dump), manifest, directory);
  await writeFile(checksumFileOf(dump), `${hash}  ${path.basename(file)}\n`, options);
  await rename(checksumFileOf(dump), checksumFileOf(file));
  await rename(dump, file);
  return file;
}

/** The name of a snapshot's time, or of the next millisecond that no other backup has: whose manifest is there first has it. */
async function claimName(
  manifestFile: string,
  manifest: Manifest,
  directory: string,
): Promise<string> {
  for (let time = Date.parse(manifest.time); ; time += 1) {
    const file = path.join(directory, fileNameOf(new Date(time), manifest.schemaVersion));
    try {
      await link(manifestFile, manifestFileOf(file));
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    }
  }
}

function fileNameOf(time: Date, schemaVersion: string): string {
  return `ombaro-${time.toISOString().replaceAll(/[-:.]/g, '')}-${schemaVersion}.dump`;
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
