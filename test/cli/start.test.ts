import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { projectRoot } from '../../src/config/project.ts';
import { personas } from '../../src/demo/personas.ts';
import { copyProgram, makeCommandLine, type Outcome } from '../helpers/command-line.ts';
import { findFreePort } from '../helpers/server.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

// One server for all tests here, as `npm start` starts it but for the demo data.
let folder: TemporaryDirectory;
let server: ChildProcess;
let printed = '';
let url: string;
let settings: Record<string, string>;

const run = makeCommandLine(projectRoot, {});
const ombaro = (args: string[], variables: Record<string, string> = settings): Promise<Outcome> =>
  run(process.execPath, ['bin/ombaro.js', ...args], variables);

beforeAll(async () => {
  folder = makeTemporaryDirectory();
  const port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  settings = {
    PORT: String(port),
    EMBEDDED_PORT: String(await findFreePort()),
    OMBARO_DATA_DIR: path.join(folder.path, 'data'),
    DEMO: 'false',
    NODE_ENV: 'development',
  };
  server = spawn(process.execPath, ['bin/ombaro.js', 'serve'], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [server.stdout, server.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
  }
  await until(/^Stop {2}/m);
}, 120_000);

afterAll(async () => {
  if (server?.exitCode === null) {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
  folder?.remove();
});

async function until(text: RegExp): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!text.test(printed)) {
    if (Date.now() > deadline || server.exitCode !== null) {
      throw new Error(`The server has not printed ${text}:\n${printed}`);
    }
    await sleep(50);
  }
}

async function post(way: string, body: unknown, token?: string): Promise<Response> {
  return await fetch(`${url}${way}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
}

describe('a server in development', () => {
  it('prints one readable line for each GraphQL operation, and no JSON', async () => {
    await post('/graphql', { query: 'query Catalogue { vendors { totalCount } }' });
    await until(/^\d\d:\d\d:\d\d {2}query Catalogue +200 +\d+ ms$/m);
    await post('/graphql', { query: '{ nothing }' });
    await until(/invalid document +400 +\d+ ms {2}OB010$/m);
    expect(printed).not.toMatch(/^\{/m);
  });

  it('shows the code of a sign-in between empty lines', async () => {
    await post('/auth/otp', { mobile: '+919876543210' });
    await until(/\n\n {2}>>> {2}Code \d{6} for \+919876543210, valid for 5 minutes {2}<<<\n\n/);
  });

  it('is named by a second start, which makes nothing', async () => {
    const other = path.join(folder.path, 'other');
    const { code, stderr } = await ombaro(['serve'], { ...settings, OMBARO_DATA_DIR: other });
    expect(code).toBe(1);
    expect(stderr).toMatch(`OMBARO is already running here: ${url}. `);
    expect(existsSync(other)).toBe(false);
  });

  it('makes both ports known that a second start cannot have, and it makes nothing', async () => {
    const stranger: Server = createServer((_request, response) => void response.end('hello'));
    await once(stranger.listen(0, '127.0.0.1'), 'listening');
    const address = stranger.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const other = path.join(folder.path, 'other');
    const { code, stderr } = await ombaro(['serve'], {
      ...settings,
      PORT: String(port),
      OMBARO_DATA_DIR: other,
    });
    stranger.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(`Port ${port} is used by another program. Set PORT to a free one.`);
    expect(stderr).toMatch(`Port ${settings.EMBEDDED_PORT} is used by another program.`);
    expect(existsSync(other)).toBe(false);
  });
});

describe('a token', () => {
  it('is made for any user of the database by id, and for no other id', async () => {
    const created = await ombaro([
      'admin',
      'create',
      '--mobile',
      '+919812345678',
      '--name',
      'Asha',
    ]);
    const id = created.stdout.trim();
    const { code, stdout, stderr } = await ombaro(['token', '--user', id]);
    expect([code, stderr]).toEqual([0, '']);
    expect(decodeJwt(stdout.trim()).sub).toBe(id);
    expect((await post('/graphql', { query: '{ __typename }' }, stdout.trim())).status).toBe(200);

    const unknown = await ombaro(['token', '--user', personas.customer.id]);
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toMatch(/has no user with the id/);
    const production = await ombaro(['token', '--user', id], {
      ...settings,
      NODE_ENV: 'production',
    });
    expect(production).toMatchObject({ code: 1, stdout: '' });
  });

  it('is not made with a new secret beside a server that uses another data folder', async () => {
    const other = path.join(folder.path, 'other');
    const { PORT = '' } = settings;
    const outcome = await ombaro(['token', 'customer'], { PORT, OMBARO_DATA_DIR: other });
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/does not use the data folder .*Set OMBARO_DATA_DIR to the/);
    expect(existsSync(other)).toBe(false);
  });

  it('without any setting is not made before the first start, and makes no data folder', async () => {
    const copy = path.join(folder.path, 'copy');
    copyProgram(copy);
    const inCopy = makeCommandLine(copy, { PORT: String(await findFreePort()) });
    const outcome = await inCopy(process.execPath, ['bin/ombaro.js', 'token', 'customer']);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/Start the server first: npm start\..*Set OMBARO_DATA_DIR/);
    expect(existsSync(path.join(copy, '.data'))).toBe(false);
  });

  it('that the running server refuses comes with what to do', async () => {
    const { PORT = '' } = settings;
    const JWT_SECRET = 'another secret of at least thirty-two characters';
    const OMBARO_DATA_DIR = path.join(folder.path, 'data');
    const outcome = await ombaro(['token', 'customer'], { PORT, OMBARO_DATA_DIR, JWT_SECRET });
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toMatch(/refuses this token.*Set OMBARO_DATA_DIR/);
  });
});

describe('a command', () => {
  it('whose output is closed early ends without a stack', async () => {
    const program = `"${process.execPath}" bin/ombaro.js`;
    const shell = `set -o pipefail; ${program} --help | head -1; ${program} migrate status | head -1`;
    const { code, stdout, stderr } = await run('bash', ['-c', shell], settings);
    expect(stdout).toMatch(/^Usage: npx ombaro <verb> \[options\]\nmigration +applied/);
    expect([code, stderr]).toEqual([0, '']);
  });

  it.each([
    [['export', 'services', '--to', '/missing/services.csv'], /services\.csv cannot be written\./],
  ])('%j says in a sentence which file is missing', async (args, sentence) => {
    const { code, stderr } = await ombaro(args);
    expect(code).toBe(1);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

// The last of them: it ends the server.
it('a server that is stopped says where the data stays', async () => {
  server.kill('SIGINT');
  await once(server, 'exit');
  expect(server.exitCode).toBe(0);
  expect(printed).toMatch(/^Stopped\. The data stays in .*data; the next start keeps it\.\n$/m);
});

it('the launcher can be read by a Node that knows neither modules nor newer syntax', () => {
  const source = readFileSync(path.join(projectRoot, 'bin/ombaro.js'), 'utf8');
  // A script and no module: `import` statements, `import.meta` and `await` are mistakes in it.
  expect(() => new Function(source.replace(/^#!.*/, '').replace('import(', 'load('))).not.toThrow();
  expect(source).not.toMatch(/\?\.|\?\?|node:/);
});
