import { databaseOf } from '../../lib/postgres.ts';

/** A database that has migrations, and where its data directory is if it is embedded. */
export type MigratedDatabase = {
  readonly ownerUrl: string;
  readonly embedded?: { readonly data: { readonly path: string } } | null;
};

/**
 * The database was made by other migrations than those in migrations/committed. Running on it, or on top of
 * it, would go wrong in ways that cannot be foreseen. The message names the first difference and says how the
 * data moves.
 */
export class OtherMigrationsError extends Error {
  override name = 'OtherMigrationsError';
  /** The first migration that differs, and in what. */
  readonly difference: string;

  constructor(difference: string, database: MigratedDatabase) {
    super(`${difference} ${whatToDo(database)}`);
    this.difference = difference;
  }
}

function whatToDo({ ownerUrl, embedded = null }: MigratedDatabase): string {
  const { host } = new URL(ownerUrl);
  const data = embedded?.data.path;
  const [here, there] =
    data === undefined
      ? ['DATABASE_URL=<this database> ', 'DATABASE_URL=<a new database> ']
      : [`OMBARO_DATA_DIR=${quoted(data)} `, `OMBARO_DATA_DIR=${quoted(`${data}-new`)} `];
  const lines = [
    `The database was made by other migrations than those here, so nothing was changed. It is ${databaseOf(ownerUrl)} on ${host}${data === undefined ? '' : `, in the data directory ${data}`}.`,
    'Run the version that made it, or move its data into a new database of this version. With this version, run:',
    `  ${here}npx ombaro export --all moved-data`,
    `  ${there}npx ombaro import moved-data`,
    data === undefined
      ? 'API_DATABASE_URL, WORKER_DATABASE_URL and ROOT_DATABASE_URL go with it. The old database stays as it is.'
      : `Then start with ${there.trim()}. The old directory stays as it is; uploaded files are in its folder files.`,
  ];
  return lines.join('\n');
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
