import {
  type ASTNode,
  type ASTVisitor,
  coerceInputValue,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  typeFromAST,
  type ValidationContext,
  ValuesOfCorrectTypeRule,
  visit,
} from 'postgraphile/graphql';
import { isErrorCode } from '../errors/error-codes.ts';
import { aboutField, valueError } from '../errors/errors.ts';
import {
  fieldName,
  findUnstorable,
  type InputPath,
  isStorable,
  unstorableWords,
} from '../lib/storable-text.ts';

type Ancestors = readonly (ASTNode | readonly ASTNode[])[];
type Visited = readonly [
  node: ASTNode,
  key: string | number | undefined,
  parent: ASTNode | readonly ASTNode[] | undefined,
  path: readonly (string | number)[],
  ancestors: Ancestors,
];

/** Where in the arguments of its field a visited node is; empty outside of arguments. */
function pathOf(...[node, , parent, keys, ancestors]: Visited): InputPath {
  const chain = [...ancestors, ...(parent === undefined ? [] : [parent]), node];
  return chain.flatMap<string | number>((each, index) => {
    if ('kind' in each) {
      const isName = each.kind === Kind.ARGUMENT || each.kind === Kind.OBJECT_FIELD;
      return isName ? [each.name.value] : [];
    }
    const owner = chain[index - 1];
    const entry = keys[index];
    const isList = owner !== undefined && 'kind' in owner && owner.kind === Kind.LIST;
    return isList && typeof entry === 'number' ? [entry] : [];
  });
}

/** An error of GraphQL.js or a scalar about one value, with the field that it is about. */
function named(error: GraphQLError, path: InputPath): GraphQLError {
  const { code } = error.extensions;
  const field = fieldName(path);
  return new GraphQLError(aboutField(field, error.message), {
    nodes: error.nodes ?? null,
    extensions: { code: isErrorCode(code) ? code : 'OB010', field },
  });
}

/** GraphQL.js's rule that values in the text fit their types; its errors name the field. */
export function FittingValuesRule(context: ValidationContext): ASTVisitor {
  let path: InputPath = [];
  const reporting = Object.create(context, {
    reportError: {
      value: (error: GraphQLError) =>
        context.reportError(path.length === 0 ? error : named(error, path)),
    },
  }) as ValidationContext;
  const visitors = Object.entries(ValuesOfCorrectTypeRule(reporting)).map(([kind, check]) => [
    kind,
    (...visited: Visited) => {
      path = pathOf(...visited);
      return (check as (...visited: Visited) => unknown)(...visited);
    },
  ]);
  return Object.fromEntries(visitors) as ASTVisitor;
}

/** Refuses text in the query that PostgreSQL cannot keep. */
export function StorableTextRule(context: ValidationContext): ASTVisitor {
  return {
    StringValue(...visited) {
      const [node] = visited;
      if (!isStorable(node.value)) {
        context.reportError(valueError(fieldName(pathOf(...visited)), unstorableWords));
      }
    },
  };
}

/** Where each variable of a document is used first, which is how people know it. */
const uses = new WeakMap<DocumentNode, ReadonlyMap<string, InputPath>>();

function usesIn(document: DocumentNode): ReadonlyMap<string, InputPath> {
  const known = uses.get(document);
  if (known) {
    return known;
  }
  const found = new Map<string, InputPath>();
  visit(document, {
    VariableDefinition: () => false,
    Variable(...visited) {
      const name = visited[0].name.value;
      if (!found.has(name)) {
        found.set(name, pathOf(...visited));
      }
    },
  });
  uses.set(document, found);
  return found;
}

class Refused extends Error {
  readonly refusal: GraphQLError;

  constructor(refusal: GraphQLError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/**
 * Says which value of an operation's variables cannot be what it is for, or nothing. Before anything
 * is planned, so that the error names the field and the database is not asked.
 */
export function refusedVariable(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): GraphQLError | undefined {
  for (const definition of operation.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type as NamedTypeNode);
    if (!type || !isInputType(type)) {
      continue;
    }
    const start = usesIn(document).get(name) ?? [name];
    const isRequired = isNonNullType(type) && definition.defaultValue === undefined;
    if (!Object.hasOwn(variables, name) && !isRequired) {
      continue;
    }
    const value = variables[name];
    const unstorable = findUnstorable(value, start);
    if (unstorable) {
      return valueError(fieldName(unstorable), unstorableWords);
    }
    try {
      coerceInputValue(value, type, (path, _value, error) => {
        throw new Refused(named(error, [...start, ...path]));
      });
    } catch (error) {
      if (error instanceof Refused) {
        return error.refusal;
      }
      throw error;
    }
  }
  return undefined;
}
