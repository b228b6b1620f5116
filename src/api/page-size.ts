import { type FieldArg, lambda, type Step } from 'postgraphile/grafast';
import type { GraphileConfig } from 'postgraphile/graphile-build';
import { valueError } from '../errors/errors.ts';

/** How many rows a connection gives by default, and at most. */
export const defaultPageSize = 20;
export const maxPageSize = 100;

type Paged = {
  setFirst(first: Step): void;
  setOffset(offset: Step): void;
};

/**
 * A connection is read forwards, page by page: `first` (with its default) and `after`. `last` and
 * `before` would do the same backwards (their behaviour is off), and `offset` reads what it skips:
 * only plain lists have it. That `first` is at most 100 is checked with the other limits, before
 * anything runs.
 */
export const PageSizePlugin: GraphileConfig.Plugin = {
  name: 'OmbaroPageSizePlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType_fields_field_args: {
        after: ['PgFirstLastBeforeAfterArgsPlugin'],
        callback(args, _build, context) {
          const { first, offset, ...others } = args;
          if (!first || !offset) {
            return args;
          }
          if (!context.scope.isPgFieldConnection) {
            const applyPlan = (_parent: Step, $list: Paged, arg: FieldArg) => {
              $list.setOffset(lambda(arg.getRaw(), assertOffset, true));
            };
            return { ...args, offset: { ...offset, applyPlan } };
          }
          const applyPlan = (_parent: Step, $connection: Paged, arg: FieldArg) => {
            $connection.setFirst(lambda(arg.getRaw(), pageSize, true));
          };
          return {
            ...others,
            first: {
              ...first,
              defaultValue: defaultPageSize,
              description: `How many items to return, at most ${maxPageSize}.`,
              applyPlan,
            },
          };
        },
      },
    },
  },
};

/** Null is as if not said. */
function pageSize(first: number | null | undefined): number {
  return first ?? defaultPageSize;
}

function assertOffset(offset: number | null | undefined): number | null {
  if (typeof offset === 'number' && offset < 0) {
    throw valueError('offset', 'This must be 0 or more.');
  }
  return offset ?? null;
}
