import type { GraphileConfig } from 'postgraphile/graphile-build';
import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
} from 'postgraphile/graphql';

type Described = { description?: string | null | undefined };

/**
 * Gives enums and domains the comments of their tables and types, which PostGraphile leaves out, and ends every
 * description with a full stop: labels of enum values in the database and some of PostGraphile's own have none.
 */
export const DescriptionsPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroDescriptionsPlugin',
  version: '1.0.0',
  // The codecs of enums are made there.
  after: ['PgEnumTablesPlugin'],
  gather: {
    hooks: {
      pgIntrospection_introspection(info, { introspection }) {
        for (const constraint of introspection.constraints) {
          const codec = info.helpers.pgEnumTables.enumCodecForConstraint(constraint);
          const description = constraint.getClass()?.getTagsAndDescription().description;
          if (codec && description) {
            codec.description = description;
          }
        }
      },
    },
  },
  schema: {
    hooks: {
      finalize(schema, build) {
        for (const codec of Object.values(build.pgCodecs)) {
          const name = codec.domainOfCodec && build.getGraphQLTypeNameByPgCodec(codec, 'output');
          const type = name ? schema.getType(name) : undefined;
          if (isScalarType(type) && codec.description) {
            type.description = codec.description;
          }
        }
        for (const described of describedOf(schema)) {
          const { description } = described;
          if (description && !/\.[”’]?$/.test(description)) {
            described.description = `${description}.`;
          }
        }
        return schema;
      },
    },
  },
};

/** Everything of a schema that can have a description, but for GraphQL's own. */
function* describedOf(schema: GraphQLSchema): Iterable<Described> {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type)) {
      continue;
    }
    yield type;
    if (isEnumType(type)) {
      yield* type.getValues();
    } else if (isInputObjectType(type)) {
      yield* Object.values(type.getFields());
    } else if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        yield field;
        yield* field.args;
      }
    }
  }
}
