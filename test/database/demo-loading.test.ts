import { loadDemo } from '../../src/demo/load.ts';
import { seedDemoOnce } from '../../src/demo/seed.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { readCatalogue } from './demo-catalogue.ts';

const silence = () => {};

describe('loading demo data', () => {
  const databases: TestDatabase[] = [];

  async function makeDatabase(): Promise<TestDatabase> {
    const database = await createTestDatabase();
    databases.push(database);
    return database;
  }

  afterAll(async () => {
    await Promise.all(databases.map((database) => database.drop()));
  });

  it('makes the same rows for the same day and number', async () => {
    const [one, two] = [await makeDatabase(), await makeDatabase()];
    await loadDemo({ ownerUrl: one.ownerUrl, bookings: 200 });
    await loadDemo({ ownerUrl: two.ownerUrl, bookings: 200 });
    expect(await fingerprint(one)).toEqual(await fingerprint(two));
  });

  it('makes indexes that its own recounts can use', async () => {
    // One that is not usable in the transaction of the load made recounting a million bookings endless.
    const [database] = databases;
    const found = await database?.owner.query(
      'select indexrelid::regclass::text as index from pg_index where indcheckxmin',
    );
    expect(found?.rows).toEqual([]);
  });

  it('reads so many rows for each of many bookings as for each of few', async () => {
    const [few, many] = [1_000, 4_000];
    const [readForFew, readForMany] = [await rowsRead(few), await rowsRead(many)];
    expect(readForMany / many).toBeLessThan((1.25 * readForFew) / few);
  });

  /** Rows of tables and entries of indexes that were read while so many bookings were loaded. */
  async function rowsRead(bookings: number): Promise<number> {
    const { ownerUrl, owner } = await makeDatabase();
    await loadDemo({ ownerUrl, bookings });
    const { rows } = await owner.query(
      `select (select sum(seq_tup_read) from pg_stat_user_tables)
        + (select sum(idx_tup_read) from pg_stat_user_indexes) as read`,
    );
    return Number(rows[0].read);
  }

  it('refuses a database that has demo data already, and changes nothing', async () => {
    const [database] = databases;
    expect(database).toBeDefined();
    if (database !== undefined) {
      const before = await fingerprint(database);
      await expect(loadDemo({ ownerUrl: database.ownerUrl, bookings: 300 })).rejects.toThrow(
        /has its demo data.*begin with an empty one/,
      );
      expect(await fingerprint(database)).toEqual(before);
    }
  });

  it('refuses a database that holds rows of its own, and the first start leaves it alone', async () => {
    const database = await makeDatabase();
    await database.owner.query(
      `insert into auth.users (id) values ('11111111-1111-4111-8111-111111111111')`,
    );
    await expect(loadDemo({ ownerUrl: database.ownerUrl, bookings: 200 })).rejects.toThrow(
      'not demo data',
    );
    await seedDemoOnce(database.ownerUrl, silence);
    const { rows } = await database.owner.query('select count(*)::integer from auth.users');
    expect(rows).toEqual([{ count: 1 }]);
  });

  it('seeds an empty database at the first start and not again', async () => {
    const database = await makeDatabase();
    const said: string[] = [];
    await seedDemoOnce(database.ownerUrl, (line) => said.push(line));
    await seedDemoOnce(database.ownerUrl, (line) => said.push(line));
    expect(said).toHaveLength(1);
    const { rows } = await database.owner.query('select count(*)::integer from public.bookings');
    expect(rows).toEqual([{ count: 600 }]);
  });

  it.each([0, 99, 1.5, Number.NaN])('refuses %d bookings', async (bookings) => {
    await expect(loadDemo({ ownerUrl: 'postgres://nowhere', bookings })).rejects.toThrow(
      'at least 100 bookings',
    );
  });

  it('leaves nothing behind when its connection is cut', async () => {
    const database = await makeDatabase();
    const before = await readCatalogue(database.owner);
    let isCut = false;
    const cut = async (): Promise<void> => {
      await database.owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'ombaro' and pid <> pg_backend_pid()`,
      );
    };
    await expect(
      loadDemo({
        ownerUrl: database.ownerUrl,
        bookings: 30_000,
        onProgress: (done) => {
          if (done > 0 && !isCut) {
            isCut = true;
            void cut();
          }
        },
      }),
    ).rejects.toThrow();
    expect(isCut).toBe(true);
    expect(await readCatalogue(database.owner)).toBe(before);
    const { rows } = await database.owner.query(
      `select (select count(*)::integer from public.bookings) as bookings,
        (select count(*)::integer from auth.users) as users`,
    );
    expect(rows).toEqual([{ bookings: 0, users: 0 }]);
  });

  it('reports its progress up to the end', async () => {
    const database = await makeDatabase();
    const steps: string[] = [];
    await loadDemo({
      ownerUrl: database.ownerUrl,
      bookings: 5_100,
      onProgress: (done, total, what) => steps.push(`${done}/${total} ${what}`),
    });
    expect(steps).toEqual([
      '0/5100 preparing',

      '5000/5100 bookings',
      '5100/5100 totals',
      '5100/5100 indexes',
      '5100/5100 statistics',
      '5100/5100 performance',
      '5100/5100 search',
      '5100/5100 dashboards',
    ]);
  });
});

/** Every table's number of rows and the sum of their hashes. */
async function fingerprint({ owner }: TestDatabase): Promise<Record<string, string>> {
  const { rows } = await owner.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace
      and relname not in ('countries', 'states', 'cities', 'zones', 'pincode_master',
        -- What was computed from the rows, and when.
        'dashboard_data')`,
  );
  const { rows: health } = await owner.query<{ id: string }>(
    `select id from public.kpi_definitions where computed_from = 'database_health'`,
  );
  const prints: Record<string, string> = {};
  for (const { name } of rows) {
    // The migrations' own rows have random ids, the same in every clone of the template.
    const { rows: sums } = await owner.query<{ print: string }>(
      `select count(*) || ':' || coalesce(sum(hashtext(t::text)), 0) as print
      from ${name} t
      -- How well the server is doing is not the same twice.
      where to_jsonb(t) ->> 'kpi_id' is distinct from $1`,
      [health[0]?.id ?? null],
    );
    prints[name] = sums[0]?.print ?? '';
  }
  return prints;
}
