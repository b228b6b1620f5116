import {
  type Account,
  addAuthUser,
  addProfile,
  addRole,
  type Gender,
  makeName,
  type RoleIds,
} from './accounts.ts';
import { type Day, formatDay, formatMoment, formatTime, momentOf, weekdayOf } from './calendar.ts';
import { formatArray, type Rows } from './copy.ts';
import { digits, emailAddress, mobileNumber } from './identifiers.ts';
import { Random } from './random.ts';
import type { Hours, Offer, Vendor } from './vendors.ts';

/** A working day: minutes of the day, in the vendor's own time. */
export type Shift = Hours & { readonly break: Hours };

export type Therapist = {
  readonly id: string;
  readonly account: Account;
  readonly vendor: Vendor;
  /** By weekday, 0 is Sunday; null when off. */
  readonly shifts: readonly (Shift | null)[];
  /** Approved leave, first and last day. */
  readonly leave: { readonly from: Day; readonly to: Day } | null;
  /** What this therapist is qualified for, of the vendor's offers. */
  readonly offers: readonly Offer[];
};

const shiftMinutes = 510;
const languages = ['Hindi', 'English', 'Marathi', 'Kannada', 'Tamil', 'Telugu', 'Bengali'] as const;

/** Adds a therapist with account, private details, schedule and leave. */
export function addTherapist(
  rows: Rows,
  roleIds: RoleIds,
  today: Day,
  vendor: Vendor,
  index: number,
  persona?: Account,
): Therapist {
  const random = new Random(`therapist ${index}`);
  const account = persona ?? addAccount(rows, roleIds, random, index, today);
  const categories = [...new Set(vendor.offers.map(({ category }) => category))];
  const mastered = new Set(random.sample(categories, Math.max(2, categories.length - 2)));
  const therapist: Therapist = {
    id: random.uuid(),
    account,
    vendor,
    shifts: makeShifts(random, vendor, persona === undefined ? null : weekdayOf(today + 4)),
    leave: persona === undefined ? makeLeave(random, today) : null,
    offers: vendor.offers.filter(({ category }) => mastered.has(category)),
  };
  addTherapistRow(rows, random, therapist, [...mastered]);
  addPrivateDetails(rows, random, therapist);
  addSchedule(rows, random, therapist);
  addLeaves(rows, random, therapist, today);
  return therapist;
}

function addAccount(
  rows: Rows,
  roleIds: RoleIds,
  random: Random,
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
    profileRole: 'therapist',
    registeredAt: momentOf(today - random.int(400, 480), random.int(540, 1200)),
  };
  addAuthUser(rows, account);
  addProfile(rows, account);
  addRole(rows, random, roleIds, account, 'therapist');
  return account;
}

/** A persona has its day off neither yesterday nor today, when its bookings are under way. */
function makeShifts(
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

function makeLeave(random: Random, today: Day): Therapist['leave'] {
  const from = today + random.int(-350, 14);
  return random.chance(0.25) ? { from, to: from + random.int(0, 4) } : null;
}

function addTherapistRow(
  rows: Rows,
  random: Random,
  { id, account, vendor }: Therapist,
  specialization: readonly string[],
): void {
  const made = formatMoment(account.registeredAt + 86_400);
  rows.add('public.therapists', {
    id,
    user_id: account.id,
    vendor_id: vendor.id,
    name: account.name,
    gender: account.gender,
    specialization: formatArray(specialization),
    experience_years: random.int(1, 18),
    certifications: JSON.stringify([
      { name: 'Spa therapy, level 2', year: random.int(2012, 2024) },
    ]),
    languages: formatArray(random.sample(languages, random.int(2, 3))),
    availability_status: random.weighted({ available: 6, busy: 1, offline: 3 }),
    verification_status: 'verified',
    created_at: made,
    updated_at: made,
  });
}

function addPrivateDetails(rows: Rows, random: Random, therapist: Therapist): void {
  const { account, vendor } = therapist;
  const made = formatMoment(account.registeredAt + 86_400);
  rows.add('public.therapist_private_details', {
    therapist_id: therapist.id,
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

function addSchedule(rows: Rows, random: Random, therapist: Therapist): void {
  const made = formatMoment(therapist.account.registeredAt + 86_400);
  for (const [weekday, shift] of therapist.shifts.entries()) {
    if (shift !== null) {
      rows.add('public.therapist_schedules', {
        id: random.uuid(),
        therapist_id: therapist.id,
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

function addLeaves(rows: Rows, random: Random, therapist: Therapist, today: Day): void {
  const add = (
    from: Day,
    to: Day,
    status: 'approved' | 'pending' | 'rejected',
    type: string,
    reason: string,
  ): void => {
    const asked = formatMoment(momentOf(Math.min(from, today) - 10, random.int(540, 1200)));
    rows.add('public.therapist_leaves', {
      id: random.uuid(),
      therapist_id: therapist.id,
      leave_type: type,
      start_date: formatDay(from),
      end_date: formatDay(to),
      reason,
      status,
      approved_by: status === 'pending' ? null : therapist.vendor.owner.id,
      approved_at: status === 'pending' ? null : asked,
      rejection_reason: status === 'rejected' ? 'Too many are away that week.' : null,
      created_at: asked,
      updated_at: asked,
    });
  };
  if (therapist.leave !== null) {
    add(therapist.leave.from, therapist.leave.to, 'approved', 'casual', 'Family function');
  }
  if (random.chance(0.1)) {
    add(today + 30, today + 33, 'pending', 'annual', 'Going home for a few days');
  }
  if (random.chance(0.05)) {
    add(today - 20, today - 17, 'rejected', 'annual', 'Trip with friends');
  }
}
