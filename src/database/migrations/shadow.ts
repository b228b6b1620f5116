import { createHash } from 'node:crypto';
import pg from 'pg';
import { databaseOf, withClient, withDatabase } from '../../lib/postgres.ts';
import { type BootstrapTarget, bootstrap, readBootstrap } from '../bootstrap.ts';
import { readCommitted } from './committed.ts';
import { readAppliedCurrent } from './current.ts';
import { type MigrationTarget, migrationSettings, type Report, runStep } from './settings.ts';

/** Connections to the shadow database. */
export type Shadow = { readonly ownerUrl: string; readonly apiUrl: string };

/**
 * Makes the shadow database what bootstrap and committed migrations make of an empty one. One that is that
 * already, by the comment on it, stays: to build it takes seconds.
 *
 * @throws Error when the settings name no shadow database or no administrator.
 */
export async function buildShadow(
  target: MigrationTarget & BootstrapTarget,
  report: Report = () => {},
): Promise<Shadow> {
  const { shadowUrl, rootUrl } = target;
  if (shadowUrl === null || rootUrl === null) {
    throw new Error('Set SHADOW_DATABASE_URL and ROOT_DATABASE_URL: this needs a fresh database.');
  }
  await bootstrap(target);
  const shadow = {
    ownerUrl: shadowUrl,
    apiUrl: withDatabase(target.apiUrl, databaseOf(shadowUrl)),
  };
  const built = await withClient(rootUrl, async (root) => {
    const { rows } = await root.query<{ comment: string | null }>(
      `select shobj_description(oid, 'pg_database') as comment from pg_database where datname = $1`,
      [databaseOf(shadowUrl)],
    );
    return rows[0]?.comment;
  });
  // Work in progress may have been tried on it by graphile-migrate itself, which knows no comment.
  const isReady =
    built === (await commentOfBuilt()) &&
    (await withClient(shadowUrl, readAppliedCurrent)) === null;
  if (!isReady) {
    const { reset } = await import('graphile-migrate');
    const settings = await migrationSettings(target, report);
    await runStep(() => reset(settings, true));
    await noteBuilt(shadow);
  }
  return shadow;
}

/** The same, with the work in progress on top, which the next `buildShadow` does away with. */
export async function buildShadowWithCurrent(
  target: MigrationTarget & BootstrapTarget,
  report: Report = () => {},
): Promise<Shadow> {
  const shadow = await buildShadow(target, report);
  await comment(shadow, null);
  const { watch } = await import('graphile-migrate');
  const settings = await migrationSettings(target, report);
  await runStep(() => watch(settings, true, true));
  return shadow;
}

/** Notes that a shadow database has all committed migrations and nothing else, as graphile-migrate's commit leaves it. */
export async function noteBuilt(shadow: Shadow): Promise<void> {
  await comment(shadow, await commentOfBuilt());
}

async function commentOfBuilt(): Promise<string> {
  const hashes = (await readCommitted()).map(({ hash }) => hash);
  const parts = JSON.stringify([await readBootstrap(), hashes]);
  return `Built from ${createHash('sha256').update(parts).digest('hex')}`;
}

async function comment({ ownerUrl }: Shadow, text: string | null): Promise<void> {
  const name = pg.escapeIdentifier(databaseOf(ownerUrl));
  const value = text === null ? 'null' : pg.escapeLiteral(text);
  await withClient(ownerUrl, (client) => client.query(`comment on database ${name} is ${value}`));
}
