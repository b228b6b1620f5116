import type pg from 'pg';
import { gstStateCodes } from './identifiers.ts';
import type { Paise } from './money.ts';
import { streetPatterns } from './names.ts';
import type { Random } from './random.ts';

/** A postal code that is served, and where it lies. */
export type Place = {
  readonly pincode: string;
  readonly city: string;
  readonly state: string;
  readonly gstStateCode: string;
  /** The zone; the city where it has none. */
  readonly area: string;
  readonly latitude: number;
  readonly longitude: number;
  /** What coming there adds to a booking, before GST. */
  readonly charge: Paise;
};

export type Address = {
  readonly line1: string;
  readonly city: string;
  readonly state: string;
  readonly pincode: string;
  readonly latitude: string;
  readonly longitude: string;
  readonly charge: Paise;
};

/** @returns the served postal codes of the migrations, in the order of their numbers. */
export async function readPlaces(client: pg.ClientBase): Promise<Place[]> {
  const { rows } = await client.query<{
    pincode: string;
    city: string;
    state: string;
    state_code: string;
    area: string;
    latitude: number;
    longitude: number;
    charge: number;
  }>(`
    select p.pincode, c.name as city, s.name as state, s.code as state_code,
      coalesce(z.name, c.name) as area,
      coalesce((point(z.coordinates))[1], c.latitude::float8) as latitude,
      coalesce((point(z.coordinates))[0], c.longitude::float8) as longitude,
      (a.charge * 100)::integer as charge
    from public.pincode_master p
    cross join lateral public.serviceable(p.pincode) a
    join public.cities c on c.id = p.city_id
    join public.states s on s.id = c.state_id
    left join public.zones z on z.id = p.zone_id
    where a.is_serviceable and c.latitude is not null
    order by p.pincode
  `);
  return rows.map(({ state_code: code, ...place }) => {
    const gstStateCode = gstStateCodes[code];
    if (gstStateCode === undefined) {
      throw new Error(`The state ${place.state} (${code}) has no GST code in the demo data.`);
    }
    return { ...place, gstStateCode };
  });
}

/** An address in the place, at most about 300 m from its centre. */
export function makeAddress(place: Place, random: Random): Address {
  const line1 = random
    .pick(streetPatterns)
    .replace('{n}', String(random.int(1, 240)))
    .replace('{area}', place.area);
  return {
    line1,
    city: place.city,
    state: place.state,
    pincode: place.pincode,
    latitude: (place.latitude + (random.next() - 0.5) * 0.005).toFixed(6),
    longitude: (place.longitude + (random.next() - 0.5) * 0.005).toFixed(6),
    charge: place.charge,
  };
}

/** The copy of an address that a booking keeps. */
export function formatServiceLocation(address: Address): string {
  return JSON.stringify({
    address_line1: address.line1,
    city: address.city,
    state: address.state,
    pincode: address.pincode,
    latitude: Number(address.latitude),
    longitude: Number(address.longitude),
  });
}
