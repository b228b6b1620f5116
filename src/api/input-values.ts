import {
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
  TypeInfo,
  type ValueNode,
  visit,
  visitWithTypeInfo,
} from 'postgraphile/graphql';

/** One value that came in, as a literal or in a variable, at the place where it is used. */
export type InputValue = {
  /** From the argument inwards: `['input', 'patch', 'customPrice']`; items of lists by their index. */
  readonly path: readonly (string | number)[];
  /** Never a non-null type: null is a value like any other here. */
  readonly type: GraphQLInputType;
  /** The argument or field that takes it; of an item that of its list. */
  readonly definition: GraphQLArgument | GraphQLInputField;
  /** As JSON would have it, but for the numbers among the literals, which are their text. */
  readonly value: unknown;
};

type Variables = Readonly<Record<string, unknown>>;

type Inputs = {
  readonly used: readonly { readonly definition: GraphQLArgument; readonly node: ValueNode }[];
  /** Of variables. */
  readonly defaults: Readonly<Record<string, unknown>>;
};

const known = new WeakMap<DocumentNode, Inputs>();

/**
 * Visits every value in the arguments of a document, objects and lists before what is in them. The
 * document need not be valid: what the schema does not know is passed over, and so is a variable
 * without a value. Each fragment is read once, however often it is spread.
 */
export function visitInputValues(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Variables,
  onValue: (value: InputValue) => void,
): void {
  const inputs = known.get(document) ?? readInputs(schema, document);
  known.set(document, inputs);
  const values = { ...inputs.defaults, ...variables };
  for (const { definition, node } of inputs.used) {
    const value = toJson(node, values);
    if (value !== undefined) {
      visitValue({ path: [definition.name], type: definition.type, definition, value }, onValue);
    }
  }
}

/** As `visitInputValues`, for the arguments of one field. */
export function visitFieldValues(
  { args }: GraphQLField<unknown, unknown>,
  { arguments: given = [] }: FieldNode,
  variables: Variables,
  onValue: (value: InputValue) => void,
): void {
  for (const node of given) {
    const definition = args.find(({ name }) => name === node.name.value);
    const value = toJson(node.value, variables);
    if (definition && value !== undefined) {
      visitValue({ path: [definition.name], type: definition.type, definition, value }, onValue);
    }
  }
}

function readInputs(schema: GraphQLSchema, document: DocumentNode): Inputs {
  const used: { definition: GraphQLArgument; node: ValueNode }[] = [];
  const defaults: Record<string, unknown> = {};
  const typeInfo = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      Argument(node) {
        const definition = typeInfo.getArgument();
        if (definition) {
          used.push({ definition, node: node.value });
        }
        return false;
      },
      VariableDefinition({ variable, defaultValue }) {
        if (defaultValue) {
          defaults[variable.name.value] = toJson(defaultValue, {});
        }
        return false;
      },
    }),
  );
  return { used, defaults };
}

function visitValue(given: InputValue, onValue: (value: InputValue) => void): void {
  const { path, definition, value } = given;
  const type = getNullableType(given.type);
  onValue({ ...given, type });
  if (value === null) {
    return;
  }
  if (isListType(type)) {
    // One value stands for a list of one.
    const items = Array.isArray(value) ? value : [value];
    for (const [index, item] of items.entries()) {
      const itemPath = Array.isArray(value) ? [...path, index] : path;
      visitValue({ path: itemPath, type: type.ofType, definition, value: item }, onValue);
    }
  } else if (isInputObjectType(type) && typeof value === 'object') {
    const fields = type.getFields();
    for (const [name, item] of Object.entries(value)) {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (field && item !== undefined) {
        const { type: fieldType } = field;
        visitValue(
          { path: [...path, name], type: fieldType, definition: field, value: item },
          onValue,
        );
      }
    }
  }
}

/** Undefined where a variable has no value. */
function toJson(node: ValueNode, variables: Variables): unknown {
  switch (node.kind) {
    case Kind.VARIABLE:
      return Object.hasOwn(variables, node.name.value) ? variables[node.name.value] : undefined;
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((item) => toJson(item, variables));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map((field) => [field.name.value, toJson(field.value, variables)]),
      );
    default:
      return node.value;
  }
}
