import { type Account, addAuthUser, addProfile, addRole, makeName } from './accounts.ts';
import { type Day, formatMoment, hour, type Moment, momentOf, secondsPerDay } from './calendar.ts';
import type { Rows } from './copy.ts';
import { type Defaults, known } from './defaults.ts';
import { emailAddress, mobileNumber } from './identifiers.ts';
import { Random } from './random.ts';

export type QuickSignup = {
  readonly account: Account;
  readonly signedUpAt: Moment;
  /** When the application was handed in; null for those who are still reminded. */
  readonly completedAt: Moment | null;
  /** Code of the kind of vendor; null where it is not chosen yet. */
  readonly category: string | null;
  readonly partnerType: string;
  readonly today: Day;
};

/** People who began and went no further: how long ago, with which choice. */
const begun: readonly (readonly [hoursAgo: number, category: string | null])[] = [
  [5, null],
  [2 * 24 + 3, 'yoga_meditation'],
  [4 * 24 + 7, 'gym_fitness'],
  [12 * 24, 'ayurveda'],
];

/** Adds people who have only begun, with the reminders that they were sent. */
export function addQuickSignups(rows: Rows, defaults: Defaults, today: Day): void {
  for (const [index, [hoursAgo, category]] of begun.entries()) {
    const random = new Random(`quick sign-up ${index}`);
    const signedUpAt = momentOf(today) - hoursAgo * hour;
    const name = makeName(random, 'male');
    const account: Account = {
      id: random.uuid(),
      name,
      gender: 'male',
      email: emailAddress(name, 88_000_000 + index),
      mobile: mobileNumber(80, 88_000_000 + index),
      bornOn: today - random.int(25 * 365, 50 * 365),
      profileRole: 'customer',
      registeredAt: signedUpAt,
    };
    addAuthUser(rows, account);
    addProfile(rows, account, 'quick');
    addRole(rows, random, defaults.roleIds, account, 'customer');
    const signup = { account, signedUpAt, completedAt: null, partnerType: 'INDEPENDENT', today };
    addQuickSignup(rows, random, defaults, { ...signup, category });
  }
}

export function addQuickSignup(
  rows: Rows,
  random: Random,
  { vendorCategoryIds, reminderDays }: Defaults,
  { account, signedUpAt, completedAt, category, partnerType, today }: QuickSignup,
): void {
  const until = completedAt ?? momentOf(today);
  const reminders = reminderDays
    .map((days) => signedUpAt + days * secondsPerDay)
    .filter((at) => at < until);
  const lastReminder = reminders.at(-1);
  rows.add('public.quick_signup_profiles', {
    id: random.uuid(),
    user_id: account.id,
    category_id: category === null ? null : known(vendorCategoryIds, category),
    partner_type: partnerType,
    mobile: account.mobile,
    mobile_verified: true,
    completed_at: completedAt === null ? null : formatMoment(completedAt),
    completion_reminder_count: reminders.length,
    last_reminder_sent_at: lastReminder === undefined ? null : formatMoment(lastReminder),
    created_at: formatMoment(signedUpAt),
    updated_at: formatMoment(completedAt ?? lastReminder ?? signedUpAt),
  });
}
