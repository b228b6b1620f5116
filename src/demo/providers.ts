import {
  type Account,
  addAuthUser,
  addProfile,
  addRole,
  type Gender,
  makeName,
  type RoleIds,
} from './accounts.ts';
import type { Hours } from './business-types.ts';
import { type Day, formatDay, formatMoment, formatTime, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { digits, emailAddress, mobileNumber } from './identifiers.ts';
import { Random } from './random.ts';
import type { Offer, Vendor } from './vendors.ts';

export type ProviderKind = 'therapist' | 'beautician';

/** A working day: minutes of the day, in the vendor's own time. */
export type Shift = Hours & { readonly break: Hours };

/** Whether a provider works, and was verified. */
export type Standing = {
  readonly status: 'active' | 'paused' | 'suspended';
  readonly verification: 'pending' | 'verified' | 'rejected';
};

export const working: Standing = { status: 'active', verification: 'verified' };

/** Who performs services of a vendor. */
export type Provider = {
  readonly kind: ProviderKind;
  readonly id: string;
  /** The row of `providers`, by which their time is reserved. */
  readonly providerId: string;
  readonly account: Account;
  readonly vendor: Vendor;
  readonly standing: Standing;
  /** By weekday, 0 is Sunday; null when off. */
  readonly shifts: readonly (Shift | null)[];
  /** Approved leave, first and last day. */
  readonly leave: { readonly from: Day; readonly to: Day } | null;
  /** What this provider is qualified for, of the vendor's offers. */
  readonly offers: readonly Offer[];
};

const shiftMinutes = 510;

/**
 * The same id each time, unlike what `app_private.register_providers()` would make; of its own seed, so
 * that whatever else is drawn for the provider does not depend on it.
 */
export function makeProviderId(kind: ProviderKind, index: number): string {
  return new Random(`provider of ${kind} ${index}`).uuid();
}

/** Adds the row that the triggers, which are off, would make. Both kinds of people come before it. */
export function addProviderRow(
  rows: Rows,
  { kind, id, providerId, vendor, standing }: Provider,
): void {
  rows.add('public.providers', {
    id: providerId,
    kind,
    vendor_id: vendor.id,
    is_listed: standing.status === 'active' && standing.verification === 'verified',
    therapist_id: kind === 'therapist' ? id : null,
    beautician_id: kind === 'beautician' ? id : null,
  });
}

/** Adds what the provider performs. */
export function addQualifications(
  rows: Rows,
  random: Random,
  { kind, id, account, offers }: Provider,
): void {
  const made = formatMoment(account.registeredAt + 86_400);
  for (const offer of offers) {
    rows.add(`public.${kind}_services`, {
      id: random.uuid(),
      [`${kind}_id`]: id,
      service_id: offer.id,
      created_at: made,
      updated_at: made,
    });
  }
}

/** Adds an account for a provider of this number. */
export function addProviderAccount(
  rows: Rows,
  roleIds: RoleIds,
  random: Random,
  kind: ProviderKind,
  index: number,
  today: Day,
): Account {
  const gender: Gender = random.chance(0.6) ? 'female' : 'male';
  const name = makeName(random, gender);
  const account: Account = {
    id: random.uuid(),
    name,
    gender,
    email: emailAddress(name, 70_000_000 + index),
    mobile: mobileNumber(70, index),
    bornOn: today - random.int(21 * 365, 50 * 365),
    profileRole: kind,
    registeredAt: momentOf(today - random.int(400, 480), random.int(540, 1200)),
  };
  addAuthUser(rows, account);
  addProfile(rows, account);
  addRole(rows, random, roleIds, account, kind);
  return account;
}

/** A persona has its day off neither yesterday nor today, when its bookings are under way. */
export function makeShifts(
  random: Random,
  { hours, closedOn }: Vendor,
  fixedDayOff: number | null,
): (Shift | null)[] {
  const isEarly = random.chance(0.5);
  const from = isEarly ? hours.from : hours.to - shiftMinutes;
  const pause = from + 240;
  const shift = { from, to: from + shiftMinutes, break: { from: pause, to: pause + 30 } };
  const dayOff = fixedDayOff ?? random.int(0, 6);
  return Array.from({ length: 7 }, (_, weekday) =>
    weekday === closedOn || weekday === dayOff ? null : shift,
  );
}

export function makeLeave(random: Random, today: Day): Provider['leave'] {
  const from = today + random.int(-350, 14);
  return random.chance(0.25) ? { from, to: from + random.int(0, 4) } : null;
}

/** Adds what only the provider and the vendor know. */
export function addProviderDetails(rows: Rows, random: Random, provider: Provider): void {
  const { kind, account, vendor } = provider;
  const made = formatMoment(account.registeredAt + 86_400);
  rows.add(`public.${kind}_private_details`, {
    [`${kind}_id`]: provider.id,
    email: account.email,
    mobile: account.mobile,
    date_of_birth: formatDay(account.bornOn),
    address: JSON.stringify({ city: vendor.place.city, pincode: vendor.place.pincode }),
    bank_details: JSON.stringify({
      account_number: digits(random, 12),
      ifsc_code: `HDFC0${digits(random, 6)}`,
    }),
    created_at: made,
    updated_at: made,
  });
}

export function addSchedule(rows: Rows, random: Random, { kind, ...provider }: Provider): void {
  const made = formatMoment(provider.account.registeredAt + 86_400);
  for (const [weekday, shift] of provider.shifts.entries()) {
    if (shift !== null) {
      rows.add(`public.${kind}_schedules`, {
        id: random.uuid(),
        [`${kind}_id`]: provider.id,
        day_of_week: weekday,
        start_time: formatTime(shift.from),
        end_time: formatTime(shift.to),
        break_start: formatTime(shift.break.from),
        break_end: formatTime(shift.break.to),
        created_at: made,
        updated_at: made,
      });
    }
  }
}
