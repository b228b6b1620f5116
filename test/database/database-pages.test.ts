import { type Category, categories } from '../../src/database/describe/categories.ts';
import { describeDatabase } from '../../src/database/describe/database-pages.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
let pages: ReadonlyMap<string, string>;

const describeAll = (chosen?: readonly Category[]): Promise<ReadonlyMap<string, string>> =>
  withClient(database.ownerUrl, (client) => describeDatabase(client, chosen));

beforeAll(async () => {
  database = await createTestDatabase();
  pages = await describeAll();
});

afterAll(async () => {
  await database.drop();
});

it('there is a page a category, the guide’s first, and a list of them', () => {
  expect([...pages.keys()]).toEqual(['README.md', ...categories.map(({ file }) => `${file}.md`)]);
  expect(categories.slice(0, 11).map(({ title, tables }) => [title, tables[0]])).toEqual([
    ['System & Configuration', 'system_settings'],
    ['Location & Geography', 'countries'],
    ['Departments & Roles', 'departments'],
    ['Users & Authentication', 'user_profiles'],
    ['Vendors', 'vendors'],
    ['Therapists', 'therapists'],
    ['Services', 'service_categories'],
    ['Customers', 'customers'],
    ['Bookings', 'bookings'],
    ['Payments', 'payment_methods'],
    ['Support', 'support_tickets'],
  ]);
  for (const { title, file } of categories) {
    expect(pages.get('README.md')).toMatch(`[${title}](${file}.md)`);
  }
});

it('every table and each of its columns is on one page', async () => {
  const { rows } = await database.owner.query<{ table: string; columns: string[] }>(
    `select relname as table, array_agg(attname::text order by attnum) as columns
    from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    where relkind in ('r', 'p') and not relispartition
      and relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)
    group by 1`,
  );
  expect(rows.length).toBeGreaterThan(120);
  const text = [...pages.values()].join('\n');
  for (const { table, columns } of rows) {
    const sections = text.split(`\n## ${table}\n`);
    expect([table, sections.length]).toEqual([table, 2]);
    const described = sections[1]
      ?.split('\n## ')[0]
      ?.matchAll(/^\| (\w+) \| [^|]+ \| (?:yes|no) \|/gm);
    expect([table, [...(described ?? [])].map(([, name]) => name)]).toEqual([table, columns]);
  }
});

it('diagrams are Mermaid: entities with keys, and relations to tables that there are', async () => {
  const { rows } = await database.owner.query<{ name: string }>(
    `select relname as name from pg_class
    where relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)`,
  );
  const tables = new Set(rows.map(({ name }) => name));
  const line =
    /^(?: {2}\w+ \{| {4}\w+ \w+ (?:PK|FK|PK, FK)| {2}\}| {2}(\w+) (?:\|\||\|o)--o[{|] (\w+) : "[\w, ]+")$/;
  for (const [name, page] of pages) {
    if (name === 'README.md') {
      continue;
    }
    const diagram = page.match(/```mermaid\nerDiagram\n([\s\S]+?)\n```/)?.[1]?.split('\n') ?? [];
    expect([name, diagram.length > 3]).toEqual([name, true]);
    expect(diagram.filter((one) => !line.test(one))).toEqual([]);
    const named = diagram.flatMap((one) => line.exec(one)?.slice(1).filter(Boolean) ?? []);
    expect(named.filter((one) => !tables.has(one))).toEqual([]);
  }
});

it('every table and view is in one category of src/database/describe/categories.ts', async () => {
  const { rows } = await database.owner.query<{ name: string }>(
    `select relname as name from pg_class
    where relkind in ('r', 'p', 'v', 'm') and not relispartition
      and relnamespace in ('public'::regnamespace, 'app_private'::regnamespace)`,
  );
  const sorted = categories.flatMap(({ tables }) => tables);
  expect(sorted.toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
});

it('a table in no category still has a page', async () => {
  expect(pages.has('others.md')).toBe(false);
  await database.owner.query('create table public.newcomers (id uuid primary key)');
  const found = await describeAll();
  await database.owner.query('drop table public.newcomers');
  expect(found.get('others.md')).toMatch(/^# Others\n[\s\S]*\n## newcomers\n/);
  expect(found.get('README.md')).toMatch('[Others](others.md)');
});

it('a table’s section has its comment, columns, allowed values, rules and rights', async () => {
  await database.owner.query(`
    create table public.parcels (
      id uuid primary key,
      booking_id uuid not null unique references public.bookings (id) on delete cascade,
      status text references enums.refund_status,
      weight integer constraint parcels_weight_check check (weight > 0),
      sender text,
      unique (sender, weight)
    );
    alter table public.parcels enable row level security;
    create unique index parcels_open_idx on public.parcels (sender) where status = 'pending';
    comment on table public.parcels is E'@name boxes\\nThings that are sent.';
    comment on column public.parcels.weight is 'Grams | as weighed.';
    comment on constraint parcels_weight_check on public.parcels is 'A parcel weighs something.';
    create policy select_staff on public.parcels for select to staff using (true);
    grant select on public.parcels to staff;
    grant update (weight, status) on public.parcels to staff`);
  const found = (
    await describeAll([
      ...categories,
      { title: 'Post', file: 'post', about: 'What is sent.', tables: ['parcels'] },
    ])
  ).get('post.md');
  await database.owner.query('drop table public.parcels');
  expect(found).toBe(`# Post

What is sent. Generated by \`npm run generate\` from the database’s own catalogue. Never edited by hand.

\`\`\`mermaid
erDiagram
  parcels {
    uuid id PK
    uuid booking_id FK
  }
  bookings ||--o| parcels : "booking_id"
\`\`\`

## parcels

Things that are sent.

| Column | Type | Null | Meaning |
| --- | --- | --- | --- |
| id | uuid | no |  |
| booking_id | uuid | no | → bookings. |
| status | text | yes | One of \`completed\`, \`failed\`, \`pending\`, \`processing\`. |
| weight | integer | yes | Grams \\| as weighed. |
| sender | text | yes |  |

### Rules

- \`parcels_weight_check\`: \`CHECK ((weight > 0))\`. A parcel weighs something.
- \`parcels_pkey\`: \`PRIMARY KEY (id)\`.
- \`parcels_booking_id_key\`: \`UNIQUE (booking_id)\`.
- \`parcels_open_idx\`: \`UNIQUE btree (sender) WHERE (status = 'pending'::text)\`.
- \`parcels_sender_weight_key\`: \`UNIQUE (sender, weight)\`.

### Who may do what

| | select | insert | update | delete |
| --- | --- | --- | --- | --- |
| anon | – | – | – | – |
| authenticated | – | – | – | – |
| staff | all → select_staff | – | status, weight → **no policy** | – |
`);
});
