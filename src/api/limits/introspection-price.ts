import {
  type GraphQLNamedType,
  type GraphQLSchema,
  type GraphQLType,
  getIntrospectionQuery,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isWrappingType,
  Kind,
  parse,
} from 'postgraphile/graphql';
import { weighFragments } from './selections.ts';

/** Where a selection from `__Type` stands: on each type of the schema, or on what a field has. */
export type TypeContext = 'each' | 'referenced';

/** What a selection from the schema itself costs: about how many values it is answered with. */
export type IntrospectionPrices = {
  /** How many entries a list has, or how often there is one, on average; 1 for anything else. */
  readonly entriesOf: (field: string, context: TypeContext) => number;
  /** How many times the average the largest type has: `__type` may name it. */
  readonly largestType: number;
  /** What one operation may cost. */
  readonly most: number;
};

/** How much more than the tools' introspection one operation may ask for. */
const allowance = 1.5;

/**
 * Counts the schema once, so that afterwards a selection from it is priced without looking at the
 * schema. What one operation may ask for follows from what the tools ask for.
 */
export function introspectionPrices(schema: GraphQLSchema): IntrospectionPrices {
  const types = Object.values(schema.getTypeMap());
  const references = types.flatMap(referencesOf);
  const args = mean(types.flatMap(fieldsOf), (field) => field.args.length);
  const entries: Readonly<Record<TypeContext, Readonly<Record<string, number>>>> = {
    each: {
      types: types.length,
      directives: schema.getDirectives().length,
      args,
      ...averages(schema, types),
      ofType: 0,
    },
    referenced: {
      args,
      ...averages(
        schema,
        references.map((type) => getNamedType(type)),
      ),
      // Most are wrapped once or not at all.
      ofType: mean(references, (type) => (isWrappingType(type) ? 1 : 0)),
    },
  };
  const sizeOf = (type: GraphQLNamedType) =>
    fieldsOf(type).reduce((size, field) => size + 1 + field.args.length, 0);
  const averageSize = (entries.referenced.fields ?? 0) * (1 + args);
  const prices = {
    entriesOf: (field: string, context: TypeContext) =>
      Object.hasOwn(entries[context], field) ? (entries[context][field] ?? 1) : 1,
    largestType: Math.max(...types.map(sizeOf)) / averageSize,
  };
  return { ...prices, most: allowance * priceOfTools(prices) };
}

function averages(schema: GraphQLSchema, types: readonly GraphQLNamedType[]) {
  return {
    fields: mean(types, (type) => fieldsOf(type).length),
    inputFields: mean(types, (type) =>
      isInputObjectType(type) ? Object.keys(type.getFields()).length : 0,
    ),
    enumValues: mean(types, (type) => (isEnumType(type) ? type.getValues().length : 0)),
    possibleTypes: mean(types, (type) =>
      isAbstractType(type) ? schema.getPossibleTypes(type).length : 0,
    ),
    interfaces: mean(types, (type) =>
      isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().length : 0,
    ),
  };
}

function fieldsOf(type: GraphQLNamedType) {
  return isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
}

/** The types of all that a type has, as they are written there. */
function referencesOf(type: GraphQLNamedType): readonly GraphQLType[] {
  const fields = fieldsOf(type);
  const inputs = isInputObjectType(type) ? Object.values(type.getFields()) : [];
  return [...fields, ...fields.flatMap((field) => field.args), ...inputs].map((each) => each.type);
}

function mean<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((total, each) => total + of(each), 0) / all.length;
}

function priceOfTools(prices: Omit<IntrospectionPrices, 'most'>): number {
  const document = parse(
    getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    }),
  );
  const weigh = weighFragments(document, prices);
  const [operation] = document.definitions;
  return operation?.kind === Kind.OPERATION_DEFINITION
    ? weigh(operation.selectionSet).schemaValues
    : 0;
}
