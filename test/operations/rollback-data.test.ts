import pg from 'pg';
import { compareCatalogues } from '../../src/database/describe/catalogue/compare.ts';
import type { Catalogue } from '../../src/database/describe/catalogue/entry.ts';
import { readCatalogue, readOurSchemas } from '../../src/database/describe/catalogue/read.ts';
import { buildMigrations } from '../../src/database/migrations/build.ts';
import { type CommittedMigration, readCommitted } from '../../src/database/migrations/committed.ts';
import { undoCurrent } from '../../src/database/migrations/current.ts';
import { migrate } from '../../src/database/migrations/migrate.ts';
import { withTemporaryDatabase } from '../../src/database/temporary.ts';
import { loadDemo } from '../../src/demo/load.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { rollBack } from '../../src/operations/rollback/roll-back.ts';
import { readSteps } from '../../src/operations/rollback/steps.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { targetOf } from './program.ts';

/** What any migration may add to and its undo takes from: lists, settings, and the log of such acts. */
const lists =
  /^(enums\..*|app_private\.(audit_redactions|personal_links)|public\.(audit_logs|schema_versions|system_settings|notification_templates|roles|permissions|role_permissions))$/;

/** The demo data differ by the hour: a beautician's review has been moderated at some only. */
const mayChangeByUndo: Readonly<Record<string, readonly string[]>> = {
  '000009-create-beauticians-portal.sql': ['public.review_moderations'],
  // On some days a beautician is on the way.
  '000037-beautician-portal.sql': ['public.beautician_assignments', 'public.therapist_locations'],
};

/** Other tables whose rows an undo changes: what names a value that is no longer in a list. */
const changedByUndo: Readonly<Record<string, readonly string[]>> = {
  // The rate of the platform's charge goes, and the GST of vendors becomes a credit of its own.
  '000038-tax-by-line.sql': ['public.tax_rates', 'public.vendor_credits', 'public.vendor_payouts'],
  // Figures are counted again.
  '000034-sight.sql': ['app_private.figure_refreshes'],
  // Beauticians no longer travel, and a request for a number of the registration goes.
  '000037-beautician-portal.sql': [
    'app_private.assignment_transitions',
    'public.vendor_change_requests',
  ],
  // Pictures of vendors, and their files.
  '000033-vendor-pages.sql': [
    'app_private.file_columns',
    'app_private.file_uses',
    'public.file_rules',
    'public.files',
  ],
  // Guests of the desk become customers, and what was to come is cancelled.
  '000032-desk.sql': [
    'app_private.events',
    'app_private.events_default',
    'app_private.figure_changes',
    'app_private.performance_changes',
    'app_private.provider_reservations',
    'auth.users',
    'public.beautician_assignments',
    'public.booking_cancellations',
    'public.booking_start_codes',
    'public.booking_status_history',
    'public.bookings',
    'public.customers',
    'public.notification_deliveries',
    'public.notifications',
    'public.therapist_assignments',
    'public.vendor_credits',
  ],
  // Blocked time is free again.
  '000030-dated-hours.sql': ['app_private.provider_reservations'],
  // Providers' documents, and their files.
  '000023-verification.sql': [
    'app_private.file_columns',
    'app_private.file_uses',
    'public.file_rules',
    'public.files',
  ],
  // Beauticians lose their role, and what was said of them goes with them.
  '000009-create-beauticians-portal.sql': [
    'app_private.figure_changes',
    'public.reviews',
    'public.user_roles',
  ],
  // Notifications of kinds that it brought.
  '000003-automated-notification-triggers.sql': ['public.notifications'],
};

/** Tables in which a migration writes something anew, and its undo writes it back. */
const rewritten: ReadonlySet<string> = new Set([
  // The numbers of the accounts are elsewhere.
  'public.user_bank_details',
  // What figures of departments count, in other words.
  'app_private.computed_figures',
  'public.kpi_definitions',
  // Which profiles are complete is computed, and was not before.
  'public.user_profiles',
]);

/** So many that one of a beautician is reviewed. */
const bookings = 300;

/** The version from which it goes forward with the data that is left, and back again. */
const turningPoint = 9;

let database: TestDatabase;
let migrations: readonly CommittedMigration[];
/** By how many migrations there are. */
let expected: readonly Catalogue[];

