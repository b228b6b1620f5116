import { claimsOf } from '../../fixtures/people.ts';
import { rupees } from '../../fixtures/terms.ts';
import { seedTwoWorlds } from '../../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { beginPlay, type Play } from '../play.ts';

let database: TestDatabase;
let play: Play;

const smaller = '00000000-0000-4000-8000-000000000001';
const larger = '00000000-0000-4000-8000-000000000002';
/** Rupees for coming there. */
const charges = { inner: 30.5, outer: 20, pincode: 49 } as const;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

// Two zones in the sea off Goa, where no other is; the larger id also covers the other's whole area.
beforeEach(async () => {
  play = await beginPlay(database);
  await play.query(
    `insert into zones (id, name, city_id, service_charge, coordinates)
    select v.id::uuid, v.name, c.id, v.charge, v.coordinates::polygon
    from (values
      ('${larger}', 'Outer', ${charges.outer}, '((72,15),(73,15),(73,16),(72,16))'),
      ('${smaller}', 'Inner', ${charges.inner}, '((72.4,15.4),(72.6,15.4),(72.5,15.6))')
    ) v (id, name, charge, coordinates)
    join cities c on c.name = 'Pune'`,
  );
  await play.query(
    `insert into pincode_master (pincode, city_id, zone_id, delivery_charge)
    select '999999', city_id, id, $2 from zones where id = $1`,
    [smaller, charges.pincode],
  );
});

afterEach(async () => {
  await play.end();
});

const inner = {
  is_serviceable: true,
  city: 'Pune',
  state: 'Maharashtra',
  zone: 'Inner',
};
const nothing = {
  is_serviceable: false,
  city: null,
  state: null,
  zone: null,
  charge: null,
};

describe('a pincode', () => {
  const ask = 'select * from serviceable($1)';
  const answer = async (pincode: string) => (await play.as(null, ask, [pincode]))[0];

  it.each([
    'visitor',
    'customer',
    'finance',
  ] as const)('%s learns whether it is served', async (who) => {
    expect(await play.as(claimsOf(who), ask, ['999999'])).toEqual([
      { ...inner, pincode: '999999', charge: rupees(charges.inner + charges.pincode) },
    ]);
  });

  it('that is unknown is not served, and no error', async () => {
    expect(await answer('999998')).toEqual({ ...nothing, pincode: '999998' });
  });

  it('without a zone has its own charge, and no city', async () => {
    await play.query(`update pincode_master set zone_id = null where pincode = '999999'`);
    expect(await answer('999999')).toMatchObject({
      zone: null,
      city: 'Pune',
      charge: rupees(charges.pincode),
    });
    await play.query(`update pincode_master set city_id = null where pincode = '999999'`);
    expect(await answer('999999')).toMatchObject({
      city: null,
      state: null,
      charge: rupees(charges.pincode),
    });
  });

  it.each([
    ['itself', `update pincode_master set is_serviceable = false where pincode = '999999'`],
    ['its zone', `update zones set is_serviceable = false where id = '${smaller}'`],
    ['its city', `update cities set is_active = false where name = 'Pune'`],
    ['its state', `update states set is_active = false where code = 'MH'`],
  ])('is not served when %s is not, and then has no charge', async (_, change) => {
    await play.query(change);
    expect(await answer('999999')).toEqual({
      ...inner,
      pincode: '999999',
      is_serviceable: false,
      charge: null,
    });
  });

  it('has six digits', async () => {
    for (const pincode of ['99999', '9999999', '099999', '99999a', ' 999999', '999999\n', '']) {
      expect({ pincode, ended: await play.ends(null, ask, [pincode]) }).toEqual({
        pincode,
        ended: 'OB020',
      });
    }
    expect(await play.ends(null, ask, [null])).toBe('OB020');
    expect(await play.ends(null, ask, ['999999'])).toBe('ok');
  });
});

describe('a point', () => {
  const ask = 'select * from serviceable_at($1, $2)';
  const at = async (latitude: number, longitude: number) =>
    (await play.as(null, ask, [latitude, longitude]))[0];

  it('is served as its zone is', async () => {
    expect(await at(15.1, 72.1)).toEqual({
      ...inner,
      zone: 'Outer',
      pincode: null,
      charge: rupees(charges.outer),
    });
    await play.query(`update zones set is_serviceable = false where id = '${larger}'`);
    expect(await at(15.1, 72.1)).toEqual({
      ...inner,
      zone: 'Outer',
      pincode: null,
      is_serviceable: false,
      charge: null,
    });
  });

  it('in two zones counts for the one with the smaller id', async () => {
    expect(await at(15.45, 72.5)).toMatchObject({ zone: 'Inner', charge: rupees(charges.inner) });
    // Within the bounds of the triangle, and outside it.
    expect(await at(15.59, 72.41)).toMatchObject({ zone: 'Outer' });
  });

  it('outside all zones is not served, and no error', async () => {
    expect(await at(15.5, 71.9)).toEqual({ ...nothing, pincode: null });
    // Latitude and longitude are not taken for each other.
    expect(await at(72.1, 15.1)).toEqual({ ...nothing, pincode: null });
    expect(await at(90, -180)).toEqual({ ...nothing, pincode: null });
  });

  it('must exist on earth', async () => {
    expect(await play.ends(null, ask, [90.1, 0])).toBe('23514');
    expect(await play.ends(null, ask, [0, 180.1])).toBe('23514');
    expect(await play.ends(null, ask, [null, 72.1])).toBe('OB020');
    expect(await play.ends(null, ask, [15.1, null])).toBe('OB020');
    expect(await play.ends(null, ask, [15.1, 72.1])).toBe('ok');
  });
});
