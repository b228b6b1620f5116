import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { loadConfig, loadSettings } from '../config/load.ts';
import { makeFileStore } from '../files/stores.ts';
import { assertPortsAreFree } from './check-ports.ts';
import { say } from './print.ts';
import { runUntilSignal } from './run-until-signal.ts';
import type { Verb } from './verb.ts';

export const serveVerb: Verb = {
  usage: 'serve',
  summary: 'Start everything: database, migrations, demo data, relay and API',
  options: {
    watch: { type: 'boolean', description: 'apply migrations/current at every save' },
  },
  run: async ({ values }) => {
    await assertPortsAreFree(loadSettings());
    const config = loadConfig();
    const isWatching = values.watch === true;
    // Read by the GraphQL libraries as they load: more checks, and slower, in development.
    process.env.GRAPHILE_ENV ??= isWatching ? 'development' : 'production';
    const { serve } = await import('../main.ts');
    await runUntilSignal(async (running) => {
      const url = await serve(config, running, { watch: isWatching, say });
      // From now on: by default the heap doubles before it is searched for what lives, so that a few large requests
      // take hundreds of megabytes which are not used.
      setFlagsFromString('--heap-growing-percent=30');
      say(`GraphQL       ${url}/graphql`);
      if (config.http.graphiql) {
        say(`GraphiQL      ${url}/`);
      }
      if (config.database.embedded !== null) {
        say(`Data          ${config.database.embedded.data.path}`);
      }
      say(`Files         ${makeFileStore(config.files).place}`);
      if (config.files.addressSecret === null) {
        say('              none is sent or read until FILES_SECRET is set');
      }
      if (config.demo && config.tokens.demo) {
        say('Tokens        npx ombaro token customer');
      }
      if (!config.isProduction && config.logLevel === 'info') {
        say(
          'Messages      are counted here; LOG_LEVEL=debug shows those for which no channel is set up',
        );
      }
      say('Stop          Ctrl-C');
    });
    say(
      config.database.embedded === null
        ? 'Stopped. The data stays in the database.'
        : `Stopped. The data stays in ${shortened(config.database.embedded.data.path)}; the next start keeps it.`,
    );
  },
};

/** The shorter of a path and the way to it from the working directory: `.data`. */
function shortened(folder: string): string {
  const relative = path.relative('', folder);
  return relative.startsWith('..') || relative === '' ? folder : relative;
}
