import { createWriteStream, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportTableToFile } from '../../src/operations/export.ts';
import type { BadLine } from '../../src/operations/import/bad-lines.ts';
import { CsvScanner } from '../../src/operations/import/csv-scanner.ts';
import { tellingFunctions } from '../../src/operations/import/write.ts';
import { type ImportOptions, importFile } from '../../src/operations/import.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';
import { commandLineFor, startCommand, until } from './support.ts';

const missing = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const grandchild = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';

let database: TestDatabase;
let folder: TemporaryDirectory;
let files = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = makeTemporaryDirectory();
  await seedTwoWorlds(database.owner);
  await database.owner.query(
    `insert into auth.users (id) select md5(i::text)::uuid from generate_series(1, 5000) i`,
  );
});

afterAll(async () => {
  await database.drop();
  folder.remove();
});

function write(content: string | Buffer): string {
  files += 1;
  const file = path.join(folder.path, `${files}.csv`);
  writeFileSync(file, content);
  return file;
}

/** Imports, and gives the bad lines beside what became of it. */
async function attempt(options: Omit<ImportOptions, 'ownerUrl'>) {
  const bad: BadLine[] = [];
  const outcome = await importFile({
    ownerUrl: database.ownerUrl,
    onBad: (line) => bad.push(line),
    ...options,
  }).catch((error: Error) => error.message);
  return { outcome, bad };
}

async function ask<Value>(query: string): Promise<Value[]> {
  const { rows } = await database.owner.query<Record<string, Value>>(query);
  return rows.map((row) => Object.values(row)[0] as Value);
}

/** `md5(i::text)::uuid`, as the accounts have them. */
async function accountIds(): Promise<string[]> {
  return await ask(`select md5(i::text)::uuid from generate_series(1, 5000) i`);
}

const phoneOf = (index: number): string => `+9170${String(index).padStart(8, '0')}`;

