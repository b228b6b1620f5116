import {
  type Account,
  addAuthUser,
  addProfile,
  addRole,
  makeName,
  type RoleIds,
} from './accounts.ts';
import { type Day, formatMoment, hour, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { emailAddress, makeGstin, makePan, mobileNumber } from './identifiers.ts';
import { businessNames } from './names.ts';
import { makeAddress, type Place } from './places.ts';
import { Random } from './random.ts';

type Stage = { readonly status: string; readonly stage: number; readonly reason: string | null };

/** One application in every state but `approved`, which the vendors are; the persona's comes first. */
const stages: readonly Stage[] = [
  { status: 'pending', stage: 1, reason: null },
  { status: 'fo_review', stage: 1, reason: null },
  { status: 'manager_review', stage: 2, reason: null },
  { status: 'director_review', stage: 3, reason: null },
  { status: 'admin_review', stage: 4, reason: null },
  { status: 'additional_info_required', stage: 1, reason: null },
  { status: 'on_hold', stage: 2, reason: null },
  { status: 'rejected', stage: 1, reason: 'The premises are a private flat without a licence.' },
];

/** How many application numbers are taken. */
export const applicationCount = stages.length;

/** Adds applications to become a vendor, and the people who made them. */
export function addApplications(
  rows: Rows,
  roleIds: RoleIds,
  places: readonly Place[],
  applicant: Account,
  today: Day,
): void {
  for (const [index, { status, stage, reason }] of stages.entries()) {
    const random = new Random(`application ${index}`);
    const account = index === 0 ? applicant : addApplicant(rows, roleIds, random, index, today);
    const place = random.pick(places);
    const address = makeAddress(place, random);
    const pan = makePan(random);
    const applied = momentOf(today - 3 - index, random.int(600, 1140));
    rows.add('public.vendor_applications', {
      id: random.uuid(),
      application_number: `APP${String(index + 1).padStart(6, '0')}`,
      user_id: account.id,
      business_name: `${random.pick(businessNames)} ${place.area}`,
      business_type: random.weighted({ spa: 2, salon: 2, wellness_center: 1 }),
      contact_person: account.name,
      contact_mobile: account.mobile,
      contact_email: account.email,
      address_line1: address.line1,
      city: address.city,
      state: address.state,
      pincode: address.pincode,
      latitude: address.latitude,
      longitude: address.longitude,
      gst_number: makeGstin(place.gstStateCode, pan),
      pan_number: pan,
      years_in_business: random.int(1, 15),
      number_of_staff: random.int(3, 20),
      status,
      current_approval_stage: stage,
      applied_date: formatMoment(applied),
      rejection_reason: reason,
      created_at: formatMoment(applied - hour),
      updated_at: formatMoment(applied),
    });
  }
}

function addApplicant(
  rows: Rows,
  roleIds: RoleIds,
  random: Random,
  index: number,
  today: Day,
): Account {
  const name = makeName(random, 'female');
  const account: Account = {
    id: random.uuid(),
    name,
    gender: 'female',
    email: emailAddress(name, 89_000_000 + index),
    mobile: mobileNumber(80, 90_000_000 + index),
    bornOn: today - random.int(28 * 365, 50 * 365),
    profileRole: 'customer',
    registeredAt: momentOf(today - 30 - index, random.int(600, 1140)),
  };
  addAuthUser(rows, account);
  addProfile(rows, account);
  addRole(rows, random, roleIds, account, 'customer');
  return account;
}
