import type pg from 'pg';

export type Bloat = {
  readonly name: string;
  readonly table: string;
  readonly bytes: number;
  readonly wastedBytes: number;
  /** Wasted of all, 0 to 1. */
  readonly share: number;
};

type Bounds = { readonly minimumBytes: number; readonly minimumShare: number };

const mebibyte = 1024 * 1024;
const shown: Bounds = { minimumBytes: mebibyte, minimumShare: 0.3 };

/**
 * Tables that are bigger than their rows need, estimated from the statistics: nothing is read through.
 * Source: pg_class and pg_stats; what was never analyzed is left out.
 */
export async function estimateTableBloat(
  client: pg.ClientBase,
  bounds: Bounds = shown,
): Promise<readonly Bloat[]> {
  return await read(client, tableBloat, bounds);
}

/** As `estimateTableBloat`, of B-tree indexes: entries twice as many pages as they need are half waste. */
export async function estimateIndexBloat(
  client: pg.ClientBase,
  bounds: Bounds = shown,
): Promise<readonly Bloat[]> {
  return await read(client, indexBloat, bounds);
}

async function read(
  client: pg.ClientBase,
  estimates: string,
  { minimumBytes, minimumShare }: Bounds,
): Promise<readonly Bloat[]> {
  const { rows } = await client.query<Bloat>({
    text: `
      with widths as materialized (
        select format('%I.%I', schemaname, tablename)::regclass::oid as relation, attname,
          avg_width * (1 - null_frac) as width
        from pg_stats
        where schemaname not in ('pg_catalog', 'information_schema') and not inherited
      ), estimates as (${estimates})
      select name, "table",
        (pages * block)::double precision as bytes,
        ((pages - needed) * block)::double precision as "wastedBytes",
        round(1 - needed / pages, 3)::double precision as share
      from estimates
      cross join (select current_setting('block_size')::integer as block) as block
      where pages * block >= $1 and needed < pages and 1 - needed / pages >= $2
      order by 4 desc, 1
      limit 20`,
    values: [minimumBytes, minimumShare],
  });
  return rows;
}

/** A row has 24 bytes of its own and 4 that point to it; a page 24, of 8192. */
const tableBloat = `
  select class.oid::regclass::text as name, class.oid::regclass::text as "table",
    relpages::numeric as pages,
    ceil(reltuples::numeric * (28 + ceil(row.width::numeric / 8) * 8)
      / (current_setting('block_size')::integer - 24)) as needed
  from pg_class as class
  cross join lateral (
    select sum(widths.width) as width, count(widths.attname) as known, count(*) as columns
    from pg_attribute
    left join widths on widths.relation = attrelid and widths.attname = pg_attribute.attname
    where attrelid = class.oid and attnum > 0 and not attisdropped
  ) as row
  where relkind = 'r' and relpages > 0 and reltuples >= 0
    and (row.known = row.columns or reltuples = 0)`;

/** An entry has 8 bytes of its own and 4 that point to it; a page 40, and a tenth is left free. */
const indexBloat = `
  select class.oid::regclass::text as name, indrelid::regclass::text as "table",
    class.relpages::numeric as pages,
    2 + ceil(class.reltuples::numeric * (12 + ceil(entry.width::numeric / 8) * 8)
      / (0.9 * (current_setting('block_size')::integer - 40))) as needed
  from pg_index
  join pg_class as class on class.oid = indexrelid
  join pg_am on pg_am.oid = class.relam and amname = 'btree'
  cross join lateral (
    select sum(coalesce(of_table.width, of_index.width)) as width,
      count(coalesce(of_table.width, of_index.width)) as known, count(*) as columns
    from pg_attribute as part
    left join pg_attribute as source
      on source.attrelid = indrelid and source.attnum = indkey[part.attnum - 1] and source.attnum > 0
    left join widths as of_table
      on of_table.relation = indrelid and of_table.attname = source.attname
    left join widths as of_index
      on of_index.relation = indexrelid and of_index.attname = part.attname
    where part.attrelid = indexrelid and part.attnum > 0
  ) as entry
  where indisvalid and class.relpages > 2 and class.reltuples >= 0
    and (entry.known = entry.columns or class.reltuples = 0)`;
