import type pg from 'pg';
import {
  type Account,
  addAuthUser,
  addProfile,
  addRole,
  type Gender,
  makeName,
  type RoleIds,
} from './accounts.ts';
import { type BusinessType, type Hours, kinds, vendorCategoriesOf } from './business-types.ts';
import {
  type Day,
  formatDay,
  formatMoment,
  formatTime,
  type Moment,
  momentOf,
  secondsPerDay,
} from './calendar.ts';
import type { Rows } from './copy.ts';
import { type Defaults, known } from './defaults.ts';
import { addFile } from './files.ts';
import { digits, emailAddress, makeGstin, makePan, mobileNumber } from './identifiers.ts';
import { formatRupees, type Paise } from './money.ts';
import { businessNames } from './names.ts';
import { personaRowId } from './personas.ts';
import { type Address, formatServiceLocation, makeAddress, type Place } from './places.ts';
import { Random } from './random.ts';
import type { Service } from './services.ts';

/** A service as one vendor offers it, at the price and with the minutes that the database says. */
export type Offer = Service & { readonly offerPrice: Paise };

/** A service with what a vendor asks for it; null for what the catalogue says. */
type Asked = Service & { readonly ownPrice: Paise | null };

export type Vendor = {
  readonly id: string;
  readonly owner: Account;
  readonly name: string;
  readonly type: BusinessType;
  readonly place: Place;
  readonly address: Address;
  /** Ids of those who handle its bookings. */
  readonly desk: readonly string[];
  /** The address as a booking keeps it. */
  readonly location: string;
  /** Under which terms it joined. */
  readonly partnerType: string;
  /** Per cent. */
  readonly commissionRate: number;
  readonly pan: string;
  readonly gstin: string;
  /** The application that it came from; null for vendors from before there were any. */
  readonly applicationId: string | null;
  readonly hours: Hours;
  /** The weekday on which it is closed; null for one that never is. */
  readonly closedOn: number | null;
  readonly offers: readonly Offer[];
};

/** A vendor whose rows have not been sent yet, so that the database knows none of its prices. */
export type UnpricedVendor = Omit<Vendor, 'offers'> & { readonly offers: readonly Asked[] };

export type VendorRequest = {
  readonly index: number;
  readonly type: BusinessType;
  readonly place: Place;
  /** Who owns it; a person of its own without. */
  readonly owner?: Account;
  /** Who handles its bookings beside the owner. */
  readonly staff?: readonly Account[];
};

const partnerTypes = { FRANCHISE: 4, ASSOCIATION: 2, AGGREGATOR: 2, INDEPENDENT: 2 } as const;

/** Adds a vendor with its owner, private details, categories, opening hours and services. */
export function addVendor(
  rows: Rows,
  defaults: Defaults,
  services: readonly Service[],
  today: Day,
  request: VendorRequest,
): UnpricedVendor {
  const { index, type, place } = request;
  const random = new Random(`vendor ${index}`);
  const kind = kinds[type];
  const owner = request.owner ?? addOwner(rows, defaults.roleIds, random, index, today);
  const name = `${businessNames[index % businessNames.length]} ${random.pick(kind.endings)}`;
  const address = makeAddress(place, random);
  const partnerType = random.weighted(partnerTypes);
  const pan = makePan(random);
  const drawnId = random.uuid();
  const vendor: UnpricedVendor = {
    id: request.owner === undefined ? drawnId : personaRowId(owner.id, 'vendor'),
    owner,
    name: index < businessNames.length ? name : `${name}, ${place.area}`,
    type,
    place,
    address,
    desk: [owner, ...(request.staff ?? [])].map(({ id }) => id),
    location: formatServiceLocation(address),
    partnerType,
    commissionRate: known(defaults.partnerTerms, partnerType).commissionRate,
    pan,
    gstin: makeGstin(place.gstStateCode, pan),
    applicationId: request.owner === undefined ? null : random.uuid(),
    hours: kind.hours,
    // A persona is always there to be tried.
    closedOn: request.owner === undefined && random.chance(0.4) ? random.int(1, 2) : null,
    offers: chooseOffers(
      random,
      services.filter(({ category }) => kind.categories.includes(category)),
    ),
  };
  addVendorRow(rows, vendor);
  addPrivateDetails(rows, random, vendor, today);
  addCategories(rows, defaults, vendor);
  addOpeningHours(rows, random, vendor);
  addOffers(rows, random, vendor);
  return vendor;
}

function addOwner(
  rows: Rows,
  roleIds: RoleIds,
  random: Random,
  index: number,
  today: Day,
): Account {
  const gender: Gender = random.chance(0.5) ? 'female' : 'male';
  const name = makeName(random, gender);
  const account: Account = {
    id: random.uuid(),
    name,
    gender,
    email: emailAddress(name, 80_000_000 + index),
    mobile: mobileNumber(80, index),
    bornOn: today - random.int(28 * 365, 60 * 365),
    profileRole: 'vendor',
    registeredAt: momentOf(today - random.int(500, 900), random.int(540, 1200)),
  };
  addAuthUser(rows, account);
  addProfile(rows, account);
  addRole(rows, random, roleIds, account, 'vendor');
  return account;
}