describe('a file', () => {
  it('with 1,000 bad lines of 18 kinds: each is reported with its line, and nothing is imported', async () => {
    const ids = await accountIds();
    await database.owner.query(
      `insert into user_profiles (id, name, mobile) values ($1, 'Taken', '${phoneOf(9_999_999)}')`,
      [ids[4999]],
    );
    /** Of a good line at that place: what is bad, and what is said of it. */
    const kinds: ((index: number, good: string[]) => [string | Buffer, RegExp])[] = [
      (_, good) => [good.slice(1).join(','), /^6 fields instead of 7$/],
      (_, good) => [[...good, 'more'].join(','), /^8 fields instead of 7$/],
      (_, good) => [good.with(1, 'six" tall').join(','), /^a quote in a field/],
      (_, good) => [good.with(1, '"Some"body').join(','), /^text after a closing quote$/],
      (_, good) => [
        Buffer.concat([Buffer.from(`${good[0]},`), Buffer.from([0xff]), Buffer.from(',,,,,')]),
        /^bytes that are not UTF-8$/,
      ],
      (_, good) => [good.with(1, 'nothing\0').join(','), /^a zero byte/],
      (_, good) => [
        good.with(0, 'no-uuid').join(','),
        /^id: invalid input syntax for type uuid: "no-uuid"$/,
      ],
      (_, good) => [good.with(2, '98765').join(','), /^mobile: value for domain .*mobile_number/],
      (_, good) => [
        good.with(3, 'Missing@example.com').join(','),
        /^email: value for domain .*email_address/,
      ],
      (_, good) => [good.with(5, '31/12/1990').join(','), /^date_of_birth: .*"31\/12\/1990"/],
      (_, good) => [good.with(6, 'maybe').join(','), /^mobile_verified: .*"maybe"$/],
      (_, good) => [good.with(1, '').join(','), /^name: is missing$/],
      (_, good) => [
        good.with(1, 'x'.repeat(201)).join(','),
        /^name: Name must have 1 to 200 characters/,
      ],
      (_, good) => [
        good.with(5, '2999-01-01').join(','),
        /^date_of_birth: Date of birth must be a day in the past/,
      ],
      (_, good) => [good.with(4, 'neither').join(','), /^gender: neither is not in enums\.gender$/],
      (index, good) => [
        good.with(0, `00000000-0000-4000-9000-${String(index).padStart(12, '0')}`).join(','),
        /^id: 00000000-0000-4000-9000-\d{12} is not in auth\.users$/,
      ],
      (_, good) => [
        good.with(2, phoneOf(9_999_999)).join(','),
        /^mobile: \S+ is in public\.user_profiles already$/,
      ],
      (_, good) => [good.with(2, phoneOf(0)).join(','), /^mobile: \S+ is in line 2 already$/],
    ];
    const parts: Buffer[] = [
      Buffer.from('id,name,mobile,email,gender,date_of_birth,mobile_verified\n'),
    ];
    const expected = new Map<number, RegExp>();
    const originals = new Map<number, string>();
    let line = 2;
    for (let index = 0; index < 3000; index += 1) {
      const good = [
        ids[index] ?? '',
        `"Person\n${index}"`,
        phoneOf(index),
        '',
        'female',
        '1990-12-31',
        't',
      ];
      const kind = index % 3 === 1 ? kinds[((index - 1) / 3) % kinds.length] : undefined;
      if (kind === undefined) {
        parts.push(Buffer.from(`${good.join(',')}\r\n`));
        line += 2;
        continue;
      }
      const [bad, reason] = kind(index, good.with(1, `Person ${index}`));
      expected.set(line, reason);
      originals.set(line, bad.toString());
      parts.push(Buffer.from(bad), Buffer.from('\n'));
      line += 1;
    }
    expect(expected.size).toBe(1000);
    const file = write(Buffer.concat(parts));
    const count = 'select count(*)::integer from user_profiles';
    const [before] = await ask<number>(count);

    const { outcome, bad } = await attempt({ table: 'user_profiles', file });
    expect(outcome).toBe('1000 of 3000 lines are bad. Nothing is imported.');
    expect(bad.map((found) => found.line)).toEqual([...expected.keys()]);
    for (const { line: found, reason } of bad) {
      expect(`${found}: ${reason}`).toMatch(
        new RegExp(`: ${expected.get(found)?.source.slice(1)}`),
      );
    }
    expect(await ask<number>(count)).toEqual([before]);

    const rejects = path.join(folder.path, 'rejects.csv');
    const skipped = await attempt({ table: 'user_profiles', file, rejects });
    expect(skipped.outcome).toEqual({ rows: 3000, written: 2000, replaced: 0, bad: 1000 });
    expect(await ask<number>(count)).toEqual([(before ?? 0) + 2000]);
    const [header, ...records] = readRecords(rejects);
    expect(header).toBe('line,reason,id,name,mobile,email,gender,date_of_birth,mobile_verified');
    expect(records.length).toBe(1000);
    for (const record of records) {
      const found = Number(record.slice(0, record.indexOf(',')));
      expect(record.endsWith(`",${originals.get(found)}`)).toBe(true);
    }
  });

  it('with unknown columns is refused, and similar names are suggested', async () => {
    const file = write('id,nmae,mobile,mobile,total,created_at\n');
    const { outcome } = await attempt({ table: 'user_profiles', file });
    expect(outcome).toMatch(/no column "nmae"\. Did you mean name\?/);
    expect(outcome).toMatch(/2 columns of the file fill mobile/);
    expect(outcome).toMatch(/no column "total"/);
    expect(outcome).toMatch(/lacks name, which has no default/);
    const leaves = await attempt({ table: 'beautician_leaves', file: write('total_days\n') });
    expect(leaves.outcome).toMatch(/total_days is computed by the database/);
    expect((await attempt({ table: 'user_profile', file })).outcome).toMatch(
      'There is no table user_profile. Did you mean user_profiles?',
    );
    expect((await attempt({ table: 'user_profiles', file: write('') })).outcome).toMatch(
      /is empty/,
    );
  });

  it('with other names is mapped, and what the table has a default for may be left out', async () => {
    const file = write('Code,Full name,Remarks\nmapped,"A name, quoted",nothing\n');
    const map = { Code: 'category_code', 'Full name': 'category_name', Remarks: null };
    expect((await attempt({ table: 'vendor_categories', file, map })).outcome).toMatchObject({
      written: 1,
    });
    expect(
      await ask(
        `select category_name || is_active from vendor_categories where category_code = 'mapped'`,
      ),
    ).toEqual(['A name, quotedtrue']);
    const stray = await attempt({ table: 'vendor_categories', file, map: { ...map, Cod: 'x' } });
    expect(stray.outcome).toMatch(/no column "Cod" to map\. Did you mean Code\?/);
  });

  it('may refer to rows of its own, also to later ones, and not to none', async () => {
    const [one, two, three] = await ask<string>(
      'select gen_random_uuid() from generate_series(1, 3)',
    );
    const good = write(
      `id,category_code,category_name,parent_id\n${one},child,Child,${two}\n${two},parent,Parent,\n`,
    );
    expect((await attempt({ table: 'vendor_categories', file: good })).outcome).toMatchObject({
      written: 2,
    });
    const rejects = path.join(folder.path, 'orphans.csv');
    const bad = write(
      `id,category_code,category_name,parent_id\n${three},orphan,Orphan,${missing}\n${grandchild},grandchild,Grandchild,${three}\n`,
    );
    const skipped = await attempt({ table: 'vendor_categories', file: bad, rejects });
    expect(skipped.outcome).toMatchObject({ written: 0, bad: 2 });
    expect(skipped.bad.map(({ reason }) => reason)).toEqual([
      `parent_id: ${missing} is not in public.vendor_categories`,
      `parent_id: ${three} is not in public.vendor_categories`,
    ]);
  });

  it('is checked by inserting too: overlaps and rules in triggers', async () => {
    const leave = (start: string, end: string) => `${worldIds.two},vacation,${start},${end}\n`;
    const file = write(
      `beautician_id,leave_type,start_date,end_date\n${leave('2026-01-01', '2026-01-05')}${leave('2026-01-05', '2026-01-06')}${leave('2026-02-01', '2026-02-01')}${leave('2025-03-02', '2025-03-03')}${leave('2026-03-02', '2026-03-01')}`,
    );
    const count = `select count(*)::integer from beautician_leaves`;
    const [before] = await ask<number>(count);
    const refused = await attempt({ table: 'beautician_leaves', file });
    expect(refused.outcome).toBe('3 of 5 lines are bad. Nothing is imported.');
    expect(refused.bad.map(({ line }) => line)).toEqual([3, 5, 6]);
    expect(refused.bad[0]?.reason).toMatch(/no_overlap/);
    expect(refused.bad[2]?.reason).toMatch('End date must not be before start date.');
    expect(await ask(count)).toEqual([before]);
    const rejects = path.join(folder.path, 'leaves.csv');
    expect((await attempt({ table: 'beautician_leaves', file, rejects })).outcome).toMatchObject({
      written: 2,
      bad: 3,
    });
    expect(await ask(count)).toEqual([(before ?? 0) + 2]);
  });

  it('replaces rows by key only when told, and inserts the others', async () => {
    const file = write('category_code,category_name\nmapped,Renamed\nnew_one,New\n');
    const table = 'vendor_categories';
    const plain = await attempt({ table, file });
    expect(plain.bad).toEqual([
      { line: 2, reason: 'category_code: mapped is in public.vendor_categories already' },
    ]);
    const names = `select category_name from vendor_categories
      where category_code in ('mapped', 'new_one') order by category_code`;
    const key = ['category_code'];
    const asked: number[] = [];
    const mayReplace = async (rows: number) => {
      asked.push(rows);
      return false;
    };
    expect((await attempt({ table, file, key, mayReplace })).outcome).toBe('Nothing is imported.');
    expect([asked, await ask(names)]).toEqual([[1], ['A name, quoted']]);
    expect((await attempt({ table, file, key })).outcome).toMatchObject({
      written: 2,
      replaced: 1,
    });
    expect(await ask(names)).toEqual(['Renamed', 'New']);
    expect((await attempt({ table, file, key: ['category_name'] })).outcome).toMatch(
      /not told apart by category_name, but by id or category_code/,
    );
  });

  it('that is exported comes back the same, whatever is in it', async () => {
    await database.owner.query(
      `insert into notifications (user_id, type, title, message, data, channels, created_at)
      select id, 'system_alert', E'a,"b"\\n\\\\.', '', '{"x": ["é\\\\n", null]}', '{}', '2026-01-01 00:00:00.123456+05:30'
      from user_profiles limit 100`,
    );
    const file = path.join(folder.path, 'notifications.csv');
    await exportTableToFile(database.ownerUrl, 'notifications', file);
    await database.owner.query('delete from notifications');
    const { outcome, bad } = await attempt({ table: 'notifications', file });
    expect([bad, outcome]).toEqual([[], expect.objectContaining({ bad: 0 })]);
    const again = path.join(folder.path, 'again.csv');
    await exportTableToFile(database.ownerUrl, 'notifications', again);
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(file, 'utf8'));
  });

  it('overwrites no file with its rejects, and refuses a file of one endless record', async () => {
    const rejects = write('mine');
    const file = write(`category_code,category_name\n"${'x'.repeat(17 * 1024 * 1024)}`);
    expect((await attempt({ table: 'vendor_categories', file, rejects })).outcome).toMatch(
      /already/,
    );
    expect(readFileSync(rejects, 'utf8')).toBe('mine');
    expect((await attempt({ table: 'vendor_categories', file })).outcome).toMatch(
      /Line 2 .* 16 MiB/,
    );
  });
});

