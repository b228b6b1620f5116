import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';

const generators = [
  {
    call: 'app_private.next_booking_number()',
    sequence: 'app_private.booking_numbers',
    format: /^OBO-\d{8}-\d{4,}$/,
    last: 9_999,
    endings: ['-9999', '-10000'],
  },
  {
    call: 'app_private.next_application_number()',
    sequence: 'app_private.vendor_application_numbers',
    format: /^APP\d{6,}$/,
    last: 999_999,
    endings: ['APP999999', 'APP1000000'],
  },
  {
    call: 'app_private.next_ticket_number()',
    sequence: 'app_private.ticket_numbers',
    format: /^TKT\d{6,}$/,
    last: 999_999,
    endings: ['TKT999999', 'TKT1000000'],
  },
];

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

describe.each(generators)('$call', ({ call, sequence, format, last, endings }) => {
  it('never gives a number twice, also to a thousand at once', async () => {
    const pool = new pg.Pool({ connectionString: database.ownerUrl, max: 8 });
    const numbers = await Promise.all(Array.from({ length: 1000 }, () => next(pool)));
    await pool.end();
    expect(new Set(numbers).size).toBe(1000);
    expect(numbers.filter((number) => !format.test(number))).toEqual([]);
  });

  it('gives no number again that was rolled back', async () => {
    const client = await database.owner.connect();
    await client.query('begin');
    const lost = await next(client);
    await client.query('rollback');
    client.release();
    expect(await next(database.owner)).not.toBe(lost);
  });

  it('grows a digit and cuts none', async () => {
    await database.owner.query('select setval($1, $2)', [sequence, last - 1]);
    const numbers = [await next(database.owner), await next(database.owner)];
    expect(numbers.map((number, index) => number.endsWith(endings[index] ?? ''))).toEqual([
      true,
      true,
    ]);
    expect(numbers.every((number) => format.test(number))).toBe(true);
  });

  async function next(client: pg.Pool | pg.PoolClient): Promise<string> {
    const { rows } = await client.query<{ number: string }>(`select ${call} as number`);
    return rows[0]?.number ?? '';
  }
});

it('a booking number carries the day in India', async () => {
  const { rows } = await database.owner.query<{ is_today: boolean }>(
    `select substr(app_private.next_booking_number(), 5, 8)
      = to_char(now() at time zone 'Asia/Kolkata', 'YYYYMMDD') as is_today`,
  );
  expect(rows).toEqual([{ is_today: true }]);
});
