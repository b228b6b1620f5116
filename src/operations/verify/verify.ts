import type { BootstrapTarget } from '../../database/bootstrap.ts';
import type { Difference } from '../../database/describe/catalogue/compare.ts';
import type { Catalogue } from '../../database/describe/catalogue/entry.ts';
import { readCatalogue, readOurSchemas } from '../../database/describe/catalogue/read.ts';
import {
  checkCommitted,
  compareWithApplied,
  type MigrationState,
  readApplied,
} from '../../database/migrations/committed.ts';
import { readAppliedCurrent } from '../../database/migrations/current.ts';
import { readExpectedCatalogue } from '../../database/migrations/expected.ts';
import { withClient } from '../../lib/postgres.ts';
import { type BodyCheck, checkBodies, runPlpgsqlCheck } from './bodies.ts';
import { findDifferences } from './differences.ts';

export type Verification = {
  readonly migrations: readonly MigrationState[];
  readonly live: Catalogue;
  /** What the applied migrations give; `null` where it cannot be known. */
  readonly expected: Catalogue | null;
  /** Why not, and what to do. */
  readonly notCompared: string | null;
  /** In what the database differs from that, and what is wrong whatever the migrations say. */
  readonly differences: readonly Difference[];
  readonly bodies: BodyCheck;
  /** `null` where the extension is not installed. */
  readonly plpgsqlCheck: BodyCheck | null;
};

/**
 * Compares a database, object by object, with what its migrations make on a temporary database beside it, and
 * looks for what is switched off, invalid or broken. Writes nothing to the database itself.
 *
 * @throws Error when the database has no migrations at all.
 */
export async function verify(target: BootstrapTarget): Promise<Verification> {
  const files = await checkCommitted();
  return await withClient(target.ownerUrl, async (client) => {
    await client.query('set default_transaction_read_only = on');
    const applied = await readApplied(client);
    if (applied.length === 0) {
      throw new Error('This database has no migrations. Run: npx ombaro migrate');
    }
    const migrations = compareWithApplied(files, applied);
    const schemas = await readOurSchemas(client);
    const live = await readCatalogue(client, schemas);
    const notCompared = whyNotCompared(target, migrations);
    const expected =
      notCompared === null
        ? await readExpectedCatalogue(target, {
            migrations: files.slice(0, applied.length),
            current: await readAppliedCurrent(client),
            schemas,
          })
        : null;
    return {
      migrations,
      live,
      expected,
      notCompared,
      differences: findDifferences(live, expected),
      bodies: await checkBodies(client, schemas),
      plpgsqlCheck: await runPlpgsqlCheck(client, schemas),
    };
  });
}

function whyNotCompared(
  { rootUrl }: BootstrapTarget,
  migrations: readonly MigrationState[],
): string | null {
  if (migrations.some(({ problem }) => problem !== null)) {
    return 'the migrations here are not those of the database; put that right first ("npx ombaro migrate status")';
  }
  return rootUrl === null
    ? "set ROOT_DATABASE_URL to an administrator's connection: what to compare with is built in a temporary database beside this one"
    : null;
}
