import type { QueryResultRow } from 'pg';
import { Gauge, type Registry } from 'prom-client';
import type { OwnCall } from '../requests/own-call.ts';

/** Of `app_private.operation_figures`. */
export type OperationFigure = QueryResultRow & {
  figure: string;
  /** Empty where there is one of its name. */
  label: string;
  /** `null`: not known here and now. */
  value: number | null;
};

export type ReadOperationFigures = () => Promise<readonly OperationFigure[]>;

/** For so long an answer is good enough for all that ask, in milliseconds. */
const keptForMs = 10_000;

const statement = {
  name: 'ombaro_operation_figures',
  text: 'select figure, label, value from app_private.operation_figures()',
};

/** Makes the function that reads the database's figures; its answer is kept for ten seconds. */
export function makeReadOperationFigures(call: OwnCall): ReadOperationFigures {
  let kept: { readonly at: number; readonly answer: Promise<readonly OperationFigure[]> } | null =
    null;
  return () => {
    if (kept === null || performance.now() - kept.at > keptForMs) {
      const answer = call<OperationFigure>(null, statement, []);
      const reading = { at: performance.now(), answer };
      kept = reading;
      answer.catch(() => {
        if (kept === reading) {
          kept = null;
        }
      });
    }
    return kept.answer;
  };
}

type Metric = { readonly name: string; readonly help: string; readonly label?: string };

const metrics: Readonly<Record<string, Metric>> = {
  connections: {
    name: 'database_connections',
    help: 'Sessions in the database, of all programs.',
    label: 'state',
  },
  blocked_sessions: {
    name: 'database_blocked_sessions',
    help: 'Sessions that wait for a lock.',
  },
  longest_transaction_seconds: {
    name: 'database_longest_transaction_seconds',
    help: 'Age of the oldest transaction.',
  },
  cache_hit_ratio: {
    name: 'database_cache_hit_ratio',
    help: 'Blocks found in memory, of those asked for since the statistics were reset.',
  },
  deadlocks: {
    name: 'database_deadlocks',
    help: 'Deadlocks since the statistics were reset.',
  },
  size_bytes: { name: 'database_size_bytes', help: 'Size of the database.' },
  live_rows: { name: 'database_live_rows', help: 'Rows of all tables, estimated.' },
  dead_rows: { name: 'database_dead_rows', help: 'Dead rows of all tables, estimated.' },
  event_log_bytes: {
    name: 'event_log_bytes',
    help: 'Size of the event log, as of its last vacuum or analyze.',
  },
  replication_lag_bytes: {
    name: 'database_replication_lag_bytes',
    help: 'Written here and not yet applied by a standby.',
    label: 'standby',
  },
  replication_slot_retained_bytes: {
    name: 'database_replication_slot_retained_bytes',
    help: 'Kept on disk for a replication slot.',
    label: 'slot',
  },
  failed_attempts_last_day: {
    name: 'notification_attempts_failed_last_day',
    help: 'Attempts to deliver that did not succeed in the last 24 hours.',
    label: 'outcome',
  },
  failed_maintenance_last_day: {
    name: 'maintenance_runs_failed_last_day',
    help: 'Runs of maintenance that failed or were lost in the last 24 hours.',
  },
};

/** Read from the database as a whole; left out while it does not answer. */
export function addOperationMetrics(registers: Registry[], read: ReadOperationFigures): void {
  for (const [figure, { name, help, label }] of Object.entries(metrics)) {
    new Gauge({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers,
      async collect() {
        const figures = await read().catch(() => []);
        this.reset();
        // prom-client sets an unlabelled gauge to 0, which would be a lie.
        if (label === undefined) {
          this.remove();
        }
        for (const one of figures) {
          if (one.figure === figure && one.value !== null) {
            this.set(label === undefined ? {} : { [label]: one.label }, one.value);
          }
        }
      },
    });
  }
}
