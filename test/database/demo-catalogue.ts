import type pg from 'pg';

/** Constraints, indexes, triggers and columns of our tables as one text, sorted by name. */
export async function readCatalogue(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ line: string }>(
    `select line collate "C" as line from (
      select format('constraint %s.%s %s %s %s', conrelid::regclass, conname,
        pg_get_constraintdef(oid), convalidated, obj_description(oid, 'pg_constraint')) as line
      from pg_constraint where conrelid <> 0
      union all
      select format('index %s %s %s %s', indexrelid::regclass, pg_get_indexdef(indexrelid),
        indisvalid and indisready and indislive, obj_description(indexrelid, 'pg_class'))
      from pg_index
      union all
      select format('trigger %s.%s %s %s', tgrelid::regclass, tgname, tgenabled,
        pg_get_triggerdef(oid))
      from pg_trigger where not tgisinternal
      union all
      select format('key trigger %s %s %s %s', tgrelid::regclass, tgconstrrelid::regclass, tgenabled,
        count(*))
      from pg_trigger where tgisinternal
      group by tgrelid, tgconstrrelid, tgenabled
      union all
      select format('column %s.%s %s %s %s', attrelid::regclass, attname, atttypid::regtype,
        attnotnull, attoptions)
      from pg_attribute where attnum > 0 and not attisdropped
      union all
      select format('table %s %s %s %s', oid::regclass, relrowsecurity, relacl, reloptions)
      from pg_class where relkind = 'r'
    ) c
    where line !~ ' (pg_catalog|information_schema|pg_toast)[.]' and line !~ '^[a-z ]+ pg_'
    order by 1`,
  );
  return rows.map(({ line }) => line).join('\n');
}
