import { setFlagsFromString } from 'node:v8';
import { loadConfig } from '../config/load.ts';
import { makeFileStore } from '../files/stores.ts';
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
    const config = loadConfig();
    const isWatching = values.watch === true;
    // Read by the GraphQL libraries as they load: more checks, and slower, in development.
    process.env.GRAPHILE_ENV ??= isWatching ? 'development' : 'production';
    const { serve } = await import('../main.ts');
    await runUntilSignal(async (running) => {
      const url = await serve(config, running, { watch: isWatching, say });
      // From now on: by default the heap doubles before it is searched for what lives, so that a few large requests
      // take hundreds of megabytes which nobody uses.
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
      say('Stop          Ctrl-C');
    });
  },
};
