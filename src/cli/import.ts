import { confirm } from './confirm.ts';
import { withDatabaseRunning } from './database.ts';
import { printTable, say } from './print.ts';
import { makeProgressBar } from './progress-bar.ts';
import { CommandError, jsonOption, type Verb, type VerbInput } from './verb.ts';

export const importVerb: Verb = {
  usage: 'import <table or folder> [<file.csv>]',
  summary:
    'Check every line of a CSV file, or of a folder of "npx ombaro export --all", then import all or nothing',
  options: {
    map: {
      type: 'string',
      description:
        'JSON file: {"column of the file": "column of the table", "left out": null}; for a folder {"public.bookings.note": "remark", "public.old_table": null}',
    },
    key: {
      type: 'string',
      description: 'columns, after commas, by which a row replaces one of the table',
    },
    'skip-bad': { type: 'boolean', description: 'import what is good; needs --rejects' },
    rejects: {
      type: 'string',
      description: 'new CSV file for the bad lines and their reasons; for a folder a new folder',
    },
    yes: { type: 'boolean', description: 'do not ask before rows are replaced' },
    json: jsonOption,
  },
  run: async ({ values, positionals: [table = '', file] }) => {
    const { key, rejects } = readOptions(values);
    if (file === undefined) {
      if (key.length > 0) {
        throw new CommandError('--key is for a file; a folder goes into an empty database.');
      }
      const { importFolder } = await import('./import-folder.ts');
      await importFolder(table, values, rejects);
      return;
    }
    await withDatabaseRunning(async ({ database }) => {
      const { assertMigrated } = await import('../database/migrations/status.ts');
      await assertMigrated(database);
      const { importFile, readColumnMap } = await import('../operations/import.ts');
      const map = typeof values.map === 'string' ? await readColumnMap(values.map) : {};
      const bar = makeProgressBar(process.stderr);
      const report = makeReport(values.json === true);
      const start = performance.now();
      try {
        const { written, replaced, bad } = await importFile({
          ownerUrl: database.ownerUrl,
          table,
          file,
          map,
          key,
          rejects,
          mayReplace: async (rows) =>
            values.yes === true || (await confirm(`Replace ${rows} rows of ${table}?`, 'yes')),
          onBad: report.add,
          onProgress: bar.show,
        });
        bar.end();
        const rate = Math.round((written / (performance.now() - start)) * 1000);
        say(`Imported ${written} rows, ${replaced} of them replaced, ${rate} a second.`);
        if (bad > 0) {
          say(`${bad} bad lines are in ${rejects}.`);
        }
      } catch (error) {
        bar.end();
        throw error;
      } finally {
        report.end();
      }
    });
  },
};

function readOptions(values: VerbInput['values']): {
  readonly key: readonly string[];
  readonly rejects: string | null;
} {
  if ((values['skip-bad'] === true) !== (values.rejects !== undefined)) {
    throw new CommandError(
      '--skip-bad and --rejects go together: --skip-bad --rejects bad-lines.csv',
    );
  }
  const key =
    typeof values.key === 'string' ? values.key.split(',').map((name) => name.trim()) : [];
  return { key, rejects: typeof values.rejects === 'string' ? values.rejects : null };
}

/** Bad lines as they come, or as one piece of JSON in the end. */
function makeReport(asJson: boolean): {
  readonly add: (bad: { readonly line: number; readonly reason: string }) => void;
  readonly end: () => void;
} {
  const lines: Record<string, string>[] = [];
  return {
    add: ({ line, reason }) => {
      if (asJson) {
        lines.push({ line: String(line), reason });
        return;
      }
      process.stdout.write(`line ${line}: ${reason}\n`);
    },
    end: () => {
      if (asJson) {
        printTable(lines, true);
      }
    },
  };
}
