import { databaseOf } from '../lib/postgres.ts';
import { confirm } from './confirm.ts';
import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import { CommandError, type Verb } from './verb.ts';

export const restoreVerb: Verb = {
  usage: 'restore <file>',
  summary: 'Restore a backup into a database that is new, empty, or named to be replaced',
  options: {
    into: {
      type: 'string',
      description: 'name or address of the database (default: that of the settings)',
    },
    emergency: {
      type: 'boolean',
      description: 'back up the database as it is, then put the restored one in its place',
    },
    yes: { type: 'boolean', description: 'do not ask; with --into: replace what is there' },
  },
  run: async ({ values, positionals: [file = ''] }) => {
    const { into, emergency, yes } = values;
    await withDatabaseRunning(async ({ database, operations }) => {
      const { findTarget } = await import('../operations/restore/target.ts');
      const { restore } = await import('../operations/restore.ts');
      const target = findTarget(database, typeof into === 'string' ? into : null);
      const name = databaseOf(target.ownerUrl);
      if (emergency === true && yes !== true && !(await confirm(`Replace ${name}?`, name))) {
        throw new CommandError('Nothing is changed.');
      }
      const {
        database: restored,
        keptAs,
        schemaVersion,
        rows,
        tables,
      } = await restore({
        file,
        target,
        replace: emergency === true || (into !== undefined && yes === true),
        backupDirectory: emergency === true ? operations.backupDirectory : null,
        onProgress: say,
      });
      say(`${restored} has schema version ${schemaVersion}: ${rows} rows in ${tables} tables.`);
      if (keptAs !== null) {
        say(`The database before is kept as ${keptAs}; drop it when you do not need it any more.`);
      }
    });
  },
};
