import type pg from 'pg';

/** Something that must not be found in a database, and how it is found. */
export type Check = {
  /** Lower case with hyphens; what people type. */
  readonly name: string;
  readonly tables: readonly string[];
  /** What is wrong, why that matters and what to do, for a reader who has the rows in front of them. */
  readonly explanation: string;
  /**
   * Gives a row a fault: `key` of the row that is wrong, and beside it the values that are. Or a function
   * that makes the query from the catalogue. Set-based: it reads each table a few times, however big.
   */
  readonly query: string | ((client: pg.ClientBase) => Promise<string>);
  readonly repair?: Repair;
};

/** Only where the right value follows from other rows, so that no knowledge is lost. */
export type Repair = {
  readonly does: string;
  /**
   * What comes after `with`: statements, the last of them named `changed`, which gives `key`, `before` and
   * `after` of each row; the same ones when it is done again.
   */
  readonly changes: string;
};

/** What `key` of a query names, and the values beside it. */
export type Fault = {
  readonly key: string;
  readonly wrong: Readonly<Record<string, unknown>>;
};