describe('importing', () => {
  it('sends no notification, and the next ordinary row does', async () => {
    const [person] = await ask<string>(
      'select id from user_profiles where mobile is not null limit 1',
    );
    const row = `${person},system_alert,Hello,All is well,"{in_app,sms}"\n`;
    const deliveries = 'select count(*)::integer from notification_deliveries';
    const events = 'select count(*)::integer from app_private.events';
    const [before, eventsBefore] = [await ask(deliveries), await ask(events)];
    const file = write(`user_id,type,title,message,channels\n${row.repeat(3)}`);
    expect((await attempt({ table: 'notifications', file })).outcome).toMatchObject({ written: 3 });
    expect([await ask(deliveries), await ask(events)]).toEqual([before, eventsBefore]);
    await database.owner.query(
      `insert into notifications (user_id, type, title, message, channels)
      values ($1, 'system_alert', 'Hello', 'All is well', '{in_app,sms}')`,
      [person],
    );
    expect(await ask(deliveries)).toEqual([Number(before[0]) + 1]);
    expect(await ask(events)).not.toEqual(eventsBefore);
  });

  it('knows every notifying trigger by the name of its function', async () => {
    const telling = await ask<string>(`
      select distinct proname from pg_trigger join pg_proc p on p.oid = tgfoid
      where not tgisinternal and tgtype & 4 <> 0
        and prosrc ~ 'emit_event|pg_notify|notification_deliveries|public\\.notifications|write_notification'`);
    expect(telling.length).toBeGreaterThan(3);
    expect(telling.filter((name) => !new RegExp(tellingFunctions).test(name))).toEqual([]);
  });

  it('at once with the same file lets one in', async () => {
    const file = write(
      `category_code,category_name\n${'abcdefgh'
        .split('')
        .map((code) => `twice_${code},Twice\n`)
        .join('')}`,
    );
    const both = await Promise.all([1, 2].map(() => attempt({ table: 'vendor_categories', file })));
    const failed = both.filter(({ outcome }) => typeof outcome === 'string');
    expect(failed.length).toBe(1);
    expect(failed[0]?.bad.length).toBe(8);
    expect(
      await ask(
        `select count(*)::integer from vendor_categories where category_code like 'twice%'`,
      ),
    ).toEqual([8]);
  });

  it('that is killed in the middle of writing leaves nothing, and triggers as they were', async () => {
    const file = path.join(folder.path, 'many.csv');
    const [person] = await ask<string>('select id from user_profiles limit 1');
    const row = `${person},system_alert,Hello,All is well\n`;
    await pipeline(
      Readable.from(
        (function* () {
          yield 'user_id,type,title,message\n';
          for (let count = 0; count < 100; count += 1) {
            yield row.repeat(1000);
          }
        })(),
      ),
      createWriteStream(file),
    );
    const count = 'select count(*)::integer from notifications';
    const [before] = await ask<number>(count);
    const busy = `select count(*)::integer from pg_stat_activity
      where datname = current_database() and query ilike 'insert into public.notifications%' and state = 'active'
        and pid <> pg_backend_pid()`;
    const command = startCommand(database, ['import', 'notifications', file]);
    await until('it writes', async () => (await ask<number>(busy))[0] === 1);
    expect(await ask(count)).toEqual([before]);
    await command.kill();
    await until('its connection is gone', async () => (await ask<number>(busy))[0] === 0);
    expect(await ask(count)).toEqual([before]);
    expect(
      await ask(
        `select count(*)::integer from pg_trigger where tgrelid = 'notifications'::regclass and tgenabled <> 'O'`,
      ),
    ).toEqual([0]);
  });
});

