import type { Account } from './accounts.ts';
import { type Day, formatMoment, weekdayOf } from './calendar.ts';
import type { CategorySlug } from './catalogue.ts';
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

/** What beauticians do; the rest is for therapists. */
const trades: readonly CategorySlug[] = [
  'hair',
  'facial',
  'nails',
  'waxing-threading',
  'makeup-bridal',
  'mens-grooming',
];

/** Adds a beautician with account, private details, services, schedule and leave. */
export function addBeautician(
  rows: Rows,
  defaults: Defaults,
  today: Day,
  vendor: Vendor,
  index: number,
  persona?: Account,
  standing: Standing = working,
): Provider {
  const random = new Random(`beautician ${index}`);
  const offered = new Set(vendor.offers.map(({ category }) => category));
  const possible = trades.filter((trade) => offered.has(trade));
  const mastered = new Set(random.sample(possible, Math.max(2, possible.length - 2)));
  const drawnId = random.uuid();
  const beautician: Provider = {
    kind: 'beautician',
    id: persona === undefined ? drawnId : personaRowId(persona.id, 'staff'),
    providerId:
      persona === undefined
        ? makeProviderId('beautician', index)
        : personaRowId(persona.id, 'provider'),
    account:
      persona ?? addProviderAccount(rows, defaults.roleIds, random, 'beautician', index, today),
    vendor,
    standing,
    shifts: makeShifts(random, vendor, persona === undefined ? null : weekdayOf(today + 4)),
    leave: persona === undefined ? makeLeave(random, today) : null,
    offers: vendor.offers.filter(({ category }) => mastered.has(category)),
  };
  addBeauticianRow(rows, random, beautician, [...mastered]);
  addProviderDetails(rows, random, beautician);
  addQualifications(rows, random, beautician);
  addSchedule(rows, random, beautician);
  addLeaves(rows, random, defaults, beautician, today);
  return beautician;
}

function addBeauticianRow(
  rows: Rows,
  random: Random,
  { id, account, vendor, standing }: Provider,
  specializations: readonly string[],
): void {
  const made = formatMoment(account.registeredAt + 86_400);
  rows.add('public.beauticians', {
    id,
    user_id: account.id,
    vendor_id: vendor.id,
    name: account.name,
    gender: account.gender,
    bio: `At ${vendor.name}, for ${specializations.join(' and ').replaceAll('-', ' ')}.`,
    specializations: formatArray(specializations),
    experience_years: random.int(1, 18),
    certifications: formatArray([`Beauty care, level 2 (${random.int(2012, 2024)})`]),
    status: standing.status,
    verification_status: standing.verification,
    created_at: made,
    updated_at: made,
  });
}
