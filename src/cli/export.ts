import { Writable } from 'node:stream';
import { makeFileStore } from '../files/stores.ts';
import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import { makeProgressBar } from './progress-bar.ts';
import { CommandError, type Verb } from './verb.ts';

const megabyte = 1_000_000;

export const exportVerb: Verb = {
  usage: 'export [<table>]',
  summary: 'Write a table as CSV, to the output or a new file, or the whole database into a folder',
  options: {
    to: { type: 'string', description: 'the new file' },
    all: {
      type: 'string',
      description:
        'a folder for the whole database, also one of other migrations: a file of each table and a manifest, for "npx ombaro import <folder>"',
    },
  },
  run: async ({ values: { to, all }, positionals: [table] }) => {
    if ((table === undefined) === (all === undefined) || (to !== undefined && all !== undefined)) {
      throw new CommandError(
        'Name a table, or a folder for the whole database: npx ombaro export --all folder',
      );
    }
    await withDatabaseRunning(async (config) => {
      const { ownerUrl } = config.database;
      const { exportTable, exportTableToFile } = await import('../operations/export.ts');
      const { exportAll } = await import('../operations/moving/export-all.ts');
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
          const { tables } = await exportAll(ownerUrl, all, (name, done, total) => {
            if (done === total) {
              bar.show(done, total, name);
            }
          });
          bar.end();
          const rows = Object.values(tables).reduce((sum, table) => sum + table.rows, 0);
          say(
            `Wrote ${rows} rows of ${Object.keys(tables).length} tables into ${all}. What is left out, and why, is in ${all}/manifest.json.`,
          );
          const files = tables['public.files']?.rows ?? 0;
          if (files > 0) {
            say(
              `The bytes of ${files} uploaded files are not in it: they stay in ${makeFileStore(config.files).place}.`,
            );
          }
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

/** Standard output, which stays open; the writer learns that its reader is gone. */
function openOutput(): Writable {
  process.stdout.on('error', () => {});
  return new Writable({
    write: (chunk, _encoding, done) => {
      process.stdout.write(chunk, done);
    },
  });
}
