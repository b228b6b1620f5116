import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { projectRoot } from '../../src/config/project.ts';
import { exportTable, exportTableToFile } from '../../src/operations/export.ts';
import { exportAll } from '../../src/operations/moving/export-all.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';
import { commandLineFor, settingsFor } from './support.ts';

let database: TestDatabase;
let folder: TemporaryDirectory;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = makeTemporaryDirectory();
  await database.owner.query(`
    with account as (
      insert into auth.users (id) select gen_random_uuid() from generate_series(1, 20000) returning id
    )
    insert into user_profiles (id, name) select id, E'Some "body"\\nelse, at least' from account`);
});

afterAll(async () => {
  await database.drop();
  folder.remove();
});

it('a table goes out with a header and every row, for its owner alone', async () => {
  const file = path.join(folder.path, 'people.csv');
  const { rows, bytes } = await exportTableToFile(database.ownerUrl, 'user_profiles', file);
  const text = readFileSync(file, 'utf8');
  expect([rows, bytes]).toEqual([20_000, Buffer.byteLength(text)]);
  expect(text).toMatch(/^id,name,mobile,/);
  expect(text.match(/"Some ""body""\nelse, at least"/g)?.length).toBe(20_000);
  expect(statSync(file).mode & 0o077).toBe(0);
});

it('a file that is there is not overwritten, and an unknown table writes none', async () => {
  const file = path.join(folder.path, 'mine.csv');
  writeFileSync(file, 'mine');
  await expect(exportTableToFile(database.ownerUrl, 'vendors', file)).rejects.toThrow(/already/);
  expect(readFileSync(file, 'utf8')).toBe('mine');
  const other = path.join(folder.path, 'other.csv');
  await expect(exportTableToFile(database.ownerUrl, 'vendor', other)).rejects.toThrow(
    'There is no table vendor. Did you mean vendors?',
  );
  expect(readdirSync(folder.path).filter((name) => name.startsWith('other'))).toEqual([]);
});

it('a reader that disconnects ends it with an error, and with the connection', async () => {
  const output = new Writable({ write: (_chunk, _encoding, done) => done(new Error('full')) });
  await expect(exportTable(database.ownerUrl, 'user_profiles', output)).rejects.toThrow('full');
});

it('the whole database is written, as of one moment, and nothing when a file exists already', async () => {
  const directory = path.join(folder.path, 'all');
  const { tables } = await exportAll(database.ownerUrl, directory);
  const files = Object.values(tables).map(({ file }) => file);
  expect(readdirSync(directory).sort()).toEqual([...files, 'manifest.json'].sort());
  expect(files).toEqual(expect.arrayContaining(['bookings.csv', 'app_private.journal.csv']));
  expect(tables['public.user_profiles']?.rows).toBe(20_000);
  expect(statSync(path.join(directory, 'manifest.json')).mode & 0o077).toBe(0);
  const partly = path.join(folder.path, 'partly');
  mkdirSync(partly);
  writeFileSync(path.join(partly, 'vendors.csv'), 'mine');
  await expect(exportAll(database.ownerUrl, partly)).rejects.toThrow(/vendors\.csv exists already/);
  expect(readdirSync(partly)).toEqual(['vendors.csv']);
});

describe('ombaro export', () => {
  it('prints nothing but the table', async () => {
    const ombaro = commandLineFor(database);
    const { code, stdout, stderr } = await ombaro('export', 'enums.gender');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/Wrote \d+ rows/)]);
    expect(stdout).toMatch(/^value,description\n/);
    expect(await ombaro('export')).toMatchObject({ code: 1, stdout: '' });
    expect(await ombaro('export', 'vendors', '--all', folder.path)).toMatchObject({ code: 1 });
  });

  it('ends when its reader has had enough', async () => {
    const child = spawn(process.execPath, ['bin/ombaro.js', 'export', 'user_profiles'], {
      cwd: projectRoot,
      env: { PATH: process.env.PATH, ...settingsFor(database) },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
  });
});
