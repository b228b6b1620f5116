import type pg from 'pg';

export type TargetColumn = {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  /** Its domain, when its type is one. */
  readonly domain: string | null;
  readonly isRequired: boolean;
  readonly isGenerated: boolean;
  /** An expression. */
  readonly defaultValue: string | null;
  /** The table in public that it names a row of by its id. */
  readonly refersTo: string | null;
  /** The list of allowed values, when it is one of them. */
  readonly list: string | null;
  /** What its files are for, when it refers to files. */
  readonly filePurpose: string | null;
};

/** The columns of our tables. */
export async function readTarget(target: pg.ClientBase): Promise<readonly TargetColumn[]> {
  const { rows } = await target.query<TargetColumn>(
    `select c.relname as table, a.attname as name,
      format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), case when t.typbasetype = 0 then a.atttypmod end) as type,
      case t.typtype when 'd' then t.typname end as domain,
      a.attnotnull as "isRequired", a.attgenerated <> '' as "isGenerated", pg_get_expr(d.adbin, d.adrelid) as "defaultValue",
      (select p.relname from pg_constraint k join pg_class p on p.oid = k.confrelid
        where k.conrelid = c.oid and k.contype = 'f' and k.conkey = array[a.attnum]
          and p.relnamespace = 'public'::regnamespace limit 1) as "refersTo",
      (select p.oid::regclass::text from pg_constraint k join pg_class p on p.oid = k.confrelid
        where k.conrelid = c.oid and k.contype = 'f' and k.conkey = array[a.attnum]
          and p.relnamespace = 'enums'::regnamespace limit 1) as list,
      f.purpose as "filePurpose"
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join app_private.file_columns f on f.table_name = c.relname and f.column_name = a.attname
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
    order by c.relname, a.attnum`,
  );
  return rows;
}
