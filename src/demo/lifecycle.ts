import { type Day, hour, type Moment, minute, momentOf, secondsPerDay } from './calendar.ts';
import type { Random } from './random.ts';
import type { Rules } from './rules.ts';

export type BookingStatus =
  | 'pending'
  | 'confirmed'
  | 'assigned'
  | 'in_progress'
  | 'completed'
  | 'cancelled';

export type Party = 'customer' | 'vendor' | 'therapist' | 'admin';

/** What happened to a booking and when; null for what did not happen. */
export type Life = {
  readonly status: BookingStatus;
  readonly createdAt: Moment;
  readonly confirmedAt: Moment | null;
  readonly assignedAt: Moment | null;
  readonly startedAt: Moment | null;
  readonly completedAt: Moment | null;
  readonly cancelled: { readonly at: Moment; readonly by: Party; readonly reason: string } | null;
  /** When it was moved to its day from the day before: between confirmation and assignment, and while it
   * cost nothing. */
  readonly rescheduledAt: Moment | null;
};

export type Slot = {
  readonly day: Day;
  /** Minutes of the day. */
  readonly start: number;
  readonly minutes: number;
};

const reasons: Readonly<Record<Party, readonly string[]>> = {
  customer: ['Change of plans', 'Not feeling well', 'Booked by mistake', 'Found another time'],
  vendor: ['Power cut at the spa', 'Closed for maintenance'],
  therapist: ['Fell ill'],
  admin: ['Asked for by telephone'],
};

/** Confirmation, assignment, beginning, end: how many of them lie behind each state. */
const stepsTo = { pending: 0, confirmed: 1, assigned: 2, in_progress: 3, completed: 4 } as const;

/** A state that a booking of that slot may be in at the beginning of `today`. */
export function chooseStatus(
  random: Random,
  { day }: Slot,
  createdOn: Day,
  today: Day,
): BookingStatus {
  if (day < today) {
    return random.chance(0.13) ? 'cancelled' : 'completed';
  }
  if (random.chance(0.1)) {
    return 'cancelled';
  }
  if (createdOn >= today - 2 && random.chance(0.35)) {
    return 'pending';
  }
  return day - today < 7 && random.chance(0.75) ? 'assigned' : 'confirmed';
}

/**
 * Walks the legal path to `status`. Nothing happens after the beginning of `today`. `cancellers`: how
 * often each party is the one that cancels.
 */
export function liveThrough(
  random: Random,
  status: BookingStatus,
  slot: Slot,
  createdAt: Moment,
  today: Day,
  cancellers: Readonly<Record<Party, number>>,
  rules: Rules,
): Life {
  const start = momentOf(slot.day, slot.start);
  const end = Math.min(start, momentOf(today));
  /** Some moment in the first two thirds of what is left after `after`. */
  const later = (after: Moment): Moment =>
    after + Math.floor((end - after) * (0.05 + random.next() * 0.6));

  const steps = status === 'cancelled' ? chooseStepsBeforeCancelling(random) : stepsTo[status];
  const confirmedAt = steps >= 1 ? Math.min(createdAt + random.int(20, 9 * minute), end - 1) : null;
  const movedAt =
    confirmedAt !== null &&
    steps >= 2 &&
    rules.rescheduleMaximum > 0 &&
    // The day by which it is moved, and half a day to think of it.
    start - createdAt > secondsPerDay + rules.rescheduleFreeFor + 12 * hour &&
    random.chance(0.06)
      ? confirmedAt + random.int(10 * minute, 5 * hour)
      : null;
  const rescheduledAt = movedAt !== null && movedAt < end - hour ? movedAt : null;
  const assignedAt =
    steps >= 2 && confirmedAt !== null ? later(rescheduledAt ?? confirmedAt) : null;
  const startedAt =
    steps >= 3 ? start + random.int(-Math.min(5 * minute, rules.startEarly), 12 * minute) : null;
  const completedAt =
    steps >= 4 && startedAt !== null
      ? startedAt +
        Math.round(
          slot.minutes * minute * Math.max(rules.completeAfter, 0.9 + random.next() * 0.15),
        )
      : null;
  const by = random.weighted(cancellers);
  return {
    status,
    createdAt,
    confirmedAt,
    assignedAt,
    startedAt,
    completedAt,
    cancelled:
      status === 'cancelled'
        ? {
            at: later(assignedAt ?? confirmedAt ?? createdAt),
            by,
            reason: random.pick(reasons[by]),
          }
        : null,
    rescheduledAt,
  };
}

function chooseStepsBeforeCancelling(random: Random): number {
  return Number(random.weighted({ '0': 2, '1': 5, '2': 3 }));
}

/** When the booking last changed. */
export function latestOf(life: Life): Moment {
  return (
    life.cancelled?.at ??
    life.completedAt ??
    life.startedAt ??
    life.assignedAt ??
    (life.rescheduledAt === null ? null : life.rescheduledAt + 1) ??
    life.confirmedAt ??
    life.createdAt
  );
}
