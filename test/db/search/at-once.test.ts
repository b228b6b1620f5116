import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { untilBlocked } from '../concurrency.ts';
import { seedSearchable } from './searchable.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedSearchable(database);
});

afterAll(async () => {
  await database.drop();
});

async function waitingFor(
  first: string,
  second: string,
): Promise<{ readonly kept: unknown; readonly rebuilt: unknown }> {
  const one = await database.owner.connect();
  const other = await database.owner.connect();
  try {
    await one.query('begin');
    await one.query(first);
    const done = other.query(second);
    await untilBlocked(database.owner);
    await one.query('commit');
    await done;
  } finally {
    one.release();
    other.release();
  }
  const copy = async () =>
    (await database.owner.query('select * from app_private.search_documents order by kind, id'))
      .rows;
  const kept = await copy();
  await database.owner.query('select app_private.rebuild_search()');
  return { kept, rebuilt: await copy() };
}

const offer = (vendor: string, slug: string) =>
  `insert into vendor_services (vendor_id, service_id)
  select v.id, s.id from vendors v, services s where v.business_name = '${vendor}' and s.slug = '${slug}'`;

it.each([
  ['two offers of one vendor', offer('Zen Studio', 'thai'), offer('Zen Studio', 'keratin')],
  [
    'an offer and the listing of its vendor',
    `update vendors set verification_status = 'verified' where business_name = 'Lotus Secret'`,
    offer('Lotus Secret', 'keratin'),
  ],
  [
    'an offer and the taking out of its vendor',
    offer('Lotus Garden', 'stone'),
    `update vendors set is_active = false where business_name = 'Lotus Garden'`,
  ],
  [
    'new words that two vendors bring',
    `update vendors set business_name = 'Aardvark Bonbon Cuckoo' where business_name = 'Lotus Spa'`,
    `update vendors set business_name = 'Cuckoo Bonbon Aardvark' where business_name = 'Zen Studio'`,
  ],
])('%s at once: both are in the search index', async (_, first, second) => {
  const { kept, rebuilt } = await waitingFor(first, second);
  expect(kept).toEqual(rebuilt);
});
