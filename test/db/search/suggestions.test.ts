import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';
import { seedSearchable } from './searchable.ts';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedSearchable(database);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

async function suggest(query: string, kind: string | null = null): Promise<string[]> {
  const rows = await play.as<{ kind: string; label: string }>(
    null,
    'select kind, label from suggest($1, $2)',
    [query, kind],
  );
  return rows.map((row) => `${row.kind}: ${row.label}`);
}

it('the beginning of a word is enough, and every kind is suggested', async () => {
  const found = await suggest('n');
  expect(found).toHaveLength(10);
  expect(new Set(found.map((one) => one.split(':')[0])).size).toBeGreaterThan(1);
  expect(await suggest('lot')).toEqual(['vendor: Lotus Spa', 'vendor: Lotus Garden']);
  expect(await suggest('pune')).toContain('city: Pune');
});

it.each([
  ['swedish mas', ['service: Swedish Massage']],
  ['mas swedish', ['service: Swedish Massage']],
  ['SWED', ['service: Swedish Massage']],
  ['swedsh mass', ['service: Swedish Massage']],
  ['kerattin', ['service: Keratin Smoothing']],
  ['lotsu', ['vendor: Lotus Spa', 'vendor: Lotus Garden']],
  ['caf', ['service: Café au Lait Scrub']],
  ['बाल', ['service: बालों की मालिश']],
  // Words of descriptions and offers are no names.
  ['basalt', []],
])('%s', async (query, found) => {
  expect((await suggest(query, 'service')).concat(await suggest(query, 'vendor'))).toEqual(found);
});

it('with a kind only that kind is suggested', async () => {
  const kinds = async (kind: string) =>
    new Set((await suggest('s', kind)).map((one) => one.split(':')[0]));
  for (const kind of ['service', 'city', 'zone']) {
    expect(await kinds(kind)).toEqual(new Set([kind]));
  }
  expect(await suggest('4110', 'pincode')).toContain('pincode: 411001');
  expect(await play.ends(null, `select * from suggest('s', 'nonsense')`)).toBe('OB020');
});

it('exact names come first', async () => {
  await play.query(`insert into services (name, slug, duration, base_price, is_featured, is_popular)
    select 'Haircut ' || n, 'cut-' || n, 60, 1, true, true from generate_series(1, 30) n`);
  const found = await suggest('haircut');
  expect(found[0]).toBe('service: Haircut');
  expect(found).toHaveLength(10);
});

it('hidden vendors and services are not suggested', async () => {
  expect(await suggest('lotus secret')).toEqual([]);
  expect(await suggest('retired')).toEqual([]);
  await play.query(`update vendors set verification_status = 'verified'`);
  await play.query('update services set is_active = true');
  expect(await suggest('lotus secret')).toEqual(['vendor: Lotus Secret']);
  expect(await suggest('retired')).toEqual(['service: Retired Massage']);
});

it('a rare match is found among many popular ones', async () => {
  await play.query(`insert into services (name, slug, duration, base_price, is_featured, is_popular)
    select 'Common ' || n, 'common-' || n, 60, 1, true, true from generate_series(1, 1500) n`);
  expect(await suggest('keratin')).toEqual(['service: Keratin Smoothing']);
});

it.each(['', ' ', '...', '-', '"', '\u200d'])('"%s" suggests nothing', async (query) => {
  expect(await suggest(query)).toEqual([]);
});
