import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { importFile } from '../src/operations/import.ts';
import type { Benchmark } from './support/benchmark.ts';
import { startPreparedServer } from './support/prepared-server.ts';
import { time } from './support/timing.ts';

const people = 1_000;
const rows = 1_000_000;
/** At which the issue wants them imported. */
const fewestASecond = 30_000;
const columns = 'id, user_id, type, title, message, priority, created_at';

/**
 * Importing a million notifications, a table with three indexes and three foreign keys, against COPY alone of
 * the same file into the same table with the triggers off that an import keeps silent.
 */
export const imports: Benchmark = async () => {
  const server = await startPreparedServer();
  const folder = await mkdtemp(path.join(tmpdir(), 'ombaro-imports-'));
  const ownerUrl = server.urlFor('ombaro_owner', 'ombaro');
  const owner = new pg.Client({ connectionString: ownerUrl });
  try {
    await owner.connect();
    const file = path.join(folder, 'notifications.csv');
    await writeFile(owner, file);
    const bare = await time(() => copyBare(owner, file));
    await empty(owner);
    const imported = await time(async () => {
      await importFile({ ownerUrl, table: 'notifications', file });
    });
    await empty(owner);
    return [
      {
        what: `COPY alone of ${rows} rows (${rate(bare)} a second)`,
        value: bare / 1000,
        unit: 's',
      },
      {
        what: `importing them (${rate(imported)} a second)`,
        value: imported / 1000,
        unit: 's',
        bound: rows / fewestASecond,
      },
      { what: 'ratio', value: imported / bare, unit: '×', bound: 2 },
    ];
  } finally {
    await owner.end();
    await rm(folder, { recursive: true });
    await server.stop();
  }
};

async function writeFile(owner: pg.Client, file: string): Promise<void> {
  await owner.query(
    `with account as (
      insert into auth.users (id) select gen_random_uuid() from generate_series(1, $1) returning id
    )
    insert into user_profiles (id, name) select id, 'Asha' from account`,
    [people],
  );
  const query = `
    with person as (select array_agg(id) as ids from user_profiles)
    select gen_random_uuid() as id, ids[i % ${people} + 1] as user_id, 'system_alert' as type,
      'Hello number ' || i as title, 'All is well, and the rest is "as before", too.' as message,
      'normal' as priority, now() - i * interval '1 second' as created_at
    from person, generate_series(1, ${rows}) i`;
  const stream = owner.query(copyTo(`copy (${query}) to stdout (format csv, header)`));
  await pipeline(stream, createWriteStream(file));
}

async function copyBare(owner: pg.Client, file: string): Promise<void> {
  await owner.query('alter table notifications disable trigger user');
  const copy = owner.query(
    copyFrom(`copy notifications (${columns}) from stdin (format csv, header)`),
  );
  await pipeline(createReadStream(file), copy);
  await owner.query('alter table notifications enable trigger user');
}

/** Of exactly what was to be written, so that the times are of the same work. */
async function empty(owner: pg.Client): Promise<void> {
  const { rows: counts } = await owner.query<{ count: number }>(
    'select count(*)::integer from notifications',
  );
  if (counts[0]?.count !== rows) {
    throw new Error(`${counts[0]?.count} rows were written instead of ${rows}.`);
  }
  await owner.query('truncate notifications cascade');
}

function rate(milliseconds: number): number {
  return Math.round(rows / (milliseconds / 1000));
}
