import type { GraphileConfig } from 'postgraphile/graphile-build';

/**
 * Leaves out the columns of type `cube`, of which PostGraphile knows nothing and would warn: by them
 * the database finds what is near, and a client has latitude and longitude.
 */
export const HiddenTypesPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroHiddenTypesPlugin',
  version: '1.0.0',
  gather: {
    hooks: {
      pgIntrospection_attribute(_info, { entity: column }) {
        if (column.getType()?.typname === 'cube') {
          // A tag would hide the column only after its type was asked for.
          column.attisdropped = true;
        }
      },
    },
  },
};
