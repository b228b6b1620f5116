/**
 * One habit of the schema. `offenders` lists who breaks it, as a column `offender`; `offence` is SQL that
 * breaks it, so that each run also proves that the rule can find something.
 */
export type Rule = {
  readonly rule: string;
  readonly offenders: string;
  readonly offence: string;
};

/** Our own schemas, as SQL. */
export const ourSchemas = `('public'::regnamespace, 'app_private'::regnamespace, 'enums'::regnamespace)`;

/** The roles that a request can have, as SQL. */
export const requestRoles = `('anon', 'authenticated', 'staff')`;

/** True for what came with an extension, as SQL; `catalogue` is the system table that holds it. */
export function belongsToExtension(catalogue: string, oid: string): string {
  return `exists (
    select from pg_depend d
    where d.classid = '${catalogue}'::regclass and d.objid = ${oid} and d.deptype = 'e'
  )`;
}
