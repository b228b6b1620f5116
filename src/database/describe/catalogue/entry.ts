/** One thing in a database that migrations make, with what can be said of it. */
export type Entry = {
  /** Names it for people and for comparing: `column status of public.bookings`. */
  readonly object: string;
  /** `column`, `policy`, `grant`, … */
  readonly kind: string;
  /** The object without which this one cannot be: `table public.bookings`. */
  readonly parent: string | null;
  /** By name, in the order in which they are told; `null` where there is nothing to say. */
  readonly facts: Readonly<Record<string, string | null>>;
};

/** What a database consists of, by the objects' names. */
export type Catalogue = ReadonlyMap<string, Entry>;
