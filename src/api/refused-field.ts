import {
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isInputObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'postgraphile/graphql';
import type { FindField } from '../errors/errors.ts';
import { type InputValue, visitFieldValues } from './input-values.ts';

type RootField = GraphQLField<unknown, unknown>;

/**
 * Finds the value that the database refuses in the input of the field that failed: by the name of its
 * column or argument, else by its domain where one value alone is of it, or is named after it:
 * `contactMobile` for `mobile_number`. A value that is missing has the way that it would have.
 */
export function makeFindField(args: ExecutionArgs): FindField {
  const { schema, document, operationName, variableValues } = args;
  return ({ path = [] }, { column, domain }) => {
    const operation = getOperationAST(document, operationName);
    const node = operation && selectionOf(document, operation.selectionSet, path[0]);
    const root = node && rootFieldOf(schema, operation, node);
    if (!root) {
      return undefined;
    }
    const given: InputValue[] = [];
    visitFieldValues(root, node, variableValues ?? {}, (value) => given.push(value));
    if (column !== undefined) {
      const name = camelCase(column);
      const found = given.find(({ path: way }) => way.at(-1) === name);
      return found?.path.join('.') ?? placeIn(root.args, name);
    }
    return domain === undefined ? undefined : placeOfDomain(given, domain);
  };
}

function placeOfDomain(given: readonly InputValue[], domain: string): string | undefined {
  const scalar = camelCase(`_${domain}`);
  const [word = ''] = domain.split('_');
  const values = given.filter(({ value }) => value !== null);
  const typed = values.filter(({ type }) => `${type}` === scalar);
  const named = values.filter(({ definition }) => definition.name.toLowerCase().endsWith(word));
  const [only, ...others] = typed.length > 0 ? typed : named;
  return others.length === 0 ? only?.path.join('.') : undefined;
}

function rootFieldOf(
  schema: GraphQLSchema,
  { operation }: OperationDefinitionNode,
  { name }: FieldNode,
): RootField | undefined {
  return schema.getRootType(operation)?.getFields()[name.value];
}

/** The field that answers under this name; of several they all have the same arguments. */
function selectionOf(
  document: DocumentNode,
  { selections }: SelectionSetNode,
  answersAs: string | number | undefined,
): FieldNode | undefined {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      if ((selection.alias ?? selection.name).value === answersAs) {
        return selection;
      }
      continue;
    }
    const inside =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection
        : document.definitions.find(
            (each) =>
              each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === selection.name.value,
          );
    const found =
      inside && 'selectionSet' in inside && inside.selectionSet
        ? selectionOf(document, inside.selectionSet, answersAs)
        : undefined;
    if (found) {
      return found;
    }
  }
  return undefined;
}

/** How deep an input of a row lies: `input.patch.name`. */
const maxDepth = 3;

/** The shortest way to an input of this name. */
function placeIn(
  inputs: readonly (GraphQLArgument | GraphQLInputField)[],
  name: string,
): string | undefined {
  let level = inputs.map((input) => ({ input, path: input.name }));
  for (let depth = 0; depth < maxDepth; depth += 1) {
    const found = level.find(({ input }) => input.name === name);
    if (found) {
      return found.path;
    }
    level = level.flatMap(({ input, path }) => {
      const type = getNamedType(input.type);
      const fields = isInputObjectType(type) ? Object.values(type.getFields()) : [];
      return fields.map((field) => ({ input: field, path: `${path}.${field.name}` }));
    });
  }
  return undefined;
}

function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
