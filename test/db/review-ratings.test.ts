import pg from 'pg';
import { Random } from '../../src/demo/random.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { claimsOf, idOf } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { type Claims, createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { enter } from './enter.ts';

const { one, two, closed } = worldIds;

let database: TestDatabase;
let crowd: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  crowd = new pg.Pool({ connectionString: database.apiUrl, max: 16 });
});

afterAll(async () => {
  await crowd.end();
  await database.drop();
});

/** Every one that has another rating or count than a recount of all reviews gives. */
const wrong = `
  select 'vendor' as kind, x.id, x.rating, x.total_reviews from vendors x
  where (x.rating, x.total_reviews) <> (
    select coalesce(round(avg(r.rating), 2), 0), count(*)::integer from vendor_reviews r
    where r.vendor_id = x.id and r.status = 'approved')
  union all
  select 'therapist', x.id, x.rating, x.total_reviews from therapists x
  where (x.rating, x.total_reviews) <> (
    select coalesce(round(avg(r.rating), 2), 0), count(*)::integer from reviews r
    where (r.reviewable_type, r.reviewable_id, r.status) = ('therapist', x.id, 'approved'))
  union all
  select 'beautician', x.id, x.rating, x.total_reviews from beauticians x
  where (x.rating, x.total_reviews) <> (
    select coalesce(round(avg(r.rating), 2), 0), count(*)::integer from reviews r
    where (r.reviewable_type, r.reviewable_id, r.status) = ('beautician', x.id, 'approved'))`;

it('after every write, verdict, change and deletion, ratings are those of the approved reviews', async () => {
  const random = new Random('reviews');
  const client = await database.owner.connect();
  const seen = new Set<string>();
  try {
    await client.query('begin');
    for (let turn = 0; turn < 250; turn += 1) {
      await client.query(anyChange(random));
      expect({ turn, wrong: (await client.query(wrong)).rows }).toEqual({ turn, wrong: [] });
      const { rows } = await client.query('select rating from vendors where id = $1', [one]);
      seen.add(rows[0].rating);
    }
    // Positive control: it moved, and a wrong one would be noticed.
    expect(seen.size).toBeGreaterThan(5);
    await client.query('update therapists set total_reviews = total_reviews + 1');
    expect((await client.query(wrong)).rowCount).toBeGreaterThan(0);
  } finally {
    await client.query('rollback');
    client.release();
  }
});

/** One statement about one or several reviews of any vendor, therapist, beautician, service or booking. */
function anyChange(random: Random): string {
  const id = random.pick([one, two, closed]);
  const type = random.pick(['therapist', 'beautician', 'service', 'vendor', 'booking']);
  const status = random.pick(['pending', 'approved', 'approved', 'rejected', 'flagged']);
  const rating = random.int(1, 5);
  const table = random.pick(['reviews', 'vendor_reviews']);
  const some = `id in (select id from ${table} order by md5(id::text || '${random.int(1, 9)}') limit ${random.int(1, 4)})`;
  return random.pick([
    `insert into vendor_reviews (vendor_id, customer_id, rating, status)
      values ('${id}', '${idOf('customer')}', ${rating}, '${status}')`,
    `insert into reviews (reviewable_type, reviewable_id, customer_id, rating, status)
      values ('${type}', '${id}', '${idOf('customer')}', ${rating}, '${status}')`,
    `insert into reviews (reviewable_type, reviewable_id, customer_id, rating, status)
      values ('${random.pick(['therapist', 'beautician'])}', '${id}', '${idOf('customer')}', ${rating}, '${status}')`,
    `update ${table} set status = '${status}' where ${some}`,
    `update ${table} set status = '${status}' where ${some}`,
    `update ${table} set rating = ${rating} where ${some}`,
    `update vendor_reviews set vendor_id = '${id}' where ${table === 'reviews' ? 'true' : some}`,
    `update reviews set reviewable_type = '${type}', reviewable_id = '${id}', booking_id = null
      where ${table === 'reviews' ? some : `status = 'flagged'`}`,
    `delete from ${table} where ${some}`,
  ]);
}

it('a review of type vendor does not count: a vendor’s rating comes from vendor_reviews', async () => {
  const { rows } = await database.owner.query(
    'select rating, total_reviews from vendors where id = $1',
    [two],
  );
  // The fixture has an approved one of either kind.
  expect(rows).toEqual([{ rating: '4.00', total_reviews: 1 }]);
});

