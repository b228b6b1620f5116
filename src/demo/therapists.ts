import type { Account } from './accounts.ts';
import { type Day, formatMoment, weekdayOf } from './calendar.ts';
import { formatArray, type Rows } from './copy.ts';
import type { Defaults } from './defaults.ts';
import { addLeaves } from './leaves.ts';
import { personaRowId } from './personas.ts';
import {
  addProviderAccount,
  addProviderDetails,
  addQualifications,
  addSchedule,
  makeLeave,
  makeProviderId,
  makeShifts,
  type Provider,
  type Standing,
  working,
} from './providers.ts';
import { Random } from './random.ts';
import type { Vendor } from './vendors.ts';

const languages = ['Hindi', 'English', 'Marathi', 'Kannada', 'Tamil', 'Telugu', 'Bengali'] as const;

/** Adds a therapist with account, private details, services, schedule and leave. */
export function addTherapist(
  rows: Rows,
  defaults: Defaults,
  today: Day,
  vendor: Vendor,
  index: number,
  persona?: Account,
  standing: Standing = working,
): Provider {
  const random = new Random(`therapist ${index}`);
  const categories = [...new Set(vendor.offers.map(({ category }) => category))];
  const mastered = new Set(random.sample(categories, Math.max(2, categories.length - 2)));
  const drawnId = random.uuid();
  const therapist: Provider = {
    kind: 'therapist',
    id: persona === undefined ? drawnId : personaRowId(persona.id, 'staff'),
    providerId:
      persona === undefined
        ? makeProviderId('therapist', index)
        : personaRowId(persona.id, 'provider'),
    account:
      persona ?? addProviderAccount(rows, defaults.roleIds, random, 'therapist', index, today),
    vendor,
    standing,
    shifts: makeShifts(random, vendor, persona === undefined ? null : weekdayOf(today + 4)),
    leave: persona === undefined ? makeLeave(random, today) : null,
    offers: vendor.offers.filter(({ category }) => mastered.has(category)),
  };
  addTherapistRow(rows, random, therapist, [...mastered]);
  addProviderDetails(rows, random, therapist);
  addSchedule(rows, random, therapist);
  addLeaves(rows, random, defaults, therapist, today);
  addQualifications(rows, random, therapist);
  return therapist;
}

function addTherapistRow(
  rows: Rows,
  random: Random,
  { id, account, vendor, standing }: Provider,
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
    status: standing.status,
    verification_status: standing.verification,
    created_at: made,
    updated_at: made,
  });
}
