import type { ExecutionConfig } from 'postgraphile/grafserv';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  OverlappingFieldsCanBeMergedRule,
  parse,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  type ValidationRule,
  ValuesOfCorrectTypeRule,
  validate,
} from 'postgraphile/graphql';
import { apiError } from '../../errors/errors.ts';
import { FittingValuesRule, StorableTextRule } from '../input.ts';
import { refusedNumber } from '../number-inputs.ts';
import { FieldsMergeRule } from './fields-merge.ts';
import { introspectionPrices } from './introspection-price.ts';
import { checkSelections } from './selections.ts';
import { SubscriptionRootRule } from './subscription-root.ts';
import { checkText } from './text.ts';
import { WeightedCache } from './weighted-cache.ts';

type ParseAndValidate = ExecutionConfig['parseAndValidate'];
type Parsed = ReturnType<ParseAndValidate>;

/** To find a name that is like an unknown one, all names of the schema are compared with it. */
const maxErrors = 2;
/** Characters of documents that are remembered; parsed, each takes some 200 bytes at most. */
const maxRemembered = 100_000;

const ownRules = new Map<ValidationRule, ValidationRule>([
  [OverlappingFieldsCanBeMergedRule, FieldsMergeRule],
  [SingleFieldSubscriptionsRule, SubscriptionRootRule],
  [ValuesOfCorrectTypeRule, FittingValuesRule],
]);
const rules = [...specifiedRules.map((rule) => ownRules.get(rule) ?? rule), StorableTextRule];

export type DocumentReader = {
  /** From a document's text to a document that may run, or to errors. */
  readonly read: ParseAndValidate;
  /** How many fields with fields of their own the largest operation of a document has. */
  readonly objectsIn: (document: DocumentNode) => number;
};

/**
 * The one door for every text, by HTTP and websocket. Each step bounds the time and the depth of
 * those after it.
 */
export function makeDocumentReader(schema: GraphQLSchema, maxDepth: number): DocumentReader {
  const known = new WeightedCache<string, Parsed>(maxRemembered);
  const objects = new WeakMap<DocumentNode, number>();
  const prices = introspectionPrices(schema);

  function readAnew(text: string): Parsed {
    checkText(text);
    const document = parse(text);
    objects.set(document, checkSelections(document, maxDepth, prices));
    // Before validation, which refuses the same without a field.
    const refusal = refusedNumber(schema, document, {});
    if (refusal) {
      return { errors: [refusal] };
    }
    const errors = validate(schema, document, rules, { maxErrors });
    return errors.length > 0 ? { errors: [...errors] } : { document };
  }

  function read(text: string): Parsed {
    const remembered = known.get(text);
    if (remembered) {
      return remembered;
    }
    try {
      const parsed = readAnew(text);
      if ('document' in parsed) {
        known.set(text, parsed, text.length);
      }
      return parsed;
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

  return { read, objectsIn: (document) => objects.get(document) ?? 0 };
}
