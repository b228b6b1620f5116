import type { Session } from '../operations/monitor/activity.ts';
import type { Bloat } from '../operations/monitor/bloat.ts';
import type { Monitor } from '../operations/monitor/monitor.ts';

/** So many of a kind are shown; JSON has the rest. */
const shown = 5;
const labelWidth = 13;

/** One look as lines, the most pressing first. */
export function drawMonitor(monitor: Monitor): string[] {
  return [
    `${monitor.database}, PostgreSQL ${monitor.server}, ${monitor.at.toISOString().slice(0, 19).replace('T', ' ')} UTC`,
    '',
    ...activityLines(monitor),
    ...blockingLines(monitor),
    ...messageLines(monitor),
    ...failureLines(monitor),
    ...replicationLines(monitor),
    ...cacheLines(monitor),
    ...sizeLines(monitor),
    ...section('Table bloat', monitor.tableBloat?.map(bloatLine), monitor.notes.tableBloat),
    ...section('Index bloat', monitor.indexBloat?.map(bloatLine), monitor.notes.indexBloat),
    ...indexLines(monitor),
    ...slowLines(monitor),
  ];
}

function activityLines({ activity, notes }: Monitor): string[] {
  if (activity === null) {
    return section('Sessions', undefined, notes.activity);
  }
  const { byState, maximum, longestQueries, longestTransactions } = activity;
  const states = Object.entries(byState).map(([state, count]) => `${count} ${state}`);
  return [
    ...section('Sessions', [`${states.join(', ') || 'none besides this'}; at most ${maximum}`]),
    ...section('', notes.activity === undefined ? [] : [`Not visible: ${notes.activity}.`]),
    ...section('Queries', longestQueries.map(sessionLine), undefined, 'none runs'),
    ...section('Transactions', longestTransactions.map(sessionLine), undefined, 'none is open'),
  ];
}

function sessionLine({ seconds, pid, role, state, waitsFor, query }: Session): string {
  const waits = waitsFor === null || waitsFor.startsWith('Client') ? '' : `, waits for ${waitsFor}`;
  return `${duration(seconds)}  ${pid} ${role}, ${state}${waits}: ${line(query)}`;
}

function blockingLines({ blocking, notes }: Monitor): string[] {
  const lines = blocking?.flatMap((one) => {
    const where = one.tables.length === 0 ? '' : ` on ${one.tables.join(', ')}`;
    const blocker =
      one.blockerRole === null ? '' : ` ${one.blockerRole}, ${one.blockerState ?? 'not visible'}`;
    return [
      `${duration(one.waits)}  ${one.blockedPid} ${one.blockedRole} waits${where}: ${line(one.blockedQuery)}`,
      `        for ${one.blockerPid}${blocker}: ${line(one.blockerQuery ?? '')}`,
    ];
  });
  return section('Blocked', lines, notes.blocking, 'nobody');
}

function messageLines({ messages, notes }: Monitor): string[] {
  if (messages === null) {
    return section('Messages', undefined, notes.messages);
  }
  const { relayLagSeconds, eventLog, deliveries } = messages;
  return [
    ...section('Events', [
      `relay ${duration(relayLagSeconds)} behind; log of ${eventLog.partitions} parts, about ${count(eventLog.rows)} rows, ${size(eventLog.bytes)}`,
    ]),
    ...section('Deliveries', [
      `${deliveries.waiting} waiting (oldest ${duration(deliveries.oldestSeconds)}), ${deliveries.failed} to be tried again, ${deliveries.dead} dead, ${deliveries.sentLastHour} sent in the last hour`,
    ]),
  ];
}

function failureLines({ failures, notes }: Monitor): string[] {
  const lines = failures?.map(
    ({ kind, name, count: times, lastError }) => `${times} × ${kind} ${name}: ${line(lastError)}`,
  );
  return section('Failed, 24 h', lines, notes.failures, 'nothing');
}

