import pg from 'pg';
import { moveBad } from './staging.ts';
import type { Filled, Target } from './target.ts';

/**
 * Takes lines out of `staging` whose text is not a value of its column's type or domain. All at once, and text by
 * text only in columns where that fails.
 */
export async function checkTypes(client: pg.ClientBase, { filled }: Target): Promise<void> {
  const typed = filled.filter(({ column }) => column.type !== 'text');
  if (typed.length === 0 || (await areReadable(client, typed))) {
    return;
  }
  const queries: string[] = [];
  for (const entry of typed) {
    if (!(await areReadable(client, [entry]))) {
      queries.push(await explain(client, entry, queries.length));
    }
  }
  await moveBad(client, queries.join(' union all '));
}

/** Within a function, so that a transaction in which it is asked goes on. */
async function areReadable(client: pg.ClientBase, columns: readonly Filled[]): Promise<boolean> {
  const casts = columns.map(({ column, staged }) => `count(${staged}::${column.type})`);
  await client.query(`
    create or replace function pg_temp.are_readable() returns boolean language plpgsql as $body$
    begin
      perform ${casts.join(', ')} from pg_temp.staging;
      return true;
    exception when others then
      -- About the server and not about the values.
      if sqlstate !~ '${aboutValues}' then
        raise;
      end if;
      return false;
    end
    $body$`);
  const { rows } = await client.query<{ are_readable: boolean }>('select pg_temp.are_readable()');
  return rows[0]?.are_readable === true;
}

/** Codes of data, of constraints, and our own. */
export const aboutValues = '^(22|23|42804|P0|OB)';

/** What PostgreSQL says of a value, as opposed to of the server: data, constraints, and our own codes. */
export function isAboutValues(error: unknown): boolean {
  return error instanceof pg.DatabaseError && new RegExp(aboutValues).test(error.code ?? '');
}

/** A query of the lines that cannot be read, and why. */
async function explain(
  client: pg.ClientBase,
  { column, staged }: Filled,
  index: number,
): Promise<string> {
  const name = `pg_temp.why_not_${index}`;
  // pg_input_is_valid does this without a function, from PostgreSQL 16 on.
  await client.query(`
    create or replace function ${name}(p_text text) returns text language plpgsql as $body$
    begin
      perform p_text::${column.type};
      return null;
    exception when others then
      return sqlerrm;
    end
    $body$`);
  const label = pg.escapeLiteral(`${column.name}: `);
  return `
    select line, ${label} || reason
    from (select line, ${name}(${staged}) as reason from pg_temp.staging offset 0) looked_at
    where reason is not null`;
}
