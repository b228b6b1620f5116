import type { PgCodec } from 'postgraphile/@dataplan/pg';
import { TYPES } from 'postgraphile/@dataplan/pg';
import type { GraphileConfig } from 'postgraphile/graphile-build';

/**
 * Keeps filters and look-ups on their indexes where a policy decides which rows are seen: PostgreSQL
 * then takes to the index only what cannot leak, which neither a cast to a domain nor a comparison of
 * `numeric` is.
 *
 * - Values are sent as the base type of a domain. The column checks what is written.
 * - Rows of tables are not filtered by `numeric` columns. Their orders are there: the best rated first.
 */
export const FiltersPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroFiltersPlugin',
  version: '1.0.0',
  gather: {
    hooks: {
      pgCodecs_PgCodec(_info, { pgCodec: codec }) {
        if (codec.domainOfCodec) {
          codec.sqlType = codec.domainOfCodec.sqlType;
        }
      },
    },
  },
  schema: {
    entityBehavior: {
      pgCodecAttribute: {
        inferred: {
          after: ['inferred'],
          provides: ['postInferred'],
          callback: (behavior, [codec, attributeName], build) => {
            const attribute = codec.attributes[attributeName];
            const isNumeric = attribute && baseOf(attribute.codec) === TYPES.numeric;
            return isNumeric && build.pgTableResource(codec) ? [behavior, '-filterBy'] : behavior;
          },
        },
      },
    },
  },
};

function baseOf(codec: PgCodec): PgCodec {
  return codec.domainOfCodec ? baseOf(codec.domainOfCodec) : codec;
}