describe.each([
  {
    kind: 'vendor',
    moderate: 'moderate_vendor_review',
    table: 'vendor_reviews',
    columns: 'vendor_id',
    values: `'${closed}'`,
    rated: 'vendors',
  },
  {
    kind: 'therapist',
    moderate: 'moderate_review',
    table: 'reviews',
    columns: 'reviewable_type, reviewable_id',
    values: `'therapist', '${closed}'`,
    rated: 'therapists',
  },
  {
    kind: 'beautician',
    moderate: 'moderate_review',
    table: 'reviews',
    columns: 'reviewable_type, reviewable_id',
    values: `'beautician', '${closed}'`,
    rated: 'beauticians',
  },
])('the reviews of one $kind', ({ moderate, table, columns, values, rated }) => {
  it('approved at once over many connections are all counted', async () => {
    const { rows: reviews } = await database.owner.query<{ id: string }>(
      `insert into ${table} (${columns}, customer_id, rating)
      select ${values}, '${idOf('customer')}', 1 + n % 5 from generate_series(1, 40) n
      returning id`,
    );
    const moderators = ['admin', 'super_admin', 'customer_care_head'] as const;
    await Promise.all(
      reviews.map(({ id }, n) =>
        fromTheCrowd(
          claimsOf(moderators[n % 3] ?? 'admin'),
          `select ${moderate}('${id}', 'approved')`,
        ),
      ),
    );
    const rating = `select rating, total_reviews from ${rated} where id = '${closed}'`;
    expect((await database.owner.query(rating)).rows).toEqual([
      { rating: '3.00', total_reviews: 40 },
    ]);
    // Some taken back while others go.
    await Promise.all(
      reviews
        .slice(0, 20)
        .map(({ id }, n) =>
          n % 2 === 0
            ? database.owner.query(`delete from ${table} where id = $1`, [id])
            : fromTheCrowd(claimsOf('admin'), `select ${moderate}('${id}', 'rejected', 'Rude')`),
        ),
    );
    expect((await database.owner.query(rating)).rows).toMatchObject([{ total_reviews: 20 }]);
    expect((await database.owner.query(wrong)).rows).toEqual([]);
  });
});

it('a verdict reads the reviews of its vendor or therapist, by an index, and no others', async () => {
  await withClient(database.rootUrl, async (client) => {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    await client.query(
      `insert into vendor_reviews (vendor_id, customer_id, rating, status)
      select case when n % 200 = 0 then $1::uuid else gen_random_uuid() end, $2, 4, 'approved'
      from generate_series(1, 20000) n`,
      [two, idOf('customer')],
    );
    await client.query(
      `insert into reviews (reviewable_type, reviewable_id, customer_id, rating, status)
      select 'therapist', case when n % 200 = 0 then $1::uuid else gen_random_uuid() end, $2, 4,
        'approved'
      from generate_series(1, 20000) n`,
      [two, idOf('customer')],
    );
    await client.query('analyze vendor_reviews, reviews');
    await client.query('set local session_replication_role = origin');
    for (const [table, which] of [
      ['vendor_reviews', `vendor_id = '${two}'`],
      ['reviews', `reviewable_type = 'therapist' and reviewable_id = '${two}'`],
    ] as const) {
      const { rows } = await client.query<{ id: string }>(
        `select id from ${table} where ${which} and status = 'approved' limit 8`,
      );
      const before = await readsOf(client, table);
      for (const { id } of rows) {
        await client.query(`update ${table} set status = 'rejected' where id = $1`, [id]);
      }
      const after = await readsOf(client, table);
      expect({ table, whole: after.whole - before.whole }).toEqual({ table, whole: 0 });
      // A hundred a verdict and the row itself.
      const fetched = after.fetched - before.fetched;
      expect(fetched).toBeGreaterThan(8 * 50);
      expect(fetched).toBeLessThan(8 * 300);
    }
    await client.query('rollback');
  });
});

/** One request over one of many connections. */
async function fromTheCrowd(claims: Claims, sql: string): Promise<void> {
  const client = await crowd.connect();
  try {
    await client.query('begin');
    await enter(client, claims);
    await client.query(sql);
    await client.query('commit');
  } finally {
    client.release();
  }
}

/** How often this transaction has read the table whole, and how many rows it has read by index. */
async function readsOf(
  client: pg.ClientBase,
  table: string,
): Promise<{ whole: number; fetched: number }> {
  const { rows } = await client.query(
    `select seq_scan::integer as whole,
      (idx_tup_fetch + seq_tup_read)::integer as fetched
    from pg_stat_xact_user_tables where relname = $1`,
    [table],
  );
  return rows[0];
}
