import { type Person, people } from '../../fixtures/people.ts';
import type { RowRights, TableRights } from './rights.ts';

/** The rights of all people as a Markdown page: one table of the API a row, one persona a column. */
export function writeMatrix(permissions: Readonly<Record<string, TableRights>>): string {
  const rows = Object.entries(permissions)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([table, rights]) => [table, ...people.map((person) => cellOf(rights, person) || '·')]);
  return `# Who may do what, person by person

Written by \`test/db/permissions.test.ts\` from the rights that it tries on the database, person by person and row by
row. \`schema/permissions.md\` has the columns and the policies.

c: may insert. r: reads. u: may update. d: may delete. A capital letter: every row of the test's two businesses; a
small one: some rows, such as their own. Dot: nothing. What has no letter is done by functions, or by no one.

${lineOf(['table', ...people])}
${lineOf(['---', ...people.map(() => '---')])}
${rows.map(lineOf).join('\n')}
`;
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function cellOf(rights: TableRights, person: Person): string {
  const { inserts = [], sees, updates, deletes } = rights;
  const canInsert = inserts.some(({ ends }) => ends.ok?.includes(person));
  const labels = new Set([sees, updates, deletes].flatMap((each) => Object.keys(each ?? {})));
  labels.delete('self');
  labels.delete('everyone');
  return [
    canInsert ? 'c' : '',
    letterOf('r', sees, labels, person),
    letterOf('u', updates, labels, person),
    letterOf('d', deletes, labels, person),
  ].join('');
}

function letterOf(
  letter: string,
  rights: RowRights = {},
  labels: ReadonlySet<string>,
  person: Person,
): string {
  const named = Object.entries(rights).filter(([, who]) => who.includes(person));
  if (named.length === 0) {
    return '';
  }
  const ofLabels = named.filter(([label]) => labels.has(label));
  // Where every row belongs to one person, rows of others were not tried.
  const isEvery = ofLabels.length === labels.size && (labels.size > 1 || labels.has('shared'));
  return isEvery || rights.everyone?.includes(person) ? letter.toUpperCase() : letter;
}
