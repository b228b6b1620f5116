import { type Day, weekdayOf } from './calendar.ts';
import type { Provider } from './providers.ts';
import type { Random } from './random.ts';
import type { Rules } from './rules.ts';

/** Minutes of a day that are taken, and the rest before and after that must stay free. */
type Engagement = { readonly from: number; readonly to: number; readonly gap: number };

export type SlotRequest = {
  readonly day: Day;
  readonly minutes: number;
  /** Minutes of buffer and travel before and after. */
  readonly gap: number;
  /** Earliest start, in minutes of the day. */
  readonly notBefore: number;
};

/** The engagements of every provider. The one place that gives a provider's time away, and never the same time twice. */
export class Schedule {
  readonly #days = new Map<Day, Map<Provider, Engagement[]>>();
  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** Takes a free slot of the provider's day, any one; null when there is none. */
  reserve(provider: Provider, request: SlotRequest, random: Random): number | null {
    const taken = this.#engagements(provider, request.day);
    const { dailyMaximum, slotStep } = this.#rules;
    const starts =
      taken.length < dailyMaximum ? freeStarts(provider, taken, request, slotStep) : [];
    if (starts.length === 0) {
      return null;
    }
    const start = random.pick(starts);
    taken.push({ from: start, to: start + request.minutes, gap: request.gap });
    return start;
  }

  /** Forgets days that are not asked for again, so that memory does not grow with the year. */
  forgetBefore(day: Day): void {
    for (const known of this.#days.keys()) {
      if (known < day) {
        this.#days.delete(known);
      }
    }
  }

  #engagements(provider: Provider, day: Day): Engagement[] {
    let people = this.#days.get(day);
    if (people === undefined) {
      people = new Map();
      this.#days.set(day, people);
    }
    let engagements = people.get(provider);
    if (engagements === undefined) {
      engagements = [];
      people.set(provider, engagements);
    }
    return engagements;
  }
}

function freeStarts(
  { shifts, leave }: Provider,
  taken: readonly Engagement[],
  { day, minutes, gap, notBefore }: SlotRequest,
  slotStep: number,
): number[] {
  const shift = shifts[weekdayOf(day)] ?? null;
  if (shift === null || (leave !== null && day >= leave.from && day <= leave.to)) {
    return [];
  }
  const starts: number[] = [];
  for (let from = shift.from; from + minutes <= shift.to; from += slotStep) {
    const to = from + minutes;
    const isInBreak = from < shift.break.to && to > shift.break.from;
    const isTaken = taken.some((other) => {
      const rest = Math.max(gap, other.gap);
      return from < other.to + rest && to + rest > other.from;
    });
    if (from >= notBefore && !isInBreak && !isTaken) {
      starts.push(from);
    }
  }
  return starts;
}
