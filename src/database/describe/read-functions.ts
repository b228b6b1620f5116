import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { fixturesFolder, projectRoot } from '../../config/project.ts';

export type DescribedFunction = {
  /** With its schema: `public.cancel_booking`. */
  readonly name: string;
  /** With the types of its arguments: `public.cancel_booking(uuid,text)`. */
  readonly identity: string;
  readonly comment: string | null;
  readonly body: string;
  readonly isVolatile: boolean;
  /** Whether it is a field of a row or an argument of a policy rather than an operation of the API. */
  readonly isOfRow: boolean;
  /** The roles of requests that may execute it. */
  readonly roles: readonly string[];
};

/** Every function of ours but those of triggers, by identity. Source: pg_proc. */
export async function readFunctions(client: pg.ClientBase): Promise<readonly DescribedFunction[]> {
  const { rows } = await client.query<DescribedFunction>(`
    select
      p.pronamespace::regnamespace || '.' || p.proname as name,
      p.pronamespace::regnamespace || '.' || p.proname || '('
        || pg_get_function_identity_arguments(p.oid) || ')' as identity,
      obj_description(p.oid, 'pg_proc') as comment,
      coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) as body,
      p.provolatile = 'v' as "isVolatile",
      coalesce((
        select t.typtype = 'c' from pg_catalog.pg_type t where t.oid = p.proargtypes[0]
      ), false) as "isOfRow",
      array(
        select role from unnest(array['anon', 'authenticated', 'staff']) as role
        where has_function_privilege(role, p.oid, 'execute')
      ) as roles
    from pg_catalog.pg_proc p
    where p.pronamespace::regnamespace::text in ('public', 'app_private')
      and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
      and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      )
    order by p.proname collate "C", p.oid::regprocedure::text collate "C"
  `);
  return rows;
}

export type FunctionFile = {
  /** The folder in migrations/fixtures/functions: what the function is about. */
  readonly topic: string;
  /** From the project's folder. */
  readonly file: string;
  readonly sql: string;
};

/** The files of migrations/fixtures/functions by the function that each defines, with its schema. */
export async function readFunctionFiles(): Promise<ReadonlyMap<string, FunctionFile>> {
  const folder = path.join(fixturesFolder, 'functions');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.sql'))
      .map(async ({ parentPath, name }) => {
        const file = path.join(parentPath, name);
        const sql = await readFile(file, 'utf8');
        const [, defined = ''] =
          /^create or replace function ([a-z_]+\.[a-z_0-9]+)/m.exec(sql) ?? [];
        const topic = path.relative(folder, parentPath);
        return [
          defined,
          { topic, file: path.relative(projectRoot, file).split(path.sep).join('/'), sql },
        ] as const;
      }),
  );
  return new Map(files.sort(([one], [other]) => (one < other ? -1 : 1)));
}
