import { inTransaction, withClient } from '../../lib/postgres.ts';
import { type BootstrapTarget, readBootstrap } from '../bootstrap.ts';
import type { Catalogue } from '../describe/catalogue/entry.ts';
import { queries, readCatalogue } from '../describe/catalogue/read.ts';
import { withTemporaryDatabase } from '../temporary.ts';
import { buildMigrations } from './build.ts';
import type { CommittedMigration } from './committed.ts';
import { knownCatalogue } from './known-catalogues.ts';

export type Version = {
  readonly migrations: readonly CommittedMigration[];
  /** SQL of work in progress that comes after them. */
  readonly current: string | null;
  /** The schemas to describe. */
  readonly schemas: readonly string[];
};

/**
 * What a database at this version consists of, from building it on the server of `target`, or from when it was
 * built before.
 *
 * @throws Error when the settings name no administrator.
 */
export async function readExpectedCatalogue(
  target: BootstrapTarget,
  { migrations, current, schemas }: Version,
): Promise<Catalogue> {
  const hashes = migrations.map(({ hash }) => hash);
  const environment = await readEnvironment(target.ownerUrl);
  const dependsOn = [hashes, current, schemas, environment, queries];
  return await knownCatalogue(dependsOn, () =>
    withTemporaryDatabase(target, ({ target: temporary, searchPath }) =>
      withClient(temporary.ownerUrl, async (client) => {
        await client.query(`select set_config('search_path', $1, false)`, [searchPath]);
        await buildMigrations(client, migrations);
        if (current !== null) {
          await inTransaction(client, () => client.query(current));
        }
        return await readCatalogue(client, schemas);
      }),
    ),
  );
}

/** What of the server and of the bootstrap shows in a catalogue. */
async function readEnvironment(ownerUrl: string): Promise<readonly unknown[]> {
  const bootstrapFiles = await readBootstrap();
  return await withClient(ownerUrl, async (client) => {
    const { rows } = await client.query(
      `select current_setting('server_version') as version, (
        select json_agg(json_build_array(extname, extversion, extnamespace::regnamespace) order by extname)
        from pg_extension
      ) as extensions`,
    );
    return [rows[0], bootstrapFiles];
  });
}
