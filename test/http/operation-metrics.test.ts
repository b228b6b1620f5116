import { makeReadOperationFigures } from '../../src/server/operation-metrics.ts';
import { startApi, type TestApi } from '../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  api = await startApi(database);
});

afterAll(async () => {
  await api.close();
  await database.drop();
});

const metrics = async (): Promise<string> => (await fetch(`${api.url}/metrics`)).text();
const figure = 'function app_private.operation_figures()';

it('are left out where the API may not read them, and the others stay', async () => {
  await database.owner.query(`revoke execute on ${figure} from ombaro_api`);
  const text = await metrics();
  await database.owner.query(`grant execute on ${figure} to ombaro_api`);
  expect(text).not.toMatch(/^database_size_bytes /m);
  expect(text).not.toMatch(/^database_connections\{/m);
  expect(text).toMatch(/^database_pool_connections\{/m);
});

it('describe the whole database', async () => {
  const holder = await database.owner.connect();
  await holder.query('begin');
  await database.owner.query(`
    insert into maintenance_runs (task, cadence, started_at, finished_at, outcome, error) values
      ('errors', 'daily', now(), now(), 'failed', 'No disk'),
      ('errors', 'daily', now() - interval '2 days', now(), 'failed', 'No disk')`);
  const text = await metrics();
  await holder.query('rollback');
  holder.release();
  expect(text).toMatch(/^database_connections\{state="idle in transaction"\} 1$/m);
  expect(text).toMatch(/^database_blocked_sessions 0$/m);
  expect(text).toMatch(/^database_size_bytes \d{7,}$/m);
  expect(text).toMatch(/^database_cache_hit_ratio (0\.\d+|1)$/m);
  expect(text).toMatch(/^event_log_bytes \d+$/m);
  expect(text).toMatch(/^maintenance_runs_failed_last_day 1$/m);
  expect(text).not.toMatch(/not visible/);
});

it('are read once for all requests of the same seconds, and again after a failure', async () => {
  let calls = 0;
  let fails = true;
  const read = makeReadOperationFigures(async () => {
    calls += 1;
    if (fails) {
      throw new Error('away');
    }
    return [];
  });
  await expect(Promise.all([read(), read()])).rejects.toThrow('away');
  expect(calls).toBe(1);
  fails = false;
  await Promise.all([read(), read(), read()]);
  await read();
  expect(calls).toBe(2);
});
