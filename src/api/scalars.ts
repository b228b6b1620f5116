import type { GraphileConfig } from 'postgraphile/graphile-build';
import { GraphQLError, Kind, type ValueNode } from 'postgraphile/graphql';
import { findUnstorable } from '../lib/storable-text.ts';
import { dates, instants, type Shape, timesOfDay } from './dates.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A list's cursor holds its order's digest and what its row has there; one of a function's list the number of the row. */
function isCursor(text: string): boolean {
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return false;
  }
  if (!Array.isArray(decoded) || findUnstorable(decoded) !== undefined) {
    return false;
  }
  const [digest, ...values] = decoded;
  return digest === 'natural'
    ? values.length === 1 && Number.isSafeInteger(values[0]) && values[0] >= 0
    : typeof digest === 'string' && values.every((value) => typeof value !== 'object' || !value);
}

const shapes: Readonly<Record<string, Shape>> = {
  Date: dates,
  Datetime: instants,
  Time: timesOfDay,
  UUID: {
    accepts: (text) => uuid.test(text),
    words: 'This must be a UUID, such as "10000000-0000-4000-8000-000000000001".',
  },
  Cursor: {
    accepts: isCursor,
    words: 'This must be a cursor from an earlier page of the same list.',
  },
};

const descriptions: Readonly<Record<string, string>> = {
  Datetime:
    'An instant in [ISO 8601](https://en.wikipedia.org/wiki/ISO_8601) format with its offset from UTC, such as `2026-11-30T11:00:00+05:30`.',
  Time: 'A time of day without date and offset, such as `09:30` or `09:30:15`. The end of a day is `24:00`.',
};

/**
 * Takes dates, times, ids and cursors in one form. PostgreSQL's own reading guesses: "yesterday",
 * `08/12/02` and a time without an offset would become some day or other.
 */
export const ScalarsPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroScalarsPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLScalarType(scalar) {
        const shape = shapes[scalar.name];
        if (shape === undefined) {
          return scalar;
        }
        const parse = (value: unknown, node?: ValueNode): string => {
          if (typeof value === 'string' && shape.accepts(value)) {
            return value;
          }
          throw new GraphQLError(shape.words, {
            nodes: node ?? null,
            extensions: { code: 'OB020' },
          });
        };
        return {
          ...scalar,
          description: descriptions[scalar.name] ?? scalar.description,
          parseValue: (value) => parse(value),
          parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined, node),
        };
      },
    },
  },
};
