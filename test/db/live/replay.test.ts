import pg from 'pg';
import { worldIds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { codeOf } from '../attempt.ts';

const { one, two } = worldIds;

let database: TestDatabase;
let api: pg.Pool;
let worker: pg.Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  api = new pg.Pool({ connectionString: database.apiUrl, max: 2 });
  worker = new pg.Pool({ connectionString: database.workerUrl, max: 2 });
});

afterAll(async () => {
  await Promise.all([api?.end(), worker?.end()]);
  await database?.drop();
});

const emit = (count: number, topics: readonly string[]) =>
  database.owner.query(
    `select app_private.emit_event($2, 'booking.updated', $3, '{"changed": ["status"]}')
    from generate_series(1, $1) n`,
    [count, topics, one],
  );

async function publish(): Promise<void> {
  let count = 1;
  while (count > 0) {
    const { rows } = await worker.query('select app_private.publish_events(500) as count');
    count = rows[0].count;
  }
}

async function cursor(): Promise<number> {
  const { rows } = await database.owner.query('select event_cursor() as cursor');
  return Number(rows[0].cursor);
}

type Replayed = {
  readonly sequence: string;
  readonly topics: string[];
  readonly changed: string[];
};

async function since(topic: string, after: number | null, limit = 1_000): Promise<Replayed[]> {
  const { rows } = await api.query<Replayed>('select * from app_private.events_since($1, $2, $3)', [
    topic,
    after,
    limit,
  ]);
  return rows;
}

const sequencesOf = (events: readonly Replayed[]) => events.map(({ sequence }) => Number(sequence));

it('gives the events of a topic after a place, in their order and page by page', async () => {
  await emit(5, [`booking:${two}`]);
  await publish();
  const start = await cursor();
  await emit(3, [`booking:${one}`, `vendor:${one}`]);
  await emit(4, [`booking:${two}`, `vendor:${two}`]);
  await emit(2, [`booking:${one}`, `vendor:${two}`]);
  expect(await since(`booking:${one}`, start)).toEqual([]);
  await publish();
  expect(await cursor()).toBe(start + 9);

  const after = (...places: number[]) => places.map((place) => start + place);
  const all = await since(`booking:${one}`, start);
  expect(sequencesOf(all)).toEqual(after(1, 2, 3, 8, 9));
  expect(sequencesOf(await since(`vendor:${two}`, start))).toEqual(after(4, 5, 6, 7, 8, 9));
  expect(sequencesOf(await since(`booking:${two}`, start))).toEqual(after(4, 5, 6, 7));
  expect(all[0]).toEqual({
    sequence: String(start + 1),
    id: expect.any(String),
    topics: [`booking:${one}`, `vendor:${one}`],
    event: 'booking.updated',
    subject_id: one,
    created_at: expect.any(Date),
    changed: ['status'],
  });

  const pages: number[][] = [];
  let place = start;
  do {
    pages.push(sequencesOf(await since(`booking:${one}`, place, 2)));
    place = pages.at(-1)?.at(-1) ?? place;
  } while (pages.at(-1)?.length === 2);
  expect(pages).toEqual([after(1, 2), after(3, 8), after(9)]);
  expect(await since(`booking:${one}`, await cursor())).toEqual([]);
});

describe('an event cursor is refused', () => {
  it('when it lies ahead of the last event, as that of another database does', async () => {
    const last = await cursor();
    expect(await since(`booking:${one}`, last)).toEqual([]);
    expect(await since(`booking:${one}`, last + 1).catch(codeOf)).toBe('OB075');
  });

  it('when it is before the first event that is kept', async () => {
    await emit(3, [`booking:${one}`]);
    await publish();
    const gone = (await cursor()) - 2;
    const client = await database.owner.connect();
    await client.query('update app_private.event_sequence set trimmed_to = $1', [gone]);
    client.release();
    expect(sequencesOf(await since(`booking:${one}`, gone))).toEqual([gone + 1, gone + 2]);
    expect(await since(`booking:${one}`, gone - 1).catch(codeOf)).toBe('OB075');
    expect(await since('booking:nothing', 0).catch(codeOf)).toBe('OB075');
  });

  it.each([-1, null])('when it is %s', async (place) => {
    expect(await since(`booking:${one}`, place).catch(codeOf)).toBe('OB075');
  });
});

