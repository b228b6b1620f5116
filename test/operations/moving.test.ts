import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import { loadDemo } from '../../src/demo/load.ts';
import { personas } from '../../src/demo/personas.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { type Contents, readContents } from '../../src/operations/backup/contents.ts';
import { exportAll } from '../../src/operations/moving/export-all.ts';
import {
  type ImportAllOptions,
  type ImportedAll,
  importAll,
} from '../../src/operations/moving/import-all.ts';
import { leftOut } from '../../src/operations/moving/left-out.ts';
import type { Manifest } from '../../src/operations/moving/manifest.ts';
import { chooseChecks, validate } from '../../src/operations/validate/validate.ts';
import { readCatalogue } from '../database/demo-catalogue.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';
import { programOn } from './program.ts';

// Whole databases, exported and imported several times.
jest.setTimeout(240_000);

/** What other migrations made otherwise: a name, a table, a column more, one less, a state called otherwise. */
const otherwise = `
  alter table public.booking_notes rename column note to remark;
  create table public.old_surveys (id uuid primary key default gen_random_uuid(), answer text);
  insert into public.old_surveys (answer) values ('Yes'), ('No');
  alter table public.vendors add column old_slogan text;
  update public.vendors set old_slogan = 'The best';
  alter table public.therapists add column old_and_empty text;
  alter table public.user_preferences drop column currency;
  insert into enums.provider_status values ('inactive', 'No more');
  alter table graphile_migrate.migrations drop constraint migrations_previous_hash_fkey;
  update graphile_migrate.migrations set hash = 'sha1:other' where filename = '000005.sql'`;

const map = {
  'public.booking_notes.remark': 'note',
  'public.old_surveys': null,
  'public.vendors.old_slogan': null,
};

/** Tables of which the move changes something on purpose. */
const changed =
  /^(enums|graphile_migrate)\.|\.(booking_notes|old_surveys|vendors|therapists|roles|user_preferences|performance_refreshes|figure_refreshes|schema_versions|kpi_values|dashboard_data)$/;

let folder: TemporaryDirectory;
let old: TestDatabase;
let target: TestDatabase;
let exported: string;
let manifest: Manifest;
let imported: ImportedAll;
let before: Contents;
let catalogue: string;
let retired: string;
const made: TestDatabase[] = [];

beforeAll(async () => {
  folder = makeTemporaryDirectory();
  exported = path.join(folder.path, 'exported');
  old = await makeDatabase();
  await loadDemo({ ownerUrl: old.ownerUrl, bookings: 100 });
  await old.owner.query(otherwise);
  const { rows } = await old.owner.query(`
    update public.therapists set status = 'inactive'
    where id = (select id from public.therapists order by id desc limit 1) returning id`);
  retired = rows[0].id;
  // A right that a super admin took from a role, a setting that staff changed.
  await old.owner.query(`
    delete from public.role_permissions where (role_id, permission_id) in (
      select r.id, p.id from public.roles r, public.permissions p
      where r.code = 'finance' and p.code in (select min(q.code) from public.permissions q
        join public.role_permissions l on l.permission_id = q.id join public.roles o on o.id = l.role_id
        where o.code = 'finance'));
    update public.system_settings set value = '45' where key = 'booking.buffer_minutes'`);
  manifest = await exportAll(old.ownerUrl, exported);
  target = await makeDatabase();
  await target.owner.query(newer);
  catalogue = await readCatalogue(target.owner);
  imported = await move(target, { map });
  before = await contentsOf(old);
});

afterAll(async () => {
  for (const database of made) {
    await database.drop();
  }
  folder.remove();
});

/** What this version has and the other had not. */
const newer = `
  insert into public.permissions (code, name, resource, action) values ('moving.read', 'Test', 'moving', 'read');
  insert into public.role_permissions (role_id, permission_id)
  select r.id, p.id from public.roles r, public.permissions p where r.code in ('finance', 'super_admin') and p.code = 'moving.read';
  insert into public.system_settings (key, category, value, value_type) values ('moving.test', 'moving', '1', 'any')`;

