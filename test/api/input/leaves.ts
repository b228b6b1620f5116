import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';

export type Path = readonly (string | number)[];

/** An operation with one variable for one argument, and a place in its value. */
export type Leaf = {
  /** What an error must name. */
  field: string;
  type: GraphQLNamedType;
  query: string;
  /** The argument's value, with this at the place. */
  valueWith: (odd: unknown) => unknown;
};

/** Values that fit, by scalar; others are texts. */
const samples: Readonly<Record<string, unknown>> = {
  BigFloat: '1',
  BigInt: '1',
  Boolean: true,
  Cursor: 'WyJuYXR1cmFsIiwxXQ==',
  Date: '2026-11-30',
  Datetime: '2026-11-30T11:00:00+05:30',
  EmailAddress: 'asha@example.com',
  Float: 1,
  InternetAddress: '192.0.2.1',
  Int: 1,
  JSON: {},
  Latitude: '19.07',
  Longitude: '72.87',
  MobileNumber: '+919876543210',
  Pincode: '400001',
  Time: '11:00',
  UUID: '10000000-0000-4000-8000-000000000009',
};

/** A value of a type: of objects what is required, and in lists nothing. */
export function sampleOf(type: GraphQLInputType): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    return [];
  }
  if (isEnumType(nullable)) {
    return nullable.getValues()[0]?.name;
  }
  if (isInputObjectType(nullable)) {
    const required = Object.values(nullable.getFields()).filter((field) =>
      isNonNullType(field.type),
    );
    return Object.fromEntries(required.map((field) => [field.name, sampleOf(field.type)]));
  }
  const { name } = nullable as GraphQLNamedType;
  return Object.hasOwn(samples, name) ? samples[name] : 'x';
}

/** A value of a type in which everything is null that may be. */
export function nullsOf(type: GraphQLInputType, isTop = true): unknown {
  if (!isNonNullType(type) && !isTop) {
    return null;
  }
  const nullable = getNullableType(type);
  if (!isInputObjectType(nullable)) {
    return isNonNullType(type) ? sampleOf(type) : null;
  }
  return Object.fromEntries(
    Object.values(nullable.getFields()).map((field) => [field.name, nullsOf(field.type, false)]),
  );
}

export type Kind = 'query' | 'mutation' | 'subscription';
type Root = readonly [kind: Kind, field: GraphQLField<unknown, unknown>];

export function rootFields(schema: GraphQLSchema): readonly Root[] {
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  return roots.flatMap(([kind, type]) =>
    Object.values(type?.getFields() ?? {}).map((field) => [kind, field] as const),
  );
}

/** Asks a field with variables for all of its arguments, or for these. */
export function operationOf(
  kind: Kind,
  field: GraphQLField<unknown, unknown>,
  args: readonly GraphQLArgument[] = field.args,
  selection = '__typename',
): string {
  const declared = args.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const given = args.map(({ name }) => `${name}: $${name}`).join(', ');
  const selected = isCompositeType(getNamedType(field.type)) ? `{ ${selection} }` : '';
  return args.length === 0
    ? `${kind} { ${field.name} ${selected} }`
    : `${kind} (${declared}) { ${field.name}(${given}) ${selected} }`;
}

/** Every place of every argument, and of every input type once. */
export function leavesOf(schema: GraphQLSchema): readonly Leaf[] {
  const seen = new Set<string>();
  const leaves: Leaf[] = [];
  for (const [kind, field] of rootFields(schema)) {
    for (const argument of field.args) {
      const needed = field.args.filter((each) => each === argument || isNonNullType(each.type));
      const query = operationOf(kind, field, needed);
      const add = (type: GraphQLInputType, path: Path, wrap: (value: unknown) => unknown) => {
        const nullable = getNullableType(type);
        if (isListType(nullable)) {
          add(nullable.ofType, [...path, 0], (value) => wrap([value]));
        } else if (isInputObjectType(nullable)) {
          for (const each of Object.values(nullable.getFields())) {
            const key = `${nullable.name}.${each.name}`;
            if (!seen.has(key)) {
              seen.add(key);
              const rest = sampleOf(nullable) as object;
              add(each.type, [...path, each.name], (value) =>
                wrap({ ...rest, [each.name]: value }),
              );
            }
          }
        } else {
          leaves.push({
            field: path.join('.'),
            type: getNamedType(type),
            query,
            valueWith: (odd) =>
              Object.fromEntries(
                needed.map((each) => [
                  each.name,
                  each === argument ? wrap(odd) : sampleOf(each.type),
                ]),
              ),
          });
        }
      };
      add(argument.type, [argument.name], (value) => value);
    }
  }
  return leaves;
}
