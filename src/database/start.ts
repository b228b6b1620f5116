import type { DatabaseConfig } from '../config/config.ts';

export type RunningDatabase = {
  /** Stops the embedded server if this process started it. */
  readonly stop: () => Promise<void>;
};

/** Makes the embedded server run, where the database is embedded; says for whom it waits. */
export async function startDatabase(
  database: DatabaseConfig,
  say: (line: string) => void,
): Promise<RunningDatabase> {
  if (database.embedded === null) {
    return { stop: async () => {} };
  }
  const { startEmbedded } = await import('./embedded/server.ts');
  return await startEmbedded({
    ...database.embedded,
    binariesDirectory: null,
    isDisposable: false,
    say,
  });
}
