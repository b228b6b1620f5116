import { loadConfig } from '../config/load.ts';
import type { Verb } from './verb.ts';

export const envVerb: Verb = {
  usage: 'env',
  summary: 'Print the connection settings as shell assignments: eval "$(npx ombaro env)"',
  options: {},
  run: async () => {
    const { database, tokens } = loadConfig();
    const { hostname, port, username, password, pathname } = new URL(database.ownerUrl);
    const assignments = {
      DATABASE_URL: database.ownerUrl,
      API_DATABASE_URL: database.apiUrl,
      WORKER_DATABASE_URL: database.workerUrl,
      SHADOW_DATABASE_URL: database.shadowUrl,
      ROOT_DATABASE_URL: database.rootUrl,
      // What psql and its like read.
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: decodeURIComponent(pathname.slice(1)),
      // With DATABASE_URL set, tokens need their own setting.
      JWT_SECRET: tokens.secret ?? null,
      JWT_ADDITIONAL_SECRET: tokens.additionalSecret ?? null,
      JWT_PRIVATE_KEYS: tokens.privateKeysFile ?? null,
      JWKS_URL: tokens.jwksUrl ?? null,
    };
    for (const [name, value] of Object.entries(assignments)) {
      if (value !== null && value !== '') {
        process.stdout.write(`export ${name}=${quote(value)}\n`);
      }
    }
  },
};

function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
