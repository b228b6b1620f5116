import type { Shadow } from '../database/migrations/shadow.ts';
import { backupFor, noBackupOption } from './backup-option.ts';
import { withDatabaseRunning } from './database.ts';
import { printTable, say } from './print.ts';
import { CommandError, jsonOption, type Verb } from './verb.ts';

export const migrateVerb: Verb = {
  usage: 'migrate',
  summary: 'Bring the database to the newest committed migration',
  options: { 'no-backup': noBackupOption },
  run: ({ values }) =>
    withDatabaseRunning(async (config) => {
      const { database } = config;
      const { prepareDatabase } = await import('../database/prepare.ts');
      const { takePrecautions } = await import('../operations/migrate/before-applying.ts');
      const precautions = takePrecautions({
        ownerUrl: database.ownerUrl,
        takeBackup: backupFor(config, values),
        report: say,
      });
      const applied = await prepareDatabase(database, say, precautions);
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
      throw new CommandError('Name the migration: npx ombaro migrate commit -m "wallet limits"');
    }
    await withDatabaseRunning(async (config) => {
      const { bootstrap } = await import('../database/bootstrap.ts');
      const { commitCurrent } = await import('../database/migrations/commit.ts');
      const { refuseOtherMigrations } = await import('../database/migrations/status.ts');
      await refuseOtherMigrations(config.database);
      await bootstrap(config.database);
      const { name, shadow } = await commitCurrent(config.database, message, say);
      await regenerate(shadow);
      say(`Committed ${name}.`);
    });
  },
};

export const migrateStatusVerb: Verb = {
  usage: 'migrate status',
  summary: 'List the migrations, since when the database has them and what is wrong with them',
  options: { json: jsonOption },
  run: ({ values }) =>
    withDatabaseRunning(async ({ database }) => {
      const { readMigrationStatus } = await import('../database/migrations/status.ts');
      const status = await readMigrationStatus(database.ownerUrl);
      const rows = status.map(({ name, appliedAt, problem }) => ({
        migration: name,
        applied: appliedAt?.toISOString() ?? null,
        problem,
      }));
      printTable(rows, values.json === true);
      const wrong = status.filter(({ problem }) => problem !== null);
      if (wrong.length > 0) {
        throw new Error(
          `${wrong.map(({ name, problem }) => `${name} ${problem}`).join('\n')}\nWhere the database was made by other migrations, "npx ombaro migrate" says how to move its data.`,
        );
      }
    }),
};

export const migrateUndoVerb: Verb = {
  usage: 'migrate undo',
  summary: 'Undo the work in progress in migrations/current, if it is applied',
  options: {
    rerun: { type: 'boolean', description: 'it runs again at once (for the hook in .gmrc)' },
  },
  run: async ({ values }) => {
    // Set by graphile-migrate when it calls this as a hook: its database, which is running.
    const hookUrl = process.env.GM_DBURL;
    if (hookUrl !== undefined) {
      const { undoCurrent } = await import('../database/migrations/current.ts');
      await undoCurrent(hookUrl, { keepRecord: values.rerun === true });
      return;
    }
    const { undoWork } = await import('../database/migrations/undo-work.ts');
    const wasApplied = await withDatabaseRunning(({ database }) => undoWork(database));
    say(wasApplied ? 'The current migration is undone.' : 'The current migration is not applied.');
  },
};

export const migrateExportVerb: Verb = {
  usage: 'migrate export',
  summary: "Write bootstrap and migrations as files for other tools, under the guide's names",
  options: {
    supabase: {
      type: 'string',
      description: 'the folder for what "supabase db push" and psql take; empty, or of an export',
    },
  },
  run: async ({ values }) => {
    const { supabase } = values;
    if (typeof supabase !== 'string' || supabase === '') {
      throw new CommandError(
        'Name the folder: npx ombaro migrate export --supabase supabase/migrations',
      );
    }
    const { exportForSupabase } = await import('../operations/export-supabase.ts');
    for (const name of await exportForSupabase(supabase)) {
      process.stdout.write(`${name}\n`);
    }
    say(
      'Apply them in this order as an administrator: supabase db push, or psql and \\i for each. Then give ombaro_owner, ombaro_api and ombaro_worker passwords (alter role … password …).',
    );
  },
};

async function regenerate(shadow: Shadow): Promise<void> {
  const { generateFiles, writeGenerated } = await import('./generated-files.ts');
  await writeGenerated(await generateFiles(shadow));
}
