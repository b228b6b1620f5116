import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { loadDemo } from '../../src/demo/load.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { makeCommandLine, writeNpx } from '../helpers/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

const text = readFileSync(path.join(projectRoot, 'docs', 'troubleshooting.md'), 'utf8');

type Block = { readonly section: string; readonly language: string; readonly code: string };

/** Every fenced block, whatever its language: one that is not run would be a mistake. */
const blocks: readonly Block[] = text.split(/^## /m).flatMap((part) => {
  const section = part.split('\n')[0] ?? '';
  return [...part.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    section,
    language,
    code,
  }));
});

it('has the guide’s sections and ours', () => {
  expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual([
    'Migration fails with a constraint violation',
    'The database was made by other migrations',
    'Foreign key errors',
    'RLS policy conflicts',
    'Index creation failures',
    'Everything waits',
    'The relay lags',
    'Deliveries are dead',
    'A user is locked out',
    'The disk is full',
  ]);
});

it('has commands that run as they stand, in languages that are run here', () => {
  expect(blocks.length).toBeGreaterThan(30);
  expect(blocks.filter(({ language }) => !['sh', 'sql'].includes(language))).toEqual([]);
  expect(blocks.filter(({ code }) => /…|\.\.\.|<[a-z_ -]+>|your_/.test(code))).toEqual([]);
});

describe.each([
  ['an empty database', async () => undefined],
  [
    'the demo data',
    async (database: TestDatabase) => {
      await loadDemo({ ownerUrl: database.ownerUrl, bookings: 100, onProgress: () => undefined });
      await plant(database);
    },
  ],
] as const)('on %s', (name, prepare) => {
  let database: TestDatabase;
  let folder: TemporaryDirectory;
  const isDemo = name === 'the demo data';
  // Each command takes about a second: once is enough.
  const chosen = blocks
    .map((block, index) => ({ ...block, number: index + 1 }))
    .filter(({ language }) => isDemo || language === 'sql');

  beforeAll(async () => {
    folder = makeTemporaryDirectory();
    writeNpx(folder.path);
    database = await createTestDatabase();
    await prepare(database);
  }, 120_000);

  afterAll(async () => {
    await database.drop();
    folder.remove();
  });

  it.each(chosen)('$number: $section ($language) runs', async ({ language, code }) => {
    if (language === 'sql') {
      const isForAdministrator = code.startsWith('-- as an administrator\n');
      const url = isForAdministrator ? database.rootUrl : database.ownerUrl;
      await withClient(url, (client) => client.query(code));
      return;
    }
    const run = makeCommandLine(projectRoot, {
      DATABASE_URL: database.ownerUrl,
      API_DATABASE_URL: database.apiUrl,
      WORKER_DATABASE_URL: database.workerUrl,
      JWT_SECRET: 'a secret that is long enough for a test',
      ARCHIVE_DIR: folder.path,
    });
    const outcome = await run('bash', ['-euo', 'pipefail', '-c', code], {
      PATH: `${folder.path}:${process.env.PATH}`,
    });
    expect(outcome).toMatchObject({ code: 0, stdout: expect.stringMatching(/\S/) });
  }, 180_000);

  if (isDemo) {
    it('and has repaired what was wrong', async () => {
      const { rows } = await database.owner.query(`
        select
          (select status from user_profiles where email = 'customer@example.com') as customer,
          (select array_agg(distinct status) from notification_deliveries where last_error = 'away') as delivery,
          (select count(*)::integer from pg_index where not indisvalid) as invalid,
          (select count(*)::integer from app_private.sign_in_requests) as limited`);
      expect(rows).toEqual([{ customer: 'active', delivery: ['waiting'], invalid: 0, limited: 0 }]);
    });
  }
});

/** Something wrong for several of them. */
async function plant(database: TestDatabase): Promise<void> {
  await database.owner.query(`
    insert into notification_deliveries
      (notification_id, user_id, type, channel, status, attempts, next_attempt_at, finished_at, last_error)
    select n.id, n.user_id, n.type, 'sms', 'dead', 13, null, now(), 'away'
    from notifications n
    where not exists (
      select from notification_deliveries d where d.notification_id = n.id and d.channel = 'sms')
    limit 1;
    insert into app_private.sign_in_requests (address, recent) values ('127.0.0.1', array[now()]);
    update user_profiles set status = 'suspended' where email = 'customer@example.com'`);
  // As a concurrent reindex leaves it that dies.
  await withClient(database.rootUrl, (root) =>
    root.query(`
      create index bookings_vendor_id_idx_ccnew on public.bookings (vendor_id);
      alter index public.bookings_vendor_id_idx_ccnew owner to ombaro_owner;
      update pg_index set indisvalid = false
      where indexrelid = 'public.bookings_vendor_id_idx_ccnew'::regclass`),
  );
}
