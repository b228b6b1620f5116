import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import {
  type CommandLine,
  copyProgram,
  makeCommandLine,
  type Outcome,
} from '../helpers/command-line.ts';
import { findFreePort } from '../helpers/server.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

// Each commit builds a fresh database three times.
jest.setTimeout(240_000);

let folder: TemporaryDirectory;
let run: CommandLine;

const ombaro = (...args: string[]) => run(process.execPath, ['bin/ombaro.js', ...args]);
const fileOf = (name: string) => path.join(folder.path, 'migrations', name);

beforeAll(async () => {
  folder = makeTemporaryDirectory();
  copyProgram(folder.path);
  run = makeCommandLine(folder.path, { EMBEDDED_PORT: String(await findFreePort()) });
  expect(await ombaro('db', 'start')).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await ombaro('db', 'stop');
  folder.remove();
});

const lastCommitted = () => readdirSync(fileOf('committed')).sort().at(-1) ?? '';

// One story: each step stands on the one before it.
describe('a change of the schema', () => {
  let notes: string;

  it('is not committed without its undo', async () => {
    const before = lastCommitted();
    rmSync(fileOf('rollback/current.sql'), { force: true });
    writeFileSync(
      fileOf('current/990-notes.sql'),
      'create table public.notes (id int primary key);\n',
    );
    expect(await ombaro('migrate', 'commit', '-m', 'notes')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/rollback\/current\.sql/),
    });
    expect(lastCommitted()).toBe(before);
  });

  it('is committed with its undo, applied, and described in schema/', async () => {
    writeFileSync(fileOf('rollback/current.sql'), 'drop table public.notes;\n');
    expect(await ombaro('migrate', 'commit', '-m', 'notes')).toMatchObject({ code: 0 });
    notes = lastCommitted();
    expect(notes).toMatch(/^\d{6}-notes\.sql$/);
    expect(readFileSync(fileOf(`rollback/${notes}`), 'utf8')).toBe('drop table public.notes;\n');
    expect(existsSync(fileOf('rollback/current.sql'))).toBe(false);
    const description = readFileSync(
      path.join(folder.path, 'schema/tables/public.notes.sql'),
      'utf8',
    );
    expect(description).toMatch('create table public.notes (');
    const { stdout } = await ombaro('migrate', 'status', '--json');
    expect(JSON.parse(stdout).at(-1)).toEqual({
      migration: notes,
      applied: expect.stringMatching(/^\d{4}-/),
      problem: null,
    });
  });

  it('is committed by graphile-migrate itself when the environment names the databases', async () => {
    writeFileSync(
      fileOf('current/990-tags.sql'),
      'create table public.tags (id int primary key);\n',
    );
    expect(await graphileMigrate('commit -m tags')).toMatchObject({ code: 0 });
    expect(lastCommitted()).toMatch(/-tags\.sql$/);
    expect(await ombaro('migrate')).toMatchObject({ code: 0, stderr: 'Up to date.\n' });
  });

  it('that was applied cannot be rewritten, even when it is not the last', async () => {
    const file = fileOf(`committed/${notes}`);
    const original = readFileSync(file, 'utf8');
    rmSync(file);
    writeFileSync(file, original.replace('notes (id int', 'notes (id bigint'));
    expect(await ombaro('migrate')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/-notes\.sql was changed/),
    });
    writeFileSync(file, original);
    expect(await ombaro('migrate')).toMatchObject({ code: 0 });
  });

  it('is undone before it runs again, and when it is asked for', async () => {
    writeFileSync(fileOf('current/990-drafts.sql'), 'create table public.drafts (id int);\n');
    writeFileSync(fileOf('rollback/current.sql'), 'drop table public.drafts;\n');
    expect(await graphileMigrate('watch --once')).toMatchObject({ code: 0 });
    // Saved again: without its undo in between, the table would be there already.
    writeFileSync(fileOf('current/990-drafts.sql'), 'create table public.drafts (id bigint);\n');
    expect(await graphileMigrate('watch --once')).toMatchObject({ code: 0 });
    expect(await ombaro('migrate', 'undo')).toMatchObject({
      stderr: 'The current migration is undone.\n',
    });
    expect(await ombaro('migrate', 'undo')).toMatchObject({
      stderr: 'The current migration is not applied.\n',
    });
  });
});

