import { claimsOf, type Person, people } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { attempt } from './attempt.ts';
import { guardedColumns } from './raise.data.ts';

describe('no user raises', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    // Those of the fixture are over. One that is not, so that there is a step to take.
    await database.owner.query(
      `insert into beautician_assignments (booking_id, beautician_id, assignment_time, status)
      values ($1, $2, now(), 'in_progress')`,
      [worldIds.closed, worldIds.one],
    );
  });

  afterAll(async () => {
    await database.drop();
  });

  it.each(guardedColumns)('%s.%s', async (table, column, value) => {
    const update = `update ${table} set ${column} = ${value}`;
    const insert = `insert into ${table} (${column}) select (null::${table}).${column}`;
    const owner = await database.owner.connect();
    try {
      await owner.query('begin');
      // Positive control: there are rows, and they would take the value.
      expect(await attempt(owner, update)).toBeGreaterThan(0);
      await owner.query('rollback');
    } finally {
      owner.release();
    }

    const couldWrite: Person[] = [];
    for (const person of people) {
      const ends = await database.asUser(claimsOf(person), async (client) => [
        await attempt(client, update),
        await attempt(client, insert),
      ]);
      if (ends.some((end) => end !== '42501')) {
        couldWrite.push(person);
      }
    }
    expect(couldWrite).toEqual([]);
  });
});
