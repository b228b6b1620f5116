import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../config/project.ts';

/** A line of docs/original-columns-mapping.tsv: where a column went that is not there under its name. */
export type Mapping = {
  readonly table: string;
  /** `*`: the whole table. */
  readonly column: string;
  /** `null`: not kept. */
  readonly place: { readonly table: string; readonly column: string } | null;
  readonly how: string;
};

/** How a mapping is carried out; what is none of these has a rule of its own in rules.ts. */
export type Kind = 'moved' | 'second name' | 'not kept' | 'own rule';

export async function readMappings(): Promise<readonly Mapping[]> {
  const text = await readFile(path.join(projectRoot, 'docs/original-columns-mapping.tsv'), 'utf8');
  const [, ...lines] = text.trimEnd().split('\n');
  return lines.map((line) => {
    const [table = '', column = '', place = '', how = ''] = line.split('\t');
    return { table, column, place: readPlace(place), how };
  });
}

export function kindOf({ place, how }: Mapping): Kind {
  if (place === null) {
    return 'not kept';
  }
  if (how.startsWith('as it is')) {
    return 'moved';
  }
  return how.startsWith('second name') ? 'second name' : 'own rule';
}

function readPlace(place: string): Mapping['place'] {
  const parts = /^(\w+)\.(\w+)$/.exec(place);
  return parts === null ? null : { table: parts[1] ?? '', column: parts[2] ?? '' };
}
