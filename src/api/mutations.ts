import type { PgSelectSingleStep } from 'postgraphile/@dataplan/pg';
import { lambda, type ObjectStep, object } from 'postgraphile/grafast';
import { type ErrorCode, isErrorCode } from '../errors/error-codes.ts';
import { apiError } from '../errors/errors.ts';

/** Of the schema that is being built. */
let refusals: ReadonlyMap<string, ErrorCode> = new Map();

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
      init(initial, build) {
        refusals = refusalsOf(build);
        return initial;
      },
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        const { plan } = field;
        const refusal = scope.isRootMutation ? refusals.get(scope.fieldName) : undefined;
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

/** The codes that mutations give where their functions return null, by the name of the mutation. */
function refusalsOf({ pgResources, inflection }: GraphileBuild.Build): Map<string, ErrorCode> {
  const refusals = new Map<string, ErrorCode>();
  for (const resource of Object.values(pgResources)) {
    const code = resource.extensions?.tags?.refusalOnNull;
    if (isErrorCode(code) && resource.parameters !== undefined) {
      const field = inflection.customMutationField({ resource: resource as FunctionResource });
      refusals.set(field, code);
    }
  }
  return refusals;
}

function assertFound(row: unknown): true {
  if (row === null) {
    throw apiError('OB003');
  }
  return true;
}
