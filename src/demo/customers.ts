import {
  type Account,
  addAuthUser,
  addProfile,
  addRole,
  makeName,
  type RoleIds,
} from './accounts.ts';
import { type Day, formatMoment, momentOf } from './calendar.ts';
import type { Rows } from './copy.ts';
import { emailAddress, mobileNumber } from './identifiers.ts';
import { type Address, formatServiceLocation, makeAddress, type Place } from './places.ts';
import { Random } from './random.ts';

export type Customer = {
  readonly account: Account;
  readonly addressId: string;
  readonly address: Address;
  /** The address as a booking keeps it. */
  readonly location: string;
};

/** Of all customers those who were there a year ago; the others came in the course of it. */
const oldShare = 0.7;
const daysOfGrowth = 365;

/** How many of `count` customers had registered before this day, the lowest numbers first. */
export function customersBefore(day: Day, today: Day, count: number): number {
  const elapsed = (day - (today - daysOfGrowth)) / daysOfGrowth;
  return Math.floor(count * (oldShare + (1 - oldShare) * elapsed));
}

function dayOfRegistration(random: Random, index: number, today: Day, count: number): Day {
  const elapsed = (index / count - oldShare) / (1 - oldShare);
  return elapsed < 0
    ? today - random.int(370, 900)
    : today - daysOfGrowth + Math.floor(elapsed * daysOfGrowth);
}

/**
 * The customer of this number out of `count`: always the same one, so that a million bookings need not keep a
 * hundred thousand people in memory.
 */
export function makeCustomer(
  index: number,
  today: Day,
  count: number,
  places: readonly Place[],
): Customer {
  const random = new Random(`customer ${index}`);
  const gender = random.chance(0.65) ? 'female' : 'male';
  const name = makeName(random, gender);
  return withAddress(random, random.pick(places), {
    id: random.uuid(),
    name,
    gender,
    email: emailAddress(name, index),
    mobile: mobileNumber(60, index),
    bornOn: today - random.int(19 * 365, 70 * 365),
    profileRole: 'customer',
    registeredAt: momentOf(dayOfRegistration(random, index, today, count), random.int(420, 1380)),
  });
}

/** A customer with an account of its own. */
export function makePersonaCustomer(account: Account, place: Place): Customer {
  return withAddress(new Random(`customer ${account.id}`), place, account);
}

export function referralCodeOf({ mobile }: Account): string {
  return `OMB${mobile.slice(3)}`;
}

/** Adds the customer with account and home address. */
export function addCustomer(rows: Rows, roleIds: RoleIds, customer: Customer): void {
  const { account } = customer;
  const random = new Random(`rows of ${account.id}`);
  addAuthUser(rows, account);
  addProfile(rows, account);
  addRole(rows, random, roleIds, account, 'customer');
  addCustomerRows(rows, random, customer, null);
}

/** The customer's own rows, for a user who has account and profile. */
export function addCustomerRows(
  rows: Rows,
  random: Random,
  { account, addressId, address }: Customer,
  referrerId: string | null,
): void {
  const registered = formatMoment(account.registeredAt);
  rows.add('public.customers', {
    id: account.id,
    membership_start_date: registered.slice(0, 10),
    preferred_gender: random.weighted({ any: 7, female: 2, male: 1 }),
    referral_code: referralCodeOf(account),
    referred_by: referrerId,
    created_at: registered,
    updated_at: registered,
  });
  rows.add('public.customer_addresses', {
    id: addressId,
    customer_id: account.id,
    address_type: 'home',
    label: 'Home',
    address_line1: address.line1,
    city: address.city,
    state: address.state,
    pincode: address.pincode,
    latitude: address.latitude,
    longitude: address.longitude,
    is_default: true,
    created_at: registered,
    updated_at: registered,
  });
}

function withAddress(random: Random, place: Place, account: Account): Customer {
  const address = makeAddress(place, random);
  return { account, addressId: random.uuid(), address, location: formatServiceLocation(address) };
}
