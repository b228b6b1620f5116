import type { PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import { lambda, type ObjectStep, object } from 'postgraphile/grafast';
import { isErrorCode } from '../errors/error-codes.ts';
import { apiError } from '../errors/errors.ts';

/**
 * A row is changed or deleted by its primary key and in no other way, and one that is not there, or
 * may not be changed by the user, is an error and not an empty success.
 *
 * A function that must keep what it wrote although it refuses, such as the count of wrong codes, returns
 * null instead of raising an error, which would undo it. The tag `refusalOnNull` of such a function names
 * the code of the error that its mutation gives then, once the transaction is committed.
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
      GraphQLObjectType_fields_field(field, build, { scope }) {
        const { plan } = field;
        const refusal = scope.isRootMutation ? refusalOf(build, scope.fieldName) : undefined;
        if (plan && refusal !== undefined) {
          return {
            ...field,
            plan($root, args, info) {
              const $payload = plan($root, args, info) as ObjectStep;
              const $row = $payload.getStepForKey('result') as PgSelectSingleStep;
              const isGranted = lambda($row.get('id'), (id) => {
                if (id === null || id === undefined) {
                  throw apiError(refusal);
                }
                return true;
              });
              return object({ result: $row, isGranted });
            },
          };
        }
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

type FunctionResource = Parameters<GraphileBuild.Inflection['customMutationField']>[0]['resource'];

/** The code that the mutation of this name gives where its function returns null. */
function refusalOf(build: GraphileBuild.Build, fieldName: string | undefined) {
  for (const resource of Object.values(build.pgResources)) {
    const code = resource.extensions?.tags?.refusalOnNull;
    if (
      isErrorCode(code) &&
      resource.parameters !== undefined &&
      build.inflection.customMutationField({ resource: resource as FunctionResource }) === fieldName
    ) {
      return code;
    }
  }
  return undefined;
}

function assertFound(row: unknown): true {
  if (row === null) {
    throw apiError('OB003');
  }
  return true;
}
