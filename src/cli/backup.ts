import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import type { Verb } from './verb.ts';
import { readWholeNumber } from './whole-number.ts';

export const backupVerb: Verb = {
  usage: 'backup',
  summary: 'Dump the database into a new file, and print its path',
  options: {
    check: {
      type: 'boolean',
      description: 'restore it into a temporary database and compare every table',
    },
    'keep-days': { type: 'string', description: 'delete backups of this database that are older' },
    keep: { type: 'string', description: 'delete all but so many backups of this database' },
  },
  run: async ({ values }) => {
    const keepDays = readWholeNumber('keep-days', values['keep-days']);
    const keep = readWholeNumber('keep', values.keep);
    await withDatabaseRunning(async ({ database, operations }) => {
      const { rootUrl } = database;
      if (values.check === true && rootUrl === null) {
        throw new Error(
          'Set ROOT_DATABASE_URL to an administrator’s connection: --check makes a temporary database.',
        );
      }
      const { backUp } = await import('../operations/backup.ts');
      const { path } = await backUp({
        ownerUrl: database.ownerUrl,
        directory: operations.backupDirectory,
        onProgress: say,
      });
      process.stdout.write(`${path}\n`);
      if (values.check === true && rootUrl !== null) {
        const { checkBackup } = await import('../operations/backup/check.ts');
        await checkBackup(path, { ...database, rootUrl }, say);
        say('It restores, and every table is the same.');
      }
      if (keepDays !== null || keep !== null) {
        const { pruneBackups } = await import('../operations/backup/retention.ts');
        for (const file of await pruneBackups({ newest: path, keepDays, keep })) {
          say(`Deleted ${file}.`);
        }
      }
    });
  },
};
