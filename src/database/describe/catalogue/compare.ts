import type { Catalogue, Entry } from './entry.ts';

export type Difference = {
  readonly object: string;
  readonly kind: string;
  /** What of the object differs; `null`: it is missing, or should not be there. */
  readonly fact: string | null;
  /** As it is; `null`: not there. */
  readonly is: string | null;
  readonly should: string | null;
};

/** What a whole object is called where it is compared with nothing. */
const there = 'there';

/**
 * In what a database differs from what it should be, object by object. Nothing is said of the parts of a
 * thing that is missing or too much itself, nor of extensions that were added by hand.
 */
export function compareCatalogues(live: Catalogue, expected: Catalogue): readonly Difference[] {
  const missing = withoutParts(expected, live).map(
    ({ object, kind }): Difference => ({ object, kind, fact: null, is: null, should: there }),
  );
  const added = withoutParts(live, expected)
    .filter(({ kind }) => kind !== 'extension')
    .map(({ object, kind }): Difference => ({ object, kind, fact: null, is: there, should: null }));
  const changed = [...expected.values()].flatMap((should) => {
    const is = live.get(should.object);
    return is === undefined ? [] : compareFacts(is, should);
  });
  return [...missing, ...added, ...changed].sort((one, other) =>
    one.object < other.object ? -1 : Number(one.object > other.object),
  );
}

/** One line for people: "column status of public.bookings: type is text, should be integer". */
export function describeDifference({ object, fact, is, should }: Difference): string {
  if (fact === null) {
    return `${object} ${is === null ? 'is missing' : 'is not of the migrations'}`;
  }
  const [shownIs, shownShould, line] = shorten(is, should);
  const where = line === null ? '' : ` in line ${line}`;
  return `${object}: ${fact}${where} is ${shownIs}, should be ${shownShould}`;
}

/** The entries that only `here` has, but for the parts of one of them. */
function withoutParts(here: Catalogue, elsewhere: Catalogue): Entry[] {
  return [...here.values()].filter(
    ({ object, parent }) =>
      !elsewhere.has(object) && (parent === null || elsewhere.has(parent) || !here.has(parent)),
  );
}

function compareFacts(is: Entry, should: Entry): Difference[] {
  const { object, kind } = should;
  return Object.keys(should.facts)
    .map((fact) => ({
      object,
      kind,
      fact,
      is: is.facts[fact] ?? null,
      should: should.facts[fact] ?? null,
    }))
    .filter((difference) => difference.is !== difference.should);
}

/** Of texts with several lines the first that differs, with its number. */
function shorten(is: string | null, should: string | null): [string, string, number | null] {
  const isLines = is?.split('\n') ?? [];
  const shouldLines = should?.split('\n') ?? [];
  if (isLines.length <= 1 && shouldLines.length <= 1) {
    return [is ?? 'nothing', should ?? 'nothing', null];
  }
  const length = Math.max(isLines.length, shouldLines.length);
  const index = Array.from({ length }).findIndex((_, at) => isLines[at] !== shouldLines[at]);
  return [isLines[index]?.trim() ?? 'nothing', shouldLines[index]?.trim() ?? 'nothing', index + 1];
}
