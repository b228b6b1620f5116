import { type Act, expectedOf } from './act.ts';
import { acts } from './acts.ts';
import { all, type Column, columns, staff } from './columns.ts';

const head = `# Who may do what

Written by the season's test from [its table](../test/season/rights): delete this page and run
\`npm test -- test/season\` to write it again. Every person of a running marketplace has tried every act. With a star: the
rules of the domain say nothing of them, and the platform lets them. The others are refused with a
[code](error-codes.md); "nothing" is what they see.

Persons: ${all.map((column) => columns[column]).join(', ')}.

`;

const groups = [
  ['users', all.filter((column) => column !== 'visitor' && !staff.includes(column))],
  ['staff of the platform', staff],
] as const;

export function tableOfRights(): string {
  const rows = acts.map((act) => `| ${act.name} | ${whoMay(act)} | ${whoMayNot(act)} |`);
  return `${head}| Act | Allowed | Refused |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

function whoMay(act: Act): string {
  const named = (wanted: readonly Column[], star: string) =>
    all.filter((column) => wanted.includes(column)).map((column) => `${columns[column]}${star}`);
  return [...named(act.allowed, ''), ...named(act.silent ?? [], '\\*')].join(', ');
}

/** Visitors, then each group: the code of most of it, and those with another one by name. */
function whoMayNot(act: Act): string {
  const parts = [`visitor ${shown(expectedOf(act, 'visitor'))}`];
  for (const [name, members] of groups) {
    const refused = members.filter((column) => expectedOf(act, column) !== 'allowed');
    const usual = act.refused[name === 'users' ? 'signedIn' : 'staff'];
    const others = refused.filter((column) => expectedOf(act, column) !== usual);
    if (others.length < refused.length) {
      parts.push(`other ${name} ${shown(usual)}`);
    }
    parts.push(...others.map((column) => `${columns[column]} ${shown(expectedOf(act, column))}`));
  }
  return parts.join(', ');
}

function shown(outcome: string): string {
  return outcome === 'nothing' ? 'nothing' : `\`${outcome}\``;
}
