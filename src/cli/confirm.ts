import { createInterface } from 'node:readline/promises';
import { CommandError } from './verb.ts';

/**
 * Asks a person at a terminal to type `answer`, and returns whether they did.
 *
 * @throws CommandError when there is no terminal to ask at.
 */
export async function confirm(question: string, answer: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CommandError(
      `${question} There is no terminal to ask at. To agree in advance, add --yes.`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${question} Type ${answer} to go on: `)).trim() === answer;
  } finally {
    terminal.close();
  }
}
