import { projectRoot } from '../../src/config/project.ts';
import { loadDemo } from '../../src/demo/load.ts';
import { withDatabase } from '../../src/lib/postgres.ts';
import { type CommandLine, makeCommandLine, type Outcome } from '../helpers/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { createFreshDatabase } from '../helpers/fresh-database.ts';
import { testUrls } from '../helpers/urls.ts';

let database: TestDatabase;
let run: CommandLine;

beforeAll(async () => {
  database = await createTestDatabase();
  await loadDemo({ ownerUrl: database.ownerUrl, bookings: 100 });
  run = makeCommandLine(projectRoot, {
    DATABASE_URL: database.ownerUrl,
    API_DATABASE_URL: database.apiUrl,
    WORKER_DATABASE_URL: database.workerUrl,
    JWT_SECRET: 'for tests only, long enough to be taken',
  });
});

afterAll(async () => {
  await database?.drop();
});

const validate = (...args: string[]): Promise<Outcome> =>
  run(process.execPath, ['bin/ombaro.js', 'validate', ...args]);

async function misstatePoints(): Promise<string> {
  const { rows } = await database.owner.query(
    `update public.customers set loyalty_points = loyalty_points + 7
    where id = (select min(id::text)::uuid from public.customers) returning id`,
  );
  return rows[0].id;
}

it('reports that nothing is found, and exits with 0', async () => {
  const { code, stdout, stderr } = await validate();
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/^\d+ checks, nothing found\.\n$/),
  });
  expect(stdout).toMatch(/^booking-lines +0/m);
});

it('names what is wrong, why it matters and what to do, and exits with 1; it repairs only with --repair and consent', async () => {
  const id = await misstatePoints();
  const found = await validate('points-balance', 'vendor-rating');
  expect(found.code).toBe(1);
  expect(found.stdout).toContain(id);
  expect(found.stdout).toMatch(/The transactions are the authority/);
  expect(found.stderr).toMatch(/2 checks, 1 with faults: points-balance/);

  const unasked = await validate('points-balance', '--repair');
  expect(unasked.code).toBe(1);
  expect(unasked.stderr).toMatch(/becomes[\s\S]*no terminal to ask at[\s\S]*--yes/);
  expect((await validate('points-balance')).code).toBe(1);

  const repaired = await validate('points-balance', '--repair', '--yes', '--json');
  expect(repaired.code).toBe(0);
  expect(JSON.parse(repaired.stdout)).toMatchObject([
    { check: 'points-balance', faults: 1, left: 0, examples: [{ key: id }] },
  ]);
  expect((await validate('points-balance')).code).toBe(0);
});

it('what no repair exists for stays, and is listed', async () => {
  await database.owner.query(
    `delete from public.booking_terms where booking_id = (select min(id::text)::uuid from public.bookings)`,
  );
  const { code, stderr } = await validate('booking-terms', '--repair', '--yes');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/None of these faults can be repaired/),
  });
});

it.each([
  [['dance'], /no check "dance"/],
  [['--yes'], /--yes agrees to a repair/],
  [['--loudly'], /--loudly/],
])('%j is a mistake', async (args, message) => {
  const { code, stderr, stdout } = await validate(...args);
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(message),
  });
});

it('a database without the migrations is refused, with what to do', async () => {
  const fresh = await createFreshDatabase();
  try {
    const { rows } = await fresh.owner.query('select current_database() as name');
    const { code, stderr } = await run(process.execPath, ['bin/ombaro.js', 'validate'], {
      DATABASE_URL: withDatabase(testUrls().owner, rows[0].name),
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/lacks \d+ migrations[\s\S]*ombaro migrate/),
    });
  } finally {
    await fresh.drop();
  }
});
