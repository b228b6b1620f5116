import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import type { Verb } from './verb.ts';

export const generateVerb: Verb = {
  usage: 'generate',
  summary: 'Write the files in schema/ and docs/database/ anew from the migrations',
  options: {
    check: { type: 'boolean', description: 'write nothing; fail when a file is out of date' },
  },
  run: ({ values }) =>
    withDatabaseRunning(async ({ database }) => {
      const { findStale, generateFiles, writeGenerated } = await import('./generated-files.ts');
      const { buildShadowWithCurrent } = await import('../database/migrations/shadow.ts');
      const files = await generateFiles(await buildShadowWithCurrent(database));
      if (values.check !== true) {
        await writeGenerated(files);
        say(`Wrote ${files.size} files in schema/ and docs/.`);
        return;
      }
      const stale = await findStale(files);
      if (stale.length > 0) {
        throw new Error(`Out of date: ${stale.join(', ')}. Run: npm run generate`);
      }
      say('The generated files are up to date.');
    }),
};
