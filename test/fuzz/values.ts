import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql';
import type { Dice } from '../booking/slots-worlds.ts';

/** A value as it is written in a document, and as JSON for a variable; not every value has both. */
export type Value = { readonly literal?: string; readonly json?: string };

/** What rows there are: their ids, and cursors of pages of them. */
export type Known = { readonly ids: readonly string[]; readonly cursors: readonly string[] };

const both = (value: unknown): Value => ({
  literal: literalOf(value),
  json: JSON.stringify(value),
});
const written = (text: string): Value => ({ literal: text, json: text });

/** Names without quotes, as GraphQL writes an object. */
function literalOf(value: unknown): string {
  if (Array.isArray(value)) {
    return `[${value.map(literalOf)}]`;
  }
  return typeof value === 'object' && value !== null
    ? `{${Object.entries(value).map(([name, each]) => `${name}:${literalOf(each)}`)}}`
    : JSON.stringify(value);
}

function deep(levels: number): unknown {
  return levels === 0 ? 1 : { a: deep(levels - 1) };
}

const texts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '\u202e',
  '\u200b',
  '\ufeff',
  '\u0007',
  'e\u0301',
  '\u{1F600}',
  'line\nline\r\n',
  '%',
  '_',
  '\\',
  '"',
  "'; select 1; --",
  '$1',
  '{}',
  '{1,2}',
  '{"',
  '(1,2)',
  '[,]',
  '[2026-01-02,2026-01-01)',
  'null',
  'true',
  'NaN',
  'Infinity',
  '-Infinity',
  '1e400',
  '1e-400',
  '1e131072',
  '0x10',
  '-0',
  '１２',
  '1_000',
  '9'.repeat(400),
  'yesterday',
  'now',
  'infinity',
  'epoch',
  'allballs',
  '2026-13-45',
  '2026-02-29',
  '0000-00-00',
  '0001-01-01 BC',
  '10000-01-01',
  '294277-01-01T00:00:00Z',
  '5874898-01-01',
  '08/12/02',
  '2026-11-30 11:00',
  '2026-11-30T11:00:00+99:99',
  '2026-11-30T11:00:00 Mars/Olympus',
  '24:00:00',
  '25:61',
  '10:00 Asia/Kolkata',
  'Mars/Olympus',
  '../../etc/passwd',
  'P1Y',
  '999999999 years',
  '00000000-0000-0000-0000-000000000000',
  '{ffffffff-ffff-ffff-ffff-ffffffffffff}',
  'a'.repeat(300),
  'word '.repeat(4_000),
  ...[
    '["natural",-1]',
    '["natural",1e99]',
    '[]',
    '{}',
    'null',
    '[["a"],null]',
    '"\u0000"',
    '1',
  ].map((cursor) => Buffer.from(cursor).toString('base64')),
];

const numbers = [
  0,
  -1,
  -0,
  0.5,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  1e308,
  -1e308,
  5e-324,
  366,
  1_000,
];

/** What any argument may be given, whatever its type is. */
const oddities: readonly Value[] = [
  ...texts.map(both),
  ...[null, {}, [], [[]], [null], [{}], true, false, 0, -1, 1, 0.1, 1e308, -1e308, 5e-324].map(
    both,
  ),
  ...[2 ** 31, -(2 ** 31) - 1, 2 ** 53 + 1, deep(5), deep(11), deep(60), { __proto__: 1 }].map(
    both,
  ),
  { literal: '1e400', json: '1e400' },
  written('9'.repeat(400)),
  written('-0'),
  { literal: 'NOTHING' },
  { literal: '"\\u{1F600}\\uD83D\\uDE00"' },
  { literal: '"""block\\u0000"""' },
  { literal: '$nothing' },
  { json: '{"__proto__":{"a":1},"constructor":{"prototype":1}}' },
];

