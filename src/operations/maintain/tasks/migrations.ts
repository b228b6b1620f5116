import { readMigrationStatus } from '../../../database/migrations/status.ts';
import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

/** Whether the database has every migration of this release, and which came since the last run. */
export function makeMigrations(ownerUrl: string): Task {
  return {
    name: 'migrations',
    cadence: 'daily',
    summary: 'which migrations are missing, and which came since the last run',
    run: async ({ since }) => {
      const status = await readMigrationStatus(ownerUrl);
      const missing = status.filter(({ appliedAt }) => appliedAt === null);
      const fresh = status.filter(({ appliedAt }) => appliedAt !== null && appliedAt >= since);
      return {
        summary:
          missing.length === 0
            ? `All ${plural(status.length, 'migration')} applied.`
            : `${plural(missing.length, 'migration')} missing. Run: npx ombaro migrate`,
        needsAttention: missing.length > 0,
        figures: { applied: status.length - missing.length, missing: missing.length },
        lists: {
          Missing: missing.map(({ name }) => ({ migration: name })),
          'Applied since the last run': fresh.map(({ name, appliedAt }) => ({
            migration: name,
            appliedAt,
          })),
        },
      };
    },
  };
}
