import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import { projectRoot } from '../../src/config/project.ts';
import { withClient, withDatabase } from '../../src/lib/postgres.ts';
import { type CommandLine, copyProgram, makeCommandLine } from '../helpers/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';
import { testUrls } from '../helpers/urls.ts';
import { listPages, readBlocks, readPage } from './pages.ts';
import { mistakesIn } from './shell-blocks.ts';
import { writeChange } from './written-changes.ts';

jest.setTimeout(240_000);

const index = 'docs/how-to/README.md';
const pages = listPages()
  .filter((page) => page.startsWith('docs/how-to/') && page !== index)
  .map((page) => ({ page, blocks: readBlocks(page) }));

let folder: TemporaryDirectory;
let database: TestDatabase;
let shadow: string;
let run: CommandLine;

beforeAll(async () => {
  folder = makeTemporaryDirectory();
  copyProgram(folder.path);
  for (const file of ['.env.example', 'tsconfig.json', 'biome.json']) {
    copyFileSync(path.join(projectRoot, file), path.join(folder.path, file));
  }
  database = await createTestDatabase();
  shadow = `${database.name}_shadow`;
  run = makeCommandLine(folder.path, {
    DATABASE_URL: database.ownerUrl,
    API_DATABASE_URL: database.apiUrl,
    WORKER_DATABASE_URL: database.workerUrl,
    SHADOW_DATABASE_URL: withDatabase(database.ownerUrl, shadow),
    ROOT_DATABASE_URL: testUrls().root,
    JWT_SECRET: 'a secret that is long enough for a test',
  });
});

afterAll(async () => {
  await withClient(testUrls().root, (root) =>
    root.query(`drop database if exists ${shadow} with (force)`),
  );
  await database.drop();
  folder.remove();
});

describe.each(pages)('$page', ({ page, blocks }) => {
  it('changes files that are there, by commands that are there', async () => {
    for (const block of blocks) {
      if (block.language === 'sh') {
        expect(await mistakesIn(block)).toEqual([]);
      } else {
        writeChange(folder.path, block);
      }
    }
  });

  it('counts the files that it has edited', () => {
    const files = filesOf(page);
    expect(files.length).toBeGreaterThan(1);
    const [, counted] = /^(\d+) files, and /m.exec(readPage(page)) ?? [];
    expect(Number(counted)).toBe(files.length);
    expect(readPage(index)).toMatch(`(${path.basename(page)}) | ${files.length} |`);
    const written = blocks.flatMap(({ words }) => (typeof words.in === 'string' ? [words.in] : []));
    const names = files.map((file) => path.basename(file));
    expect(written.filter((file) => !names.includes(path.basename(file)))).toEqual([]);
  });
});

it('all of them together are a migration with its undo', async () => {
  const { code, stderr } = await ombaro('migrate', 'commit', '-m', 'how-tos');
  expect({ code, said: code === 0 ? '' : stderr }).toEqual({ code: 0, said: '' });
  const [file = ''] = readdirSync(path.join(folder.path, 'migrations/committed')).sort().slice(-1);
  expect(file).toMatch(/-how-tos\.sql$/);
  expect(existsSync(path.join(folder.path, 'migrations/rollback', file))).toBe(true);
  expect(
    readdirSync(path.join(folder.path, 'migrations/current')).filter((name) => /\.sql$/.test(name)),
  ).toEqual([]);
  const schema = readFileSync(path.join(folder.path, 'schema/schema.graphql'), 'utf8');
  expect(schema).toMatch('vendorReviewsUpdated(');
  expect(schema).toMatch('instagram: String');
});

it('and programs without mistakes', async () => {
  const tsc = path.join(projectRoot, 'node_modules/typescript/bin/tsc');
  rmSync(path.join(folder.path, 'test'), { recursive: true, force: true });
  expect(await run(process.execPath, [tsc, '-p', folder.path])).toMatchObject({ stdout: '' });
});

function ombaro(...args: string[]) {
  return run(process.execPath, ['bin/ombaro.js', ...args]);
}

/** The first column of the table under "Files": names in backquotes, of which those without a folder are in the last one. */
function filesOf(page: string): string[] {
  const [, section = ''] = readPage(page).split('\n## Files\n');
  return section
    .split('\n')
    .filter((row) => row.startsWith('| `'))
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)])
    .map(([, name = '']) => name);
}
