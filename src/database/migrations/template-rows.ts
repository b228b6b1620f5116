import type pg from 'pg';

/** The texts of notifications that a database has, each as SQL that writes it, by what names its row. */
export type TemplateRows = ReadonlyMap<string, string>;

/** The types whose files are included in SQL that was applied. */
export function includedTypes(sql: string): readonly string[] {
  return [...sql.matchAll(/^--! Included templates\/(\w+)\.sql$/gm)].map(([, type = '']) => type);
}

/** Reads the texts of these types, or of all, as they were delivered: operators' edits are not to be undone. */
export async function readTemplateRows(
  client: pg.ClientBase,
  types: readonly string[] | 'all',
): Promise<TemplateRows> {
  const { rows } = await client.query<{ row: string; sql: string }>(
    `
    select
      format('type = %L and audience = %L and language = %L', t.type, t.audience, t.language) as row,
      format(
        'update public.notification_templates set title = %L, message = %L, channels = %L, priority = %L, action_url = %L',
        t.title, t.message, t.channels, t.priority, t.action_url) as sql
    from public.notification_templates t
    where t.edited_at is null and (t.type = any ($1) or $1 is null)
    order by t.type, t.audience, t.language
  `,
    [types === 'all' ? null : types],
  );
  return new Map(rows.map(({ row, sql }) => [row, sql]));
}

/** What turns the texts that are there now into those that were there before, as SQL; empty when they are the same. */
export function restoringTexts(before: TemplateRows, now: TemplateRows): string {
  const changes = [...now].flatMap(([row, sql]) => {
    const earlier = before.get(row);
    return earlier === undefined
      ? [`delete from public.notification_templates where ${row};\n`]
      : earlier === sql
        ? []
        : [`${earlier} where ${row} and edited_at is null;\n`];
  });
  return changes.join('');
}
