import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { loadDemo } from '../../src/demo/load.ts';
import { personas } from '../../src/demo/personas.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { type Relay, startRelay } from '../../src/realtime/relay.ts';
import { secret, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { writeNpx } from '../helpers/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';
import { until } from '../realtime/support.ts';
import { startClient, typeErrorsIn, writeFiles } from './client-blocks.ts';
import { PageRunner } from './graphql-blocks.ts';
import { type Block, listPages, readBlocks, readPage } from './pages.ts';
import { mistakesIn, runShell, settings } from './shell-blocks.ts';

/** These have a test of their own, which runs their blocks: that one knows what they are about. */
const runElsewhere = (page: string) =>
  page === 'docs/troubleshooting.md' || page.startsWith('docs/how-to/');

const pages = listPages()
  .filter((page) => !runElsewhere(page))
  .map((page) => ({ page, blocks: readBlocks(page) }))
  .filter(({ blocks }) => blocks.length > 0);

let database: TestDatabase;
let api: TestApi;
let relay: Relay;
let folder: TemporaryDirectory;
const environment: Record<string, string> = {};
/** The last one-time code that was sent. */
let lastCode = '';

beforeAll(async () => {
  folder = makeTemporaryDirectory();
  writeNpx(folder.path);
  mkdirSync(path.join(folder.path, 'files'));
  database = await createTestDatabase();
  await loadDemo({ ownerUrl: database.ownerUrl, bookings: 100, onProgress: () => undefined });
  relay = startRelay({ connectionString: database.workerUrl, logger: makeLogger('silent') });
  api = await startApi(database, {
    http: { publicUrl: null },
    files: {
      addressSecret: 'a secret of the tests, for the addresses of files',
      directory: path.join(folder.path, 'files'),
      s3: null,
    },
    sendCode: async ({ code }) => {
      lastCode = code;
    },
  });
  Object.assign(environment, {
    DATABASE_URL: database.ownerUrl,
    API_DATABASE_URL: database.apiUrl,
    WORKER_DATABASE_URL: database.workerUrl,
    ROOT_DATABASE_URL: database.rootUrl,
    JWT_SECRET: secret,
    BACKUP_DIR: path.join(folder.path, 'backups'),
    ARCHIVE_DIR: path.join(folder.path, 'archive'),
  });
}, 120_000);

afterAll(async () => {
  await api.close();
  await relay.close();
  await database.drop();
  folder.remove();
});

describe.each(pages)('$page', ({ blocks }) => {
  let runner: PageRunner;
  let work: TemporaryDirectory;

  beforeAll(() => {
    runner = new PageRunner(api);
    work = makeTemporaryDirectory();
  });

  afterAll(() => work.remove());

  it.each(blocks)('line $line: what it shows ($language) works', async (block) => {
    await run(block);
  });

  it('every subscription is told of what comes after it', () => runner.finish());

  async function run(block: Block): Promise<void> {
    switch (block.language) {
      case 'graphql':
        return runner.run(block);
      case 'sh':
        if (block.words.check) {
          expect(await mistakesIn(block)).toEqual([]);
          return;
        }
        await runShell(block, {
          url: api.url,
          programs: folder.path,
          folder: work.path,
          environment: {
            ...environment,
            ...texts(runner.kept),
            code: lastCode,
            challenge: await lastChallenge(),
          },
        });
        return;
      case 'json':
        JSON.parse(block.code);
        return;
      case 'env':
        expect(namesIn(block.code).filter((name) => !settings.has(name))).toEqual([]);
        return;
      case 'sql':
        await withClient(database.ownerUrl, (client) =>
          client.query(`begin;\n${block.code};\nrollback`),
        );
        return;
      case 'ini':
        expect(mistakesInUnit(block.code)).toEqual([]);
        return;
      case 'nginx':
        expect(mistakesInLocation(block.code)).toEqual([]);
        return;
      case 'ts':
        // All of them together, below.
        return;
      default:
        throw new Error(`${block.page}:${block.line}: Nothing runs "${block.language}" here.`);
    }
  }
});

describe('the clients that the pages show', () => {
  const person = personas.customer;
  let clients: string;

  beforeAll(() => {
    clients = path.join(folder.path, 'clients');
    const shown = pages.flatMap(({ blocks }) => blocks).filter(({ language }) => language === 'ts');
    writeFiles(clients, shown, api.url);
  });

  it('have no mistakes of types', async () => {
    expect(await typeErrorsIn(clients)).toBe('');
  });

  it.each([
    ['Apollo Client 4', 'apollo-use.ts', ['Ananya Deshpande', 'booking.updated']],
    ['Apollo Client 3', 'apollo3-use.ts', ['Ananya Deshpande', 'booking.updated']],
    ['urql', 'urql-use.ts', ['Ananya Deshpande', 'booking.updated']],
    ['the example', 'live-use.ts', ['booking.updated']],
  ])('%s tells what it asks for and what changes', async (_, name, expected) => {
    const client = startClient(clients, name, await tokenFor(person.id));
    try {
      await until(async () => {
        await changeBooking();
        return client.lines().length >= expected.length;
      });
      expect(client.lines().slice(0, expected.length)).toEqual(expected);
    } finally {
      client.stop();
    }
  });

  async function changeBooking(): Promise<void> {
    await database.owner.query(
      `update bookings set special_instructions = clock_timestamp()::text
       where id = (select id from bookings where customer_id = $1 order by booking_date desc limit 1)`,
      [person.id],
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
});

/** Of the last one-time code. */
async function lastChallenge(): Promise<string> {
  const { rows } = await database.owner.query<{ id: string }>(
    'select id from vendor_otp_codes order by created_at desc limit 1',
  );
  return rows[0]?.id ?? '';
}

it('README is short', () => {
  expect(readPage('README.md').split('\n').length).toBeLessThanOrEqual(151);
});

/** What systemd would not take of a unit: sections, and lines without a key. */
function mistakesInUnit(code: string): string[] {
  const lines = code.split('\n').filter((line) => line !== '');
  return lines.filter((line) => !/^(\[(Unit|Service|Install)\]|[A-Z]\w+=\S.*)$/.test(line));
}

/** What nginx would not take of a location: statements without their end, and other directives than it needs. */
function mistakesInLocation(code: string): string[] {
  const [first, ...rest] = code.trim().split('\n');
  const last = rest.pop();
  return [
    ...(first === 'location / {' && last === '}' ? [] : ['It is not one location.']),
    ...rest.filter((line) => !/^ {2}(proxy_\w+|client_max_body_size) [^;]+;$/.test(line)),
  ];
}

function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function namesIn(code: string): string[] {
  return [...code.matchAll(/^([A-Z_0-9]+)=/gm)].map(([, name = '']) => name);
}
