import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import pg from 'pg';
import { projectRoot } from '../../src/config/project.ts';
import { withClient, withDatabase } from '../../src/lib/postgres.ts';
import {
  importPlatform,
  lookAtSource,
} from '../../src/operations/import-platform/import-platform.ts';
import type { Report } from '../../src/operations/import-platform/report.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { testUrls } from '../helpers/urls.ts';

jest.setTimeout(240_000);

type Column = { readonly table: string; readonly column: string; readonly sql: string };
type Values = Readonly<Record<string, unknown>>;

/** A database of the existing platform in one of the shapes in which it exists, with a small world in it. */
type Shaped = {
  readonly has: (table: string, column?: string) => boolean;
  readonly add: (table: string, values: Values) => Promise<void>;
  readonly query: (sql: string) => Promise<readonly Values[]>;
  readonly url: string;
};

const dropped: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const drop of dropped.toReversed()) {
    await drop();
  }
}, 120_000);

const [owner, worker, leaver, salonWorker, hr, director, seeded, stray] = Array.from(
  { length: 8 },
  () => randomUUID(),
) as [string, string, string, string, string, string, string, string];
const [spa, closedSpa, massage, facial, office] = Array.from({ length: 5 }, () => randomUUID()) as [
  string,
  string,
  string,
  string,
  string,
];
const therapists = {
  scheduled: randomUUID(),
  unscheduled: randomUUID(),
  onLeave: randomUUID(),
  gone: randomUUID(),
  elsewhere: randomUUID(),
};
const beauticians = { active: randomUUID(), hidden: randomUUID() };

describe.each(['base', 'nine', 'redef', 'late'])('a platform of the shape %s', (shape) => {
  let platform: Shaped;
  let target: TestDatabase;
  let report: Report;

  beforeAll(async () => {
    platform = await createShaped(shape);
    await fill(platform);
    target = await createTestDatabase();
    dropped.push(target.drop);
    report = await withClient(platform.url, async (source) => {
      const tables = await lookAtSource(source);
      return await withClient(target.ownerUrl, (client) =>
        importPlatform(source, client, tables, { skipBad: true }),
      );
    });
  });

  it('is moved, and each row that is not has its reason', () => {
    expect(report.isWritten).toBe(true);
    for (const { source, moved, there, notKept, rejected } of report.tables) {
      expect(moved + there + notKept + rejected).toBe(source);
    }
    expect(
      report.rejects.filter(({ kind }) => kind === 'row').map(({ table, key }) => [table, key]),
    ).toEqual(platform.has('employees', 'name') ? [] : [['employees', stray]]);
  });

  it('keeps bookable providers bookable, and no one else', async () => {
    const { rows } = await target.owner.query<{ id: string }>(`
      select distinct coalesce(p.therapist_id, p.beautician_id) as id
      from public.vendors v
      join public.vendor_services s on s.vendor_id = v.id
      cross join lateral public.available_slots(v.id, array[s.service_id]) a
      cross join lateral unnest(a.provider_ids) u (provider)
      join public.providers p on p.id = u.provider
      where v.is_listed`);
    expect(rows.map(({ id }) => id).sort()).toEqual((await bookable(platform)).toSorted());
  });

  it('offers them for each service of their vendor', async () => {
    const { rows } = await target.owner.query(
      `select count(*)::integer as slots from public.available_slots($1, array[$2::uuid, $3::uuid])`,
      [spa, massage, facial],
    );
    expect(rows[0].slots).toBeGreaterThan(0);
  });

  it('reports of each provider what was not recorded', () => {
    const said = report.rejects.filter(
      ({ table, key }) => table === 'therapists' && key === therapists.unscheduled,
    );
    expect(said.map(({ reason }) => reason).join('\n')).toMatch(
      /performs all services of its vendor/,
    );
    expect(said.map(({ reason }) => reason).join('\n')).toMatch(/works when its vendor is open/);
  });

  it('keeps employees, with name and department of the same person', async () => {
    const { rows } = await target.owner.query(
      `select e.id, e.name, e.mobile, d.code, e.designation, e.hierarchy_level as level, e.can_approve_vendors as approves
      from public.employees e join public.departments d on d.id = e.department_id order by e.name`,
    );
    const known = platform.has('employees', 'name');
    expect(rows).toEqual([
      {
        id: director,
        name: 'Devi',
        mobile: '+919800000006',
        code: 'HR',
        designation: 'Director',
        level: known ? 3 : 1,
        approves: false,
      },
      {
        id: hr,
        name: 'Hari',
        mobile: '+919800000005',
        code: 'HR',
        designation: known ? 'Clerk' : 'Hr Department',
        level: 1,
        approves: false,
      },
    ]);
  });

  it('keeps a person whose number is a word, without it, and reports it', async () => {
    const { rows } = await target.owner.query(
      'select email, mobile from public.user_profiles where id = $1',
      [seeded],
    );
    expect(rows).toEqual([{ email: 'admin@example.com', mobile: null }]);
    expect(report.rejects).toContainEqual({
      kind: 'value',
      table: 'user_profiles',
      key: seeded,
      reason: 'mobile "admin321" leads to nothing here; the row is moved without it',
    });
  });
});