beforeAll(async () => {
  database = await createTestDatabase();
  await undoCurrent(database.ownerUrl, { keepRecord: false });
  await loadDemo({ ownerUrl: database.ownerUrl, bookings });
  migrations = await readCommitted();
  expected = await withTemporaryDatabase(targetOf(database), ({ target }) =>
    withClient(target.ownerUrl, async (client) => {
      const schemas = await readOurSchemas(client);
      const catalogues = [await readCatalogue(client, schemas)];
      for (const migration of migrations) {
        await buildMigrations(client, [migration]);
        catalogues.push(await readCatalogue(client, schemas));
      }
      return catalogues;
    }),
  );
}, 120_000);

afterAll(async () => {
  await database.drop();
});

const silence = () => {};

async function rollBackTo(number: number): Promise<void> {
  const steps = await withClient(database.ownerUrl, (client) =>
    readSteps(client, database, number),
  );
  await rollBack(database.ownerUrl, steps, { takeBackup: null, report: silence });
}

async function driftFrom(number: number): Promise<unknown> {
  const live = await withClient(database.ownerUrl, async (client) =>
    readCatalogue(client, await readOurSchemas(client)),
  );
  return compareCatalogues(live, expected[number] ?? new Map());
}

/** The columns of the tables that both versions have, by table, as SQL. */
function commonColumns(one: number, other: number): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, string[]>();
  for (const { object, kind, parent, facts } of expected[one]?.values() ?? []) {
    const there = expected[other]?.get(object);
    if (kind === 'column' && parent?.startsWith('table ') && there?.facts.type === facts.type) {
      const table = parent.slice('table '.length);
      const column = object.slice('column '.length, -` of ${table}`.length);
      tables.set(table, [...(tables.get(table) ?? []), column].sort());
    }
  }
  return tables;
}

async function checksumsOf(
  columns: ReadonlyMap<string, readonly string[]>,
): Promise<Record<string, string>> {
  return await withClient(database.ownerUrl, async (client) => {
    const { rows } = await client.query<{ table: string; sum: string }>(
      [...columns]
        .map(
          ([table, names]) =>
            `select ${pg.escapeLiteral(table)} as table,
              count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) as sum
            from (select ${names.join(', ')} from ${table}) t`,
        )
        .join(' union all '),
    );
    return Object.fromEntries(rows.map(({ table, sum }) => [table, sum]));
  });
}

/** The tables that are no lists and whose rows differ. */
function changedTables(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(before)
    .filter((table) => before[table] !== after[table] && !lists.test(table))
    .sort();
}

function unexpected(tables: readonly string[]): readonly string[] {
  return tables.filter((table) => !rewritten.has(table));
}

test('down and up again leave the catalogue and the data of surviving tables as they were', async () => {
  const newest = migrations.length;
  expect(await driftFrom(newest)).toEqual([]);
  for (let number = newest - 1; number >= 0; number -= 1) {
    const columns = commonColumns(number, number + 1);
    const before = await checksumsOf(columns);
    await rollBackTo(number);
    const name = migrations[number]?.name ?? '';
    expect({
      name,
      drift: await driftFrom(number),
      changed: unexpected(changedTables(before, await checksumsOf(columns))).filter(
        (table) => !mayChangeByUndo[name]?.includes(table),
      ),
    }).toEqual({ name, drift: [], changed: changedByUndo[name] ?? [] });
    if (number === turningPoint) {
      await goUpAndDownAgain();
    }
  }
  await migrate(targetOf(database), silence);
  expect(await driftFrom(newest)).toEqual([]);
}, 300_000);

async function goUpAndDownAgain(): Promise<void> {
  // What a later migration drops does not come back.
  const columns = commonColumns(turningPoint, migrations.length);
  const before = await checksumsOf(columns);
  // Positive control: there are rows to lose.
  expect(Number(before['public.bookings']?.split(' ')[0])).toBe(bookings);
  // Some columns are elsewhere in the newest version; that their values are there shows on the way back.
  const kept = commonColumns(turningPoint, migrations.length);
  const keptBefore = await checksumsOf(kept);
  await migrate(targetOf(database), silence);
  expect(await driftFrom(migrations.length)).toEqual([]);
  expect(unexpected(changedTables(keptBefore, await checksumsOf(kept)))).toEqual([]);
  await rollBackTo(turningPoint);
  expect(await driftFrom(turningPoint)).toEqual([]);
  expect(changedTables(before, await checksumsOf(columns))).toEqual([]);
}