describe('the data of a database of other migrations', () => {
  it('is moved whole: every table has exactly the rows that it had', async () => {
    expect(imported).toMatchObject({ isWritten: true, refused: [] });
    const after = await contentsOf(target);
    const wanted = Object.keys(before).filter(
      (name) => leftOut[name] === undefined && !changed.test(name) && !isAddedTo(name),
    );
    expect(wanted.length).toBeGreaterThan(100);
    expect(pick(after, wanted)).toEqual(pick(before, wanted));
    for (const [name, { rows }] of Object.entries(manifest.tables)) {
      if (name !== 'public.old_surveys' && !isAddedTo(name)) {
        expect([name, after[name]?.rows]).toEqual([name, rows]);
      }
    }
  });

  it('goes to columns under new names, and states have their new names', async () => {
    const notes = await old.owner.query(
      'select remark as note from public.booking_notes order by id',
    );
    expect(notes.rows.length).toBeGreaterThan(0);
    expect(
      (await target.owner.query('select note from public.booking_notes order by id')).rows,
    ).toEqual(notes.rows);
    const { rows } = await target.owner.query(
      'select status from public.therapists where id = $1',
      [retired],
    );
    expect(rows).toEqual([{ status: 'paused' }]);
  });

  it('keeps what staff changed, and takes what is new in this version', async () => {
    const { rows } = await target.owner.query(`
      select (select value from public.system_settings where key = 'booking.buffer_minutes') as buffer,
        (select value from public.system_settings where key = 'moving.test') as new_setting,
        (select count(*)::integer from public.role_permissions l join public.roles r on r.id = l.role_id
          where r.code = 'finance') as rights,
        (select count(*)::integer from public.role_permissions l join public.roles r on r.id = l.role_id
          join public.permissions p on p.id = l.permission_id
          where r.code = 'finance' and p.code = 'moving.read') as new_rights`);
    const { rows: earlier } = await old.owner.query(`
      select count(*)::integer as rights from public.role_permissions l
      join public.roles r on r.id = l.role_id where r.code = 'finance'`);
    expect(rows[0]).toEqual({
      buffer: 45,
      new_setting: 1,
      rights: earlier[0].rights + 1,
      new_rights: 1,
    });
    expect(imported.brought).toEqual([
      { table: 'public.permissions', added: 1, leftOut: 0 },
      { table: 'public.role_permissions', added: 2, leftOut: 1 },
      { table: 'public.system_settings', added: 1, leftOut: 0 },
    ]);
  });

  it('passes every check, is found by search, and leaves the schema as it was', async () => {
    expect(await faultsOf(target)).toEqual([]);
    const { rows } = await target.owner.query(`
      select (select count(*)::integer from app_private.search_documents where kind = 'vendor') as found,
        (select count(*)::integer from public.vendors where is_listed) as listed`);
    expect(rows[0].listed).toBeGreaterThan(0);
    expect(rows[0].found).toBe(rows[0].listed);
    // Partitions of days are made anew by the day on which it is imported.
    const withoutDays = (text: string) => text.replace(/^.*\bevents_\d{8}.*\n/gm, '');
    expect(withoutDays(await readCatalogue(target.owner))).toBe(withoutDays(catalogue));
  });

  it('sends no notification, and people go on: a customer sees their bookings and makes the next', async () => {
    const customer = { sub: personas.customer.id, role: 'authenticated' };
    const { rows: told } = await target.owner.query(
      'select count(*)::integer from public.notification_deliveries',
    );
    expect(told).toEqual([{ count: before['public.notification_deliveries']?.rows }]);
    const { rows: own } = await old.owner.query(
      'select count(*)::integer from public.bookings where customer_id = (select id from public.customers where id = $1)',
      [personas.customer.id],
    );
    await target.asUser(customer, async (client) => {
      const { rows: seen } = await client.query('select count(*)::integer from public.bookings');
      expect(seen).toEqual(own);
      const { rows: slots } = await client.query(`
        select v.id as vendor, s.service_id as service, a.starts_at, a.provider_ids[1] as provider
        from public.vendors v
        join public.vendor_services s on s.vendor_id = v.id and s.is_available
        cross join lateral public.available_slots(v.id, array[s.service_id]) a
        where a.starts_at > now() + interval '1 day' limit 1`);
      const [slot] = slots;
      const { rows: holds } = await client.query(
        `select id from public.hold_slot(vendor_id => $1, provider_id => $2, starts_at => $3,
          idempotency_key => 'after the move', service_ids => array[$4::uuid])`,
        [slot.vendor, slot.provider, slot.starts_at, slot.service],
      );
      const { rows: booked } = await client.query(
        `select status, booking_number from public.confirm_booking(hold_id => $1,
          expected_amount => (select final_amount from public.booking_holds where id = $1), payment_method => 'cash')`,
        [holds[0].id],
      );
      expect(booked).toEqual([
        { status: 'confirmed', booking_number: expect.stringMatching(/-0101$/) },
      ]);
    });
  });

  it('is not moved while part of it has no place, and each part is named', async () => {
    const other = await makeDatabase();
    await expect(move(other, {})).rejects.toThrow(
      /There is no table public\.old_surveys here, and the export has 2 rows[\s\S]*public\.booking_notes has no column remark here[\s\S]*public\.vendors has no column old_slogan here/,
    );
    expect((await other.owner.query('select from public.user_profiles')).rowCount).toBe(0);
  });

  it('is not moved into a database that has users', async () => {
    await expect(move(target, { map })).rejects.toThrow(/has people.*nothing was imported/s);
  });

  it('is not moved when the export is damaged', async () => {
    const copy = path.join(folder.path, 'damaged');
    cpSync(exported, copy, { recursive: true });
    const text = readFileSync(path.join(copy, 'bookings.csv'), 'utf8');
    writeFileSync(path.join(copy, 'bookings.csv'), text.replace('completed', 'cancelled'));
    const other = await makeDatabase();
    await expect(move(other, { map, folder: copy })).rejects.toThrow(
      /bookings\.csv is not as it was exported/,
    );
    rmSync(path.join(copy, 'manifest.json'));
    await expect(move(other, { map, folder: copy })).rejects.toThrow(/is not a complete export/);
  });
});

