import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import { isUuid } from './uuid.ts';
import { CommandError, type Verb } from './verb.ts';

export const adminCreateVerb: Verb = {
  usage: 'admin create',
  summary: 'Make a person super admin, such as the first one of an empty database',
  options: {
    mobile: { type: 'string', description: 'number with which the person signs in: +919876543210' },
    email: { type: 'string', description: 'or the e-mail address: asha@example.com' },
    name: { type: 'string', description: 'how the person is called' },
    user: {
      type: 'string',
      description: 'instead of all that, the id of an account: where another issuer keeps them',
    },
  },
  run: async ({ values }) => {
    const { readContact } = await import('./read-contact.ts');
    const { createAdministrator } = await import('../operations/administrators.ts');
    const { withClient } = await import('../lib/postgres.ts');
    const { assertMigrated } = await import('../database/migrations/status.ts');
    const who = readWho();
    await withDatabaseRunning(async ({ database }) => {
      await assertMigrated(database);
      const made = await withClient(database.ownerUrl, (client) =>
        createAdministrator(client, who),
      );
      process.stdout.write(`${made.userId}\n`);
      say(
        made.isNewAdministrator
          ? `${made.name} is super admin now, with ${made.isNewAccount ? 'a new' : 'the present'} account, and signs in with a one-time code.`
          : `${made.name} is already super admin. Nothing was changed.`,
      );
    });

    function readWho(): Parameters<typeof createAdministrator>[1] {
      const { mobile, email, name, user } = values;
      if (typeof user === 'string') {
        if (mobile !== undefined || email !== undefined || name !== undefined) {
          throw new CommandError('Give --user alone, or a contact with --name.');
        }
        if (!isUuid(user)) {
          throw new CommandError(`"${user}" is not the id of an account. An id is a UUID.`);
        }
        return { userId: user };
      }
      if (typeof name !== 'string' || name.trim() === '') {
        throw new CommandError(
          'Give the name too: npx ombaro admin create --mobile +91… --name "…"',
        );
      }
      return { contact: readContact(values), name };
    }
  },
};
