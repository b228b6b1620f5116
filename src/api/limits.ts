import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
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
import { apiError } from './errors.ts';
import { defaultPageSize, maxPageSize } from './page-size.ts';

export interface QueryLimits {
  /** How deep fields, and values in arguments, may be nested. */
  maxDepth: number;
  /** How many rows one operation may ask for, counted from its `first` arguments. */
  maxRows: number;
}

type Variables = Readonly<Record<string, unknown>>;

/** Fragments can name each other so that a short text becomes millions of fields. */
const maxFields = 10_000;

/**
 * Says why an operation may not run, or nothing. Depth and size give OB011, rows OB012. Each
 * connection counts `first` rows (20 where absent) for every row of the connection around it.
 * Introspection is not counted: GraphQL.js limits its nesting, and it reads no row.
 */
export function exceededLimit(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  limits: QueryLimits,
): GraphQLError | undefined {
  if (isDeeperThan<unknown>(variables, limits.maxDepth + 1, jsonChildren)) {
    return apiError('OB011', `Values may be nested ${limits.maxDepth} deep.`);
  }
  try {
    new Estimate(schema, document, operation, variables, limits).addOperation();
    return undefined;
  } catch (error) {
    if (error instanceof Exceeded) {
      return error.limit;
    }
    throw error;
  }
}

class Exceeded extends Error {
  readonly limit: GraphQLError;

  constructor(limit: GraphQLError) {
    super(limit.message);
    this.limit = limit;
  }
}

/** Walks one operation and adds up what it asks for; throws Exceeded as soon as it is too much. */
class Estimate {
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  readonly #variables: Variables;
  readonly #limits: QueryLimits;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  #fields = 0;
  #rows = 0;

  constructor(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
    limits: QueryLimits,
  ) {
    this.#schema = schema;
    this.#operation = operation;
    this.#variables = variables;
    this.#limits = limits;
    this.#fragments = new Map(
      document.definitions
        .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
        .map((definition) => [definition.name.value, definition]),
    );
  }

  addOperation(): void {
    const root = this.#schema.getRootType(this.#operation.operation);
    this.#addSelections(this.#operation.selectionSet, root?.name, 1, 1);
  }

  #addSelections(
    { selections }: SelectionSetNode,
    typeName: string | undefined,
    depth: number,
    times: number,
  ): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        this.#addField(selection, typeName, depth, times);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const on = selection.typeCondition?.name.value ?? typeName;
        this.#addSelections(selection.selectionSet, on, depth, times);
      } else {
        const fragment = this.#fragments.get(selection.name.value);
        if (fragment) {
          const on = fragment.typeCondition.name.value;
          this.#addSelections(fragment.selectionSet, on, depth, times);
        }
      }
    }
  }

  #addField(field: FieldNode, typeName: string | undefined, depth: number, times: number): void {
    const name = field.name.value;
    if (name.startsWith('__')) {
      return;
    }
    this.#fields += 1;
    if (this.#fields > maxFields) {
      throw new Exceeded(apiError('OB011', `A query may have ${maxFields} fields.`));
    }
    const { maxDepth } = this.#limits;
    const isDeepValue = field.arguments?.some((argument) =>
      isDeeperThan(argument.value, maxDepth, valueNodeChildren),
    );
    if (depth > maxDepth || isDeepValue) {
      throw new Exceeded(apiError('OB011', `A query may be nested ${maxDepth} deep.`));
    }
    const type = typeName === undefined ? undefined : this.#schema.getType(typeName);
    const definition =
      isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    let rows = times;
    if (definition?.args.some((arg) => arg.name === 'first')) {
      rows *= this.#firstOf(field.arguments?.find((each) => each.name.value === 'first'));
      this.#addRows(rows);
    }
    if (field.selectionSet) {
      const named = definition && getNamedType(definition.type);
      const next = isCompositeType(named) ? named.name : undefined;
      this.#addSelections(field.selectionSet, next, depth + 1, rows);
    }
  }

  #addRows(rows: number): void {
    this.#rows += rows;
    if (this.#rows > this.#limits.maxRows) {
      const message = `A query may ask for ${this.#limits.maxRows} rows, nested ones multiplied.`;
      throw new Exceeded(apiError('OB012', `${message} Ask for fewer with "first".`));
    }
  }

  #firstOf(argument: ArgumentNode | undefined): number {
    const value = argument?.value;
    if (value === undefined) {
      return defaultPageSize;
    }
    const first =
      value.kind === Kind.VARIABLE ? this.#variableOf(value.name.value) : numberIn(value);
    if (first === undefined) {
      return defaultPageSize;
    }
    if (typeof first !== 'number' || !Number.isInteger(first) || first < 0 || first > maxPageSize) {
      throw new Exceeded(apiError('OB012', `"first" is a whole number from 0 to ${maxPageSize}.`));
    }
    return first;
  }

  #variableOf(name: string): unknown {
    if (Object.hasOwn(this.#variables, name)) {
      return this.#variables[name];
    }
    const definition = this.#operation.variableDefinitions?.find(
      (each) => each.variable.name.value === name,
    );
    return definition?.defaultValue && numberIn(definition.defaultValue);
  }
}

function numberIn(value: ValueNode): number | null {
  return value.kind === Kind.INT ? Number(value.value) : null;
}

/** Without recursion: what it guards against is what would exhaust the stack. */
function isDeeperThan<T>(value: T, limit: number, childrenOf: (value: T) => readonly T[]): boolean {
  let level: readonly T[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) {
      return true;
    }
    level = level.flatMap((each) => childrenOf(each));
  }
  return false;
}

function jsonChildren(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function valueNodeChildren(node: ValueNode): readonly ValueNode[] {
  if (node.kind === Kind.OBJECT) {
    return node.fields.map((field) => field.value);
  }
  return node.kind === Kind.LIST ? node.values : [];
}