describe('among 300,000 events', () => {
  let explained: pg.Client;
  const notices: string[] = [];

  beforeAll(async () => {
    const { owner } = database;
    await owner.query('delete from app_private.events');
    await owner.query('select app_private.prepare_event_partitions()');
    // Published as they are written, in the eight days that have partitions.
    await owner.query(
      `with last as (select last_value from app_private.event_sequence)
      insert into app_private.events (sequence, topics, event, subject_id, created_at)
      select l.last_value + n,
        array['booking:b' || n % 30000, 'customer:c' || n % 5000, 'vendor:v' || n % 300],
        'booking.updated', $1, now() + n * interval '2 seconds'
      from last l, generate_series(1, 300000) n`,
      [one],
    );
    await owner.query('update app_private.event_sequence set last_value = last_value + 300000');
    explained = new pg.Client({ connectionString: database.rootUrl });
    await explained.connect();
    explained.on('notice', ({ message }) => notices.push(message ?? ''));
    await explained.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0;
      set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on;
      set auto_explain.log_format = json; set client_min_messages = log`);
  }, 120_000);

  afterAll(async () => {
    await explained?.end();
  });

  type Plan = Readonly<Record<string, unknown>> & { readonly Plans?: readonly Plan[] };

  /** What was read of the events: kind of scan, index, rows read, for each scan that was run. */
  async function scansOf(statement: string, text: string): Promise<readonly string[]> {
    notices.length = 0;
    await explained.query(statement);
    const plans = notices
      .map((notice) => JSON.parse(notice.slice(notice.indexOf('{'))))
      .filter((plan) => plan['Query Text'].includes(text));
    expect(plans).toHaveLength(1);
    const scans: string[] = [];
    const walk = (plan: Plan): void => {
      const name = String(plan['Index Name'] ?? '');
      const relation = String(plan['Relation Name'] ?? name);
      if (/^events_/.test(relation) && Number(plan['Actual Loops']) > 0) {
        const read = Number(plan['Actual Rows']) + Number(plan['Rows Removed by Filter'] ?? 0);
        scans.push(`${plan['Node Type']} ${name.replace(/^events_(\d{8}|default)_/, '')} ${read}`);
      }
      plan.Plans?.forEach(walk);
    };
    walk(plans[0].Plan);
    return scans;
  }

  it.each([
    ['with the statistics of an empty table', false],
    ['with statistics', true],
  ])('replay of one topic reads its own alone, %s', async (_, isAnalyzed) => {
    if (isAnalyzed) {
      await database.owner.query('analyze app_private.events');
    }
    const after = (await cursor()) - 300_000;
    const scans = await scansOf(
      `select * from app_private.events_since('booking:b77', ${after}, 100)`,
      'with missed',
    );
    expect(
      scans.filter((scan) => scan.startsWith('Bitmap Index Scan topics_idx')).length,
    ).toBeGreaterThan(6);
    const read = scans.map((scan) => Number(scan.split(' ').at(-1)));
    expect(scans.filter((scan) => scan.startsWith('Seq Scan') && !scan.endsWith(' 0'))).toEqual([]);
    // Ten of its own, each met once in the index and once in the table.
    expect(read.reduce((sum, rows) => sum + rows, 0)).toBeLessThanOrEqual(40);
    expect(await since('booking:b77', after)).toHaveLength(10);
  });

  it('what was missed a moment ago is read by its place', async () => {
    await database.owner.query('analyze app_private.events');
    const scans = await scansOf(
      `select * from app_private.events_since('vendor:v7', ${(await cursor()) - 600}, 100)`,
      'with missed',
    );
    const read = scans.map((scan) => Number(scan.split(' ').at(-1)));
    expect(read.reduce((sum, rows) => sum + rows, 0)).toBeLessThanOrEqual(700);
    expect(await since('vendor:v7', (await cursor()) - 600)).toHaveLength(2);
  });

  it('looking for unpublished events reads nothing else', async () => {
    await emit(3, [`booking:${one}`]);
    const looks = await scansOf('select app_private.publish_events(500)', 'not exists');
    for (const scan of looks) {
      expect(scan).toMatch(/^Index Only Scan id_idx [0-3]$/);
    }
    expect(looks.length).toBeGreaterThan(0);
    await emit(3, [`booking:${one}`]);
    const scans = await scansOf('select app_private.publish_events(500)', 'with due');
    for (const scan of scans.filter((each) => !each.startsWith('ModifyTable'))) {
      expect(scan).toMatch(/^Index Scan (id_idx [0-3]|pkey [01])$/);
    }
    const lag = await scansOf('select app_private.relay_lag()', 'order by e.id');
    expect(lag.filter((scan) => !/^Index Scan id_idx 0$/.test(scan))).toEqual([]);
  });
});
