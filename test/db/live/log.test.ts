import pg from 'pg';
import type { Check } from '../../../src/operations/validate/check.ts';
import { chooseChecks, validate } from '../../../src/operations/validate/validate.ts';
import { worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { untilBlocked } from '../concurrency.ts';

const { one } = worldIds;

let database: TestDatabase;
let worker: pg.Pool;

beforeEach(async () => {
  database = await createTestDatabase();
  worker = new pg.Pool({ connectionString: database.workerUrl, max: 3 });
});

afterEach(async () => {
  await worker.end();
  await database.drop();
});

async function number(call: string): Promise<number> {
  const { rows } = await worker.query(`select app_private.${call} as number`);
  return rows[0].number;
}

const prepare = () => number('prepare_event_partitions()');
const trim = () => number('trim_events()');

async function publish(): Promise<void> {
  while ((await number('publish_events(500)')) > 0) {}
}

/** Writes events of a day, so many days from today in India. */
async function write(daysFromToday: number, count = 1): Promise<void> {
  await database.owner.query(
    `insert into app_private.events (topics, event, subject_id, created_at)
    select array['booking:' || $1], 'booking.updated', $1::uuid,
      app_private.start_of(app_private.today() + $2::integer) + interval '12 hours'
    from generate_series(1, $3)`,
    [one, daysFromToday, count],
  );
}

/** Makes the partition of a day that is past, as the job made it when it was to come. */
async function makeDay(daysFromToday: number): Promise<void> {
  const { rows } = await database.owner.query(
    `select format('create table app_private.events_%s (like app_private.events including all excluding identity);
      alter table app_private.events attach partition app_private.events_%1$s for values from (%L) to (%L)',
      to_char(d.day, 'YYYYMMDD'), app_private.start_of(d.day), app_private.start_of(d.day + 1)) as sql
    from (select app_private.today() + $1::integer as day) d`,
    [daysFromToday],
  );
  await database.owner.query(rows[0].sql);
}

/** Days from today that have a partition, and how many events each holds; `null` is the default one. */
async function days(): Promise<Map<number | null, number>> {
  const { rows } = await database.owner.query<{ name: string; day: number | null }>(
    `select c.oid::regclass::text as name,
      case when c.relname <> 'events_default'
        then to_date(right(c.relname, 8), 'YYYYMMDD') - app_private.today() end as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'app_private.events'::regclass
    order by day nulls first`,
  );
  const found = new Map<number | null, number>();
  for (const { name, day } of rows) {
    const counted = await database.owner.query(`select count(*)::integer as count from ${name}`);
    found.set(day, counted.rows[0].count);
  }
  return found;
}

const daysThatAre = async () => [...(await days()).keys()];

async function trimmedTo(): Promise<{ last: number; trimmed: number }> {
  const { rows } = await database.owner.query(
    `select last_value::integer as last, trimmed_to::integer as trimmed from app_private.event_sequence`,
  );
  return rows[0];
}

describe('partitions of the event log are made', () => {
  it('for today and the seven days to come, once, and events go where they belong', async () => {
    expect(await daysThatAre()).toEqual([null]);
    expect(await prepare()).toBe(8);
    expect(await prepare()).toBe(0);
    expect(await daysThatAre()).toEqual([null, 0, 1, 2, 3, 4, 5, 6, 7]);
    await write(0, 2);
    await write(3);
    await write(8);
    expect([...(await days())]).toEqual([
      [null, 1],
      [0, 2],
      ...[1, 2].map((day) => [day, 0]),
      [3, 1],
      ...[4, 5, 6, 7].map((day) => [day, 0]),
    ]);
  });

  it('with the same row security, indexes and checks as the log, and no role may read them', async () => {
    await prepare();
    const { rows } = await database.owner.query(
      `select c.relrowsecurity as secure, c.relacl as rights, c.relowner::regrole::text as owner,
        (select count(*)::integer from pg_index x join pg_inherits h on h.inhrelid = x.indexrelid
          where x.indrelid = c.oid and x.indisvalid) as indexes,
        (select count(*)::integer from pg_constraint k where k.conrelid = c.oid and k.contype = 'c') as checks
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'app_private.events'::regclass`,
    );
    expect(rows).toHaveLength(9);
    expect(new Set(rows.map((row) => JSON.stringify(row)))).toEqual(
      new Set([
        JSON.stringify({
          secure: true,
          rights: null,
          owner: 'ombaro_owner',
          indexes: 4,
          checks: 2,
        }),
      ]),
    );
  });

  it('but not for a day of which the default partition has events', async () => {
    await write(0);
    await write(2);
    expect(await prepare()).toBe(6);
    expect(await daysThatAre()).toEqual([null, 1, 3, 4, 5, 6, 7]);
    expect(await prepare()).toBe(0);
    await publish();
    expect((await days()).get(null)).toBe(2);
  });

  it('one at a time while the default partition is so large that reading it takes long', async () => {
    await write(-1, 60_000);
    for (const day of [0, 1, 2]) {
      expect(await prepare()).toBe(1);
      expect((await daysThatAre()).at(-1)).toBe(day);
    }
  });

  it('not while a writer is in the default partition; the next time they are', async () => {
    const writer = await database.owner.connect();
    await writer.query('begin');
    await writer.query(`select app_private.emit_event('{booking:1}', 'booking.updated', $1)`, [
      one,
    ]);
    const before = Date.now();
    expect(await prepare()).toBe(-1);
    expect(Date.now() - before).toBeLessThan(2_000);
    expect(await daysThatAre()).toEqual([null]);
    await writer.query('rollback');
    writer.release();
    expect(await prepare()).toBe(8);
  });

  it('not for a day in which an event came meanwhile: it is found where it is', async () => {
    const writer = await database.owner.connect();
    await writer.query('begin');
    await writer.query(`select app_private.emit_event('{booking:1}', 'booking.updated', $1)`, [
      one,
    ]);
    // Without its lock timeout, it waits for the writer.
    await database.owner.query(
      `alter function app_private.prepare_event_partitions() set lock_timeout = '20s'`,
    );
    const made = prepare();
    await untilBlocked(database.owner);
    await writer.query('commit');
    writer.release();
    expect(await made).toBe(7);
    expect(await daysThatAre()).toEqual([null, 1, 2, 3, 4, 5, 6, 7]);
    expect((await days()).get(null)).toBe(1);
    await publish();
  });

  it('while events are written and published: none waits long, none is lost', async () => {
    await prepare();
    const { slowest, written } = await whileWriting(async () => {
      for (let times = 0; times < 10; times += 1) {
        await database.owner.query(
          `do $$ declare v_name text; begin
            for v_name in select c.oid::regclass from pg_class c
              where c.relname ~ '^events_\\d{8}$' and right(c.relname, 8) > to_char(app_private.today(), 'YYYYMMDD')
            loop execute 'drop table ' || v_name; end loop; end $$`,
        );
        await prepare();
      }
    });
    while ((await prepare()) !== 0) {}
    expect(await daysThatAre()).toEqual([null, 0, 1, 2, 3, 4, 5, 6, 7]);
    expect((await days()).get(0)).toBe(written);
    expect((await trimmedTo()).last).toBe(written);
    expect(slowest).toBeLessThan(1_000);
  });
});

describe('old events are deleted', () => {
  it('a day that has been over for a week, whole; and its last place is remembered', async () => {
    for (const day of [-9, -8, -7, -1]) {
      await makeDay(day);
    }
    await prepare();
    for (const day of [-9, -9, -8, -7, -1, 0]) {
      await write(day);
    }
    await publish();
    expect(await trim()).toBe(2);
    expect(await daysThatAre()).toEqual([null, -7, -1, 0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await trimmedTo()).toEqual({ last: 6, trimmed: 3 });
    expect(await trim()).toBe(0);
    expect(await trimmedTo()).toEqual({ last: 6, trimmed: 3 });
  });

  it('but never unpublished ones', async () => {
    await makeDay(-9);
    await makeDay(-8);
    await write(-9);
    await write(-8);
    await write(-12);
    await number('publish_events(1)');
    // The ninth day is published, the eighth and what is in the default partition are not.
    expect(await trim()).toBe(1);
    expect(await daysThatAre()).toEqual([null, -8]);
    expect((await days()).get(null)).toBe(1);
    await publish();
    expect(await trim()).toBe(2);
    expect([...(await days())]).toEqual([[null, 0]]);
    expect(await trimmedTo()).toEqual({ last: 3, trimmed: 3 });
  });

  it('from the default partition in batches', async () => {
    await write(-8, 10_001);
    await write(-7, 2);
    await publish();
    expect(await trim()).toBe(10_000);
    expect(await trim()).toBe(1);
    expect(await trim()).toBe(0);
    expect((await days()).get(null)).toBe(2);
    expect(await trimmedTo()).toEqual({ last: 10_003, trimmed: 10_001 });
  });

  it('an empty day, too, and no place changes', async () => {
    await makeDay(-8);
    expect(await trim()).toBe(1);
    expect(await trimmedTo()).toEqual({ last: 0, trimmed: 0 });
  });

  it('after as many days as the setting says', async () => {
    await makeDay(-3);
    await makeDay(-2);
    expect(await trim()).toBe(0);
    await database.owner.query(
      `update system_settings set value = '2' where key = 'events.keep_days'`,
    );
    expect(await trim()).toBe(1);
    expect(await daysThatAre()).toEqual([null, -2]);
  });

  it('not while a writer or a reader is in the log: it gives up, having done nothing', async () => {
    await makeDay(-8);
    await write(-8);
    await write(-9);
    await publish();
    const client = await database.owner.connect();
    for (const act of [
      `select app_private.emit_event('{booking:1}', 'booking.updated', '${one}')`,
      `select * from app_private.events_since('booking:1', 0, 1)`,
    ]) {
      await client.query(`begin; ${act}`);
      const before = Date.now();
      expect(await trim()).toBe(-1);
      expect(Date.now() - before).toBeLessThan(2_000);
      await client.query('rollback');
      expect((await days()).get(-8)).toBe(1);
      expect((await trimmedTo()).trimmed).toBe(0);
    }
    client.release();
    expect(await trim()).toBe(2);
  });

  it('not while data is validated: what a snapshot counts stays until it ends', async () => {
    await makeDay(-9);
    await write(-9, 3);
    await write(0, 2);
    await publish();
    const client = await database.owner.connect();
    const [first, gaps] = chooseChecks(['foreign-keys', 'event-gaps']) as readonly Check[];
    const trimmed: number[] = [];
    const trimming = {
      ...(first as Check),
      query: async () => {
        trimmed.push(await trim());
        return 'select null as key where false';
      },
    };
    const findings = await validate(client, [first as Check, trimming, gaps as Check]);
    client.release();
    expect(findings.map(({ count }) => count)).toEqual([0, 0, 0]);
    expect([...trimmed, await trim()]).toEqual([-1, 1]);
  });

  it('while events are written and published: none waits long, none is lost', async () => {
    await prepare();
    let gone = 0;
    const { slowest, written } = await whileWriting(async () => {
      for (let times = 0; times < 10; times += 1) {
        await makeDay(-8);
        let did = await trim();
        while (did === -1) {
          did = await trim();
        }
        gone += did;
      }
    });
    expect(gone).toBe(10);
    expect((await days()).get(0)).toBe(written);
    expect((await trimmedTo()).last).toBe(written);
    expect(slowest).toBeLessThan(1_000);
  });
});

/** Writes with four writers and publishes until the act is done; says the longest wait in ms. */
async function whileWriting(
  act: () => Promise<void>,
): Promise<{ slowest: number; written: number }> {
  const writers = new pg.Pool({ connectionString: database.ownerUrl, max: 4 });
  let isOver = false;
  let slowest = 0;
  let written = 0;
  const working = [1, 2, 3, 4].map(async () => {
    while (!isOver) {
      const before = performance.now();
      await writers.query(`select app_private.emit_event('{booking:1}', 'booking.updated', $1)`, [
        one,
      ]);
      slowest = Math.max(slowest, performance.now() - before);
      written += 1;
    }
  });
  const publishing = (async () => {
    while (!isOver) {
      await number('publish_events(500)');
    }
  })();
  await act().finally(() => {
    isOver = true;
  });
  await Promise.all([...working, publishing]);
  await publish();
  await writers.end();
  return { slowest, written };
}
