import { lambda, type ObjectStep, object } from 'postgraphile/grafast';
import { apiError } from './errors.ts';

/**
 * A row is changed or deleted by its primary key and in no other way, and one that is not there, or
 * may not be changed by who asks, is an error and not an empty success.
 */
export const MutationsPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroMutationsPlugin',
  version: '1.0.0',
  schema: {
    entityBehavior: {
      pgResourceUnique: {
        inferred: {
          after: ['inferred'],
          provides: ['postInferred'],
          callback: (behavior, [_resource, unique]) =>
            unique.isPrimary
              ? behavior
              : [behavior, '-constraint:resource:update', '-constraint:resource:delete'],
        },
      },
    },
    hooks: {
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        const { plan } = field;
        if (!plan || !(scope.isPgUpdateMutation || scope.isPgDeleteMutation)) {
          return field;
        }
        return {
          ...field,
          plan($root, args, info) {
            const $payload = plan($root, args, info) as ObjectStep;
            const $row = $payload.getStepForKey('result');
            return object({ result: $row, isFound: lambda($row, assertFound) });
          },
        };
      },
    },
  },
};

function assertFound(row: unknown): true {
  if (row === null) {
    throw apiError('OB003');
  }
  return true;
}
