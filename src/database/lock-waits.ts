import { setTimeout as sleep } from 'node:timers/promises';
import { withClient } from '../lib/postgres.ts';
import { applicationName } from '../lib/this-process.ts';
import type { BootstrapTarget } from './bootstrap.ts';

/** Before a person is told, and between two looks. */
const intervalMs = 1_500;

/**
 * Runs `act`. While a connection of this process waits for a lock that another holds, says whose it is: once
 * for each holder.
 */
export async function sayingWhatItWaitsFor<Result>(
  { rootUrl, ownerUrl }: Pick<BootstrapTarget, 'rootUrl' | 'ownerUrl'>,
  say: (line: string) => void,
  act: () => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  // The administrator's connection is to another database: ours may be dropped or renamed meanwhile.
  const watching = watch(rootUrl ?? ownerUrl, say, stop.signal);
  try {
    return await act();
  } finally {
    stop.abort();
    await watching;
  }
}

async function watch(url: string, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  const told = new Set<string>();
  while (await pause(signal)) {
    for (const line of await findHolders(url).catch(() => [])) {
      if (!told.has(line)) {
        told.add(line);
        say(line);
      }
    }
  }
}

async function pause(signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(intervalMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

async function findHolders(url: string): Promise<readonly string[]> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ holder: string; since: string }>(
      `select distinct
        coalesce(nullif(h.application_name, ''), h.usename, 'a connection') as holder,
        to_char(coalesce(h.xact_start, h.backend_start) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since
      from pg_stat_activity w
      cross join unnest(pg_blocking_pids(w.pid)) b (pid)
      join pg_stat_activity h on h.pid = b.pid
      where w.application_name = $1 and h.application_name <> $1`,
      [applicationName()],
    );
    return rows.map(
      ({ holder, since }) =>
        `Waiting for ${holder}, which has been working in this database since ${since} UTC.`,
    );
  });
}
