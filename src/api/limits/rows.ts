import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'postgraphile/graphql';
import { apiError } from '../../errors/errors.ts';
import { defaultPageSize, maxPageSize } from '../page-size.ts';

export type Variables = Readonly<Record<string, unknown>>;

/**
 * Throws OB012 when an operation that fits the schema asks for too many rows. Each connection counts
 * `first` rows (20 where absent) for every row of the connection around it. What a fragment asks for
 * is counted once, for one row around it.
 */
export function checkRows(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  maxRows: number,
): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const rowsOfFragments = new Map<string, number>();
  const root = schema.getRootType(operation.operation);
  if (rowsOf(operation.selectionSet, root?.name) > maxRows) {
    throw apiError(
      'OB012',
      `A query must ask for at most ${maxRows} rows, nested lists multiplied. Ask for fewer with "first".`,
    );
  }

  function rowsOf({ selections }: SelectionSetNode, typeName: string | undefined): number {
    let rows = 0;
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        rows += rowsOfField(selection, typeName);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value ?? typeName;
        rows += rowsOf(selection.selectionSet, on);
      } else {
        rows += rowsOfFragment(selection.name.value);
      }
    }
    return rows;
  }

  function rowsOfFragment(name: string): number {
    const known = rowsOfFragments.get(name);
    if (known !== undefined) {
      return known;
    }
    const fragment = fragments.get(name);
    const rows = fragment ? rowsOf(fragment.selectionSet, fragment.typeCondition.name.value) : 0;
    rowsOfFragments.set(name, rows);
    return rows;
  }

  function rowsOfField(field: FieldNode, typeName: string | undefined): number {
    const type = typeName === undefined ? undefined : schema.getType(typeName);
    const definition =
      isObjectType(type) || isInterfaceType(type) ? type.getFields()[field.name.value] : undefined;
    const named = definition && getNamedType(definition.type);
    const inside = field.selectionSet
      ? rowsOf(field.selectionSet, isCompositeType(named) ? named.name : undefined)
      : 0;
    if (!definition?.args.some((arg) => arg.name === 'first')) {
      return inside;
    }
    const first = firstOf(field.arguments?.find((each) => each.name.value === 'first'));
    return first * (1 + inside);
  }

  function firstOf(argument: ArgumentNode | undefined): number {
    const value = argument?.value;
    const first = value?.kind === Kind.VARIABLE ? variableOf(value.name.value) : numberIn(value);
    // Null is as if nothing were said.
    if (first === undefined || first === null) {
      return defaultPageSize;
    }
    if (typeof first !== 'number' || !Number.isInteger(first) || first < 0 || first > maxPageSize) {
      throw new GraphQLError(`"first" must be a whole number from 0 to ${maxPageSize}.`, {
        extensions: { code: 'OB012', field: 'first' },
      });
    }
    return first;
  }

  function variableOf(name: string): unknown {
    if (Object.hasOwn(variables, name)) {
      return variables[name];
    }
    const definition = operation.variableDefinitions?.find(
      (each) => each.variable.name.value === name,
    );
    return numberIn(definition?.defaultValue);
  }
}

function numberIn(value: ValueNode | undefined): number | null | undefined {
  return value?.kind === Kind.INT ? Number(value.value) : undefined;
}
