import type { DocumentNode, GraphQLError, GraphQLSchema } from 'postgraphile/graphql';
import { valueError } from '../errors/errors.ts';
import { type InputValue, visitInputValues } from './input-values.ts';
import { digitsFault, numberFault, numberKindOf } from './numbers.ts';

/**
 * Refuses the first input that is not a number where one is expected (NaN and infinity among them), or
 * has more decimals or digits than its place keeps. The database would refuse the one without a
 * field and round the other without a word.
 */
export function refusedNumber(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): GraphQLError | undefined {
  let refusal: GraphQLError | undefined;
  visitInputValues(schema, document, variables, (input) => {
    refusal ??= refuse(input);
  });
  return refusal;
}

function refuse({ path, type, definition, value }: InputValue): GraphQLError | undefined {
  const kind = numberKindOf(type);
  if (kind === undefined || value === null) {
    return undefined;
  }
  const fault =
    numberFault(value, kind) ??
    (kind === 'decimal' ? digitsFault(value as string | number, definition) : undefined);
  return fault === undefined ? undefined : valueError(path.join('.'), fault);
}
