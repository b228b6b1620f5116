import { CommandError } from './verb.ts';

/** @throws CommandError unless it is a whole number from 1. `null` when the option is not there. */
export function readWholeNumber(name: string, value: string | boolean | undefined): number | null {
  if (value === undefined) {
    return null;
  }
  const text = String(value).replaceAll('_', '');
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new CommandError(`--${name} takes a whole number from 1, such as --${name} 30.`);
  }
  return Number(text);
}
