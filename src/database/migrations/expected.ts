import { inTransaction } from '../../lib/postgres.ts';
import type { BootstrapTarget } from '../bootstrap.ts';
import type { Catalogue } from '../describe/catalogue/entry.ts';
import { readCatalogue } from '../describe/catalogue/read.ts';
import { withScratchDatabase } from '../scratch.ts';
import { buildMigrations } from './build.ts';
import type { CommittedMigration } from './committed.ts';

export type Version = {
  readonly migrations: readonly CommittedMigration[];
  /** SQL of work in progress that comes after them. */
  readonly current: string | null;
  /** The schemas to describe. */
  readonly schemas: readonly string[];
};

/**
 * What a database at this version consists of, from building it on the server of `target`.
 *
 * @throws Error when the settings name no administrator.
 */
export async function readExpectedCatalogue(
  target: BootstrapTarget,
  { migrations, current, schemas }: Version,
): Promise<Catalogue> {
  return await withScratchDatabase(target, async (client) => {
    await buildMigrations(client, migrations);
    if (current !== null) {
      await inTransaction(client, () => client.query(current));
    }
    return await readCatalogue(client, schemas);
  });
}
