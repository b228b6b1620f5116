import { readCommitted } from '../../src/database/migrations/committed.ts';
import { startApi } from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** The versions, of the guide and since, each with the migration that makes it. */
const versions = [
  ['1.0', 'clean-production-schema'],
  ['1.1', 'vendor-onboarding-core-tables'],
  ['1.2', 'automated-notification-triggers'],
  ['1.3', 'create-vendor-categories-table'],
  ['1.4', 'vendor-onboarding-support-tables'],
  ['1.5', 'vendor-social-auth-and-otp'],
  ['1.6', 'create-departments-and-dashboard-infrastructure'],
  ['1.7', 'create-beauticians-portal'],
  ['1.8', 'booking-engine'],
  ['1.9', 'reviews-and-tickets'],
  ['1.10', 'sign-in'],
  ['1.11', 'live-updates'],
  ['1.12', 'messages'],
  ['1.13', 'webhooks'],
  ['1.14', 'operations'],
  ['1.15', 'settings-features-and-logs'],
  ['1.16', 'files'],
  ['1.17', 'search-and-performance'],
  ['1.18', 'customer-conveniences'],
  ['1.19', 'verification'],
  ['1.20', 'provider-life'],
  ['1.21', 'invitations'],
  ['1.22', 'people'],
  ['1.23', 'review-replies'],
  ['1.24', 'vendor-life'],
  ['1.25', 'service-life'],
  ['1.26', 'dated-hours'],
  ['1.27', 'waitlist'],
  ['1.28', 'desk'],
  ['1.29', 'vendor-pages'],
  ['1.30', 'sight'],
  ['1.31', 'agreed-once'],
  ['1.32', 'season-findings'],
  ['1.33', 'beautician-portal'],
  ['1.34', 'tax-by-line'],
  ['1.35', 'wallet-kinds'],
  ['1.36', 'vendor-account'],
  ['1.37', 'daily-close'],
  ['1.38', 'tips-and-top-ups'],
  ['1.39', 'coupons'],
  ['1.40', 'referrals'],
  ['1.41', 'gateway-events'],
] as const;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

it('each version is written by its migration', async () => {
  const names = (await readCommitted()).map(({ name }) => name.replace(/^\d+-|\.sql$/g, ''));
  const { rows } = await database.owner.query<{ version: string; migration: string }>(
    `select version, migration from schema_versions
    order by string_to_array(version, '.')::integer[]`,
  );
  expect(rows.map(({ version, migration }) => [version, migration])).toEqual(versions);
  expect(rows.filter(({ migration }) => !names.includes(migration))).toEqual([]);
});

it('the API tells the latest version, and not 1.9, to everyone, and the history', async () => {
  const api = await startApi(database);
  try {
    const { data } = await api.graphql(
      '{ schemaVersion schemaVersions(first: 100) { nodes { version releasedOn changes } } }',
    );
    expect(data.schemaVersion).toBe(versions.at(-1)?.[0]);
    expect(data.schemaVersions.nodes).toHaveLength(versions.length);
  } finally {
    await api.close();
  }
});
