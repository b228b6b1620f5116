/** What was not moved as it was: a row, a value that its row went without, or something to know. */
export type Reject = {
  readonly kind: 'row' | 'value' | 'remark';
  readonly table: string;
  /** Of the row, in the existing database. */
  readonly key: string;
  readonly reason: string;
};

/** The rows of one table of the existing database: source = moved + there + notKept + rejected. */
export type TableCount = {
  readonly table: string;
  readonly source: number;
  /** Counted in the tables they came to, after all was done. */
  readonly moved: number;
  /** There already: by their id, or under another by what they are known by. */
  readonly there: number;
  /** Of tables that have no place here. */
  readonly notKept: number;
  readonly rejected: number;
};

export type Report = {
  readonly tables: readonly TableCount[];
  /** `table.column` of the existing database that nothing here is made of. */
  readonly unknownColumns: readonly string[];
  readonly rejects: readonly Reject[];
  /** False: there were rejects and it was not agreed to leave them out, so nothing was written. */
  readonly isWritten: boolean;
};
