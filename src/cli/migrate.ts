import type { Config } from '../config/config.ts';
import { withDatabaseRunning } from './database.ts';
import { printTable, say } from './print.ts';
import { CommandError, jsonOption, type Verb } from './verb.ts';

export const migrateVerb: Verb = {
  usage: 'migrate',
  summary: 'Bring the database to the newest committed migration',
  options: {},
  run: () =>
    withDatabaseRunning(async ({ database }) => {
      const { prepareDatabase } = await import('../database/prepare.ts');
      const applied = await prepareDatabase(database, say);
      say(
        applied.length === 0
          ? 'Up to date.'
          : `Applied ${applied.map(({ name }) => name).join(', ')}.`,
      );
    }),
};

export const migrateCommitVerb: Verb = {
  usage: 'migrate commit',
  summary: 'Make migrations/current the next committed migration, with its undo',
  options: {
    message: { type: 'string', short: 'm', description: 'its name, such as "wallet limits"' },
  },
  run: async ({ values }) => {
    const { message } = values;
    if (typeof message !== 'string' || message.trim() === '') {
      throw new CommandError('Name the migration: ombaro migrate commit -m "wallet limits"');
    }
    await withDatabaseRunning(async (config) => {
      const { bootstrap } = await import('../database/bootstrap.ts');
      const { commitCurrent } = await import('../database/migrations/commit.ts');
      await bootstrap(config.database);
      const name = await commitCurrent(config.database, message, say);
      await regenerate(config);
      say(`Committed ${name}.`);
    });
  },
};

export const migrateStatusVerb: Verb = {
  usage: 'migrate status',
  summary: 'List the committed migrations and since when the database has them',
  options: { json: jsonOption },
  run: ({ values }) =>
    withDatabaseRunning(async ({ database }) => {
      const { readMigrationStatus } = await import('../database/migrations/status.ts');
      const status = await readMigrationStatus(database.ownerUrl);
      const rows = status.map(({ name, appliedAt }) => ({
        migration: name,
        applied: appliedAt?.toISOString() ?? null,
      }));
      printTable(rows, values.json === true);
    }),
};

export const migrateUndoVerb: Verb = {
  usage: 'migrate undo',
  summary: 'Undo the work in progress in migrations/current, if it is applied',
  options: {
    rerun: { type: 'boolean', description: 'it runs again at once (for the hook in .gmrc)' },
  },
  run: async ({ values }) => {
    const { undoCurrent } = await import('../database/migrations/current.ts');
    const options = { keepRecord: values.rerun === true };
    // Set by graphile-migrate when it calls this as a hook: its database, which is running.
    const hookUrl = process.env.GM_DBURL;
    const wasApplied =
      hookUrl === undefined
        ? await withDatabaseRunning(({ database }) => undoCurrent(database.ownerUrl, options))
        : await undoCurrent(hookUrl, options);
    if (hookUrl === undefined) {
      say(
        wasApplied ? 'The current migration is undone.' : 'The current migration is not applied.',
      );
    }
  },
};

async function regenerate(config: Config): Promise<void> {
  const { generateFiles, writeGenerated } = await import('../generate.ts');
  await writeGenerated(await generateFiles(config.database));
}
