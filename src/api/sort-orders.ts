import { TYPES } from 'postgraphile/@dataplan/pg';
import type { GraphileConfig } from 'postgraphile/graphile-build';

/** Random ids have no order that anybody could want; the cursor of a page uses the primary key anyway. */
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
  },
};
