import type pg from 'pg';
import type { RoleIds } from './accounts.ts';
import { addApplications } from './applications.ts';
import type { Day } from './calendar.ts';
import type { Rows } from './copy.ts';
import { addCustomer, type Customer, makeCustomer, makePersonaCustomer } from './customers.ts';
import { addPersonas, type PersonaAccounts } from './people.ts';
import { type Place, readPlaces } from './places.ts';
import { Random } from './random.ts';
import { type Addon, addServices } from './services.ts';
import { addTherapist, type Therapist } from './therapists.ts';
import { addVendor, type BusinessType, type Vendor, type VendorRequest } from './vendors.ts';

/** A customer, and the vendor and therapist whose persona names go with it. */
export type Circle = {
  readonly customer: Customer;
  readonly vendor: Vendor;
  readonly therapist: Therapist;
};

/** Everything that bookings are made of. */
export type World = {
  readonly today: Day;
  readonly accounts: PersonaAccounts;
  /** `customer`, `vendor`, `therapist`; then `customer2`, `vendor2`, `therapist2`: two cities. */
  readonly circles: readonly [Circle, Circle];
  readonly vendorsByCity: ReadonlyMap<string, readonly Vendor[]>;
  readonly therapistsOf: ReadonlyMap<Vendor, readonly Therapist[]>;
  readonly addons: readonly Addon[];
  readonly customerCount: number;
  /** The customer of a number below `customerCount`; personas are not among them. */
  readonly customer: (index: number) => Customer;
};

/** What the migrations brought along, which demo data refers to. */
type Defaults = {
  readonly roleIds: RoleIds;
  readonly categoryIds: ReadonlyMap<string, string>;
  readonly places: readonly Place[];
};

const customersAtOnce = 5_000;

/** Adds everything but bookings: catalogue, people, vendors, therapists, customers. */
export async function buildWorld(
  client: pg.ClientBase,
  rows: Rows,
  bookings: number,
  today: Day,
): Promise<World> {
  const { roleIds, categoryIds, places } = await readDefaults(client);
  const { services, addons } = addServices(rows, categoryIds, today);
  const accounts = addPersonas(rows, roleIds, today);
  addApplications(rows, roleIds, places, accounts.applicant, today);
  const requests = requestVendors(bookings, places, accounts);
  const vendors = requests.map((request) => addVendor(rows, roleIds, services, today, request));
  const therapistsOf = addTherapists(rows, roleIds, bookings, vendors, accounts, today);
  const circleOf = (vendor: Vendor | undefined, account: PersonaAccounts['customer']): Circle => {
    const therapist = vendor && therapistsOf.get(vendor)?.[0];
    if (vendor === undefined || therapist === undefined) {
      throw new Error('A persona has no vendor.');
    }
    return { customer: makePersonaCustomer(account, vendor.place), vendor, therapist };
  };

  const vendorsByCity = Map.groupBy(vendors, ({ place }) => place.city);
  const homes = places.filter(({ city }) => vendorsByCity.has(city));
  const customerCount = Math.max(60, Math.round(bookings / 12));
  const customer = (index: number): Customer => makeCustomer(index, today, homes);
  for (let index = 0; index < customerCount; index += 1) {
    addCustomer(rows, roleIds, customer(index));
    if (index % customersAtOnce === 0) {
      await rows.send(client);
    }
  }
  return {
    today,
    accounts,
    circles: [circleOf(vendors[0], accounts.customer), circleOf(vendors[1], accounts.customer2)],
    vendorsByCity,
    therapistsOf,
    addons,
    customerCount,
    customer,
  };
}

async function readDefaults(client: pg.ClientBase): Promise<Defaults> {
  const roles = await client.query<{ code: string; id: string; department_id: string | null }>(
    'select code, id, department_id from public.roles',
  );
  const categories = await client.query<{ slug: string; id: string }>(
    'select slug, id from public.service_categories',
  );
  return {
    roleIds: new Map(
      roles.rows.map(({ code, id, department_id: departmentId }) => [code, { id, departmentId }]),
    ),
    categoryIds: new Map(categories.rows.map(({ slug, id }) => [slug, id])),
    places: await readPlaces(client),
  };
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
    { index: 0, type: 'spa', place: find('Mumbai', 'Bandra & Khar'), owner: accounts.vendor },
    { index: 1, type: 'spa', place: find('Bengaluru', 'Indiranagar'), owner: accounts.vendor2 },
    ...others,
  ];
}

/** The personas first in their vendors' lists. */
function addTherapists(
  rows: Rows,
  roleIds: RoleIds,
  bookings: number,
  vendors: readonly Vendor[],
  accounts: PersonaAccounts,
  today: Day,
): Map<Vendor, Therapist[]> {
  const random = new Random('therapists');
  const personas = [accounts.therapist, accounts.therapist2];
  const [least, most] = bookings < 50_000 ? [3, 5] : [6, 10];
  let next = 0;
  return new Map(
    vendors.map((vendor, index) => {
      const therapists = Array.from({ length: random.int(least, most) }, (_, position) => {
        const persona = position === 0 ? personas[index] : undefined;
        next += 1;
        return addTherapist(rows, roleIds, today, vendor, next, persona);
      });
      return [vendor, therapists];
    }),
  );
}