describe('rows that a new rule does not let in', () => {
  const prepare = async (): Promise<TestDatabase> => {
    const database = await makeDatabase();
    await database.owner.query(newer);
    await database.owner.query(
      `alter table public.wallet_transactions
        add constraint wallet_transactions_amount_small check (amount < 0.01)`,
    );
    return database;
  };

  it('keep everything out, and are named by table, line, id, column and rule', async () => {
    const database = await prepare();
    const { isWritten, refused } = await move(database, { map });
    expect(isWritten).toBe(false);
    const { rows } = await old.owner.query('select id from public.wallet_transactions order by id');
    expect(rows.length).toBeGreaterThan(0);
    const wallet = refused.filter(({ table }) => table === 'public.wallet_transactions');
    expect(
      wallet.map(({ key }) => ({ id: key })).toSorted((a, b) => `${a.id}`.localeCompare(`${b.id}`)),
    ).toEqual(rows);
    expect(wallet[0]).toMatchObject({
      line: expect.any(Number),
      reason: expect.stringMatching(/amount: .*wallet_transactions_amount_small/),
    });
    expect((await database.owner.query('select from public.user_profiles')).rowCount).toBe(0);
  });

  it('are set aside with consent, and nothing of them is lost', async () => {
    const database = await prepare();
    const rejects = path.join(folder.path, 'rejects');
    const { isWritten, refused } = await move(database, { map, rejects });
    expect(isWritten).toBe(true);
    const { rows } = await database.owner.query(
      `select (select count(*)::integer from public.bookings) as bookings,
        (select count(*)::integer from public.wallet_transactions) as movements`,
    );
    expect(rows).toEqual([{ bookings: 100, movements: 0 }]);
    const lines = readFileSync(path.join(rejects, 'wallet_transactions.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(lines[0]).toMatch(/^line,reason,id,/);
    expect(lines.length - 1).toBe(
      refused.filter(({ table }) => table === 'public.wallet_transactions').length,
    );
    expect(existsSync(path.join(rejects, 'bookings.csv'))).toBe(false);
  });
});

describe('ombaro export --all and import', () => {
  it('refuses to run on such a database, and moves it by the commands that it names', async () => {
    const ombaro = programOn(old);
    const refused = await ombaro(['validate']);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toMatch(/^000005-.*was applied to the database on \d{4}-\d\d-\d\d/);
    expect(refused.stderr).toMatch(/npx ombaro export --all \S+[\s\S]*npx ombaro import \S+/);
    const to = path.join(folder.path, 'by command');
    const out = await ombaro(['export', '--all', to]);
    expect(out).toMatchObject({ code: 0, stderr: expect.stringMatching(/manifest\.json/) });
    const mapping = path.join(folder.path, 'map.json');
    writeFileSync(mapping, JSON.stringify(map));
    const database = await makeDatabase();
    await database.owner.query(newer);
    const into = await programOn(database)(['import', to, '--map', mapping]);
    expect(into).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /public\.permissions: 1 rows that are new in this version[\s\S]*Imported \d+ rows of \d+ tables[\s\S]*checks found nothing wrong/,
      ),
    });
  });

  it('names a folder that does not exist', async () => {
    expect(await programOn(target)(['import', 'nowhere'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/The folder nowhere does not exist/),
    });
  });
});