const usual: Readonly<Record<string, readonly unknown[]>> = {
  Int: [1, 5, 20],
  Float: [0.5, 1, 19.07],
  Boolean: [true, false],
  String: ['spa', 'a', 'Mumbai', 'active', 'Please ring the bell.'],
  ID: ['WyJ2ZW5kb3JzIiwiMDAwIl0='],
  BigInt: ['1', '25'],
  BigFloat: ['1', '499.00', '10.5'],
  Date: ['2026-12-01', '2027-01-15'],
  Datetime: ['2026-12-01T10:00:00Z', '2027-01-15T10:00:00+05:30'],
  Time: ['10:00:00', '18:30'],
  JSON: [{}, { a: [1, 'b', null] }, 'text', 5],
  EmailAddress: ['asha@example.com'],
  MobileNumber: ['+919876543210'],
  Pincode: ['400001'],
  Latitude: ['19.07'],
  Longitude: ['72.87'],
  InternetAddress: ['192.0.2.1'],
};

/** Makes values for arguments: mostly such as fit, often enough others. */
export class ValueMaker {
  readonly #dice: Dice;
  readonly #known: Known;
  readonly #oddness: number;

  /** `oddness`: how often a value is an odd one. */
  constructor(dice: Dice, known: Known, oddness: number) {
    this.#dice = dice;
    this.#known = known;
    this.#oddness = oddness;
  }

  of(type: GraphQLInputType, depth = 0): Value {
    const dice = this.#dice;
    if (isNonNullType(type)) {
      return this.of(type.ofType, depth);
    }
    if (dice.chance(this.#oddness)) {
      return this.#odd(type);
    }
    if (isListType(type)) {
      const items = Array.from({ length: dice.below(4) }, () => this.of(type.ofType, depth));
      return combine(items, (parts) => `[${parts}]`);
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) =>
          isRequiredInputField(field) || (depth < 3 && dice.chance(depth === 0 ? 0.3 : 0.1)),
      );
      const values = fields.map((field) => this.of(field.type, depth + 1));
      const named = (name: (text: string) => string) => (parts: readonly string[]) =>
        `{${parts.map((part, n) => `${name(fields[n]?.name ?? '')}:${part}`)}}`;
      return {
        ...combine(values, named(String)),
        ...pickJson(combine(values, named(JSON.stringify))),
      };
    }
    if (isEnumType(type)) {
      const { name } = dice.pick(type.getValues());
      return { literal: name, json: JSON.stringify(name) };
    }
    if (type.name === 'UUID') {
      return both(dice.pick(this.#known.ids));
    }
    return both(type.name === 'Cursor' ? this.#cursor() : dice.pick(usual[type.name] ?? texts));
  }

  /** Of a page that there is, or with an odd value where that page ended. */
  #cursor(): string {
    const dice = this.#dice;
    const cursor = dice.pick(this.#known.cursors);
    if (!dice.chance(this.#oddness)) {
      return cursor;
    }
    const [order, ...values] = JSON.parse(Buffer.from(cursor, 'base64').toString('utf8'));
    const changed = values.map(() => dice.pick([dice.pick(texts), dice.pick(numbers), null, {}]));
    return Buffer.from(JSON.stringify([order, ...changed])).toString('base64');
  }

  /** Mostly of the JSON type that the scalar takes: what has another one is refused before it is looked at. */
  #odd(type: GraphQLInputType): Value {
    const dice = this.#dice;
    if (dice.chance(0.25) || isListType(type) || isEnumType(type)) {
      return dice.pick(oddities);
    }
    if (isInputObjectType(type)) {
      return both(dice.pick([{}, null]));
    }
    return String(type) === 'Int' || String(type) === 'Float'
      ? both(dice.pick(numbers))
      : both(dice.pick(texts));
  }
}

/** In the form that all the parts have. */
function combine(parts: readonly Value[], join: (parts: readonly string[]) => string): Value {
  const literals = parts.map(({ literal }) => literal).filter((each) => each !== undefined);
  const jsons = parts.map(({ json }) => json).filter((each) => each !== undefined);
  return {
    ...(literals.length === parts.length && { literal: join(literals) }),
    ...(jsons.length === parts.length && { json: join(jsons) }),
  };
}

function pickJson({ json }: Value): Value {
  return json === undefined ? {} : { json };
}
