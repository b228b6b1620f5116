import type pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

type Column = {
  readonly table: string;
  readonly column: string;
  /** Of the domain where it has one. */
  readonly constraint: string;
  readonly minimum: string;
  readonly maximum: string;
};

/** Every column of numbers, whatever table it is in, with the range that the catalogue gives it. */
const selectColumns = `
  select a.attrelid::regclass::text as "table", quote_ident(a.attname) as "column", k.conname as constraint,
    (regexp_match(pg_get_constraintdef(k.oid), $$>= \\(?'?(-?[0-9.]+)$$))[1] as minimum,
    (regexp_match(pg_get_constraintdef(k.oid), $$<= \\(?'?(-?[0-9.]+)$$))[1] as maximum
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p')
  join pg_type t on t.oid = a.atttypid
  left join pg_constraint k on k.conrelid = a.attrelid and k.conkey = array[a.attnum]
      and k.conname = c.relname || '_' || a.attname || '_range'
    or k.contypid = t.oid and t.typtype = 'd'
  where c.relnamespace in ('public'::regnamespace, 'app_private'::regnamespace, 'enums'::regnamespace)
    and a.attnum > 0 and not a.attisdropped
    and coalesce(nullif(t.typbasetype, 0), t.oid)::regtype in ('numeric', 'real', 'double precision')
  order by 1, 2`;

const tooMuch = 'more than the type holds';

describe('columns of numbers', () => {
  let database: TestDatabase;
  let columns: readonly Column[];

  beforeAll(async () => {
    database = await createTestDatabase();
    columns = (await database.owner.query<Column>(selectColumns)).rows;
  });

  afterAll(async () => {
    await database.drop();
  });

  /** How a value fares in one column of a row that says nothing else. */
  async function write(
    client: pg.PoolClient,
    { table, column }: Column,
    value: string,
  ): Promise<string | undefined> {
    await client.query('savepoint written');
    try {
      await client.query(`insert into ${copyOf(table)} (${column}) values ($1)`, [value]);
      return 'taken';
    } catch (error) {
      const { code, constraint } = error as pg.DatabaseError;
      return code === '22003' ? tooMuch : constraint;
    } finally {
      await client.query('rollback to savepoint written');
    }
  }

  it('take their lowest and highest value, and refuse NaN, infinity and anything beyond', async () => {
    const client = await database.owner.connect();
    await client.query('begin');
    await copyTables(client, new Set(columns.map(({ table }) => table)));
    const faults: string[] = [];
    for (const column of columns) {
      const { table, constraint, minimum, maximum } = column;
      const expected = [
        [maximum, 'taken'],
        ['NaN', constraint],
        ['Infinity', constraint],
        ['-Infinity', constraint],
        [String(Number(maximum) * 2), constraint],
        [String(Number(minimum) - Number(maximum) - 1), constraint],
      ] as const;
      for (const [value, outcome] of expected) {
        const got = await write(client, column, value);
        // Some types hold less than that.
        if (got !== outcome && (outcome === 'taken' || got !== tooMuch)) {
          faults.push(`${table}.${column.column}: ${value} is ${got}, not ${outcome}`);
        }
      }
    }
    await client.query('rollback');
    client.release();
    expect(faults).toEqual([]);
    expect(columns.length).toBeGreaterThan(100);
  });

  it('are refused with a message that names the column', async () => {
    const { rows } = await database.owner.query<{ message: string }>(
      `select obj_description(oid, 'pg_constraint') as message from pg_constraint
      where conname in ('bookings_final_amount_range', 'booking_terms_gst_percentage_range')
      order by conname`,
    );
    expect(rows.map(({ message }) => message)).toEqual([
      'GST percentage must be a number from 0 to 100.',
      'Final amount must be a number from 0 to 1,00,00,000.',
    ]);
  });

  it('keep the outline of a zone on the earth', async () => {
    const draw = (corner: string) =>
      database.owner.query(`insert into zones (name, coordinates) values ($1, $2::text::polygon)`, [
        corner,
        `((72.8, 19), ${corner}, (72.9, 19.1))`,
      ]);
    await draw('(72.9, 19)');
    for (const corner of [
      '(NaN, 19)',
      '(72.9, NaN)',
      '(Infinity, 19)',
      '(190, 19)',
      '(1e300, 1)',
    ]) {
      await expect(draw(corner)).rejects.toMatchObject({
        code: '23514',
        constraint: 'zones_coordinates_range',
      });
    }
  });
});

/** Copies have the ranges of the tables, no other rule, and nothing that must be there. */
async function copyTables(client: pg.PoolClient, tables: ReadonlySet<string>): Promise<void> {
  for (const table of tables) {
    const copy = copyOf(table);
    await client.query(`create temporary table ${copy} (like ${table} including constraints)`);
    const { rows } = await client.query<{ action: string }>(
      `select format('alter %I drop not null', attname) as action from pg_attribute
      where attrelid = $1::regclass and attnum > 0 and attnotnull
      union all
      select format('drop constraint %I', conname) from pg_constraint
      where conrelid = $1::regclass and contype = 'c' and conname !~ '_range$'`,
      [copy],
    );
    for (const { action } of rows) {
      await client.query(`alter table ${copy} ${action}`);
    }
  }
}

function copyOf(table: string): string {
  return `copy_of_${table.replace('.', '_')}`;
}
