import {
  type PgCodecAttribute,
  type PgCodecWithAttributes,
  type PgResourceUnique,
  TYPES,
} from 'postgraphile/@dataplan/pg';
import type { GraphileConfig } from 'postgraphile/graphile-build';
import type { SQL } from 'postgraphile/pg-sql2';

type QueryBuilder = {
  readonly alias: SQL;
  setOrderIsUnique(): void;
  orderBy(order: {
    fragment: SQL;
    codec: typeof TYPES.boolean;
    direction: 'ASC' | 'DESC';
    nullable: false;
  }): void;
};

/**
 * - Random ids have no order that is of any use; the cursor of a page uses the primary key anyway.
 * - An order ends in a unique column. The library takes a column for unique when a unique constraint
 *   begins with it, alone or not, nulls or not, and pages would lose the rows that are alike.
 * - Null has its place, the last one going up, by an order of its own before the column's: the library
 *   takes a cursor at a null for one at the other end, and pages would lose what is beyond it.
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
              if (!grafast || !apply) {
                continue;
              }
              const isNullable = !attribute.notNull && !attribute.codec.notNull;
              const direction = variant === 'asc' ? 'ASC' : 'DESC';
              grafast.apply = (query: QueryBuilder, info) => {
                if (isNullable) {
                  const column = build.sql.identifier(attributeName);
                  query.orderBy({
                    fragment: build.sql`(${query.alias}.${column} is null)`,
                    codec: TYPES.boolean,
                    direction,
                    nullable: false,
                  });
                }
                apply(Object.create(query, { setOrderIsUnique: { value: () => {} } }), info);
              };
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