function replicationLines({ replication, notes }: Monitor): string[] {
  const lines = replication && [
    ...replication.standbys.map(
      ({ name, address, state, lagBytes }) =>
        `standby ${name} at ${address ?? 'this machine'}, ${state}, ${lagBytes === null ? 'lag not known' : `${size(lagBytes)} behind`}`,
    ),
    ...replication.slots.map(
      ({ slot, kind, isActive, retainedBytes }) =>
        `slot ${slot}, ${kind}, ${isActive ? 'active' : 'NOT READ'}, ${retainedBytes === null ? 'nothing' : size(retainedBytes)} kept for it`,
    ),
  ];
  return section('Replication', lines ?? undefined, notes.replication, 'no standby');
}

function cacheLines({ cache, notes }: Monitor): string[] {
  const lines = cache && [
    `${percent(cache.hitRatio)} of blocks in memory (tables ${percent(cache.tablesHitRatio)}, indexes ${percent(cache.indexesHitRatio)}) of ${size(cache.bufferBytes)}; ${cache.deadlocks} deadlocks, ${size(cache.temporaryBytes)} spilt to disk`,
  ];
  return section('Cache', lines ?? undefined, notes.cache);
}

function sizeLines({ sizes, notes }: Monitor): string[] {
  if (sizes === null) {
    return section('Sizes', undefined, notes.sizes);
  }
  return [
    ...section('Database', [size(sizes.databaseBytes)]),
    ...section(
      'Biggest',
      sizes.tables.map(
        ({ table, rows, deadRows, tableBytes, indexBytes }) =>
          `${size(tableBytes + indexBytes)}  ${table}, ${count(rows)} rows and ${count(deadRows)} dead, indexes ${size(indexBytes)}`,
      ),
    ),
  ];
}

function bloatLine({ name, bytes, wastedBytes, share }: Bloat): string {
  return `${size(wastedBytes)}  ${name}, ${percent(share)} of ${size(bytes)}, estimated`;
}

function indexLines({ indexes, notes }: Monitor): string[] {
  if (indexes === null) {
    return section('Indexes', undefined, notes.indexes);
  }
  const { countedSince, unused, missing, invalid } = indexes;
  const since = countedSince === null ? '' : ` since ${countedSince.toISOString().slice(0, 10)}`;
  return [
    ...section(
      'Invalid',
      invalid.map(({ index, table }) => `${index} on ${table}: drop it or reindex`),
    ),
    ...section(
      'Unused',
      unused.map(
        ({ index, table, bytes, servesForeignKey }) =>
          `${size(bytes)}  ${index} on ${table}${since}${servesForeignKey ? ', serves a foreign key' : ''}`,
      ),
    ),
    ...section(
      'Missing?',
      missing.map(
        ({ table, sequentialScans, rowsReadPerScan }) =>
          `${table} was read through ${count(sequentialScans)} times, ${count(rowsReadPerScan)} rows each`,
      ),
    ),
  ];
}

function slowLines({ slowQueries, notes }: Monitor): string[] {
  const lines = slowQueries?.map(
    ({ totalMs, calls, meanMs, query }) =>
      `${duration(totalMs / 1000)}  ${count(calls)} × ${meanMs} ms: ${line(query)}`,
  );
  return section('Costly', lines, notes.slowQueries, 'none');
}

/** Lines under a label; why there are none, or what that there are none means. Nothing at all for nothing. */
function section(
  label: string,
  lines: readonly string[] | undefined,
  note?: string,
  empty?: string,
): string[] {
  const content =
    lines === undefined
      ? [`not visible: ${note ?? 'not said why'}`]
      : lines.length === 0 && empty !== undefined
        ? [empty]
        : lines.slice(0, shown);
  return content.map((text, index) => `${(index === 0 ? label : '').padEnd(labelWidth)} ${text}`);
}

function line(text: string): string {
  const short = text.replaceAll(/\s+/g, ' ').trim();
  return short.length <= 100 ? short : `${short.slice(0, 99)}…`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-IN');
}

function percent(ratio: number | null): string {
  return ratio === null ? '–' : `${(ratio * 100).toFixed(1)} %`;
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

function duration(seconds: number): string {
  if (seconds < 120) {
    return `${seconds.toFixed(1)} s`;
  }
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
