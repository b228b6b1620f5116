import { parseDuration } from '../config/duration.ts';
import { loadConfig } from '../config/load.ts';
import { isPersonaName, personaNames, personas } from '../database/demo/personas.ts';
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
    if (tokens.secret === undefined) {
      throw new Error(
        'Tokens are signed by whoever has the keys of JWKS_URL; only JWT_SECRET lets us sign.',
      );
    }
    const { SignJWT } = await import('jose');
    const nowSeconds = Math.floor(Date.now() / 1000);
    const token = await new SignJWT({ role: 'authenticated' })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(personas[name].id)
      .setIssuer(tokens.issuers[0])
      .setAudience(tokens.audience)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + Math.ceil(lifetimeMs / 1000))
      .sign(new TextEncoder().encode(tokens.secret));
    process.stdout.write(`${token}\n`);
  },
};
