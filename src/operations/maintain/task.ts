import type pg from 'pg';

export const cadences = ['daily', 'weekly', 'monthly'] as const;
export type Cadence = (typeof cadences)[number];

export type Cell = string | number | boolean | Date | null;

/** What a task found and did, as it is recorded and read. */
export type Report = {
  /** One sentence. */
  readonly summary: string;
  /** Whether a person should look at it. */
  readonly needsAttention: boolean;
  /** Numbers that are compared with those of the run before. */
  readonly figures: Readonly<Record<string, number>>;
  /** Rows by the title of their list; all rows of one have the same columns. */
  readonly lists: Readonly<Record<string, readonly Readonly<Record<string, Cell>>[]>>;
};

export type TaskContext = {
  /** As the owner of the database; in no transaction, and with a short lock timeout. */
  readonly client: pg.Client;
  /** When the last run that was done began; before the first, one day, week or month ago. */
  readonly since: Date;
  /** What the last run that was done found; `null` before the first. */
  readonly previous: Report | null;
  /** This process is asked to end. */
  readonly signal: AbortSignal;
};

export type Task = {
  /** As `ombaro maintain --task` takes it. */
  readonly name: string;
  readonly cadence: Cadence;
  /** What it does, for the help. */
  readonly summary: string;
  readonly run: (context: TaskContext) => Promise<Report>;
};
