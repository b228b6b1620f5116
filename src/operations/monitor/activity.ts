import type pg from 'pg';

export type Session = {
  readonly pid: number;
  readonly role: string;
  readonly application: string;
  readonly state: string;
  /** In seconds: of the statement, or of the transaction. */
  readonly seconds: number;
  readonly waitsFor: string | null;
  readonly query: string;
};

export type Activity = {
  /** How many sessions, by state; those that may not be seen are `not visible`. */
  readonly byState: Readonly<Record<string, number>>;
  readonly maximum: number;
  readonly longestQueries: readonly Session[];
  readonly longestTransactions: readonly Session[];
};

const shown = 5;

/** Who does what in this database now, this session left out. Source: pg_stat_activity. */
export async function readActivity(client: pg.ClientBase): Promise<Activity> {
  const { rows: states } = await client.query<{ state: string; count: number }>(`
    select coalesce(state, 'not visible') as state, count(*)::integer as count
    from pg_stat_activity
    where datname = current_database() and coalesce(backend_type, 'client backend') = 'client backend'
      and pid <> pg_backend_pid()
    group by 1
    order by 2 desc, 1`);
  const { rows: limit } = await client.query<{ maximum: number }>(
    `select current_setting('max_connections')::integer as maximum`,
  );
  return {
    byState: Object.fromEntries(states.map(({ state, count }) => [state, count])),
    maximum: limit[0]?.maximum ?? 0,
    longestQueries: await readSessions(client, 'query_start', `state = 'active'`),
    longestTransactions: await readSessions(client, 'xact_start', 'xact_start is not null'),
  };
}

async function readSessions(
  client: pg.ClientBase,
  since: 'query_start' | 'xact_start',
  condition: string,
): Promise<readonly Session[]> {
  const { rows } = await client.query<Session>({
    text: `
      select pid, usename as role, application_name as application, state,
        round(extract(epoch from clock_timestamp() - ${since})::numeric, 1)::double precision as seconds,
        wait_event_type || ':' || wait_event as "waitsFor", left(query, 500) as query
      from pg_stat_activity
      where datname = current_database() and backend_type = 'client backend'
        and pid <> pg_backend_pid() and ${condition}
      order by ${since}
      limit $1`,
    values: [shown],
  });
  return rows;
}