describe('what is left out of an export', () => {
  it('exists, and has its reason in the manifest', async () => {
    const { rows } = await target.owner.query<{ name: string }>(
      `select format('%s.%s', relnamespace::regnamespace, relname) as name from pg_class where relkind in ('r', 'p')`,
    );
    const names = new Set(rows.map(({ name }) => name));
    expect(Object.keys(leftOut).filter((name) => !names.has(name))).toEqual([]);
    for (const [name, { reason }] of Object.entries(leftOut)) {
      expect(manifest.leftOut[name]).toBe(reason);
      expect(manifest.tables[name]).toBeUndefined();
    }
  });

  it('as a rule of the version is written by no client', async () => {
    const versions = Object.entries(leftOut).flatMap(([name, { kind }]) =>
      kind === 'version' ? [name] : [],
    );
    const { rows } = await target.owner.query(
      `select format('%s.%s', table_schema, table_name) as name, grantee, privilege_type
      from information_schema.role_table_grants
      where format('%s.%s', table_schema, table_name) = any ($1) and privilege_type <> 'SELECT'
        and grantee in ('anon', 'authenticated', 'staff', 'ombaro_api', 'ombaro_worker')`,
      [versions],
    );
    expect(rows).toEqual([]);
  });

  it('is complete: every other table of ours is in the export', async () => {
    const { rows } = await old.owner.query<{ name: string }>(
      `select format('%s.%s', relnamespace::regnamespace, relname) as name from pg_class
      where relkind in ('r', 'p') and not relispartition
        and relnamespace::regnamespace::text in ('public', 'app_private', 'auth')`,
    );
    expect(
      rows
        .map(({ name }) => name)
        .filter((name) => !(name in leftOut) && !(name in manifest.tables)),
    ).toEqual([]);
  });
});

async function makeDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  made.push(database);
  return database;
}

async function move(
  database: TestDatabase,
  options: Partial<ImportAllOptions>,
): Promise<ImportedAll> {
  return await importAll({ database, folder: exported, ...options });
}

async function contentsOf(database: TestDatabase): Promise<Contents> {
  return await withClient(database.ownerUrl, async (client) => {
    await client.query('begin');
    return await readContents(client, []);
  });
}

function pick(contents: Contents, names: readonly string[]): Contents {
  return Object.fromEntries(
    names.flatMap((name) => (contents[name] ? [[name, contents[name]]] : [])),
  );
}

function isAddedTo(name: string): boolean {
  return ['public.permissions', 'public.role_permissions', 'public.system_settings'].includes(name);
}

async function faultsOf(database: TestDatabase): Promise<readonly string[]> {
  const findings = await withClient(database.ownerUrl, (client) =>
    validate(client, chooseChecks([])),
  );
  return findings.filter(({ count }) => count > 0).map(({ check }) => check.name);
}
