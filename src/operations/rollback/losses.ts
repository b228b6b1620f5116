import type pg from 'pg';
import type { BootstrapTarget } from '../../database/bootstrap.ts';
import type { Catalogue } from '../../database/describe/catalogue/entry.ts';
import { readCatalogue, readOurSchemas } from '../../database/describe/catalogue/read.ts';
import { readExpectedCatalogue } from '../../database/migrations/expected.ts';
import type { Steps } from './steps.ts';

/**
 * What would be lost by undoing, one line each: tables and columns that vanish with what is in them, columns
 * that change their type, and schemas of others. From comparing the live database with one of the migrations
 * that stay. Rows that an undo deletes from a table that stays are not in it.
 */
export async function findLosses(
  client: pg.ClientBase,
  target: BootstrapTarget,
  { kept }: Steps,
): Promise<readonly string[]> {
  const schemas = await readOurSchemas(client);
  const live = await readCatalogue(client, schemas);
  const before = await readExpectedCatalogue(target, { migrations: kept, current: null, schemas });
  const gone = [...live.values()].filter(({ object }) => !before.has(object));
  const lines: string[] = [];
  for (const { object, kind } of gone) {
    if (kind === 'schema' && schemas.every((name) => object !== `schema ${name}`)) {
      lines.push(`${object}, with everything in it`);
    }
  }
  // A partition goes with its table.
  for (const { object, facts } of gone.filter(({ object }) => object.startsWith('table '))) {
    if (facts['partition of'] === null) {
      const { rows } = await client.query(`select count(*) from ${nameOf(object)}`);
      lines.push(`${object}: ${counted(rows[0].count, 'row')}`);
    }
  }
  for (const { object, parent, kind, facts } of gone) {
    const isStored = facts.generated === null;
    if (kind === 'column' && parent?.startsWith('table ') && before.has(parent) && isStored) {
      const table = nameOf(parent);
      const column = object.slice('column '.length, -` of ${table}`.length);
      const { rows } = await client.query(`select count(${column}) from ${table}`);
      lines.push(`${object}: ${counted(rows[0].count, 'value')}`);
    }
  }
  return [...lines, ...describeRetyped(live, before)];
}

function describeRetyped(live: Catalogue, before: Catalogue): readonly string[] {
  return [...live.values()]
    .filter(({ kind, parent }) => kind === 'column' && parent?.startsWith('table '))
    .flatMap(({ object, facts }) => {
      const was = before.get(object)?.facts.type ?? facts.type;
      return was === facts.type ? [] : [`${object}: ${facts.type} becomes ${was} again`];
    });
}

/** The catalogue writes names as SQL. */
function nameOf(object: string): string {
  return object.slice('table '.length);
}

function counted(count: string, what: string): string {
  return `${Number(count).toLocaleString('en')} ${what}${count === '1' ? '' : 's'}`;
}
