import type { GraphileConfig } from 'postgraphile/graphile-build';

/** How many rows a connection gives when nobody says how many, and at most. */
export const defaultPageSize = 20;
export const maxPageSize = 100;

/**
 * A connection is read forwards, page by page: `first` (with its default) and `after`. `last` and
 * `before` would do the same backwards (their behaviour is off), and `offset` reads what it skips.
 * That `first` is at most 100 is checked with the other limits, before anything runs.
 */
export const PageSizePlugin: GraphileConfig.Plugin = {
  name: 'OmbaroPageSizePlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType_fields_field_args: {
        after: ['PgFirstLastBeforeAfterArgsPlugin'],
        callback(args, _build, context) {
          const { first } = args;
          if (!context.scope.isPgFieldConnection || !first) {
            return args;
          }
          const { offset: _offset, ...others } = args;
          return {
            ...others,
            first: {
              ...first,
              defaultValue: defaultPageSize,
              description: `How many to read, at most ${maxPageSize}.`,
            },
          };
        },
      },
    },
  },
};
