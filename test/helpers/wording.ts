import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';
import { readWords } from '../house/words.ts';

const glossary = readFileSync(path.join(projectRoot, 'docs', 'glossary.md'), 'utf8');

/** Words that descriptions and messages do not use: those of the glossary, and some that are right in comments alone. */
export const replacedWords: readonly string[] = [
  ...readWords(glossary).keys(),
  'herself',
  'oneself',
  "one's",
];