describe('a function that is changed in its file', () => {
  const body = (words: string) => `create or replace function public.greeting() returns text
language sql stable set search_path = '' as $$ select '${words}'::text $$;
comment on function public.greeting() is 'Says ${words}.';
revoke all on function public.greeting() from public;
grant execute on function public.greeting() to anon;
`;
  const include = '--!include functions/demo/greeting.sql\n';
  const ask = async () => {
    const { stdout } = await ombaro('env');
    const query = `select public.greeting() || ' ' || obj_description('public.greeting()'::regprocedure)`;
    return (await run('bash', ['-c', `${stdout}\npsql -Atc "${query}"`])).stdout;
  };
  const write = (text: string) => {
    mkdirSync(fileOf('fixtures/functions/demo'), { recursive: true });
    writeFileSync(fileOf('fixtures/functions/demo/greeting.sql'), body(text));
    writeFileSync(fileOf('current/100-greeting.sql'), include);
  };

  beforeAll(() => {
    rmSync(fileOf('current'), { recursive: true });
    rmSync(fileOf('rollback/current.sql'), { force: true });
    mkdirSync(fileOf('current'));
  });

  it('is committed with a generated undo', async () => {
    write('hello');
    expect(await ombaro('migrate', 'commit', '-m', 'greeting')).toMatchObject({ code: 0 });
    write('good day');
    expect(await ombaro('migrate', 'commit', '-m', 'greeting again')).toMatchObject({ code: 0 });
    expect(await ask()).toBe('good day Says good day.\n');
    const number = Number(lastCommitted().slice(0, 6));
    expect(readFileSync(fileOf(`rollback/${lastCommitted()}`), 'utf8')).toMatch(
      'grant execute on function public.greeting() to anon;',
    );
    const rollback = await ombaro('rollback', '--to', String(number - 1), '--yes', '--no-backup');
    expect(rollback).toMatchObject({ code: 0 });
    expect(await ask()).toBe('hello Says hello.\n');
    expect(await ombaro('migrate', '--no-backup')).toMatchObject({ code: 0 });
    expect(await ask()).toBe('good day Says good day.\n');
  });

  it('is restored when the work in progress is undone', async () => {
    write('good night');
    expect(await graphileMigrate('watch --once')).toMatchObject({ code: 0 });
    expect(await ask()).toBe('good night Says good night.\n');
    expect(await ombaro('migrate', 'undo')).toMatchObject({ code: 0 });
    expect(await ask()).toBe('good day Says good day.\n');
  });

  it('stays named in migrations/current when its commit fails', async () => {
    const failing = `${include}select 1 / 0;\n`;
    writeFileSync(fileOf('current/100-greeting.sql'), failing);
    const before = lastCommitted();
    expect(await ombaro('migrate', 'commit', '-m', 'broken')).toMatchObject({ code: 1 });
    expect(lastCommitted()).toBe(before);
    expect(readFileSync(fileOf('current/100-greeting.sql'), 'utf8')).toBe(failing);
  });
});

describe('a text that is changed in its file', () => {
  const file = 'templates/leave_decided.sql';
  const title = "'Your leave is {{decision}}'";
  let original: string;
  const ask = async () => {
    const { stdout } = await ombaro('env');
    const query = `select title from public.notification_templates where type = 'leave_decided' and language = 'en'`;
    return (await run('bash', ['-c', `${stdout}\npsql -Atc "${query}"`])).stdout;
  };
  const write = (text: string) => {
    rmSync(fileOf(`fixtures/${file}`));
    writeFileSync(fileOf(`fixtures/${file}`), original.replace(title, text));
  };

  beforeAll(async () => {
    expect(await ombaro('migrate', '--no-backup')).toMatchObject({ code: 0 });
    original = readFileSync(fileOf(`fixtures/${file}`), 'utf8');
    rmSync(fileOf('current'), { recursive: true, force: true });
    rmSync(fileOf('rollback/current.sql'), { force: true });
    mkdirSync(fileOf('current'));
    writeFileSync(fileOf('current/100-leave.sql'), `--!include ${file}\n`);
  });

  it('is applied at every save, and restored when the work in progress is undone', async () => {
    write("'Leave {{decision}}'");
    expect(await graphileMigrate('watch --once')).toMatchObject({ code: 0 });
    expect(await ask()).toBe('Leave {{decision}}\n');
    write("'{{decision}}'");
    expect(await graphileMigrate('watch --once')).toMatchObject({ code: 0 });
    expect(await ask()).toBe('{{decision}}\n');
    expect(await ombaro('migrate', 'undo')).toMatchObject({ code: 0 });
    expect(await ask()).toBe('Your leave is {{decision}}\n');
  });

  it('is committed with a generated undo', async () => {
    expect(await ombaro('migrate', 'commit', '-m', 'leave')).toMatchObject({ code: 0 });
    const { stdout } = await ombaro('env');
    const undo = fileOf(`rollback/${lastCommitted()}`);
    expect(await ask()).toBe('{{decision}}\n');
    expect(
      await run('bash', ['-c', `${stdout}\npsql -v ON_ERROR_STOP=1 -qf ${undo}`]),
    ).toMatchObject({ code: 0 });
    expect(await ask()).toBe('Your leave is {{decision}}\n');
  });
});

async function graphileMigrate(args: string): Promise<Outcome> {
  const { stdout } = await ombaro('env');
  return await run('bash', ['-c', `${stdout}\nnode_modules/.bin/graphile-migrate ${args}`]);
}
