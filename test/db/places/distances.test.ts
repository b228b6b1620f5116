import { withClient } from '../../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';

type Place = {
  latitude: number;
  longitude: number;
};

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

const insert = `insert into public.vendors
    (business_name, address_line1, city, state, pincode, verification_status, latitude, longitude)
  select 'Spa ' || ordinality, 'MG Road', 'Pune', 'Maharashtra', '411001', 'verified',
    p.latitude, p.longitude
  from rows from (jsonb_to_recordset($1::jsonb) as (latitude numeric, longitude numeric))
    with ordinality p`;

/** The same places in every run. */
const random = (() => {
  let state = 20_250_115;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
})();

function anywhere(): Place {
  return {
    latitude: (Math.asin(2 * random() - 1) * 180) / Math.PI,
    longitude: random() * 360 - 180,
  };
}

/** Not further away than some two hundred kilometres, over the antimeridian if need be. */
function near({ latitude, longitude }: Place): Place {
  const around = longitude + (random() - 0.5) * 2;
  return {
    latitude: Math.max(-90, Math.min(90, latitude + (random() - 0.5) * 2)),
    longitude: ((around + 540) % 360) - 180,
  };
}

/** By the angle between two places as seen from the centre, and not by the line between them. */
function greatCircle(from: Place, to: Place): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [a, b] = [radians(from.latitude), radians(to.latitude)];
  const turn = radians(to.longitude - from.longitude);
  const across = Math.hypot(
    Math.cos(b) * Math.sin(turn),
    Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(turn),
  );
  const along = Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(turn);
  return 6371.0088 * Math.atan2(across, along);
}

const pune = { latitude: 18.5204, longitude: 73.8567 };
const edges: Place[] = [
  pune,
  { latitude: 0, longitude: 0 },
  { latitude: 12.3, longitude: 179.9 },
  { latitude: -44, longitude: -179.95 },
  { latitude: 0, longitude: 180 },
  { latitude: 0, longitude: -180 },
  { latitude: 89.9, longitude: 12 },
  { latitude: -89.8, longitude: -150 },
  { latitude: 90, longitude: 0 },
  { latitude: -90, longitude: 77 },
];

it('distances are those on the ground, everywhere on earth, the nearest first', async () => {
  await play.query(
    `update system_settings set value = '20016' where key = 'search.maximum_radius_km'`,
  );
  const centres = [...edges, ...Array.from({ length: 20 }, anywhere)];
  const vendors = [...centres.flatMap((one) => [near(one), near(one)]), ...centres];
  vendors.push(...Array.from({ length: 100 }, anywhere));
  await play.query(insert, [JSON.stringify(vendors)]);
  for (const centre of centres) {
    const found = await play.as<{ km: string; latitude: string; longitude: string }>(
      null,
      `select n.distance_km as km, v.latitude, v.longitude
      from vendors_near($1, $2, 20016) with ordinality n join vendors v on v.id = n.vendor_id
      order by n.ordinality`,
      [centre.latitude, centre.longitude],
    );
    expect(found).toHaveLength(vendors.length);
    const kilometres = found.map(({ km }) => Number(km));
    expect(kilometres).toEqual([...kilometres].sort((a, b) => a - b));
    for (const { km, latitude, longitude } of found) {
      const there = { latitude: Number(latitude), longitude: Number(longitude) };
      const expected = greatCircle(centre, there);
      const difference = Math.abs(Number(km) - expected);
      const tolerated = 0.01 + expected * 0.005;
      expect({ centre, there, isRight: difference <= tolerated }).toEqual({
        centre,
        there,
        isRight: true,
      });
    }
  }
});

it('a vendor is found within the radius and not beyond it, on either side of the antimeridian', async () => {
  const fiji = { latitude: -16.8, longitude: 179.99 };
  await play.query(insert, [
    JSON.stringify([
      { latitude: -16.8, longitude: -179.99 },
      { latitude: -16.8, longitude: -179.5 },
    ]),
  ]);
  const within = async (km: number) =>
    (
      await play.as<{ km: string }>(
        null,
        'select distance_km as km from vendors_near($1, $2, $3)',
        [fiji.latitude, fiji.longitude, km],
      )
    ).map((row) => Number(row.km));
  expect(await within(2.1)).toEqual([]);
  expect(await within(2.2)).toEqual([2.13]);
  expect(await within(60)).toEqual([2.13, 54.29]);
});

it('a point follows the coordinates, and is null without them', async () => {
  await play.query(insert, [JSON.stringify([pune])]);
  const find = async () =>
    (await play.as(null, 'select vendor_id from vendors_near(18.5204, 73.8567, 1)')).length;
  expect(await find()).toBe(1);
  await play.query('update vendors set latitude = 19');
  expect(await find()).toBe(0);
  await play.query('update vendors set latitude = 18.5204');
  expect(await find()).toBe(1);
  await play.query('update vendors set longitude = null');
  expect(await find()).toBe(0);
  const { rows } = await play.query('select location from vendors');
  expect(rows).toEqual([{ location: null }]);
});

it('a dump can be restored: nothing depends on a search path', async () => {
  await withClient(database.rootUrl, async (client) => {
    await client.query('begin');
    await client.query(`select set_config('search_path', '', true)`);
    await client.query('create table public.restored (like public.vendors including all)');
    await client.query(insert.replace('public.vendors', 'public.restored'), [
      JSON.stringify([pune]),
    ]);
    await client.query('reindex table public.restored');
    const { rows } = await client.query('select location is null as is_lost from public.restored');
    expect(rows).toEqual([{ is_lost: false }]);
    await client.query('rollback');
  });
});
