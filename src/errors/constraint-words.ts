import type { DatabaseError } from 'pg';

const abbreviations: ReadonlySet<string> = new Set(
  'dlt gst gstin ifsc iso kpi pan sms tcs tds upi url'.split(' '),
);

/** The words for a column in a sentence: `reporting_manager_id` is "reporting manager". */
function wordsOf(column: string): string {
  return column
    .replace(/_id$/, '')
    .split('_')
    .map((word) => (abbreviations.has(word) ? word.toUpperCase() : word))
    .join(' ');
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function list(columns: readonly string[]): string {
  const words = columns.map(wordsOf);
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/**
 * What a client is told of a constraint without a message of its own: which fields, by which kind of
 * rule, and what to do. Undefined where the columns are not known.
 */
export function wordsForConstraint(
  { code, table, detail = '' }: DatabaseError,
  columns: readonly string[],
): string | undefined {
  const [column] = columns;
  if (column === undefined) {
    return undefined;
  }
  const name = sentence(list(columns));
  switch (code) {
    case '23502':
      return `${name} is required. Enter a value.`;
    case '23001':
    case '23503':
      // Since PostgreSQL 18 `on delete restrict` has the first of the two codes.
      if (code === '23001' || /still referenced/.test(detail)) {
        return `This is still in use by ${wordsOf(table ?? '')}. Change or delete those first.`;
      }
      return column.endsWith('_id') || column.endsWith('_by')
        ? `The ${list(columns)} was not found. Check the id.`
        : `${name} has an unknown value. Choose one of the known values.`;
    case '23505':
      return columns.length === 1
        ? `${name} is already in use. Choose another value.`
        : `An entry with the same ${list(columns)} already exists. Change that entry instead.`;
    case '23514':
      return columns.length === 1
        ? `${name} must be one of the values that are allowed for this field. Correct it.`
        : `${name} must fit together. Correct one of them.`;
    default:
      return undefined;
  }
}
