import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { makeFindWords, readWords } from './words.ts';

const glossary = readFileSync(path.join(projectRoot, 'docs/glossary.md'), 'utf8');
const words = readWords(glossary);
const find = makeFindWords(words);
const list = [...words.keys()];

const capitalized = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

it('the glossary says for every word what to write instead', () => {
  expect(list.length).toBeGreaterThan(5);
  expect(list.filter((word) => !/^[a-z ]+$/.test(word) || !words.get(word))).toEqual([]);
});

it.each(list)('"%s" is found in a sentence, in identifiers and in the name of a file', (word) => {
  const found = { word, instead: words.get(word) };
  for (const text of [
    `-- A sentence with ${word}.`,
    `-- ${capitalized(word)} at its beginning.`,
    `select ${word}_rows from a`,
    `select kept${capitalized(word)}2 from a`,
  ]) {
    expect(find('a.sql', `good\n${text}\n`)).toEqual([{ line: 2, ...found }]);
  }
  expect(find(`src/${word}-rows.ts`, '')).toEqual([{ line: 0, ...found }]);
});

it.each(list)('"%s" is found as a plural and in the past', (word) => {
  const forms = [`${word}s`, word.endsWith('e') ? `${word}d` : `${word}ed`];
  for (const form of word.endsWith('y') ? [...forms, word.replace(/y$/, 'ies')] : forms) {
    expect(find('a.sql', `-- ${form}`)).toEqual([
      { line: 1, word: form, instead: words.get(word) },
    ]);
  }
});

it.each(list)('"%s" may be a part of another word', (word) => {
  expect(find('a.ts', `// x${word} and ${word}x\n`)).toEqual([]);
});

it('JavaScript’s promises may be named in code, and nothing else may be called so', () => {
  const code = `
    import { readFile } from 'node:fs/promises';
    const { promise, resolve } = Promise.withResolvers<void>();
    const promises: Promise<void>[] = []; // Each is a Promise.
    readers: PromiseWithResolvers<void>[] = [];`;
  expect(find('a.ts', code)).toEqual([]);
  expect(find('a.md', 'An array of `Promise<void>`.')).toEqual([]);
  for (const text of [
    '// It keeps its promise.',
    '/* The\n promises. */',
    `it('keeps a promise', () => {});`,
    'const promiseRow = 1;',
    'const text = `select a.promise`;',
  ]) {
    expect(find('a.ts', text)).toHaveLength(1);
  }
  expect(find('a.sql', 'select promise')).toHaveLength(1);
});

it('the persona and the user of the system keep their name', () => {
  const text = `as(personas.nobody, 'nobody', "nobody", { nobody: 1 })`;
  expect(find('a.ts', text)).toEqual([]);
  expect(find('a.md', 'The persona `nobody` has no rows.')).toEqual([]);
});

it('the table of the glossary may name them, and its other text may not', () => {
  expect(find('docs/glossary.md', glossary)).toEqual([]);
  const [word = ''] = list;
  expect(find('docs/glossary.md', `Here is ${word}.\n\n${glossary}\n## More\n\n${word}`)).toEqual([
    expect.objectContaining({ line: 1, word }),
    expect.objectContaining({ word }),
  ]);
});
