import { backupFor, noBackupOption } from './backup-option.ts';
import { confirm } from './confirm.ts';
import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import { CommandError, type Verb } from './verb.ts';

export const rollbackVerb: Verb = {
  usage: 'rollback',
  summary: 'Undo the newest migrations, after a backup and a question',
  options: {
    to: { type: 'string', description: 'the number of the last migration to keep (one step back)' },
    yes: { type: 'boolean', description: 'do not ask' },
    'no-backup': noBackupOption,
  },
  run: async ({ values }) => {
    const to = readNumber(values.to);
    await withDatabaseRunning(async (config) => {
      const { database } = config;
      const { whileAlone } = await import('../database/migrations/migrate.ts');
      const { findLosses } = await import('../operations/rollback/losses.ts');
      const { rollBack } = await import('../operations/rollback/roll-back.ts');
      const { readSteps } = await import('../operations/rollback/steps.ts');
      const { steps, losses } = await whileAlone(database.ownerUrl, async (client) => {
        const steps = await readSteps(client, database, to);
        return { steps, losses: await findLosses(client, database, steps) };
      });
      for (const { name } of steps.undone) {
        say(`To undo: ${name}`);
      }
      say(losses.length === 0 ? 'No table or column would be lost.' : 'This would be lost:');
      for (const line of losses) {
        say(`  ${line}`);
      }
      say('Undo files may change or delete rows of tables that stay: read them, too.');
      if (values.yes !== true && !(await confirm('Roll back?', 'yes'))) {
        throw new Error('Nothing was changed.');
      }
      const takeBackup = backupFor(config, values);
      await rollBack(database.ownerUrl, steps, { takeBackup, report: say });
      const last = steps.kept.at(-1)?.name ?? 'no migration';
      say(
        `The database is at ${last}. The next start of this version of ombaro would apply the others again: deploy the version that ends there first.`,
      );
    });
  },
};

function readNumber(value: string | boolean | undefined): number | null {
  if (value === undefined) {
    return null;
  }
  if (!/^\d{1,6}$/.test(String(value))) {
    throw new CommandError('--to takes the number of a migration: npx ombaro rollback --to 12');
  }
  return Number(value);
}
