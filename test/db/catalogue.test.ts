import { withClient } from '../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { commentRules, functionRules } from './catalogue/function-rules.ts';
import { securityRules } from './catalogue/security-rules.ts';
import { structureRules } from './catalogue/structure-rules.ts';
import { timeRules } from './catalogue/time-rules.ts';

const rules = [
  ...securityRules,
  ...structureRules,
  ...functionRules,
  ...timeRules,
  ...commentRules,
];

describe('the catalogue', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
  });

  afterAll(async () => {
    await database.drop();
  });

  it.each(rules)('$rule', async ({ offenders, offence }) => {
    await withClient(database.rootUrl, async (client) => {
      const find = async (): Promise<readonly string[]> => {
        const { rows } = await client.query<{ offender: string }>(offenders);
        return rows.map(({ offender }) => offender).sort();
      };
      await client.query('begin');
      expect(await find()).toEqual([]);
      await client.query(offence);
      expect(await find()).not.toEqual([]);
      await client.query('rollback');
    });
  });
});
