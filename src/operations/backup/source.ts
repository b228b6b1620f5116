import type pg from 'pg';

/** What a backup is of, at the moment of its snapshot. */
export type Source = {
  readonly database: string;
  /** Of the cluster: the same database name on two servers is two databases. */
  readonly systemIdentifier: string;
  /** Such as `15.18`. */
  readonly serverVersion: string;
  /** Such as `1.12`. */
  readonly schemaVersion: string;
  /** Number of the last migration, such as `000016.sql`. */
  readonly lastMigration: string;
  /** Schemas that are another platform's, such as Supabase's own, and for that platform to back up. */
  readonly foreignSchemas: readonly string[];
};

/** @throws Error when it is not an OMBARO database. */
export async function readSource(client: pg.ClientBase): Promise<Source> {
  const { rows: found } = await client.query<{ is_ours: boolean; name: string }>(
    `select to_regclass('graphile_migrate.migrations') is not null
      and to_regclass('public.schema_versions') is not null as is_ours, current_database() as name`,
  );
  if (found[0]?.is_ours !== true) {
    throw new Error(`${found[0]?.name} is not an OMBARO database: it has no migrations.`);
  }
  const { rows } = await client.query<Source>(sourceQuery);
  const [source] = rows;
  if (source === undefined || source.lastMigration === null) {
    throw new Error(
      'Every migration of this database is rolled back: there is nothing to back up.',
    );
  }
  return source;
}

const sourceQuery = `
  select
    current_database() as database,
    (select system_identifier::text from pg_control_system()) as "systemIdentifier",
    split_part(current_setting('server_version'), ' ', 1) as "serverVersion",
    (
      select version
      from public.schema_versions
      order by string_to_array(version, '.')::integer[] desc
      limit 1
    ) as "schemaVersion",
    (select max(filename) from graphile_migrate.migrations) as "lastMigration",
    array(
      select nspname::text
      from pg_catalog.pg_namespace
      where nspname !~ '^pg_' and nspname not in ('public', 'information_schema')
        and nspowner <> 'ombaro_owner'::regrole
      order by 1
    ) as "foreignSchemas"`;
