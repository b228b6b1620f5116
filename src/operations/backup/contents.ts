import type pg from 'pg';

/** Table, with its schema, to what is in it. */
export type Contents = Readonly<Record<string, TableContents>>;

export type TableContents = {
  readonly rows: number;
  /** Of all rows in any order: the same in another database, on another version of PostgreSQL. */
  readonly checksum: string;
};

/**
 * Counts and checksums of all tables but those of `withoutSchemas`, as the transaction of
 * `client` sees them. Sets how values are written for the rest of that transaction.
 */
export async function readContents(
  client: pg.ClientBase,
  withoutSchemas: readonly string[],
): Promise<Contents> {
  const { rows: tables } = await client.query<{ name: string }>(tablesQuery, [withoutSchemas]);
  await client.query(`
    set local datestyle = 'ISO, MDY';
    set local intervalstyle = 'postgres';
    set local timezone = 'UTC';
    set local bytea_output = 'hex';
    set local extra_float_digits = 1;
    set local search_path = ''`);
  const contents: Record<string, TableContents> = {};
  for (const { name } of tables) {
    const { rows } = await client.query<{ rows: string; checksum: string }>(
      `select count(*) as rows,
        coalesce(sum(pg_catalog.hashtextextended(t::text, 0)), 0)::text as checksum
      from ${name} t`,
    );
    contents[name] = { rows: Number(rows[0]?.rows), checksum: rows[0]?.checksum ?? '' };
  }
  return contents;
}

/** A line for each table that differs; none when all are the same. */
export function compareContents(expected: Contents, actual: Contents): string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names].sort().flatMap((name) => {
    const [should, is] = [expected[name], actual[name]];
    if (should === undefined || is === undefined) {
      return [`${name}: ${should === undefined ? 'should not be there' : 'is missing'}`];
    }
    if (should.rows !== is.rows) {
      return [`${name}: ${is.rows} rows instead of ${should.rows}`];
    }
    return should.checksum === is.checksum ? [] : [`${name}: rows differ`];
  });
}

const tablesQuery = `
  select format('%I.%I', relnamespace::regnamespace, relname) as name
  from pg_catalog.pg_class c
  where relkind in ('r', 'p') and not relispartition and relpersistence <> 't'
    and relnamespace::regnamespace::text !~ '^pg_'
    and relnamespace::regnamespace::text <> 'information_schema'
    and relnamespace::regnamespace::text <> all ($1)
    and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
  order by format('%I.%I', relnamespace::regnamespace, relname) collate "C"`;
