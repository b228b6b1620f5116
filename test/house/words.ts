import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the words are listed, and the heading of their table. */
const glossary = 'docs/glossary.md';
const heading = '## Words we do not use';

const checked = /\.(ts|js|sql|md|json5|sh)$/;
/** Made from other files that are checked, or of others; and what has to name the words. */
const excluded =
  /^(test\/house\/words|schema\/|docs\/database\/|docs\/rules\.md$|test\/auth\/tokens\/vectors\/)/;

/** Each word, in lower case, and what to write in its place. */
export type WordList = ReadonlyMap<string, string>;

export type Finding = { readonly line: number; readonly word: string; readonly instead: string };

/** Reads the table of the glossary: words in backticks in the first column, what to write instead in the second. */
export function readWords(text: string): WordList {
  const words = new Map<string, string>();
  for (const line of tableOf(text).split('\n')) {
    const [, first = '', instead = ''] = line.split('|').map((cell) => cell.trim());
    for (const [, word = ''] of first.matchAll(/`([^`]+)`/g)) {
      words.set(word.toLowerCase(), instead);
    }
  }
  return words;
}

function tableOf(text: string): string {
  const begin = text.indexOf(heading);
  if (begin === -1) {
    throw new Error(`${glossary} has no heading "${heading}".`);
  }
  const end = text.indexOf('\n## ', begin + heading.length);
  return text.slice(begin, end === -1 ? undefined : end);
}

/**
 * Makes the function that finds the words in a file's text, also as plurals and in the past: `-s`, `-d`, `-es`, `-ed`,
 * `-ies`. Line 0 is the file's own name.
 */
export function makeFindWords(words: WordList): (file: string, text: string) => readonly Finding[] {
  const wordOf = new Map<string, string>();
  for (const word of words.keys()) {
    for (const form of [word, ...['s', 'd', 'es', 'ed'].map((ending) => `${word}${ending}`)]) {
      wordOf.set(form, word);
    }
    wordOf.set(word.replace(/y$/, 'ies'), word);
  }
  const forms = [...wordOf.keys()].join('|');
  const anyWord = new RegExp(
    [...words.keys()].map((word) => word.replace(/y$/, '')).join('|'),
    'i',
  );
  const wholeWord = new RegExp(`(?<![a-z])(${forms})(?![a-z])`, 'g');
  return (file, text) => {
    if (!anyWord.test(text) && !anyWord.test(file)) {
      return [];
    }
    const withoutTable = file === glossary ? text.replace(tableOf(text), blank) : text;
    const lines = [file, ...withoutAllowed(file, withoutTable).split('\n')];
    return lines.flatMap((line, index) =>
      [...splitIdentifiers(line).matchAll(wholeWord)].map(([form]) => ({
        line: index,
        word: form,
        instead: words.get(wordOf.get(form) ?? '') ?? '',
      })),
    );
  };
}

/** As many lines, with nothing in them. */
function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}

/** `makeRow` and `make_row` as `make row`. */
function splitIdentifiers(line: string): string {
  return line
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}

/** The persona and the system's user of this name: in quotes, a property, the asker of a block, or a column. */
const namedNobody =
  /(['"`])nobody\1|\.nobody\b|\bnobody:(?= )|(?<=\bas )nobody\b|\bnobody(?=@)|\| nobody \|/g;

function withoutAllowed(file: string, text: string): string {
  const rest = text.replaceAll(namedNobody, blank);
  if (/\.(ts|js)$/.test(file)) {
    return withoutJavaScriptPromise(rest);
  }
  return rest.replaceAll(/\bPromise(?=[.<(])/g, blank);
}

/** A comment, a string or a template; only of the last may there be several lines. */
const prose =
  /\/\/.*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`/g;

/** Blanks `Promise`, and in code, which is neither comment nor string, also variables of this name. */
function withoutJavaScriptPromise(text: string): string {
  let code = '';
  let end = 0;
  for (const { 0: match, index } of text.matchAll(prose)) {
    code += text.slice(end, index).replaceAll(/(?<![\w$])promises?(?![\w$])/g, blank);
    code += match.replaceAll(/(?<=\bnode:[a-z/]*)promises\b/g, blank);
    end = index + match.length;
  }
  code += text.slice(end).replaceAll(/(?<![\w$])promises?(?![\w$])/g, blank);
  return code.replaceAll(/\bPromise(Like|WithResolvers)?\b/g, blank);
}

/** Every finding in the repository's files, as lines for people: where it is, the word, and what to write instead. */
export function checkRepository(root: string): readonly string[] {
  const find = makeFindWords(readWords(readFileSync(path.join(root, glossary), 'utf8')));
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  return listed
    .split('\0')
    .filter(
      (file) => checked.test(file) && !excluded.test(file) && existsSync(path.join(root, file)),
    )
    .flatMap((file) =>
      find(file, readFileSync(path.join(root, file), 'utf8')).map(
        ({ line, word, instead }) => `${file}:${line}  "${word}": write ${instead}`,
      ),
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lines = checkRepository(path.resolve(import.meta.dirname, '../..'));
  for (const line of lines) {
    process.stdout.write(`${line}\n`);
  }
  if (lines.length > 0) {
    process.stdout.write(`${lines.length} words that we do not use (${glossary}).\n`);
    process.exitCode = 1;
  }
}
