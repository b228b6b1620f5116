import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Block } from './pages.ts';

/** The undo of work in progress, which several pages write their part of. */
const undo = 'migrations/rollback/current.sql';

/** Writes what a block of a how-to says into a copy of the program. */
export function writeChange(program: string, block: Block): void {
  const { code, language, words, page, line } = block;
  if (typeof words.in !== 'string') {
    return;
  }
  const file = path.join(program, words.in);
  if (language !== 'diff') {
    mkdirSync(path.dirname(file), { recursive: true });
    (words.in === undo ? appendFileSync : writeFileSync)(file, code);
    return;
  }
  let text = readFileSync(file, 'utf8');
  for (const hunk of code.trimEnd().split('\n@@\n')) {
    const lines = hunk.split('\n');
    const side = (sign: string) =>
      lines
        .filter((each) => each.startsWith(sign) || each.startsWith(' '))
        .map((each) => each.slice(1));
    const before = side('-').join('\n');
    if (text.split(before).length !== 2) {
      throw new Error(`${page}:${line}: ${words.in} must have this once:\n${before}`);
    }
    text = text.replace(before, () => side('+').join('\n'));
  }
  writeFileSync(file, text);
}
