import type { z } from 'zod';

/** The first thing that is wrong with a value from outside. */
export type SchemaFault = {
  /** The way to it, such as `device.platform`; empty for the whole. */
  readonly field: string;
  /** A sentence about it that begins with "This". */
  readonly words: string;
};

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

const units: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' };

/** What a schema refuses, in words for people: the library's own are for programmers. */
export function faultIn({ issues }: z.ZodError, value: unknown): SchemaFault {
  const [issue] = issues;
  if (issue === undefined) {
    return { field: '', words: 'This must have the documented form.' };
  }
  if (issue.code === 'unrecognized_keys') {
    const field = [...issue.path, issue.keys[0] ?? ''].join('.');
    return { field, words: 'This is not expected here. Remove it.' };
  }
  return { field: issue.path.join('.'), words: wordsOf(issue, value) };
}

function wordsOf(issue: z.core.$ZodIssue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing(issue.path, value)
        ? 'This is required. Enter a value.'
        : `This must be ${kinds[issue.expected] ?? 'of another type'}.`;
    case 'too_big':
      return boundWords('at most', issue.maximum, issue.origin);
    case 'too_small':
      return boundWords(
        issue.inclusive === false ? 'more than' : 'at least',
        issue.minimum,
        issue.origin,
      );
    case 'invalid_value':
      return isMissing(issue.path, value)
        ? 'This is required. Enter a value.'
        : `This must be ${issue.values.map((each) => `"${String(each)}"`).join(' or ')}.`;
    case 'custom':
      return `This ${issue.message}.`;
    default:
      return 'This must have the documented form.';
  }
}

function boundWords(bound: string, limit: number | bigint, origin: string): string {
  const unit = units[origin];
  return unit === undefined
    ? `This must be ${bound} ${limit}.`
    : `This must have ${bound} ${limit} ${unit}.`;
}

function isMissing(path: readonly PropertyKey[], value: unknown): boolean {
  let current = value;
  for (const key of path) {
    current = (current as Record<PropertyKey, unknown> | null | undefined)?.[key];
  }
  return current === undefined;
}
