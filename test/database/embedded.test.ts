import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DataDirectory,
  openDataDirectory,
  passwordPurpose,
} from '../../src/config/data-directory.ts';
import { findPostmaster, isRunning } from '../../src/database/embedded/postmaster.ts';
import {
  type EmbeddedServer,
  startEmbedded,
  startLastingEmbedded,
  stopEmbedded,
} from '../../src/database/embedded/server.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { binariesDirectory, findFreePort } from '../helpers/server.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

/** A process number that belongs to nobody: above what Linux gives out by default. */
const deadPid = 4_194_305;

let directory: TemporaryDirectory;
let data: DataDirectory;
let port: number;

beforeAll(async () => {
  directory = makeTemporaryDirectory();
  data = openDataDirectory(path.join(directory.path, 'data'));
  port = await findFreePort();
});

afterEach(async () => {
  await stopEmbedded(data, binariesDirectory);
});

afterAll(() => {
  directory.remove();
});

function start(onPort = port): Promise<EmbeddedServer> {
  return startEmbedded({ data, port: onPort, binariesDirectory, isDisposable: false });
}

async function query(sql: string, onPort = port): Promise<Record<string, unknown>[]> {
  const password = data.secretFor(passwordPurpose('postgres'));
  const url = `postgres://postgres:${password}@127.0.0.1:${onPort}/postgres`;
  return (await withClient(url, (client) => client.query(sql))).rows;
}

describe('the embedded server', () => {
  it('is UTF-8 in locale C, and keeps its data over a restart', async () => {
    const server = await start();
    expect(server.state).toBe('started');
    const [settings] = await query(
      `select pg_encoding_to_char(encoding) as encoding, datcollate, datctype
      from pg_database where datname = current_database()`,
    );
    expect(settings).toEqual({ encoding: 'UTF8', datcollate: 'C', datctype: 'C' });
    await query(`create table kept (note text); insert into kept values ('मालिश')`);
    await server.stop();
    expect(findPostmaster(data.cluster)).toBeNull();
    await start();
    expect(await query('select note from kept')).toEqual([{ note: 'मालिश' }]);
  });

  it('wants a password', async () => {
    await start();
    await expect(
      withClient(`postgres://postgres:wrong@127.0.0.1:${port}/postgres`, async () => {}),
    ).rejects.toMatchObject({ cause: { code: '28P01' } });
  });

  it('is stopped by the process that started it, and not by a later one', async () => {
    const first = await start();
    const second = await start();
    expect([first.state, second.state]).toEqual(['started', 'attached']);
    await second.stop();
    expect(findPostmaster(data.cluster)).not.toBeNull();
    await first.stop();
    expect(findPostmaster(data.cluster)).toBeNull();
  });

  it('is started once by two processes that start it at once', async () => {
    const servers = await Promise.all([start(), start()]);
    expect(servers.map(({ state }) => state).sort()).toEqual(['attached', 'started']);
  });

  it('goes on after all processes when it was started to stay', async () => {
    const options = { data, port, binariesDirectory, isDisposable: false };
    expect(await startLastingEmbedded(options)).toBe(true);
    expect(await startLastingEmbedded(options)).toBe(false);
    const visitor = await start();
    await visitor.stop();
    expect(await query('select 1 as answer')).toEqual([{ answer: 1 }]);
    expect(await stopEmbedded(data, binariesDirectory)).toBe(true);
    expect(await stopEmbedded(data, binariesDirectory)).toBe(false);
  });
});

it('is handed over to a process that still uses it when its keeper ends', async () => {
  const server = await start();
  mkdirSync(path.join(data.path, 'users'), { recursive: true });
  // One that is gone, and one that lives.
  for (const pid of [deadPid, process.ppid]) {
    writeFileSync(path.join(data.path, 'users', String(pid)), '');
  }
  await server.stop();
  expect(await query('select 1 as answer')).toEqual([{ answer: 1 }]);
  expect(readFileSync(path.join(data.path, 'keeper'), 'utf8')).toBe(String(process.ppid));
  rmSync(path.join(data.path, 'users'), { recursive: true });
});

describe('after kill -9', () => {
  const keeperFile = () => path.join(data.path, 'keeper');

  it('of our process, the server it left is taken over and stopped in the end', async () => {
    await start();
    writeFileSync(keeperFile(), String(deadPid));
    const successor = await start();
    expect(successor.state).toBe('started');
    await successor.stop();
    expect(findPostmaster(data.cluster)).toBeNull();
  });

  it('of our process, the server it left moves to the port that is set now', async () => {
    await start();
    writeFileSync(keeperFile(), String(deadPid));
    const otherPort = await findFreePort();
    await start(otherPort);
    expect(await query('select 1 as answer', otherPort)).toEqual([{ answer: 1 }]);
  });

  it('of the server, its data is recovered', async () => {
    await start();
    await query(`create table survivor as select 'here' as note`);
    const pid = findPostmaster(data.cluster)?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    while (isRunning(pid) && findPostmaster(data.cluster) !== null) {
      await sleep(20);
    }
    await start();
    expect(await query('select note from survivor')).toEqual([{ note: 'here' }]);
  });

  it('a lock file with the number of some other process is no obstacle', async () => {
    const server = await start();
    const lockFile = path.join(data.cluster, 'postmaster.pid');
    const [, ...rest] = readFileSync(lockFile, 'utf8').split('\n');
    await server.stop();
    writeFileSync(lockFile, [process.pid, ...rest].join('\n'));
    await start();
    expect(await query('select 1 as answer')).toEqual([{ answer: 1 }]);
  });

  it('during a start, its lock is taken over', async () => {
    writeFileSync(path.join(data.path, 'lock'), String(deadPid));
    expect((await start()).state).toBe('started');
  });
});

describe('another port', () => {
  it('is refused, naming the right one, while it serves another process', async () => {
    await start();
    const otherPort = await findFreePort();
    await expect(start(otherPort)).rejects.toThrow(`EMBEDDED_PORT=${port}`);
  });

  it('must be free', async () => {
    const occupant = createServer();
    const taken = await findFreePort();
    await new Promise<void>((resolve) => occupant.listen(taken, '127.0.0.1', resolve));
    try {
      await expect(start(taken)).rejects.toThrow(/EMBEDDED_PORT/);
    } finally {
      await new Promise((resolve) => occupant.close(resolve));
    }
    expect((await start()).state).toBe('started');
  });

  it('lets two copies run side by side', async () => {
    const otherData = openDataDirectory(path.join(directory.path, 'other'));
    const otherPort = await findFreePort();
    await start();
    const other = await startEmbedded({
      data: otherData,
      port: otherPort,
      binariesDirectory,
      isDisposable: true,
    });
    try {
      expect(await query('select 1 as answer')).toEqual([{ answer: 1 }]);
      await expect(query('select 1', otherPort)).rejects.toMatchObject({
        cause: { code: '28P01' },
      });
    } finally {
      await other.stop();
    }
  });
});
