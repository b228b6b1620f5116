import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { type Import, importsWithin, objectionTo, sourcesIn } from './imports.ts';

const source = path.join(projectRoot, 'src');
const longestFile = 450;

/** Lists of names, prices and texts. */
const data: ReadonlySet<string> = new Set(['demo/catalogue.ts']);

describe('the imports of src', () => {
  it('point down only', async () => {
    const imports = await importsWithin(source);
    // Positive control: they were found.
    expect(imports.length).toBeGreaterThan(500);
    expect(imports.map(objectionTo).filter((objection) => objection !== null)).toEqual([]);
  });

  it.each<[string, Import, string]>([
    [
      'upwards',
      { from: 'lib/retry.ts', to: 'api/preset.ts' },
      'lib/retry.ts imports api/preset.ts: api is above lib',
    ],
    [
      'from door to door',
      { from: 'auth/routes.ts', to: 'files/store.ts' },
      'auth/routes.ts imports files/store.ts: auth and files do not know each other',
    ],
  ])('may not lead %s', (_where, planted, objection) => {
    expect(objectionTo(planted)).toBe(objection);
    expect(objectionTo({ from: planted.to, to: 'lib/retry.ts' })).toBeNull();
  });

  it('are found in every form', async () => {
    const text = `
      import { a } from './a.ts';
      import type { B } from './b.ts';
      import './c.ts';
      export { d } from './d.ts';
      export * from './e.ts';
      const f = await import('./f.ts');
      type G = import('./g.ts').G;
    `;
    expect([...(await sourcesIn(text))].sort()).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `./${name}.ts`),
    );
  });
});

it('nothing in src keeps what belongs to a request where any part can help itself', () => {
  const ambient = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => readFileSync(path.join(source, name), 'utf8').includes('async_hooks'));
  expect(ambient).toEqual([]);
});

it('no file of src is longer than 450 lines', () => {
  const long = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !data.has(name))
    .map(
      (name) => [name, readFileSync(path.join(source, name), 'utf8').split('\n').length] as const,
    )
    .filter(([, lines]) => lines > longestFile);
  expect(long).toEqual([]);
});