/** By the columns of the platform itself: who works, at a business that is verified and trades. */
async function bookable(platform: Shaped): Promise<readonly string[]> {
  const isVendor = platform.has('vendors', 'status')
    ? `lower(v.status) = 'active' and lower(v.verification_status) = 'verified'`
    : `v.is_active and v.verification_status = 'verified'`;
  const isTherapist = platform.has('therapists', 'status')
    ? `lower(p.status) in ('active', 'on_leave')`
    : `p.is_active and lower(p.verification_status) = 'verified'`;
  const people = await platform.query(
    `select p.id from public.therapists p join public.vendors v on v.id = p.vendor_id where ${isVendor} and ${isTherapist}`,
  );
  const others = platform.has('beauticians')
    ? await platform.query(
        `select p.id from public.beauticians p join public.vendors v on v.id = p.vendor_id
        where ${isVendor} and p.is_active and p.status = 'active'`,
      )
    : [];
  return [...people, ...others].map(({ id }) => String(id));
}

async function fill({ add, has }: Shaped): Promise<void> {
  await add('departments', { id: office, name: 'Human Resources', code: 'HR' });
  const person = (id: string, name: string, mobile: string, role: string, more: Values = {}) =>
    add('user_profiles', { id, name, mobile, role, ...more });
  await person(owner, 'Omar', '9800000001', 'vendor');
  await person(worker, 'Wanda', '+91 98000 00002', 'therapist');
  await person(leaver, 'Leela', '9800000003', 'therapist');
  await person(salonWorker, 'Sita', '9800000004', 'therapist');
  const employed = { department_id: office, department: 'Human Resources', designation: null };
  await person(hr, 'Hari', '9800000005', 'hr_department', employed);
  await person(director, 'Devi', '9800000006', 'employee', {
    ...employed,
    designation: 'Director',
  });
  await person(seeded, 'Admin', 'admin321', 'admin', { email: 'admin@example.com' });
  const employee = (id: string, code: string, more: Values) =>
    add('employees', {
      ...(has('employees', 'user_id') ? { id: randomUUID(), user_id: id } : { id }),
      employee_code: code,
      employee_id: code,
      joining_date: '2024-01-01',
      ...more,
    });
  const known = { mobile: '9800000005', department: 'HR', designation: 'Clerk' };
  await employee(hr, 'E1', { ...known, name: 'Hari', hierarchy_level: 1 });
  await employee(director, 'E2', {
    ...known,
    name: 'Devi',
    mobile: '9800000006',
    designation: 'Director',
    hierarchy_level: 3,
  });
  if (!has('employees', 'name')) {
    // Of a person that is not there.
    await employee(stray, 'E3', {});
  }
  for (const [id, name] of [
    [massage, 'Massage'],
    [facial, 'Facial'],
  ] as const) {
    await add('services', { id, name, slug: name.toLowerCase(), duration: 60, base_price: 900 });
  }
  const vendor = (id: string, name: string, more: Values) =>
    add('vendors', {
      id,
      business_name: name,
      business_type: 'spa',
      partner_type: 'INDEPENDENT',
      contact_person: 'Omar',
      contact_mobile: '9800000001',
      contact_email: 'omar@example.com',
      business_address: {
        line1: 'Marine Drive 1',
        city: 'Mumbai',
        state: 'Maharashtra',
        pincode: '400001',
      },
      address_line1: 'Marine Drive 1',
      city: 'Mumbai',
      state: 'Maharashtra',
      pincode: '400001',
      ...more,
    });
  const hours = Object.fromEntries(
    ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'].map((day) => [
      day,
      { open: '09:00', close: '21:00' },
    ]),
  );
  await vendor(spa, 'Open spa', {
    user_id: owner,
    status: 'Active',
    verification_status: 'verified',
    operating_hours: hours,
    services_offered: [massage, facial],
  });
  await vendor(closedSpa, 'New spa', {
    verification_status: 'pending',
    operating_hours: hours,
    services_offered: [massage],
  });
  if (!has('vendors', 'services_offered')) {
    for (const service of [massage, facial]) {
      await add('vendor_services', { vendor_id: spa, service_id: service });
    }
  }
  if (!has('vendors', 'operating_hours')) {
    for (const day of [0, 1, 2, 3, 4, 5, 6]) {
      await add('vendor_availability', {
        vendor_id: spa,
        day_of_week: day,
        open_time: '09:00',
        close_time: '21:00',
      });
    }
  }
  let number = 9_700_000_000;
  const provider = (table: string, id: string, more: Values) => {
    number += 1;
    return add(table, { id, vendor_id: spa, name: 'A provider', mobile: String(number), ...more });
  };
  const checked = { is_active: true, verification_status: 'verified' };
  await provider('therapists', therapists.scheduled, {
    user_id: worker,
    status: 'active',
    ...checked,
  });
  await provider('therapists', therapists.unscheduled, { status: 'ACTIVE', ...checked });
  await provider('therapists', therapists.onLeave, { status: 'on_leave', ...checked });
  await provider('therapists', therapists.gone, {
    user_id: leaver,
    status: 'inactive',
    is_active: false,
    verification_status: 'verified',
  });
  await provider('therapists', therapists.elsewhere, {
    vendor_id: closedSpa,
    status: 'active',
    ...checked,
  });
  for (const day of [0, 1, 2, 3, 4, 5, 6]) {
    await add('therapist_schedules', {
      therapist_id: therapists.scheduled,
      day_of_week: day,
      start_time: '10:00',
      end_time: '18:00',
    });
  }
  if (has('beauticians')) {
    await provider('beauticians', beauticians.active, { status: 'active', is_active: true });
    await provider('beauticians', beauticians.hidden, { status: 'active', is_active: false });
  }
}

