import { withDatabaseRunning } from './database.ts';
import { printTable, say } from './print.ts';
import { jsonOption, type Verb } from './verb.ts';

export const adminListVerb: Verb = {
  usage: 'admin list',
  summary: 'Show who is or was an administrator, and with what they sign in',
  options: { json: jsonOption },
  run: async ({ values }) => {
    const { listAdministrators } = await import('../operations/administrators.ts');
    const { withClient } = await import('../lib/postgres.ts');
    const { assertMigrated } = await import('../database/migrations/status.ts');
    await withDatabaseRunning(async ({ database }) => {
      await assertMigrated(database);
      const administrators = await withClient(database.ownerUrl, listAdministrators);
      if (values.json === true) {
        process.stdout.write(`${JSON.stringify(administrators, null, 2)}\n`);
        return;
      }
      if (administrators.length === 0) {
        say('There is no administrator. Make one: npx ombaro admin create --help');
        return;
      }
      printTable(
        administrators.map(
          ({ id, name, role, isActive, accountStatus, mobile, email, ...times }) => ({
            id,
            name,
            role: isActive ? role : `${role} (ended)`,
            account: accountStatus,
            mobile,
            email,
            since: times.since.toISOString().slice(0, 10),
            'last active':
              times.lastSessionAt?.toISOString().slice(0, 16).replace('T', ' ') ?? null,
          }),
        ),
        false,
      );
    });
  },
};
