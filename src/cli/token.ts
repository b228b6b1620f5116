import path from 'node:path';
import { hasDataDirectory } from '../config/data-directory.ts';
import { parseDuration } from '../config/duration.ts';
import { loadConfig, loadSettings } from '../config/load.ts';
import { projectRoot } from '../config/project.ts';
import { isPersonaName, personaNames, personas } from '../demo/personas.ts';
import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import { addressOf, isRefusing, isServing } from './running-server.ts';
import { isUuid } from './uuid.ts';
import { CommandError, type Verb, type VerbInput } from './verb.ts';

const defaultLifetime = '12 h';
const defaultDataDirectory = '.data';

const findDataFolder =
  'Set OMBARO_DATA_DIR to the folder that the server uses: it printed it at its start, in the line "Data".';

export const tokenVerb: Verb = {
  usage: 'token <persona>',
  summary: 'Print an access token for a persona of the demo data, or for any user',
  options: {
    user: {
      type: 'string',
      value: 'id',
      description: 'instead of a persona, any user of the database',
    },
    lifetime: {
      type: 'string',
      description: `until it expires, such as "10 s" or "2 h" (${defaultLifetime})`,
    },
  },
  insteadOption: 'user',
  details: ['Personas:', ...personaNames.map((name) => `  ${name}`)],
  run: async (input) => {
    const lifetimeMs = parseDuration(String(input.values.lifetime ?? defaultLifetime));
    if (lifetimeMs === null) {
      throw new CommandError('A lifetime is a number with its unit: 500 ms, 10 s, 5 min, 2 h.');
    }
    const subject = readSubject(input);
    await refuseNewSecret();
    const { http, tokens } = loadConfig();
    if (!tokens.demo) {
      throw new Error('In production there are no demo tokens. DEMO_TOKENS=true allows them.');
    }
    const { makeTokenSigner } = await import('../auth/token-signer.ts');
    const signer = makeTokenSigner(tokens);
    if (signer === null) {
      throw new Error(
        'Only the owner of the keys at JWKS_URL can sign tokens. Set JWT_SECRET or JWT_PRIVATE_KEYS to sign them here.',
      );
    }
    if (!subject.isPersona) {
      await assertUserExists(subject.id);
    }
    const token = await signer.signAccessToken({
      userId: subject.id,
      lifetimeSeconds: Math.ceil(lifetimeMs / 1000),
    });
    process.stdout.write(`${token}\n`);
    const url = addressOf(http);
    if (await isRefusing(url, token)) {
      say(
        `The server at ${url} refuses this token: it verifies tokens with another secret. ${findDataFolder}`,
      );
    }
  },
};

type Subject = { readonly id: string; readonly isPersona: boolean };

function readSubject({ positionals: [name = ''], values: { user } }: VerbInput): Subject {
  if (typeof user === 'string') {
    if (!isUuid(user)) {
      throw new CommandError(`"${user}" is not the id of a user. An id is a UUID.`);
    }
    return { id: user.toLowerCase(), isPersona: false };
  }
  if (!isPersonaName(name)) {
    throw new CommandError(
      `There is no persona "${name}". The personas are: ${personaNames.join(', ')}.`,
    );
  }
  return { id: personas[name].id, isPersona: true };
}

/**
 * A secret that is made here is not the one of the server that runs, which refuses what it signs. The default folder is
 * made by the first start alone. One that is named may be made, to have tokens before the first start, as long as no
 * server runs.
 */
async function refuseNewSecret(): Promise<void> {
  const settings = loadSettings();
  const { DATABASE_URL, JWT_SECRET, JWT_PRIVATE_KEYS, JWKS_URL, OMBARO_DATA_DIR } = settings;
  const isSecretSet = [DATABASE_URL, JWT_SECRET, JWT_PRIVATE_KEYS, JWKS_URL].some(Boolean);
  const folder = path.resolve(projectRoot, OMBARO_DATA_DIR);
  if (isSecretSet || hasDataDirectory(folder)) {
    return;
  }
  const url = addressOf({ host: settings.HOST, port: settings.PORT });
  if (await isServing(url)) {
    throw new Error(
      `The server at ${url} does not use the data folder ${folder}, which does not exist, so its tokens cannot be signed from here. ${findDataFolder}`,
    );
  }
  if (OMBARO_DATA_DIR === defaultDataDirectory) {
    throw new Error(
      `The data folder ${folder} does not exist, so no server would accept a token from here. Start the server first: npm start. If it runs already, it uses another folder. ${findDataFolder}`,
    );
  }
}

async function assertUserExists(id: string): Promise<void> {
  const { withClient } = await import('../lib/postgres.ts');
  const { assertMigrated } = await import('../database/migrations/status.ts');
  await withDatabaseRunning(async ({ database }) => {
    await assertMigrated(database);
    const { rowCount } = await withClient(database.ownerUrl, (client) =>
      client.query('select from auth.users where id = $1', [id]),
    );
    if (rowCount === 0) {
      throw new Error(`The database has no user with the id ${id}.`);
    }
  });
}
