import type pg from 'pg';

/** What a table demands of its rows, beyond types. Names are of columns. */
export type Constraints = {
  readonly checks: readonly Check[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly uniques: readonly Unique[];
  /** Whether there is more that only inserting tells: exclusion constraints, rules in triggers. */
  readonly hasMore: boolean;
};

export type Check = {
  readonly columns: readonly string[];
  readonly expression: string;
  /** The message for a user who breaks it. */
  readonly explanation: string;
};

export type ForeignKey = {
  readonly columns: readonly string[];
  /** With its schema. */
  readonly table: string;
  readonly keys: readonly string[];
  readonly isToItself: boolean;
};

export type Unique = {
  readonly columns: readonly string[];
  /** Of the rows that it is about; `null` for all. */
  readonly predicate: string | null;
  readonly predicateColumns: readonly string[];
};

/** Source: the system catalogues, of a connection whose search_path is empty. */
export async function readConstraints(client: pg.ClientBase, oid: number): Promise<Constraints> {
  const { rows: checks } = await client.query<Check>(checksQuery, [oid]);
  const { rows: foreignKeys } = await client.query<ForeignKey>(foreignKeysQuery, [oid]);
  const { rows: uniques } = await client.query<Unique>(uniquesQuery, [oid]);
  const { rows } = await client.query<{ has_more: boolean }>(moreQuery, [oid]);
  return { checks, foreignKeys, uniques, hasMore: rows[0]?.has_more ?? true };
}

const namesOf = (relation: string, keys: string): string => `
  array(
    select attname::text
    from unnest(${keys}::smallint[]) with ordinality as key (number, place)
    join pg_catalog.pg_attribute on attrelid = ${relation} and attnum = key.number
    order by place
  )`;

const checksQuery = `
  select ${namesOf('conrelid', 'conkey')} as columns,
    pg_get_expr(conbin, conrelid) as expression,
    coalesce(obj_description(oid, 'pg_constraint'),
      format('breaks %s, %s', conname, pg_get_expr(conbin, conrelid))) as explanation
  from pg_catalog.pg_constraint
  where conrelid = $1 and contype = 'c'
    -- A computed column can only be looked at once the row is there.
    and not exists (
      select from pg_catalog.pg_attribute
      where attrelid = conrelid and attnum = any (conkey) and attgenerated <> ''
    )
  order by conname`;

const foreignKeysQuery = `
  select ${namesOf('conrelid', 'conkey')} as columns,
    format('%I.%I', nspname, relname) as table,
    ${namesOf('confrelid', 'confkey')} as keys,
    conrelid = confrelid as "isToItself"
  from pg_catalog.pg_constraint c
  join pg_catalog.pg_class f on f.oid = confrelid
  join pg_catalog.pg_namespace n on n.oid = f.relnamespace
  where conrelid = $1 and contype = 'f' and conparentid = 0
  order by conname`;

/** Those of plain columns that were given; null is like nothing in them. */
const isPlain = `
  i.indkey::smallint[] <@ array(
    select attnum from pg_catalog.pg_attribute
    where attrelid = i.indrelid and attgenerated = '' and attnum > 0
  )
  and not coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false)`;

const uniquesQuery = `
  select ${namesOf('i.indrelid', '(i.indkey::smallint[])[0:i.indnkeyatts - 1]')} as columns,
    pg_get_expr(indpred, indrelid) as predicate,
    array(
      select distinct attname::text
      from pg_catalog.pg_depend d
      join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where indpred is not null and d.classid = 'pg_catalog.pg_class'::regclass
        and d.objid = i.indexrelid and d.refobjid = i.indrelid and attgenerated = ''
    ) as "predicateColumns"
  from pg_catalog.pg_index i
  where indrelid = $1 and indisunique and indisvalid and ${isPlain}
  order by indisprimary desc, indexrelid`;

const moreQuery = `
  select
    exists (
      select from pg_catalog.pg_constraint where conrelid = $1 and contype = 'x'
    )
    or exists (
      select from pg_catalog.pg_index i
      where indrelid = $1 and indisunique and not (${isPlain})
    )
    or exists (
      select
      from pg_catalog.pg_trigger
      join pg_catalog.pg_proc p on p.oid = tgfoid
      where tgrelid = $1 and not tgisinternal
        and (tgtype & 2 <> 0 and tgtype & 4 <> 0 and proname <> 'tg__timestamps' or tgdeferrable)
    )
    or exists (
      select
      from pg_catalog.pg_constraint c
      join pg_catalog.pg_attribute on attrelid = conrelid and attnum = any (conkey)
      where conrelid = $1 and contype = 'c' and attgenerated <> ''
    ) as has_more`;
