import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import type { Verb } from './verb.ts';

export const adminRecoverVerb: Verb = {
  /** By id, number or address, as `admin list` shows them. */
  usage: 'admin recover <administrator>',
  summary:
    'Restore account and role of an administrator, or set a new contact in place of all others',
  options: {
    mobile: { type: 'string', description: 'the new number: +919876543210' },
    email: { type: 'string', description: 'or the new e-mail address: asha@example.com' },
  },
  run: async ({ positionals: [who = ''], values }) => {
    const { readContact } = await import('./read-contact.ts');
    const { recoverAdministrator } = await import('../operations/administrators.ts');
    const { withClient } = await import('../lib/postgres.ts');
    const { assertMigrated } = await import('../database/migrations/status.ts');
    const contact =
      values.mobile === undefined && values.email === undefined ? null : readContact(values);
    await withDatabaseRunning(async ({ database }) => {
      await assertMigrated(database);
      const recovery = await withClient(database.ownerUrl, (client) =>
        recoverAdministrator(client, who, contact),
      );
      process.stdout.write(`${recovery.userId}\n`);
      const done = [
        ...(recovery.hasNewContact
          ? ['has a new contact, the only one that signs in, and no session any more']
          : []),
        ...(recovery.isAccountRestored ? ['has an active account again'] : []),
        ...(recovery.restoredRole === null ? [] : [`is ${recovery.restoredRole} again`]),
      ];
      say(
        done.length > 0
          ? `${recovery.name} ${done.join(', ')}.`
          : `${recovery.name} has account and role already, so nothing was changed. A new contact is given by --mobile or --email.`,
      );
    });
  },
};
