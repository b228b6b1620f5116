import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { type RunningDatabase, startDatabase } from '../database/start.ts';
import { untilSignal } from '../lib/signals.ts';
import { say } from './print.ts';

/** As shells count: 128 and the number of SIGINT. */
const interruptedExitCode = 130;

/**
 * Runs `act` with a database that answers: the embedded server is attached to, or started and stopped
 * again, also when the person interrupts.
 */
export async function withDatabaseRunning<Result>(
  act: (config: Config) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig();
  const interruption = untilSignal();
  const database = await startDatabase(config.database, say);
  interruption.promise.then((reason) => leave(database, reason));
  try {
    const { sayingWhatItWaitsFor } = await import('../database/lock-waits.ts');
    return await sayingWhatItWaitsFor(config.database, say, () => act(config));
  } finally {
    interruption.release();
    await database.stop();
  }
}

async function leave(database: RunningDatabase, reason: string): Promise<void> {
  // What is under way now fails in its own ways as its database goes, which need not be reported.
  process.on('unhandledRejection', () => {});
  process.on('uncaughtException', () => {});
  say(`Interrupted by ${reason}.`);
  try {
    await database.stop();
  } finally {
    process.exit(interruptedExitCode);
  }
}
