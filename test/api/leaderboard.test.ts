import { idOf } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
  await database.owner.query('select app_private.recount_performance()');
  api = await startApi(database);
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const board = `query ($vendor: UUID!, $month: Date!) {
  vendorLeaderboard(vendorId: $vendor, month: $month) { rank name therapistId completedAssignments averageRating }
}`;

async function ask(person: 'vendor' | 'vendor2'): Promise<ReturnType<TestApi['graphql']>> {
  const { rows } = await database.owner.query<{ month: string }>(
    'select month::text from therapist_performance where therapist_id = $1',
    [worldIds.one],
  );
  return await api.graphql(board, {
    token: await tokenFor(idOf(person)),
    variables: { vendor: worldIds.one, month: rows[0]?.month },
  });
}

it('a vendor reads what each of its therapists and beauticians did in a month', async () => {
  const { data, errors } = await ask('vendor');
  expect(errors).toBeUndefined();
  expect(data.vendorLeaderboard).toContainEqual({
    rank: expect.any(Number),
    name: expect.any(String),
    therapistId: worldIds.one,
    completedAssignments: expect.any(Number),
    averageRating: expect.any(String),
  });
});

it('another vendor is refused', async () => {
  expect(codeIn(await ask('vendor2'))).toBe('OB002');
});
