import type { DatabaseConfig } from '../config/config.ts';
import { loadConfig } from '../config/load.ts';
import { say } from './print.ts';
import { CommandError, type Verb } from './verb.ts';

export const dbStartVerb: Verb = {
  usage: 'db start',
  summary: 'Start the embedded PostgreSQL and leave it running',
  options: {},
  run: async () => {
    const { data, port } = embeddedOf(loadConfig().database);
    const { startLastingEmbedded } = await import('../database/embedded/server.ts');
    const isNew = await startLastingEmbedded({
      data,
      port,
      binariesDirectory: null,
      isDisposable: false,
    });
    say(
      `PostgreSQL ${isNew ? 'started' : 'was running'} on 127.0.0.1:${port}, data in ${data.path}.`,
    );
  },
};

export const dbStopVerb: Verb = {
  usage: 'db stop',
  summary: 'Stop the embedded PostgreSQL, also one that another process started',
  options: {},
  run: async () => {
    const { data } = embeddedOf(loadConfig().database);
    const { stopEmbedded } = await import('../database/embedded/server.ts');
    const wasRunning = await stopEmbedded(data, null);
    say(wasRunning ? 'PostgreSQL stopped.' : 'PostgreSQL was not running.');
  },
};

type Embedded = NonNullable<DatabaseConfig['embedded']>;

function embeddedOf(database: DatabaseConfig): Embedded {
  if (database.embedded === null) {
    throw new CommandError(
      'DATABASE_URL is set: there is no embedded PostgreSQL to start or stop.',
    );
  }
  return database.embedded;
}
