import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'postgraphile/graphql';
import { apiError } from '../../errors/errors.ts';
import { asksForSchemaOnly } from './introspection.ts';
import type { IntrospectionPrices } from './introspection-price.ts';
import { isDeeperValue } from './values.ts';

/** Fields, spreads and inline fragments of one operation, each as often as fragments repeat it. */
const maxSelections = 2_000;
/** Those of them that are fields with fields of their own: planning them takes the longest. */
const maxObjects = 200;
/** Validation compares operations, fragments and variables with each other. */
const maxOperations = 20;
const maxFragments = 200;
const maxVariables = 100;
const maxArguments = 100;
const maxDirectives = 10;
/** What may be asked of the schema beside other fields: a plan is kept together with its answer. */
const maxSchemaValuesBeside = 1_000;

/** What a selection set is, with its fragments put in. */
type Weight = {
  readonly selections: number;
  readonly objects: number;
  readonly depth: number;
  /** What it asks of the schema, in values of the answer. */
  readonly schemaValues: number;
  /** What it would ask for if it were a part of such a question, on each type and on a field's. */
  readonly each: number;
  readonly referenced: number;
};

/** Fields of the schema that give types as such. */
const lists = new Set(['types', 'possibleTypes', 'interfaces']);

const nothing: Weight = {
  selections: 0,
  objects: 0,
  depth: 0,
  schemaValues: 0,
  each: 0,
  referenced: 0,
};

/**
 * Throws when a document asks for too much, with OB011. Knows names only, so that it comes before
 * validation. Each selection is looked at once, however often fragments repeat it. Gives how many
 * fields with fields of their own its largest operation has.
 */
export function checkSelections(
  document: DocumentNode,
  maxDepth: number,
  prices: IntrospectionPrices,
): number {
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  atMost(maxOperations, operations.length, 'operations in a document');
  atMost(maxFragments, fragments.length, 'fragments in a document');
  for (const { variableDefinitions = [], directives = [] } of operations) {
    atMost(maxVariables, variableDefinitions.length, 'variables in an operation');
    atMost(maxDirectives, directives.length, 'directives at one place');
    for (const variable of variableDefinitions) {
      atMost(maxDirectives, variable.directives?.length ?? 0, 'directives at one place');
    }
  }
  for (const { directives = [] } of fragments) {
    atMost(maxDirectives, directives.length, 'directives at one place');
  }
  const weigh = weighFragments(document, prices, (selection) =>
    checkSelection(selection, maxDepth),
  );
  let objects = 0;
  for (const operation of operations) {
    const weight = weigh(operation.selectionSet);
    objects = Math.max(objects, weight.objects);
    checkWeight(weight, maxDepth, prices);
    if (weight.schemaValues > maxSchemaValuesBeside && !asksForSchemaOnly(operation)) {
      throw apiError(
        'OB011',
        'The query asks for too much of the schema beside other data. Ask for the schema in a separate request.',
      );
    }
  }
  // Also those that no operation spreads, as far as validation will look at them.
  for (const fragment of fragments) {
    weigh(fragment.selectionSet);
  }
  return objects;
}

/**
 * Makes the function that weighs a selection set of a document. A fragment is weighed once, when it
 * is first met, so that a document takes as long as it is long.
 */
export function weighFragments(
  document: DocumentNode,
  prices: Pick<IntrospectionPrices, 'entriesOf' | 'largestType'>,
  check: (selection: SelectionNode) => void = () => {},
): (selectionSet: SelectionSetNode) => Weight {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const weights = new Map<FragmentDefinitionNode, Weight | 'in progress'>();

  function ofSet({ selections }: SelectionSetNode): Weight {
    let total = nothing;
    for (const selection of selections) {
      check(selection);
      total = add(total, of(selection));
    }
    return total;
  }

  function of(selection: SelectionNode): Weight {
    if (selection.kind === Kind.FIELD) {
      return ofField(selection);
    }
    const inside =
      selection.kind === Kind.INLINE_FRAGMENT
        ? ofSet(selection.selectionSet)
        : ofFragment(selection.name.value);
    return { ...inside, selections: 1 + inside.selections };
  }

  function ofField(field: FieldNode): Weight {
    const name = field.name.value;
    const inside = field.selectionSet ? ofSet(field.selectionSet) : nothing;
    const isSchema = name === '__schema' || name === '__type';
    const times = name === '__type' ? prices.largestType : 1;
    const asSchema = 1 + inside[lists.has(name) ? 'each' : 'referenced'];
    return {
      selections: 1 + inside.selections,
      objects: (field.selectionSet && !isSchema ? 1 : 0) + (isSchema ? 0 : inside.objects),
      // GraphQL.js bounds how deep the schema may be asked for; its types have types nine deep.
      depth: 1 + (isSchema ? 0 : inside.depth),
      schemaValues: isSchema
        ? times * inside[name === '__type' ? 'referenced' : 'each']
        : inside.schemaValues,
      each: prices.entriesOf(name, 'each') * asSchema,
      referenced: prices.entriesOf(name, 'referenced') * asSchema,
    };
  }

  function ofFragment(name: string): Weight {
    const fragment = fragments.get(name);
    if (fragment === undefined) {
      return nothing;
    }
    const known = weights.get(fragment);
    if (known === 'in progress') {
      throw new GraphQLError(`Fragment "${name}" must not contain itself. Remove the spread.`, {
        nodes: fragment,
      });
    }
    if (known !== undefined) {
      return known;
    }
    weights.set(fragment, 'in progress');
    const weight = ofSet(fragment.selectionSet);
    weights.set(fragment, weight);
    return weight;
  }

  return ofSet;
}

function add(one: Weight, other: Weight): Weight {
  return {
    selections: one.selections + other.selections,
    objects: one.objects + other.objects,
    depth: Math.max(one.depth, other.depth),
    schemaValues: one.schemaValues + other.schemaValues,
    each: one.each + other.each,
    referenced: one.referenced + other.referenced,
  };
}

function checkWeight(weight: Weight, maxDepth: number, prices: IntrospectionPrices): void {
  if (weight.depth > maxDepth) {
    throw apiError(
      'OB011',
      `A query must be nested at most ${maxDepth} levels deep. Ask for deeper data in a separate request.`,
    );
  }
  atMost(maxSelections, weight.selections, 'fields and fragments, repeated ones counted each time');
  atMost(maxObjects, weight.objects, 'fields with fields of their own');
  if (weight.schemaValues > prices.most) {
    throw apiError(
      'OB011',
      'A query must ask for the whole schema at most once. Ask for less of it, or use several requests.',
    );
  }
}

function checkSelection(selection: SelectionNode, maxDepth: number): void {
  const directives = selection.directives ?? [];
  atMost(maxDirectives, directives.length, 'directives at one place');
  if (selection.kind === Kind.FIELD) {
    checkArguments(selection.arguments ?? [], maxDepth);
  }
  for (const directive of directives) {
    checkArguments(directive.arguments ?? [], maxDepth);
  }
}

function checkArguments(given: readonly ArgumentNode[], maxDepth: number): void {
  atMost(maxArguments, given.length, 'arguments of one field');
  if (given.some((argument) => isDeeperValue(argument.value, maxDepth))) {
    throw apiError(
      'OB011',
      `Values must be nested at most ${maxDepth} levels deep. Send flatter values.`,
    );
  }
}

function atMost(limit: number, count: number, what: string): void {
  if (count > limit) {
    throw apiError(
      'OB011',
      `A request must have at most ${limit} ${what}. Split it into several requests.`,
    );
  }
}
