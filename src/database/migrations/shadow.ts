import { databaseOf, withDatabase } from '../../lib/postgres.ts';
import { type BootstrapTarget, bootstrap } from '../bootstrap.ts';
import { type MigrationTarget, migrationSettings, runStep } from './settings.ts';

/** Connections to the shadow database. */
export type Shadow = { readonly ownerUrl: string; readonly apiUrl: string };

export function shadowOf(apiUrl: string, shadowUrl: string): Shadow {
  return { ownerUrl: shadowUrl, apiUrl: withDatabase(apiUrl, databaseOf(shadowUrl)) };
}

/**
 * Makes the shadow database anew: bootstrap, committed migrations, work in progress.
 *
 * @throws Error when the settings name no shadow database or no administrator.
 */
export async function resetShadow(target: MigrationTarget & BootstrapTarget): Promise<Shadow> {
  const { shadowUrl, rootUrl } = target;
  if (shadowUrl === null || rootUrl === null) {
    throw new Error('Set SHADOW_DATABASE_URL and ROOT_DATABASE_URL: this needs a fresh database.');
  }
  await bootstrap(target);
  const { reset, watch } = await import('graphile-migrate');
  const settings = await migrationSettings(target, () => {});
  await runStep(async () => {
    await reset(settings, true);
    await watch(settings, true, true);
  });
  return shadowOf(target.apiUrl, shadowUrl);
}
