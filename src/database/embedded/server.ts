import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DataDirectory } from '../../config/data-directory.ts';
import { isPortFree } from '../../lib/ports.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { createCluster } from './cluster.ts';
import { withLock } from './lock.ts';
import { findPostmaster, isRunning } from './postmaster.ts';
import { run } from './run.ts';

export type ServerOptions = {
  readonly data: DataDirectory;
  readonly port: number;
  /** A folder with other binaries; `null` for the installed package's. */
  readonly binariesDirectory: string | null;
  /** Trades safety for speed: only for data that may be lost. */
  readonly isDisposable: boolean;
  /** Variables that the server sees beside PATH, such as the clock of a test. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Tells a person for whom it waits. */
  readonly say?: (line: string) => void;
};

export type EmbeddedServer = {
  /** `attached`: another living process of ours started it. */
  readonly state: 'started' | 'attached';
  /** Stops the server when this process is its keeper; while others use it, one of them is its keeper then. */
  readonly stop: () => Promise<void>;
};

const silent = () => undefined;

/** Written into the keeper's file when the server shall outlive every process of ours. */
const noKeeper = 0;

/**
 * Makes the server of the data directory run on 127.0.0.1. The process that starts it is its keeper and stops it;
 * one whose keeper was killed is taken over.
 *
 * @throws Error with the remedy when the port is taken or the server does not start.
 */
export async function startEmbedded(options: ServerOptions): Promise<EmbeddedServer> {
  return await launch(options, process.pid);
}

/** As `startEmbedded`, but the server goes on until `stopEmbedded`. Returns whether it had to be started. */
export async function startLastingEmbedded(options: ServerOptions): Promise<boolean> {
  return (await launch(options, noKeeper)).state === 'started';
}

/** Stops the server of the data directory, also one that another process started. Returns whether one was running. */
export async function stopEmbedded(
  data: DataDirectory,
  binariesDirectory: string | null,
): Promise<boolean> {
  return await withLock(lockFileOf(data), silent, async () => {
    if (findPostmaster(data.cluster) === null) {
      return false;
    }
    await stop(data, findBinaries(data.user, binariesDirectory));
    return true;
  });
}

async function launch(options: ServerOptions, keeper: number): Promise<EmbeddedServer> {
  const { data, port, say = silent } = options;
  return await withLock(lockFileOf(data), say, async () => {
    const binaries = findBinaries(data.user, options.binariesDirectory);
    const running = findPostmaster(data.cluster);
    const isLeftOver = running !== null && !hasKeeper(data);
    if (running !== null && running.port !== port) {
      if (!isLeftOver) {
        throw new Error(
          `The database in ${data.path} is already being served on port ${running.port}. Set EMBEDDED_PORT=${running.port} to use it, or OMBARO_DATA_DIR to another folder.`,
        );
      }
      await stop(data, binaries);
    }
    if (running?.port === port && !isLeftOver) {
      return attach(data, binaries);
    }
    if (running?.port !== port) {
      await start(options, binaries);
    }
    writeFileSync(keeperFileOf(data), String(keeper));
    return { state: 'started', stop: () => stopAsKeeper(data, binaries, keeper) };
  });
}

async function start(options: ServerOptions, binaries: Binaries): Promise<void> {
  const { data, port } = options;
  await assertPortIsFree(port);
  if (!existsSync(data.cluster)) {
    await createCluster(data, binaries);
  }
  const logFile = path.join(data.cluster, 'server.log');
  try {
    const settings = serverSettings(options, binaries)
      .map((setting) => `-c ${setting}`)
      .join(' ');
    const args = ['start', '--wait', '--pgdata', data.cluster, '--log', logFile, '-o', settings];
    await run(binaries.pgCtl, args, data.user, options.environment);
  } catch (cause) {
    const log = existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-2000) : '';
    throw new Error(`The embedded PostgreSQL in ${data.path} did not start.\n${log}`, { cause });
  }
}

function serverSettings(options: ServerOptions, binaries: Binaries): string[] {
  return [
    'listen_addresses=127.0.0.1',
    `port=${options.port}`,
    'unix_socket_directories=',
    'timezone=UTC',
    'log_timezone=UTC',
    'max_connections=200',
    'shared_buffers=256MB',
    'maintenance_work_mem=256MB',
    'max_wal_size=4GB',
    'random_page_cost=1.1',
    // Compiling costs more than it saves in the short queries of an API.
    'jit=off',
    ...(binaries.hasLibrary('pg_stat_statements')
      ? ['shared_preload_libraries=pg_stat_statements']
      : []),
    ...(options.isDisposable
      ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']
      : []),
  ];
}

async function stop(data: DataDirectory, binaries: Binaries): Promise<void> {
  rmSync(keeperFileOf(data), { force: true });
  await run(
    binaries.pgCtl,
    ['stop', '--wait', '--mode', 'fast', '--pgdata', data.cluster],
    data.user,
  );
}

function attach(data: DataDirectory, binaries: Binaries): EmbeddedServer {
  // What this process has started already, it stops where it started it.
  if (readKeeper(data) === process.pid) {
    return { state: 'attached', stop: async () => {} };
  }
  mkdirSync(usersFolderOf(data), { recursive: true });
  writeFileSync(path.join(usersFolderOf(data), String(process.pid)), '');
  return { state: 'attached', stop: () => stopAsKeeper(data, binaries, process.pid) };
}

async function stopAsKeeper(
  data: DataDirectory,
  binaries: Binaries,
  keeper: number,
): Promise<void> {
  await withLock(lockFileOf(data), silent, async () => {
    rmSync(path.join(usersFolderOf(data), String(process.pid)), { force: true });
    // Someone may have stopped it by hand meanwhile, or started it anew.
    if (findPostmaster(data.cluster) === null || readKeeper(data) !== keeper) {
      return;
    }
    const [successor] = findUsers(data);
    if (successor === undefined) {
      await stop(data, binaries);
    } else {
      writeFileSync(keeperFileOf(data), String(successor));
    }
  });
}

/** The living processes that use a server which another of ours keeps. */
function findUsers(data: DataDirectory): readonly number[] {
  const folder = usersFolderOf(data);
  const pids = existsSync(folder) ? readdirSync(folder).map(Number) : [];
  return pids.filter((pid) => {
    if (!isRunning(pid)) {
      rmSync(path.join(folder, String(pid)), { force: true });
      return false;
    }
    return true;
  });
}

async function assertPortIsFree(port: number): Promise<void> {
  if (!(await isPortFree(port, '127.0.0.1'))) {
    throw new Error(
      `Port ${port} is used by another program. Set EMBEDDED_PORT to a free one, or DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
}

function hasKeeper(data: DataDirectory): boolean {
  const keeper = readKeeper(data);
  return keeper !== null && (keeper === noKeeper || isRunning(keeper));
}

function readKeeper(data: DataDirectory): number | null {
  const file = keeperFileOf(data);
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : null;
}

function usersFolderOf(data: DataDirectory): string {
  return path.join(data.path, 'users');
}

function keeperFileOf(data: DataDirectory): string {
  return path.join(data.path, 'keeper');
}

function lockFileOf(data: DataDirectory): string {
  return path.join(data.path, 'lock');
}
