/** What became of tables, columns and values that exports of earlier migrations have. */
export type Changes = {
  /** Table with its schema to its name here; `null`: not kept. */
  readonly tables: Readonly<Record<string, string | null>>;
  /** Column of a table here to its name here; `null`: not kept. */
  readonly columns: Readonly<Record<string, string | null>>;
  /** Of a column with a list of allowed values: what became of values that the list no longer has. */
  readonly values: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /**
   * What rows get in a column that is required, has no default and is not in the export: SQL over `s`, the row as
   * exported, each value as text.
   */
  readonly fills: Readonly<Record<string, string>>;
};

/**
 * A migration that is rewritten so that it drops, renames or narrows something, or asks for more, has a line
 * here. Lines about what an export does not have do nothing.
 */
export const changes: Changes = {
  tables: {},
  columns: {},
  values: {
    'public.therapists.status': { inactive: 'paused', terminated: 'ended' },
    'public.beauticians.status': { inactive: 'paused', terminated: 'ended' },
  },
  fills: {},
};

/** With those of a file that an operator gives, `{"public.old": null, "public.bookings.note": "remark"}`. */
export function withMap(map: Readonly<Record<string, string | null>>): Changes {
  const entries = Object.entries(map);
  const ofTables = entries.filter(([name]) => name.split('.').length === 2);
  const ofColumns = entries.filter(([name]) => name.split('.').length === 3);
  const others = entries.filter(([name]) => ![2, 3].includes(name.split('.').length));
  if (others.length > 0) {
    throw new Error(
      `${others.map(([name]) => `"${name}"`).join(', ')}: a mapping for a whole export names tables and columns with their schema, such as {"public.old_table": null, "public.bookings.note": "remark"}.`,
    );
  }
  return {
    ...changes,
    tables: { ...changes.tables, ...Object.fromEntries(ofTables) },
    columns: { ...changes.columns, ...Object.fromEntries(ofColumns) },
  };
}
