import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import { makeProgressBar } from './progress-bar.ts';
import { CommandError, type Verb } from './verb.ts';

const defaultBookings = '600';

export const demoVerb: Verb = {
  usage: 'demo',
  summary: 'Fill an empty database with demo data',
  options: {
    bookings: {
      type: 'string',
      description: `how many bookings; all else grows with them (${defaultBookings})`,
    },
  },
  run: async ({ values }) => {
    const text = String(values.bookings ?? defaultBookings).replaceAll(/[_,]/g, '');
    if (!/^\d+$/.test(text)) {
      throw new CommandError(
        'A number of bookings is a whole number: npx ombaro demo --bookings 1000000',
      );
    }
    await withDatabaseRunning(async ({ database }) => {
      const { prepareDatabase } = await import('../database/prepare.ts');
      const { loadDemo } = await import('../demo/load.ts');
      await prepareDatabase(database, say);
      const bar = makeProgressBar(process.stderr);
      try {
        await loadDemo({
          ownerUrl: database.ownerUrl,
          bookings: Number(text),
          onProgress: bar.show,
        });
      } finally {
        bar.end();
      }
      say(`Loaded ${Number(text)} bookings and what belongs to them.`);
    });
  },
};
