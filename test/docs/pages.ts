import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';

/** A fenced block of a page, and what the words after its language say. */
export type Block = {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  /** `as customer` is `{ as: 'customer' }`; a word that takes nothing is `true`. */
  readonly words: Readonly<Record<string, string | true>>;
  readonly code: string;
};

/** Words that a block may have, and whether something follows them. */
const wordsOf: Readonly<Record<string, Readonly<Record<string, boolean>>>> = {
  // Who asks; which values of the answer are variables from now on; the code of an answer that is refused.
  graphql: { as: true, keep: true, fails: true },
  // `check`: it is not run, but every command and option in it exists.
  sh: { check: false },
  // `in`: the file that the block is, in the folder where the page's blocks lie.
  ts: { in: true },
  js: { in: true },
  // `in`: the file of migrations/ that a how-to writes.
  sql: { in: true },
  // `in`: the file that a how-to changes.
  diff: { in: true },
  json: {},
  env: {},
  // A unit of systemd; a location of nginx.
  ini: {},
  nginx: {},
};

const languages = Object.keys(wordsOf);

/** README, CONTRIBUTING and the pages of docs/ that are written by hand. */
export function listPages(): string[] {
  const docs = readdirSync(path.join(projectRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('database'))
    .map((name) => path.join('docs', name));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs.sort()];
}

export function readPage(page: string): string {
  return readFileSync(path.join(projectRoot, page), 'utf8');
}

/** Every fenced block of a page, in its order. @throws Error for one that no test knows how to run. */
export function readBlocks(page: string): Block[] {
  const lines = readPage(page).split('\n');
  const blocks: Block[] = [];
  let start: number | null = null;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('```')) {
      continue;
    }
    if (start === null) {
      start = index;
      continue;
    }
    const [language = '', ...words] = (lines[start] ?? '').slice(3).trim().split(' ');
    const place = `${page}:${start + 1}`;
    blocks.push({
      page,
      line: start + 1,
      language,
      words: parseWords(place, language, words),
      code: `${lines.slice(start + 1, index).join('\n')}\n`,
    });
    start = null;
  }
  if (start !== null) {
    throw new Error(`${page}:${start + 1}: This block has no end.`);
  }
  return blocks;
}

function parseWords(place: string, language: string, words: readonly string[]): Block['words'] {
  const known = wordsOf[language];
  if (known === undefined) {
    throw new Error(
      `${place}: No test runs blocks in "${language}". Use one of: ${languages.join(', ')}.`,
    );
  }
  const result: Record<string, string | true> = {};
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const takesMore = known[word];
    if (takesMore === undefined) {
      throw new Error(
        `${place}: "${word}" means nothing here. Known: ${Object.keys(known).join(', ')}.`,
      );
    }
    if (takesMore) {
      index += 1;
    }
    result[word] = takesMore ? (words[index] ?? '') : true;
  }
  if (language === 'graphql' && result.as === undefined) {
    throw new Error(`${place}: Say as whom it is sent: \`\`\`graphql as customer`);
  }
  return result;
}
