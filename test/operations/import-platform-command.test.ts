import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../src/config/project.ts';
import { loadDemo } from '../../src/demo/load.ts';
import { readCatalogue } from '../database/demo-catalogue.ts';
import { makeCommandLine, type Outcome } from '../helpers/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';
import { createPlatform, forgetNews, type Platform } from './platform.ts';

let platform: Platform;
let folder: TemporaryDirectory;
const targets: TestDatabase[] = [];
const run = makeCommandLine(projectRoot, {});

/** Bookings of the platform. */
let held: number;

beforeAll(async () => {
  folder = makeTemporaryDirectory();
  const demo = await createTestDatabase();
  try {
    await loadDemo({ ownerUrl: demo.ownerUrl, bookings: 100 });
    await forgetNews(demo.rootUrl);
    held = (await demo.owner.query('select count(*)::integer as n from bookings')).rows[0].n;
    platform = await createPlatform(demo.owner);
  } finally {
    await demo.drop();
  }
});

afterAll(async () => {
  for (const target of targets) {
    await target.drop();
  }
  await platform?.drop();
  folder?.remove();
});

async function makeTarget(): Promise<TestDatabase> {
  const target = await createTestDatabase();
  targets.push(target);
  return target;
}

const settings = (target: TestDatabase): Record<string, string> => ({
  DATABASE_URL: target.ownerUrl,
  API_DATABASE_URL: target.apiUrl,
  WORKER_DATABASE_URL: target.workerUrl,
  JWT_SECRET: 'for tests only, long enough to be taken',
});

const importFrom = (target: TestDatabase, ...args: string[]): Promise<Outcome> =>
  run(process.execPath, ['bin/ombaro.js', 'import', '--from', ...args], settings(target));

/** Until the server has noticed that the program is no more. */
async function untilGone(target: TestDatabase): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const { rowCount } = await target.owner.query(
      `select from pg_stat_activity where datname = $1 and application_name like 'ombaro import%'`,
      [target.name],
    );
    return (rowCount ?? 0) > 0;
  };
  while (await isThere()) {
    await sleep(20);
  }
}

async function bookings(target: TestDatabase): Promise<number> {
  const { rows } = await target.owner.query('select count(*)::integer from public.bookings');
  return rows[0].count;
}

it('moves a database and prints what became of every table', async () => {
  const target = await makeTarget();
  const rejects = path.join(folder.path, 'none.csv');
  const { code, stdout, stderr } = await importFrom(
    target,
    platform.url,
    '--yes',
    '--rejects',
    rejects,
  );
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(/0 rows rejected, 0 values left out/),
  });
  expect(stdout).toMatch(new RegExp(`^bookings +${held} +${held} +0 +0 +0$`, 'm'));
  expect(readFileSync(rejects, 'utf8')).toMatch(/^kind,table,key,reason\nremark,bookings,/);
  expect(await bookings(target)).toBe(held);
});

it('writes what is wrong into a file, and moves nothing', async () => {
  const target = await makeTarget();
  const rejects = path.join(folder.path, 'orphans.csv');
  await platform.client.query(
    `insert into public.booking_notes (id, booking_id, note)
    values ('11111111-1111-4111-8111-111111111111', gen_random_uuid(), 'Lost')`,
  );
  try {
    const { code, stdout, stderr } = await importFrom(
      target,
      platform.url,
      '--yes',
      '--json',
      '--rejects',
      rejects,
    );
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/1 rows rejected[\s\S]*Nothing was moved/),
    });
    const { isWritten, tables } = JSON.parse(stdout);
    expect(isWritten).toBe(false);
    expect(tables).toContainEqual(expect.objectContaining({ table: 'booking_notes', rejected: 1 }));
    expect(readFileSync(rejects, 'utf8')).toMatch(
      /^row,booking_notes,11111111-1111-4111-8111-111111111111,.*booking/m,
    );
    expect(await bookings(target)).toBe(0);
  } finally {
    await platform.client.query(`delete from public.booking_notes where note = 'Lost'`);
  }
});

it('killed half way it leaves nothing, and the next one moves all', async () => {
  const target = await makeTarget();
  const before = await readCatalogue(target.owner);
  const child = spawn(
    process.execPath,
    [
      'bin/ombaro.js',
      'import',
      '--from',
      platform.url,
      '--yes',
      '--rejects',
      path.join(folder.path, 'killed.csv'),
    ],
    {
      cwd: projectRoot,
      env: { PATH: process.env.PATH, ...settings(target) },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ended = once(child, 'exit');
  let said = '';
  for await (const chunk of child.stderr) {
    said += String(chunk);
    if (/moving (?!addon)/.test(said)) {
      break;
    }
  }
  expect(said).toMatch(/moving/);
  child.kill('SIGKILL');
  await ended;
  await untilGone(target);
  expect(await bookings(target)).toBe(0);
  expect((await target.owner.query('select from auth.users')).rowCount).toBe(0);
  expect(await readCatalogue(target.owner)).toBe(before);
  const next = await importFrom(
    target,
    platform.url,
    '--yes',
    '--rejects',
    path.join(folder.path, 'next.csv'),
  );
  expect(next.code).toBe(0);
  expect(await bookings(target)).toBe(held);
});

it('two at once: one moves all, the other finds it there', async () => {
  const target = await makeTarget();
  const both = await Promise.all(
    ['one', 'two'].map((name) =>
      importFrom(
        target,
        platform.url,
        '--yes',
        '--json',
        '--rejects',
        path.join(folder.path, `${name}.csv`),
      ),
    ),
  );
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  const counts = both.map(({ stdout }) =>
    JSON.parse(stdout).tables.find((one: { table: string }) => one.table === 'bookings'),
  );
  expect(counts.map(({ moved }) => moved).toSorted()).toEqual([0, held]);
  expect(await bookings(target)).toBe(held);
});

it.each([
  [['mysql://nowhere/else'], /named by its address/],
  [[], /Usage: npx ombaro import --from <database>/],
])('%j is a mistake', async (args, message) => {
  const target = await makeTarget();
  const { code, stderr } = await importFrom(target, ...args);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
});

it('does nothing without consent, and overwrites no file', async () => {
  const target = await makeTarget();
  const unasked = await importFrom(
    target,
    platform.url,
    '--rejects',
    path.join(folder.path, 'unasked.csv'),
  );
  expect({ code: unasked.code, stderr: unasked.stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/no terminal to ask at/),
  });
  const file = path.join(folder.path, 'mine.csv');
  writeFileSync(file, 'mine');
  const over = await importFrom(target, platform.url, '--yes', '--rejects', file);
  expect({ code: over.code, stderr: over.stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/exists already/),
  });
  expect(readFileSync(file, 'utf8')).toBe('mine');
  expect(existsSync(path.join(folder.path, 'unasked.csv'))).toBe(false);
  expect(await bookings(target)).toBe(0);
});
