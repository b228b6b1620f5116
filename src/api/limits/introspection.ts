import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  executeSync,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  print,
} from 'postgraphile/graphql';
import { WeightedCache } from './weighted-cache.ts';

/** Characters of answers that are remembered: those to a dozen different tools. */
const maxRemembered = 32_000_000;

export type AnswerIntrospection = (
  args: ExecutionArgs,
  operation: OperationDefinitionNode,
) => ExecutionResult;

/** Whether a query asks for nothing but the schema, as tools do. */
export function asksForSchemaOnly({ operation, selectionSet }: OperationDefinitionNode): boolean {
  const names = selectionSet.selections.map((selection) =>
    selection.kind === Kind.FIELD ? selection.name.value : undefined,
  );
  return (
    operation === OperationTypeNode.QUERY &&
    names.every((name) => name === '__schema' || name === '__type' || name === '__typename') &&
    names.some((name) => name !== '__typename')
  );
}

/**
 * Makes the function that answers operations which ask for nothing but the schema. The same
 * selection is answered once, however its text is written and its operation is called.
 */
export function makeAnswerIntrospection(): AnswerIntrospection {
  const answers = new WeightedCache<string, ExecutionResult>(maxRemembered);
  const selections = new WeakMap<OperationDefinitionNode, string>();
  return ({ schema, document, operationName, variableValues }, operation) => {
    let selection = selections.get(operation);
    if (selection === undefined) {
      selection = selectionOf(document, operation);
      selections.set(operation, selection);
    }
    const key = `${selection}\n${JSON.stringify(variablesOf(operation, variableValues ?? {}))}`;
    const known = answers.get(key);
    if (known) {
      return known;
    }
    const answer = executeSync({
      schema,
      document,
      ...(operationName != null && { operationName }),
      ...(variableValues && { variableValues }),
    });
    if (answer.errors === undefined) {
      answers.set(key, answer, JSON.stringify(answer).length);
    }
    return answer;
  };
}

function selectionOf(document: DocumentNode, operation: OperationDefinitionNode): string {
  const { name: _, ...unnamed } = operation;
  const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
  return [unnamed, ...fragments].map((each) => print(each)).join('\n');
}

function variablesOf(
  { variableDefinitions = [] }: OperationDefinitionNode,
  values: Readonly<Record<string, unknown>>,
): unknown[] {
  return variableDefinitions.map(({ variable }) => values[variable.name.value] ?? null);
}
