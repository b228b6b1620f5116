import { Writable } from 'node:stream';
import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import { makeProgressBar } from './progress-bar.ts';
import { CommandError, type Verb } from './verb.ts';

const megabyte = 1_000_000;

export const exportVerb: Verb = {
  usage: 'export [<table>]',
  summary: 'Write a table as CSV, to the output or a new file, or every table into a folder',
  options: {
    to: { type: 'string', description: 'the new file' },
    all: { type: 'string', description: 'a folder for a file of each table of public' },
  },
  run: async ({ values: { to, all }, positionals: [table] }) => {
    if ((table === undefined) === (all === undefined) || (to !== undefined && all !== undefined)) {
      throw new CommandError('Say which table, or a folder for all: ombaro export --all folder');
    }
    await withDatabaseRunning(async ({ database: { ownerUrl } }) => {
      const { exportAll, exportTable, exportTableToFile } = await import('../operations/export.ts');
      const bar = makeProgressBar(process.stderr);
      const start = performance.now();
      const onProgress = (name: string, done: number, total: number): void => {
        const rate = done / megabyte / ((performance.now() - start) / 1000);
        bar.show(
          done,
          total,
          `${name}: ${(done / megabyte).toFixed(1)} MB, ${rate.toFixed(1)} MB/s`,
        );
      };
      try {
        if (typeof all === 'string') {
          const tables = await exportAll(ownerUrl, all, (name, done, total) => {
            if (done === total) {
              bar.show(done, total, name);
            }
          });
          bar.end();
          say(`Wrote ${tables.length} tables into ${all}.`);
          return;
        }
        const { rows } =
          typeof to === 'string'
            ? await exportTableToFile(ownerUrl, table ?? '', to, onProgress)
            : await exportTable(ownerUrl, table ?? '', openOutput(), onProgress);
        bar.end();
        const seconds = (performance.now() - start) / 1000;
        say(`Wrote ${rows} rows, ${Math.round(rows / seconds)} a second.`);
      } catch (error) {
        bar.end();
        throw error;
      }
    });
  },
};

/** Standard output, which stays open; that its reader is gone is heard by who writes. */
function openOutput(): Writable {
  process.stdout.on('error', () => {});
  return new Writable({
    write: (chunk, _encoding, done) => {
      process.stdout.write(chunk, done);
    },
  });
}
