import { parseDuration } from '../config/duration.ts';
import { loadConfig } from '../config/load.ts';
import { isPersonaName, personaNames, personas } from '../demo/personas.ts';
import { CommandError, type Verb } from './verb.ts';

const defaultLifetime = '12 h';

export const tokenVerb: Verb = {
  usage: 'token <persona>',
  summary: 'Print a token for a person of the demo data',
  options: {
    lifetime: {
      type: 'string',
      description: `until it expires, such as "10 s" or "2 h" (${defaultLifetime})`,
    },
  },
  run: async ({ positionals: [name = ''], values }) => {
    if (!isPersonaName(name)) {
      throw new CommandError(
        `"${name}" is nobody of the demo data. There are: ${personaNames.join(', ')}.`,
      );
    }
    const lifetimeMs = parseDuration(String(values.lifetime ?? defaultLifetime));
    if (lifetimeMs === null) {
      throw new CommandError('A lifetime is a number with its unit: 500 ms, 10 s, 5 min, 2 h.');
    }
    const { tokens } = loadConfig();
    if (!tokens.demo) {
      throw new Error('In production there are no demo tokens. DEMO_TOKENS=true allows them.');
    }
    const { makeTokenSigner } = await import('../auth/token-signer.ts');
    const signer = makeTokenSigner(tokens);
    if (signer === null) {
      throw new Error(
        'Tokens are signed by whoever has the keys of JWKS_URL; only JWT_SECRET or JWT_PRIVATE_KEYS lets us sign.',
      );
    }
    const token = await signer.signAccessToken({
      userId: personas[name].id,
      lifetimeSeconds: Math.ceil(lifetimeMs / 1000),
    });
    process.stdout.write(`${token}\n`);
  },
};