function chooseOffers(random: Random, services: readonly Service[]): Asked[] {
  const level = 0.85 + random.next() * 0.4;
  return random
    .sample(services, Math.ceil(services.length * (0.7 + random.next() * 0.3)))
    .map((service) => {
      const hasOwnPrice = random.chance(0.6);
      const ownPrice = Math.max(Math.round((service.price * level) / 50_00) * 50_00 - 1_00, 99_00);
      return { ...service, ownPrice: hasOwnPrice && ownPrice !== service.price ? ownPrice : null };
    });
}

/** Sends the vendors' rows, and asks what their services cost and how long they take there. */
export async function priceOffers(
  client: pg.ClientBase,
  rows: Rows,
  vendors: readonly UnpricedVendor[],
): Promise<Vendor[]> {
  await rows.send(client);
  const { rows: asked } = await client.query<{ key: string; price: Paise; minutes: number }>(
    `select v.vendor_id || ' ' || v.service_id as key,
      (public.vendor_services_price(v) * 100)::integer as price,
      public.vendor_services_duration(v) as minutes
    from public.vendor_services v`,
  );
  const answers = new Map(asked.map(({ key, price, minutes }) => [key, { price, minutes }]));
  return vendors.map((vendor) => ({
    ...vendor,
    offers: vendor.offers.map(({ ownPrice: _, ...service }) => {
      const { price, minutes } = known(answers, `${vendor.id} ${service.id}`);
      return { ...service, minutes, offerPrice: price };
    }),
  }));
}

function addVendorRow(rows: Rows, vendor: UnpricedVendor): void {
  const made = formatMoment(madeAtOf(vendor));
  const categories = [...new Set(vendor.offers.map(({ category }) => category))];
  rows.add('public.vendors', {
    id: vendor.id,
    user_id: vendor.owner.id,
    business_name: vendor.name,
    business_type: vendor.type,
    description: `${vendor.name} in ${vendor.place.area}: ${categories.join(', ').replaceAll('-', ' ')}.`,
    address_line1: vendor.address.line1,
    city: vendor.address.city,
    state: vendor.address.state,
    pincode: vendor.address.pincode,
    latitude: vendor.address.latitude,
    longitude: vendor.address.longitude,
    verification_status: 'verified',
    created_at: made,
    updated_at: made,
  });
}

function addPrivateDetails(rows: Rows, random: Random, vendor: UnpricedVendor, today: Day): void {
  const made = formatMoment(madeAtOf(vendor));
  rows.add('public.vendor_private_details', {
    vendor_id: vendor.id,
    application_id: vendor.applicationId,
    registration_number: `SHOP/${vendor.place.pincode}/${digits(random, 5)}`,
    gst_number: vendor.gstin,
    pan_number: vendor.pan,
    contact_person: vendor.owner.name,
    contact_mobile: vendor.owner.mobile,
    contact_email: vendor.owner.email,
    commission_rate: vendor.commissionRate,
    partner_type: vendor.partnerType,
    created_at: made,
    updated_at: made,
  });
  for (const type of ['gst', 'pan', 'license'] as const) {
    rows.add('public.vendor_documents', {
      id: random.uuid(),
      vendor_id: vendor.id,
      document_type: type,
      document_name: {
        gst: `GST ${vendor.gstin}`,
        pan: `PAN ${vendor.pan}`,
        license: 'Trade licence',
      }[type],
      file_url: addFile(rows, random, {
        ownerId: vendor.owner.id,
        purpose: 'vendor_document',
        createdAt: made,
      }),
      file_type: 'application/pdf',
      verified: true,
      verified_at: made,
      expiry_date: type === 'license' ? formatDay(today + random.int(30, 700)) : null,
      created_at: made,
    });
  }
}

function addCategories(rows: Rows, { vendorCategoryIds }: Defaults, vendor: UnpricedVendor): void {
  for (const [position, code] of vendorCategoriesOf(vendor.type, vendor.offers).entries()) {
    rows.add('public.vendor_category_members', {
      vendor_id: vendor.id,
      category_id: known(vendorCategoryIds, code),
      is_primary: position === 0,
      created_at: formatMoment(madeAtOf(vendor)),
    });
  }
}

/** A day after its owner registered: as long as the review takes. */
export function madeAtOf({ owner }: UnpricedVendor): Moment {
  return owner.registeredAt + secondsPerDay;
}

function addOpeningHours(rows: Rows, random: Random, vendor: UnpricedVendor): void {
  for (let weekday = 0; weekday < 7; weekday += 1) {
    rows.add('public.vendor_availability', {
      id: random.uuid(),
      vendor_id: vendor.id,
      day_of_week: weekday,
      open_time: formatTime(vendor.hours.from),
      close_time: formatTime(vendor.hours.to),
      is_open: weekday !== vendor.closedOn,
      created_at: formatMoment(madeAtOf(vendor)),
    });
  }
}

function addOffers(rows: Rows, random: Random, vendor: UnpricedVendor): void {
  for (const offer of vendor.offers) {
    const made = formatMoment(madeAtOf(vendor) + secondsPerDay);
    rows.add('public.vendor_services', {
      id: random.uuid(),
      vendor_id: vendor.id,
      service_id: offer.id,
      custom_price: offer.ownPrice === null ? null : formatRupees(offer.ownPrice),
      created_at: made,
      updated_at: made,
    });
  }
}
