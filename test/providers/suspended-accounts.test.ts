import { makeSteps } from '../booking/steps.ts';
import { idFor, massage, therapist, therapist2, vendor, type Who } from '../fixtures/market.ts';
import { openProviders, outcome, type Providers } from './support.ts';

let world: Providers;
const { freeHour, assigned } = makeSteps(() => world.market);

beforeAll(async () => {
  world = await openProviders();
});

afterAll(async () => {
  await world?.close();
});

beforeEach(() => world.reset());

async function setAccount(who: Who, status: string): Promise<string> {
  return outcome(
    await world.ask(
      'admin',
      `mutation($input: SetAccountStatusInput!) { setAccountStatus(input: $input) { result { id } } }`,
      { input: { userId: idFor(who), status } },
    ),
  );
}

/** By which ways a visitor comes to the vendor. */
async function waysToVendor(): Promise<Record<string, boolean>> {
  await world.market.owner.query('select app_private.refresh_search(500)');
  const { data } = await world.ask(
    null,
    `query($id: UUID!, $services: [UUID!]!) {
      vendor(id: $id) { id }
      vendors(first: 100) { nodes { id } }
      searchVendors(query: "Lotus") { nodes { vendor { id } } }
      suggest(query: "Lotus") { label }
      availableSlots(vendorId: $id, serviceIds: $services) { startsAt }
    }`,
    { id: vendor, services: [massage] },
  );
  const ids = (nodes: readonly { id: string }[]): boolean => nodes.some(({ id }) => id === vendor);
  return {
    page: data.vendor !== null,
    list: ids(data.vendors.nodes),
    search: ids(
      data.searchVendors.nodes.flatMap(
        (node: { vendor: { id: string } | null }) => node.vendor ?? [],
      ),
    ),
    suggestions: data.suggest.some(({ label }: { label: string }) => label === 'Lotus Spa'),
    slots: (data.availableSlots ?? []).length > 0,
  };
}

const all = (is: boolean): Record<string, boolean> => ({
  page: is,
  list: is,
  search: is,
  suggestions: is,
  slots: is,
});

describe('the vendor of a suspended owner', () => {
  it.each([
    'suspended',
    'terminated',
    'inactive',
  ])('is found nowhere while the account is %s', async (status) => {
    expect(await waysToVendor()).toEqual(all(true));
    expect(await setAccount('vendor', status)).toBe('ok');
    expect(await waysToVendor()).toEqual(all(false));
    expect(await setAccount('vendor', 'active')).toBe('ok');
    expect(await waysToVendor()).toEqual(all(true));
  });

  it('takes no new bookings, and those that were made go on', async () => {
    const who = await world.market.newCustomer();
    const made = await world.market.book(who, { startsAt: freeHour() });
    const open = await world.market.hold(who, { startsAt: freeHour() });
    expect(await setAccount('vendor', 'suspended')).toBe('ok');
    expect(await world.market.holdEnds(who, { startsAt: freeHour() })).toBe('OB003');
    const confirmed = (): Promise<string> =>
      world.market.ends(who, 'confirm_booking', { hold_id: open.id, payment_method: 'cash' });
    expect(await confirmed()).toBe('OB062');
    expect(
      await world.market.ends('receptionist', 'assign_therapist', {
        booking_id: made.id,
        therapist_id: therapist,
      }),
    ).toBe('ok');
    expect(await setAccount('vendor', 'active')).toBe('ok');
    // The slot was given back.
    expect(await confirmed()).toBe('OB061');
    expect(await world.market.holdEnds(who, { startsAt: freeHour() })).toBe('ok');
  });

  it('another vendor is not affected', async () => {
    expect(await setAccount('vendor2', 'suspended')).toBe('ok');
    expect(await waysToVendor()).toEqual(all(true));
  });
});

describe('a provider whose account is suspended', () => {
  it('is not booked, and bookings to come wait for others; lifting restores', async () => {
    const { who, id } = await assigned();
    const open = await world.market.hold(who, { startsAt: freeHour() });
    await world.toldTo('vendor');
    expect(await setAccount('therapist', 'suspended')).toBe('ok');
    expect(await world.stateOf(therapist)).toMatchObject({ status: 'active', listed: false });
    expect(await world.bookingOf(id)).toEqual({
      status: 'confirmed',
      needs_provider: true,
      assigned: null,
      reserved: null,
    });
    const told = await world.toldTo('vendor');
    expect(told).toContain('assignment_cancelled');
    expect(told).toContain('provider_suspended');
    expect(await world.market.holdEnds(who, { startsAt: freeHour() })).toBe('OB003');
    expect(
      await world.market.ends(who, 'confirm_booking', { hold_id: open.id, payment_method: 'cash' }),
    ).toBe('OB061');
    const given = { booking_id: id, therapist_id: therapist };
    expect(await world.market.ends('vendor', 'assign_therapist', given)).toBe('OB060');
    const { data } = await world.ask(
      'vendor',
      `{ bookings(filter: { needsProviderSince: { isNull: false } }) {
      nodes { id } } }`,
    );
    expect(data.bookings.nodes).toContainEqual({ id });

    expect(await setAccount('therapist', 'active')).toBe('ok');
    expect(await world.stateOf(therapist)).toMatchObject({ status: 'active', listed: true });
    expect(await world.market.ends('vendor', 'assign_therapist', given)).toBe('ok');
    expect(await world.bookingOf(id)).toMatchObject({ status: 'assigned', needs_provider: false });
  });

  it('stays paused or suspended as a provider when the account is active again', async () => {
    expect(await world.act('therapist', 'pauseProvider', { providerId: therapist })).toBe('ok');
    await setAccount('therapist', 'suspended');
    await setAccount('therapist', 'active');
    expect(await world.stateOf(therapist)).toMatchObject({ status: 'paused', listed: false });
  });

  it('a suspended account that is linked is not booked either', async () => {
    await setAccount('nobody', 'suspended');
    await world.market.owner.query('update therapists set user_id = $2 where id = $1', [
      therapist2,
      idFor('nobody'),
    ]);
    expect(await world.stateOf(therapist2)).toMatchObject({ listed: false });
    await setAccount('nobody', 'active');
    expect(await world.stateOf(therapist2)).toMatchObject({ listed: true });
  });
});
