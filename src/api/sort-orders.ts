import {
  type PgCodecAttribute,
  type PgCodecWithAttributes,
  type PgResourceUnique,
  TYPES,
} from 'postgraphile/@dataplan/pg';
import type { GraphileConfig } from 'postgraphile/graphile-build';

interface QueryBuilder {
  setOrderIsUnique?: () => void;
}

/**
 * - Random ids have no order that anybody could want; the cursor of a page uses the primary key anyway.
 * - An order ends in a unique column. The library takes a column for unique when a unique constraint
 *   begins with it, alone or not, nulls or not, and pages would lose the rows that are alike.
 */
export const SortOrdersPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroSortOrdersPlugin',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        inferred: {
          after: ['inferred'],
          provides: ['postInferred'],
          callback: (behavior, [codec, attributeName]) =>
            codec.attributes[attributeName]?.codec === TYPES.uuid
              ? [behavior, '-orderBy']
              : behavior,
        },
      },
    },
    hooks: {
      GraphQLEnumType_values: {
        after: ['PgOrderAllAttributesPlugin'],
        callback(values, build, { scope }) {
          const pgCodec = scope.pgCodec as PgCodecWithAttributes | undefined;
          if (!scope.isPgRowSortEnum || !pgCodec?.attributes) {
            return values;
          }
          const uniques = build.pgTableResource(pgCodec)?.uniques ?? [];
          for (const [attributeName, attribute] of Object.entries(pgCodec.attributes)) {
            if (isUnique(attributeName, attribute, uniques)) {
              continue;
            }
            for (const variant of ['asc', 'desc'] as const) {
              const name = build.inflection.orderByAttributeEnum({
                codec: pgCodec,
                attributeName,
                variant,
              });
              const grafast = values[name]?.extensions?.grafast;
              const apply = grafast?.apply;
              if (grafast && apply) {
                grafast.apply = (query: QueryBuilder, info) =>
                  apply(Object.create(query, { setOrderIsUnique: { value: () => {} } }), info);
              }
            }
          }
          return values;
        },
      },
    },
  },
};

function isUnique(
  name: string,
  { notNull, codec }: PgCodecAttribute,
  uniques: readonly PgResourceUnique[],
): boolean {
  return (
    Boolean(notNull || codec.notNull) &&
    uniques.some(({ attributes }) => attributes.length === 1 && attributes[0] === name)
  );
}
