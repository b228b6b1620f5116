import { claimsOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { beginPlay, type Play } from './play.ts';

const { one, two, closed } = worldIds;
const unknown = '99999999-9999-4999-8999-999999999999';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
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

/** Reviews of a booking's parts, and of the visit to a vendor: the same rules. */
const kinds = [
  {
    kind: 'a review',
    reply: 'reply_to_review',
    mark: 'mark_review_helpful',
    moderate: 'moderate_review',
    table: 'reviews',
  },
  {
    kind: 'a review of a visit',
    reply: 'reply_to_vendor_review',
    mark: 'mark_vendor_review_helpful',
    moderate: 'moderate_vendor_review',
    table: 'vendor_reviews',
  },
] as const;

describe.each(kinds)('$kind', ({ reply, mark, moderate, table }) => {
  const answer = (person: Person, id: string = one, text: string | null = ' Thank you! ') =>
    play.ends(claimsOf(person), `select ${reply}($1, $2)`, [id, text]);
  const helpful = (person: Person, id: string = one, isHelpful = true) =>
    play.ends(claimsOf(person), `select ${mark}($1, $2)`, [id, isHelpful]);
  const found = async (person: Person, id = one) =>
    (
      await play.as(
        claimsOf(person),
        `select reply, replied_at is not null as is_dated, helpful_count from ${table} where id = $1`,
        [id],
      )
    )[0];

  it.each<Person>([
    'vendor',
    'vendor_manager',
    'vendor_admin',
  ])('is answered once by the %s, for all who see it', async (person) => {
    expect(await answer(person)).toBe('ok');
    expect(await found('visitor')).toMatchObject({ reply: 'Thank you!', is_dated: true });
    expect(await answer('vendor')).toBe('OB030');
  });

  it.each<[Person, string]>([
    ['receptionist', 'OB002'],
    ['accountant', 'OB002'],
    ['therapist', 'OB002'],
    ['customer', 'OB002'],
    ['vendor2', 'OB002'],
    ['finance', '42501'],
    ['visitor', '42501'],
  ])('is not answered by the %s', async (person, code) => {
    expect(await answer(person)).toBe(code);
    expect(await found('visitor')).toMatchObject({ reply: null, is_dated: false });
    expect(await answer('vendor')).toBe('ok');
  });

  it('takes no reply that is empty or too long, and none to what is unknown', async () => {
    expect(await answer('vendor', one, ' \n')).toBe('OB020');
    expect(await answer('vendor', one, null)).toBe('OB020');
    expect(await answer('vendor', one, 'x'.repeat(501))).toBe('OB020');
    expect(await answer('vendor', unknown)).toBe('OB003');
    expect(await answer('vendor', one, 'x'.repeat(500))).toBe('ok');
  });

  it('that is not shown takes neither reply nor mark', async () => {
    expect(await answer('vendor', closed)).toBe('OB030');
    expect(await helpful('customer2', closed)).toBe('OB003');
    const approve = `select ${moderate}($1, 'approved')`;
    expect(await play.ends(claimsOf('admin'), approve, [closed])).toBe('ok');
    expect(await helpful('customer2', closed)).toBe('ok');
    expect(await answer('vendor', closed)).toBe('ok');
  });

  it('is found helpful once by each user, until they think otherwise', async () => {
    const before = Number((await found('visitor'))?.helpful_count);
    const count = async () => Number((await found('visitor'))?.helpful_count) - before;
    await helpful('customer2');
    await helpful('customer2');
    expect(await count()).toBe(1);
    await helpful('nobody');
    expect(await count()).toBe(2);
    await helpful('customer2', one, false);
    await helpful('customer2', one, false);
    expect(await count()).toBe(1);
  });

  it.each<[Person, string]>([
    ['customer', 'OB031'],
    ['vendor', 'OB031'],
    ['receptionist', 'OB031'],
    ['therapist', 'OB031'],
    ['visitor', '42501'],
  ])('is not found helpful by the %s', async (person, code) => {
    expect(await helpful(person)).toBe(code);
    expect(await helpful('customer2')).toBe('ok');
  });
});

it('a user sees their own marks and no others', async () => {
  const marks = (person: Person) =>
    play.as(claimsOf(person), 'select review_id from review_helpful_marks');
  expect(await marks('applicant')).toEqual([{ review_id: one }]);
  expect(await marks('therapist2')).toEqual([{ review_id: two }]);
  expect(await marks('nobody')).toEqual([]);
});
