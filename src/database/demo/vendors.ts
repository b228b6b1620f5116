import {
  type Account,
  addAuthUser,
  addProfile,
  addRole,
  type Gender,
  makeName,
  type RoleIds,
} from './accounts.ts';
import { type Day, formatDay, formatMoment, formatTime, momentOf } from './calendar.ts';
import type { CategorySlug } from './catalogue.ts';
import type { Rows } from './copy.ts';
import { digits, emailAddress, makeGstin, makePan, mobileNumber } from './identifiers.ts';
import { formatRupees, type Paise } from './money.ts';
import { businessNameEndings, businessNames } from './names.ts';
import { type Address, formatServiceLocation, makeAddress, type Place } from './places.ts';
import { Random } from './random.ts';
import type { Service } from './services.ts';

export type BusinessType = 'spa' | 'salon' | 'wellness_center' | 'home_service' | 'hotel_spa';

/** Minutes of the day, in the vendor's own time. */
export type Hours = { readonly from: number; readonly to: number };

/** A service as one vendor offers it. */
export type Offer = Service & { readonly offerPrice: Paise };

export type Vendor = {
  readonly id: string;
  readonly owner: Account;
  readonly name: string;
  readonly type: BusinessType;
  readonly place: Place;
  readonly address: Address;
  /** The address as a booking keeps it. */
  readonly location: string;
  /** Per cent. */
  readonly commissionRate: number;
  readonly hours: Hours;
  /** The weekday on which it is closed; null for one that never is. */
  readonly closedOn: number | null;
  readonly offers: readonly Offer[];
};

export type VendorRequest = {
  readonly index: number;
  readonly type: BusinessType;
  readonly place: Place;
  /** Who owns it; a person of its own without. */
  readonly owner?: Account;
};

const kinds: Readonly<
  Record<
    BusinessType,
    {
      readonly endings: readonly string[];
      readonly categories: readonly CategorySlug[];
      readonly hours: Hours;
    }
  >
> = {
  spa: {
    endings: businessNameEndings.spa,
    categories: ['massage', 'body-treatments', 'ayurveda', 'facial', 'nails'],
    hours: { from: 600, to: 1260 },
  },
  salon: {
    endings: businessNameEndings.salon,
    categories: ['hair', 'facial', 'nails', 'waxing-threading', 'makeup-bridal', 'mens-grooming'],
    hours: { from: 570, to: 1230 },
  },
  wellness_center: {
    endings: ['Wellness Centre', 'Yoga & Wellness', 'Ayurveda Centre'],
    categories: ['wellness-yoga', 'ayurveda', 'massage', 'body-treatments'],
    hours: { from: 420, to: 1200 },
  },
  home_service: {
    endings: businessNameEndings.home,
    categories: ['massage', 'facial', 'waxing-threading', 'nails', 'makeup-bridal'],
    hours: { from: 480, to: 1200 },
  },
  hotel_spa: {
    endings: businessNameEndings.hotel,
    categories: ['massage', 'body-treatments', 'facial'],
    hours: { from: 480, to: 1320 },
  },
};

const partnerCommissions = { '15': 4, '20': 2, '25': 2, '30': 2 } as const;

/** Adds a vendor with its owner, private details, opening hours and services. */
export function addVendor(
  rows: Rows,
  roleIds: RoleIds,
  services: readonly Service[],
  today: Day,
  request: VendorRequest,
): Vendor {
  const { index, type, place } = request;
  const random = new Random(`vendor ${index}`);
  const kind = kinds[type];
  const owner = request.owner ?? addOwner(rows, roleIds, random, index, today);
  const name = `${businessNames[index % businessNames.length]} ${random.pick(kind.endings)}`;
  const address = makeAddress(place, random);
  const vendor: Vendor = {
    id: random.uuid(),
    owner,
    name: index < businessNames.length ? name : `${name}, ${place.area}`,
    type,
    place,
    address,
    location: formatServiceLocation(address),
    commissionRate: Number(random.weighted(partnerCommissions)),
    hours: kind.hours,
    // A persona is always there to be tried.
    closedOn: request.owner === undefined && random.chance(0.4) ? random.int(1, 2) : null,
    offers: makeOffers(
      random,
      services.filter(({ category }) => kind.categories.includes(category)),
    ),
  };
  addVendorRow(rows, vendor);
  addPrivateDetails(rows, random, vendor, today);
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

function makeOffers(random: Random, services: readonly Service[]): Offer[] {
  const level = 0.85 + random.next() * 0.4;
  return random
    .sample(services, Math.ceil(services.length * (0.7 + random.next() * 0.3)))
    .map((service) => {
      const hasOwnPrice = random.chance(0.6);
      const ownPrice = Math.round((service.price * level) / 50_00) * 50_00 - 1_00;
      return { ...service, offerPrice: hasOwnPrice ? Math.max(ownPrice, 99_00) : service.price };
    });
}

function addVendorRow(rows: Rows, vendor: Vendor): void {
  const made = formatMoment(vendor.owner.registeredAt + 86_400);
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

function addPrivateDetails(rows: Rows, random: Random, vendor: Vendor, today: Day): void {
  const made = formatMoment(vendor.owner.registeredAt + 86_400);
  const pan = makePan(random);
  const gstin = makeGstin(vendor.place.gstStateCode, pan);
  rows.add('public.vendor_private_details', {
    vendor_id: vendor.id,
    registration_number: `SHOP/${vendor.place.pincode}/${digits(random, 5)}`,
    gst_number: gstin,
    pan_number: pan,
    contact_person: vendor.owner.name,
    contact_mobile: vendor.owner.mobile,
    contact_email: vendor.owner.email,
    commission_rate: vendor.commissionRate,
    created_at: made,
    updated_at: made,
  });
  for (const type of ['gst', 'pan', 'license'] as const) {
    rows.add('public.vendor_documents', {
      id: random.uuid(),
      vendor_id: vendor.id,
      document_type: type,
      document_name: { gst: `GST ${gstin}`, pan: `PAN ${pan}`, license: 'Trade licence' }[type],
      file_url: `https://files.example.com/vendors/${vendor.id}/${type}.pdf`,
      file_type: 'application/pdf',
      verified: true,
      verified_at: made,
      expiry_date: type === 'license' ? formatDay(today + random.int(30, 700)) : null,
      created_at: made,
    });
  }
}

function addOpeningHours(rows: Rows, random: Random, vendor: Vendor): void {
  for (let weekday = 0; weekday < 7; weekday += 1) {
    rows.add('public.vendor_availability', {
      id: random.uuid(),
      vendor_id: vendor.id,
      day_of_week: weekday,
      open_time: formatTime(vendor.hours.from),
      close_time: formatTime(vendor.hours.to),
      is_open: weekday !== vendor.closedOn,
      created_at: formatMoment(vendor.owner.registeredAt + 86_400),
    });
  }
}

function addOffers(rows: Rows, random: Random, vendor: Vendor): void {
  for (const offer of vendor.offers) {
    const made = formatMoment(vendor.owner.registeredAt + 2 * 86_400);
    rows.add('public.vendor_services', {
      id: random.uuid(),
      vendor_id: vendor.id,
      service_id: offer.id,
      custom_price: offer.offerPrice === offer.price ? null : formatRupees(offer.offerPrice),
      created_at: made,
      updated_at: made,
    });
  }
}
