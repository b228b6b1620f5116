import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { readCommitted } from '../../src/database/migrations/committed.ts';
import { prepareDatabase } from '../../src/database/prepare.ts';
import { withClient, withDatabase } from '../../src/lib/postgres.ts';
import { exportForSupabase } from '../../src/operations/export-supabase.ts';
import { reportVerification } from '../../src/operations/verify/report.ts';
import { verify } from '../../src/operations/verify/verify.ts';
import { makeCommandLine } from '../helpers/command-line.ts';
import { startTestServer, type TestServer } from '../helpers/server.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

/** As in the guide's section "Migration Execution Order". */
const guideOrder = [
  '20250115_clean_production_schema.sql',
  '20251007210243_01_vendor_onboarding_core_tables.sql',
  '20251007210817_02_automated_notification_triggers.sql',
  '20251007214414_create_vendor_categories_table.sql',
  '20251007214446_add_vendor_category_columns.sql',
  '20251007214624_vendor_onboarding_support_tables.sql',
  '20251007220000_vendor_social_auth_and_otp.sql',
  '20251007225206_create_departments_and_dashboard_infrastructure.sql',
  '20251007230000_create_beauticians_portal.sql',
];

const hasPsql = spawnSync('psql', ['--version']).status === 0;

let folder: TemporaryDirectory;
let server: TestServer;
let names: readonly string[];

beforeAll(async () => {
  folder = makeTemporaryDirectory();
  server = await startTestServer();
  names = await exportForSupabase(folder.path);
  const prepared = path.join(import.meta.dirname, '../helpers/supabase.sql');
  await withClient(server.urlFor('postgres', 'postgres'), (client) =>
    client.query(readFileSync(prepared, 'utf8')),
  );
});

afterAll(async () => {
  await server.stop();
  folder.remove();
});

const textOf = (name: string) => readFileSync(path.join(folder.path, name), 'utf8');

/** As `\i` does; without psql as an SQL editor does, the whole file at once. */
async function applyFile(url: string, name: string): Promise<void> {
  if (hasPsql) {
    const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c', `\\i ${path.join(folder.path, name)}`];
    execFileSync('psql', [...args, url], { stdio: 'pipe' });
  } else {
    await withClient(url, (client) => client.query(textOf(name)));
  }
}

function targetOf(rootUrl: string, database: string): Parameters<typeof prepareDatabase>[0] {
  return {
    rootUrl,
    ownerUrl: server.urlFor('ombaro_owner', database),
    apiUrl: server.urlFor('ombaro_api', database),
    workerUrl: server.urlFor('ombaro_worker', database),
    shadowUrl: null,
  };
}

/** The files say nothing of passwords; this is what an administrator does after them. */
async function setPasswords({ ownerUrl, apiUrl, workerUrl }: ReturnType<typeof targetOf>) {
  await withClient(server.urlFor('postgres', 'postgres'), async (client) => {
    for (const url of [ownerUrl, apiUrl, workerUrl]) {
      const { username, password } = new URL(url);
      await client.query(`alter role ${username} password '${password}'`);
    }
  });
}

async function findingsOf(target: Parameters<typeof verify>[0]): Promise<readonly string[]> {
  return reportVerification(await verify(target)).flatMap(({ findings }) => findings);
}

describe('the exported files', () => {
  it('are the bootstrap, the guide’s nine in its order, and ours after them', async () => {
    const committed = await readCommitted();
    expect(names[0]).toBe('20250114_bootstrap.sql');
    expect(names.slice(1, 10)).toEqual(guideOrder);
    expect(names).toHaveLength(committed.length + 1);
    // Both tools take them in the order of their names, Supabase by the number in front.
    expect(readdirSync(folder.path).sort()).toEqual(names);
    const versions = names.map((name) => /^(\d+)_\w+\.sql$/.exec(name)?.[1]);
    expect(versions).not.toContain(undefined);
    expect(new Set(versions).size).toBe(names.length);
  });

  it(`make a prepared database of Supabase without drift, by ${hasPsql ? 'psql' : 'whole queries'}`, async () => {
    const { host } = new URL(server.urlFor('postgres', 'postgres'));
    const administrator = `postgres://project_admin:secret@${host}/postgres`;
    for (const name of names) {
      await applyFile(administrator, name);
    }
    const target = targetOf(administrator, 'postgres');
    await setPasswords(target);
    expect(await findingsOf(target)).toEqual([]);
    // Later versions go on from there.
    await expect(prepareDatabase(target, () => {})).resolves.toEqual([]);
    // The platform's own accounts are tied to, and nothing of the platform's is drift.
    const { rows } = await withClient(administrator, (client) =>
      client.query(`select from pg_constraint
        where conrelid = 'public.user_profiles'::regclass and confrelid = 'auth.users'::regclass`),
    );
    expect(rows).toHaveLength(1);

    await withClient(target.ownerUrl, (client) =>
      client.query('drop policy select_own on public.emergency_contacts'),
    );
    expect(await findingsOf(target)).toEqual([
      'policy select_own on public.emergency_contacts is missing',
    ]);
  });

  it('make any empty database, whole files at once, and refuse another order', async () => {
    const root = server.urlFor('postgres', 'postgres');
    await withClient(root, (client) => client.query('create database plain'));
    const url = withDatabase(root, 'plain');
    const apply = (name = '') => withClient(url, (client) => client.query(textOf(name)));
    await apply(names[0]);
    await apply(names[1]);
    await expect(apply(names[3])).rejects.toThrow();
    await expect(apply(names[1])).rejects.toThrow(/already exists/);
    for (const name of names.slice(2)) {
      await apply(name);
    }
    expect(await findingsOf(targetOf(root, 'plain'))).toEqual([]);
  });
});

describe('ombaro migrate export', () => {
  const run = makeCommandLine(projectRoot, {});
  const ombaro = (...args: string[]) =>
    run(process.execPath, ['bin/ombaro.js', 'migrate', 'export', ...args]);

  it('writes them, and again what is missing, and nothing over what differs', async () => {
    const target = path.join(folder.path, '../', `${path.basename(folder.path)}-again`);
    try {
      const { code, stdout } = await ombaro('--supabase', target);
      expect({ code, names: stdout.trim().split('\n') }).toEqual({ code: 0, names });
      const last = path.join(target, names.at(-1) ?? '');
      rmSync(last);
      expect(await ombaro('--supabase', target)).toMatchObject({ code: 0 });
      expect(readFileSync(last, 'utf8')).toBe(textOf(names.at(-1) ?? ''));
      writeFileSync(last, 'select 1;\n');
      expect(await ombaro('--supabase', target)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/is another than this version writes/),
      });
      expect(readFileSync(last, 'utf8')).toBe('select 1;\n');
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  });

  it('refuses a folder with other files, and to guess one', async () => {
    const other = makeTemporaryDirectory();
    try {
      writeFileSync(path.join(other.path, 'notes.txt'), 'mine\n');
      expect(await ombaro('--supabase', other.path)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/has other files \(notes\.txt\)/),
      });
      expect(readdirSync(other.path)).toEqual(['notes.txt']);
      expect(await ombaro()).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/Name the folder/),
      });
    } finally {
      other.remove();
    }
  });
});
