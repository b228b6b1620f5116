import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Packages and folders through which a test could reach past the public doors; all but what starts a server. */
const inside =
  /^pg(-|$)|^postgraphile|^graphile|\/src\/(?!database\/embedded\/|lib\/(this-process|ports)\.ts$|config\/(project|data-directory|server-user|system-directory)\.ts$)/;

/** Every module that a file imports, directly or through files of ours; those of ours by their path. */
function reachedFrom(file: string, seen = new Set<string>()): ReadonlySet<string> {
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
    /(?:from|import\() ?'([^']+)'/g,
  )) {
    const found = name.startsWith('.') ? path.resolve(path.dirname(file), name) : name;
    if (!seen.has(found)) {
      seen.add(found);
      if (name.startsWith('.')) {
        reachedFrom(found, seen);
      }
    }
  }
  return seen;
}

const season = import.meta.dirname;
const files = readdirSync(season, { encoding: 'utf8', recursive: true }).filter((name) =>
  name.endsWith('.ts'),
);

it('no file of the season reaches the database or the program past its public interfaces', () => {
  expect(files).toContain('marketplace.ts');
  expect(files).toContain('chapters/opening.ts');
  const reached = files.flatMap((name) => [...reachedFrom(path.join(season, name))]);
  expect(reached.filter((module) => inside.test(module))).toEqual([]);
});

it('a file that opens a connection is noticed', () => {
  const reached = reachedFrom(path.join(season, '../helpers/database.ts'));
  expect([...reached].filter((module) => inside.test(module))).toContain('pg');
});