describe('ombaro import', () => {
  it('prints bad lines alone, imports with --skip-bad, and asks before it replaces', async () => {
    const ombaro = commandLineFor(database);
    const file = write('category_code,category_name\ngood_one,Good\nBAD,Bad\n');
    const refused = await ombaro('import', 'vendor_categories', file);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(
      /^line 3: category_code: Category code must begin with a small letter.*\n$/,
    );
    const json = await ombaro('import', 'vendor_categories', file, '--json');
    expect(JSON.parse(json.stdout)).toEqual([{ line: '3', reason: expect.any(String) }]);
    expect(await ombaro('import', 'vendor_categories', file, '--skip-bad')).toMatchObject({
      code: 1,
    });
    const rejects = path.join(folder.path, 'cli-rejects.csv');
    const skipped = await ombaro(
      'import',
      'vendor_categories',
      file,
      '--skip-bad',
      '--rejects',
      rejects,
    );
    expect([skipped.code, skipped.stderr]).toEqual([0, expect.stringMatching(/Imported 1 rows/)]);
    expect(existsSync(rejects)).toBe(true);
    const good = write('category_code,category_name\ngood_one,Better\n');
    const asked = await ombaro('import', 'vendor_categories', good, '--key', 'category_code');
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringMatching(/--yes/)]);
    expect(
      await ombaro('import', 'vendor_categories', good, '--key', 'category_code', '--yes'),
    ).toMatchObject({ code: 0 });
  });
});

function readRecords(file: string): string[] {
  const scanner = new CsvScanner();
  return [...scanner.push(readFileSync(file)), ...scanner.end()].map(({ bytes }) =>
    bytes.toString(),
  );
}
