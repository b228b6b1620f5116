import type pg from 'pg';
import type { Account } from './accounts.ts';
import { addApplications, addApprovedApplication } from './applications.ts';
import { addBeautician } from './beauticians.ts';
import type { BusinessType } from './business-types.ts';
import type { Day } from './calendar.ts';
import type { Rows } from './copy.ts';
import { addCustomer, type Customer, makeCustomer, makePersonaCustomer } from './customers.ts';
import { type Defaults, readDefaults } from './defaults.ts';
import { addDepartments } from './departments.ts';
import { addPersonas, type PersonaAccounts } from './people.ts';
import type { Place } from './places.ts';
import { addProviderRow, type Provider } from './providers.ts';
import { addProvidersApart } from './providers-apart.ts';
import { Random } from './random.ts';
import { type Rules, readRules } from './rules.ts';
import { type Addon, addServices } from './services.ts';
import { addTherapist } from './therapists.ts';
import {
  addVendor,
  madeAtOf,
  priceOffers,
  type UnpricedVendor,
  type Vendor,
  type VendorRequest,
} from './vendors.ts';

/** A customer, and the vendor and therapist whose persona names go with it. */
export type Circle = {
  readonly customer: Customer;
  readonly vendor: Vendor;
  readonly therapist: Provider;
};

/** Everything that bookings are made of. */
export type World = {
  readonly today: Day;
  readonly defaults: Defaults;
  readonly rules: Rules;
  readonly accounts: PersonaAccounts;
  /** `customer`, `vendor`, `therapist`; then `customer2`, `vendor2`, `therapist2`: two cities. */
  readonly circles: readonly [Circle, Circle];
  /** `beautician`, at the vendor of the first circle. */
  readonly beautician: Provider;
  readonly vendorsByCity: ReadonlyMap<string, readonly Vendor[]>;
  readonly providersOf: ReadonlyMap<Vendor, readonly Provider[]>;
  readonly addons: readonly Addon[];
  readonly customerCount: number;
  /** The customer of a number below `customerCount`; personas are not among them. */
  readonly customer: (index: number) => Customer;
};

/** Bookings were made from so many days before today on. */
export const daysOfHistory = 365;

const customersAtOnce = 5_000;

/** Adds everything but bookings: catalogue, people, vendors, therapists, customers. */
export async function buildWorld(
  client: pg.ClientBase,
  rows: Rows,
  bookings: number,
  today: Day,
): Promise<World> {
  const defaults = await readDefaults(client);
  const { roleIds, places } = defaults;
  const { services, addons } = await addServices(client, rows, defaults.serviceCategoryIds, today);
  const accounts = addPersonas(rows, roleIds, today);
  addDepartments(rows, defaults, accounts, today);
  addApplications(rows, defaults, accounts, today);
  const requests = requestVendors(bookings, places, accounts);
  const unpriced = requests.map((request) => addVendor(rows, defaults, services, today, request));
  const reviewed = unpriced.filter(({ applicationId }) => applicationId !== null);
  for (const [index, vendor] of reviewed.sort(byAge).entries()) {
    addApprovedApplication(rows, defaults, accounts, vendor, index + 1, today);
  }
  const vendors = await priceOffers(client, rows, unpriced);
  const providersOf = addProviders(rows, defaults, bookings, vendors, accounts, today);
  for (const provider of [...providersOf.values()].flat()) {
    addProviderRow(rows, provider);
  }
  const personaAt = (vendor: Vendor | undefined, account: Account): [Vendor, Provider] => {
    const providers = vendor === undefined ? undefined : providersOf.get(vendor);
    const provider = providers?.find((candidate) => candidate.account === account);
    if (vendor === undefined || provider === undefined) {
      throw new Error(`The persona ${account.name} serves no vendor.`);
    }
    return [vendor, provider];
  };
  const circleOf = (index: 0 | 1, customer: Account, account: Account): Circle => {
    const [vendor, therapist] = personaAt(vendors[index], account);
    return { customer: makePersonaCustomer(customer, vendor.place), vendor, therapist };
  };

  const vendorsByCity = Map.groupBy(vendors, ({ place }) => place.city);
  const homes = places.filter(({ city }) => vendorsByCity.has(city));
  const customerCount = Math.max(60, Math.round(bookings / 12));
  const customer = (index: number): Customer => makeCustomer(index, today, customerCount, homes);
  for (let index = 0; index < customerCount; index += 1) {
    addCustomer(rows, roleIds, customer(index));
    if (index % customersAtOnce === 0) {
      await rows.send(client);
    }
  }
  return {
    today,
    defaults,
    rules: await readRules(client, today - daysOfHistory, today),
    accounts,
    circles: [
      circleOf(0, accounts.customer, accounts.therapist),
      circleOf(1, accounts.customer2, accounts.therapist2),
    ],
    beautician: personaAt(vendors[0], accounts.beautician)[1],
    vendorsByCity,
    providersOf,
    addons,
    customerCount,
    customer,
  };
}

function byAge(one: UnpricedVendor, other: UnpricedVendor): number {
  return madeAtOf(one) - madeAtOf(other);
}

/** The two vendors of the personas first, then forty or more anywhere. */
function requestVendors(
  bookings: number,
  places: readonly Place[],
  accounts: PersonaAccounts,
): VendorRequest[] {
  const random = new Random('vendors');
  const find = (city: string, area: string): Place => {
    const place = places.find((candidate) => candidate.city === city && candidate.area === area);
    if (place === undefined) {
      throw new Error(`${area} in ${city} is not served.`);
    }
    return place;
  };
  const others = Array.from(
    { length: Math.max(40, Math.round(bookings / 2_500)) - 2 },
    (_, index) => ({
      index: index + 2,
      type: random.weighted<BusinessType>({
        spa: 9,
        salon: 6,
        wellness_center: 2,
        home_service: 3,
        hotel_spa: 2,
      }),
      place: random.pick(places),
    }),
  );
  return [
    {
      index: 0,
      type: 'spa',
      place: find('Mumbai', 'Bandra & Khar'),
      owner: accounts.vendor,
      staff: [accounts.vendor_admin, accounts.vendor_manager, accounts.receptionist],
    },
    { index: 1, type: 'spa', place: find('Bengaluru', 'Indiranagar'), owner: accounts.vendor2 },
    ...others,
  ];
}

/** Therapists; in salons beauticians, and one therapist who goes to people's homes. */
function addProviders(
  rows: Rows,
  defaults: Defaults,
  bookings: number,
  vendors: readonly Vendor[],
  accounts: PersonaAccounts,
  today: Day,
): Map<Vendor, Provider[]> {
  const random = new Random('providers');
  const personas = [accounts.therapist, accounts.therapist2];
  const [least, most] = bookings < 50_000 ? [3, 5] : [6, 10];
  let next = 0;
  const providersOf = new Map(
    vendors.map((vendor, index) => {
      const providers = Array.from({ length: random.int(least, most) }, (_, position) => {
        const persona = position === 0 ? personas[index] : undefined;
        const add = vendor.type === 'salon' && position > 0 ? addBeautician : addTherapist;
        next += 1;
        return add(rows, defaults, today, vendor, next, persona);
      });
      if (index === 0) {
        next += 1;
        providers.push(addBeautician(rows, defaults, today, vendor, next, accounts.beautician));
      }
      return [vendor, providers] as const;
    }),
  );
  addProvidersApart(rows, defaults, accounts, vendors, next + 1, today);
  return providersOf;
}
