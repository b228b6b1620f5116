import { type Day, formatDay, formatDayInWords, formatMoment, hour, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import type { Defaults } from './defaults.ts';
import { isPersonaId } from './personas.ts';
import type { Provider } from './providers.ts';
import type { Random } from './random.ts';
import { notify } from './templates.ts';

type Leave = {
  readonly from: Day;
  readonly to: Day;
  readonly status: 'approved' | 'pending' | 'rejected';
  readonly type: string;
  readonly reason: string;
};

/** What each kind of provider calls its leave. */
const leaveTypes = {
  therapist: { short: 'casual', long: 'annual' },
  beautician: { short: 'personal', long: 'vacation' },
} as const;

/**
 * Adds the approved leave, for some one that waits or was refused, and who was told. The personas' waits,
 * for their vendor to decide.
 */
export function addLeaves(
  rows: Rows,
  random: Random,
  defaults: Defaults,
  provider: Provider,
  today: Day,
): void {
  const { short, long } = leaveTypes[provider.kind];
  const add = (leave: Leave): void => addLeave(rows, random, defaults, provider, today, leave);
  if (provider.leave !== null) {
    add({ ...provider.leave, status: 'approved', type: short, reason: 'Family function' });
  }
  if (random.chance(0.1) || isPersonaId(provider.account.id)) {
    const reason = 'Going home for a few days';
    add({ from: today + 30, to: today + 33, status: 'pending', type: long, reason });
  }
  if (random.chance(0.05)) {
    const reason = 'Trip with friends';
    add({ from: today - 20, to: today - 17, status: 'rejected', type: long, reason });
  }
}

function addLeave(
  rows: Rows,
  random: Random,
  { templates }: Defaults,
  { kind, id: providerId, account, vendor }: Provider,
  today: Day,
  { from, to, status, type, reason }: Leave,
): void {
  const id = random.uuid();
  const askedAt = momentOf(Math.min(from, today) - 10, random.int(540, 1200));
  const decidedAt = status === 'pending' ? null : askedAt + 3 * hour;
  rows.add(`public.${kind}_leaves`, {
    id,
    [`${kind}_id`]: providerId,
    leave_type: type,
    start_date: formatDay(from),
    end_date: formatDay(to),
    reason,
    status,
    approved_by: decidedAt === null ? null : vendor.owner.id,
    approved_at: decidedAt === null ? null : formatMoment(decidedAt),
    rejection_reason: status === 'rejected' ? 'Too many are away that week.' : null,
    created_at: formatMoment(askedAt),
    updated_at: formatMoment(decidedAt ?? askedAt),
  });
  const notice = {
    fields: {
      leave_id: id,
      provider: account.name,
      decision: status,
      from: formatDayInWords(from),
      to: formatDayInWords(to),
      reason,
    },
    data: { screen: 'leave', provider: kind, leaveId: id },
  };
  const asked = { ...notice, type: 'leave_requested', at: askedAt };
  notify(rows, random, templates, today, 'vendor', vendor.desk, asked);
  if (decidedAt !== null) {
    const decided = { ...notice, type: 'leave_decided', at: decidedAt };
    notify(rows, random, templates, today, 'provider', [account.id], decided);
  }
}