async function createShaped(shape: string): Promise<Shaped> {
  const text = readFileSync(
    path.join(projectRoot, 'test', 'fixtures', 'original-shapes', `${shape}.tsv`),
    'utf8',
  );
  const columns = text
    .trimEnd()
    .split('\n')
    .map((line): Column => {
      const [table = '', column = '', type = '', nullable = '', fallback = ''] = line.split('\t');
      const written = type === 'geography' ? 'text' : type.replace(/^_(.*)$/, '$1[]');
      const value = fallback === '' ? '' : ` default ${fallback}`;
      const required = nullable === 'NO' ? ' not null' : '';
      return { table, column, sql: `"${column}" ${written}${value}${required}` };
    });
  const urls = testUrls();
  const name = `shape_${randomBytes(6).toString('hex')}`;
  await withClient(urls.root, (root) => root.query(`create database ${name} owner ombaro_owner`));
  const url = withDatabase(urls.owner, name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  dropped.push(async () => {
    await client.end();
    await withClient(urls.root, (root) => root.query(`drop database ${name} with (force)`));
  });
  for (const table of new Set(columns.map((column) => column.table))) {
    const own = columns.filter((column) => column.table === table);
    await client.query(
      `create table public."${table}" (${own.map(({ sql }) => sql).join(', ')}, primary key (id))`,
    );
  }
  const has = (table: string, column?: string): boolean =>
    columns.some((one) => one.table === table && (column === undefined || one.column === column));
  return {
    url,
    has,
    add: async (table, values) => {
      const own = Object.entries(values).filter(([column]) => has(table, column));
      await client.query(
        `insert into public."${table}" (${own.map(([column]) => `"${column}"`).join(', ')})
        values (${own.map((_, index) => `$${index + 1}`).join(', ')})`,
        own.map(([, value]) => value),
      );
    },
    query: async (sql) => (await client.query<Values>(sql)).rows,
  };
}
