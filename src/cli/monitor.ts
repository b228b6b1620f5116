import type { WriteStream } from 'node:tty';
import type pg from 'pg';
import { loadConfig } from '../config/load.ts';
import { untilSignal } from '../lib/signals.ts';
import { withDatabaseRunning } from './database.ts';
import { jsonOption, type Verb } from './verb.ts';

/** Between two looks, in milliseconds. */
const intervalMs = 2_000;

export const monitorVerb: Verb = {
  usage: 'monitor',
  summary: 'Show what the database does: sessions, locks, slow queries, sizes, messages, failures',
  options: {
    once: { type: 'boolean', description: 'print once; otherwise every 2 s until Ctrl-C' },
    json: { ...jsonOption, description: 'print one JSON object for programs, once' },
  },
  run: async ({ values }) => {
    const { stdout } = process;
    const asJson = values.json === true;
    if (values.once !== true && !asJson && stdout.isTTY) {
      await watch(stdout);
      return;
    }
    await withDatabaseRunning(async ({ database }) => {
      const { withClient } = await import('../lib/postgres.ts');
      const { readMonitor } = await import('../operations/monitor/monitor.ts');
      const { drawMonitor } = await import('./monitor-screen.ts');
      const monitor = await withClient(database.ownerUrl, readMonitor);
      stdout.write(
        asJson ? `${JSON.stringify(monitor, null, 2)}\n` : `${drawMonitor(monitor).join('\n')}\n`,
      );
    });
  },
};

/** Until Ctrl-C, which is how it shall end. */
async function watch(screen: WriteStream): Promise<void> {
  const { database } = loadConfig();
  const { withClient } = await import('../lib/postgres.ts');
  const { startDatabase } = await import('../database/start.ts');
  const stop = new AbortController();
  const interruption = untilSignal();
  interruption.promise.then(() => stop.abort());
  const server = await startDatabase(database, () => {});
  try {
    await withClient(database.ownerUrl, (client) => redraw(client, screen, stop.signal));
  } finally {
    interruption.release();
    await server.stop();
  }
}

async function redraw(client: pg.Client, screen: WriteStream, signal: AbortSignal): Promise<void> {
  const { readMonitor } = await import('../operations/monitor/monitor.ts');
  const { wait } = await import('../lib/retry.ts');
  const { drawMonitor } = await import('./monitor-screen.ts');
  while (!signal.aborted) {
    const lines = drawMonitor(await readMonitor(client));
    const shown = lines.slice(0, screen.rows - 1).map((line) => line.slice(0, screen.columns));
    // To the corner, and each line over the one before, so that nothing flickers.
    screen.write(`\x1b[H${shown.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
    await wait(intervalMs, signal);
  }
}
