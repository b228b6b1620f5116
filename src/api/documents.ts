import type { ExecutionConfig } from 'postgraphile/grafserv';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate,
} from 'postgraphile/graphql';
import { apiError } from './errors.ts';
import { refusedNumber } from './number-inputs.ts';

type ParseAndValidate = ExecutionConfig['parseAndValidate'];
type Parsed = ReturnType<ParseAndValidate>;

/** Validation compares fields with each other, so that time grows with the square of the text. */
const maxTokens = 5_000;
const maxCached = 500;
const maxCachedLength = 10_000;

/**
 * Makes the function from a query's text to a document that fits the schema, or to errors. It
 * remembers what it has seen, as grafserv's own does; grafserv's has no bound on the text and lets
 * an exhausted stack through as an error of the server.
 */
export function makeParseAndValidate(schema: GraphQLSchema): ParseAndValidate {
  const seen = new Map<string, Parsed>();
  return (query) => {
    const known = seen.get(query);
    if (known) {
      return known;
    }
    const parsed = parseAndValidate(schema, query);
    if (query.length <= maxCachedLength) {
      const [oldest] = seen.keys();
      if (seen.size >= maxCached && oldest !== undefined) {
        seen.delete(oldest);
      }
      seen.set(query, parsed);
    }
    return parsed;
  };
}

function parseAndValidate(schema: GraphQLSchema, query: string): Parsed {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens });
    // Before validation, which refuses the same without a field.
    const refusal = refusedNumber(schema, document, {});
    if (refusal) {
      return { errors: [refusal] };
    }
    const errors = validate(schema, document, specifiedRules);
    return errors.length > 0 ? { errors: [...errors] } : { document };
  } catch (error) {
    if (error instanceof GraphQLError) {
      return { errors: [error] };
    }
    if (error instanceof RangeError) {
      return { errors: [apiError('OB011', undefined, error)] };
    }
    throw error;
  }
}
