import { describedSchemas, isOfExtension, roleName } from './sql-parts.ts';

/** Functions, procedures and aggregates. */
export const functionQueries: readonly string[] = [
  `select 'function ' || proc.oid::regprocedure as object, 'function' as kind, null as parent,
    json_build_object(
      'owner', ${roleName('proowner')},
      'definition', case
        when prokind in ('f', 'p', 'w') then rtrim(pg_get_functiondef(proc.oid), E'\\n')
        else (
          select format('aggregate of %s over %s', aggtransfn::regprocedure, aggtranstype::regtype)
          from pg_aggregate where aggfnoid = proc.oid)
      end,
      'comment', obj_description(proc.oid, 'pg_proc')
    ) as facts
  from pg_proc as proc
  where pronamespace in ${describedSchemas} and not ${isOfExtension('pg_proc', 'proc.oid')}`,
];
