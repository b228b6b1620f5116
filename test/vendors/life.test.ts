import { makeSteps, price } from '../booking/steps.ts';
import {
  facial,
  idFor,
  inHours,
  localTime,
  otherVendor,
  therapist,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { openVendors, type Vendors } from './support.ts';

let world: Vendors;
const { freeHour, paid, walletOf, complete } = makeSteps(() => world.market);

beforeAll(async () => {
  world = await openVendors();
  const { id } = await paid();
  await complete(id);
  // A review, so that there is one to hide.
  await world.market.owner.query(
    `insert into vendor_reviews (vendor_id, customer_id, booking_id, rating, status)
    select vendor_id, customer_id, id, 5, 'approved' from bookings where id = $1`,
    [id],
  );
});

afterAll(async () => {
  await world?.close();
});

beforeEach(() => world.reopen());

const actors = [
  'vendor',
  'receptionist',
  'accountant',
  'therapist',
  'vendor2',
  'customer',
  'customer_care',
  'admin',
  null,
] as const;

/** Asks a statement of the database about one booking. */
const booking = (id: unknown) =>
  world.market.one(
    `select b.status, b.cancellation_reason as reason, c.refund_amount::float as refund, c.cancellation_charge::float as charge,
      c.cancelled_by_role as by
    from bookings b left join booking_cancellations c on c.booking_id = b.id where b.id = $1`,
    [id],
  );

const confirmEnds = (who: Who, holdId: unknown) =>
  world.market.ends(who, 'confirm_booking', { hold_id: holdId, payment_method: 'cash' });

const holdEnds = (who: Who, startsAt = freeHour()) => world.market.holdEnds(who, { startsAt });

const everything = {
  vendor: true,
  inSearch: true,
  suggested: true,
  providers: 3,
  services: 2,
  reviews: 1,
  slot: 'offered',
};
const nothing = {
  vendor: false,
  inSearch: false,
  suggested: false,
  providers: 0,
  services: 0,
  reviews: 0,
  slot: 'OB003',
};

describe('pausing a vendor', () => {
  it.each(actors)('by %s', async (who) => {
    const code = who === 'vendor' ? 'ok' : who === null ? 'OB001' : 'OB002';
    expect(await world.pause(who)).toBe(code);
    expect(await world.vendorState()).toBe(code === 'ok' ? 'paused' : 'active');
  });

  it('keeps it listed, ends open holds, offers no slots, and lets bookings go on', async () => {
    expect(await world.found()).toEqual(everything);
    const who = await world.market.newCustomer();
    const startsAt = freeHour();
    const { id } = await world.market.book(who, { startsAt });
    const hold = await world.market.hold(who, { startsAt: freeHour() });
    expect(await world.pause('vendor', 'Holidays')).toBe('ok');
    expect(await world.found()).toEqual({ ...everything, slot: 'none' });
    expect(await confirmEnds(who, hold.id)).toBe('OB062');
    expect(await holdEnds(who)).toBe('OB062');
    // What was booked is moved, assigned and performed as ever.
    expect(
      await world.market.ends(who, 'reschedule_booking', {
        booking_id: id,
        ...localTime(freeHour()),
      }),
    ).toBe('ok');
    expect(
      await world.market.ends('vendor', 'assign_therapist', {
        booking_id: id,
        therapist_id: therapist,
      }),
    ).toBe('ok');
    expect(await world.resume('vendor')).toBe('ok');
    expect(await world.found()).toEqual(everything);
    expect(await holdEnds(who)).toBe('ok');
    // The hold that ended stays ended.
    expect(await confirmEnds(who, hold.id)).toBe('OB061');
  });

  it('is told to its management, with the reason, and to no one else', async () => {
    expect(await world.pause('vendor', 'Holidays')).toBe('ok');
    const states = async (who: Who | null) =>
      (
        await world.ask(
          who,
          `query ($id: UUID!) { vendor(id: $id) { status takesBookings vendorState { pauseReason pausedAt } } }`,
          { id: vendor },
        )
      ).data.vendor;
    expect(await states('vendor')).toMatchObject({
      status: 'paused',
      takesBookings: false,
      vendorState: { pauseReason: 'Holidays' },
    });
    for (const who of ['customer', 'receptionist', 'vendor2'] as const) {
      expect(await states(who)).toEqual({
        status: 'paused',
        takesBookings: false,
        vendorState: null,
      });
    }
  });

  it('is ended by the vendor only, once', async () => {
    expect(await world.resume('vendor')).toBe('OB030');
    expect(await world.pause('vendor')).toBe('ok');
    expect(await world.pause('vendor')).toBe('OB030');
    expect(await world.resume('admin')).toBe('OB002');
    expect(await world.reinstate('admin')).toBe('OB030');
    expect(await world.resume('vendor')).toBe('ok');
    expect(await world.vendorState()).toBe('active');
  });

  it('a vendor that came switched off from another platform resumes', async () => {
    await world.market.owner.query('update vendors set is_active = false where id = $1', [vendor]);
    expect((await world.found()).vendor).toBe(false);
    expect(await world.resume('vendor')).toBe('ok');
    expect(await world.found()).toEqual(everything);
  });

  it('no one writes the state itself', async () => {
    const write = (who: Who, column: string, value: string) =>
      world.ask(
        who,
        `mutation { updateVendor(input: { id: "${vendor}", patch: { ${column}: ${value} } }) { vendor { id } } }`,
      );
    for (const who of ['vendor', 'admin'] as const) {
      expect((await write(who, 'isActive', 'false')).errors).toBeDefined();
      expect((await write(who, 'status', 'paused')).errors).toBeDefined();
      expect((await write(who, 'description', '"New"')).errors).toBeUndefined();
    }
  });
});

describe('suspending a vendor', () => {
  it.each([
    ['vendor', '42501'],
    ['therapist', '42501'],
    ['customer_care', 'OB002'],
    [null, 'OB001'],
    ['admin', 'ok'],
  ] as const)('by %s: %s', async (who, code) => {
    expect(await world.suspend(who)).toBe(code);
  });

  it('needs a reason, and is done once', async () => {
    expect(await world.suspend('admin', ' ')).toBe('OB036');
    expect(await world.suspend('admin')).toBe('ok');
    expect(await world.suspend('admin')).toBe('OB030');
  });

  it('is not for staff who belong to the business, nor is the reinstating', async () => {
    const own = (user: string) =>
      world.market.owner.query('update vendors set user_id = $2 where id = $1', [vendor, user]);
    await own(idFor('admin'));
    try {
      expect(await world.suspend('admin')).toBe('OB031');
      expect(await world.suspend('super_admin')).toBe('ok');
      expect(await world.reinstate('admin')).toBe('OB031');
      expect(await world.reinstate('super_admin')).toBe('ok');
    } finally {
      await own(idFor('vendor'));
    }
  });

  it('hides it with its people, services and reviews, and ends its holds', async () => {
    const who = await world.market.newCustomer();
    const hold = await world.market.hold(who, { startsAt: freeHour() });
    expect(await world.suspend('admin')).toBe('ok');
    expect(await world.found()).toEqual(nothing);
    expect(await confirmEnds(who, hold.id)).toBe('OB062');
    expect(await holdEnds(who)).toBe('OB003');
    // Its own people still see it.
    const seen = await world.ask(
      'vendor',
      `query ($id: UUID!) { vendor(id: $id) { status vendorState { suspensionReason } }
        therapists(filter: { vendorId: { equalTo: $id } }) { totalCount } }`,
      { id: vendor },
    );
    expect(seen.data).toEqual({
      vendor: { status: 'suspended', vendorState: { suspensionReason: 'A complaint' } },
      therapists: { totalCount: 2 },
    });
    expect(await world.reinstate('admin')).toBe('ok');
    expect(await world.found()).toEqual(everything);
    expect(await holdEnds(who)).toBe('ok');
  });

  it('is a favourite of no one new', async () => {
    const favour = async () =>
      (
        await world.ask(
          'customer2',
          `mutation { createFavourite(input: { favourite: { vendorId: "${vendor}" } }) { clientMutationId } }`,
        )
      ).errors?.[0]?.extensions.code ?? 'ok';
    expect(await world.suspend('admin')).toBe('ok');
    expect(await favour()).toBe('OB003');
    expect(await world.reinstate('admin')).toBe('ok');
    expect(await favour()).toBe('ok');
  });

  it('cancels what comes within 24 hours at once, the rest when it comes near, with everything refunded', async () => {
    const near = await paid(inHours(12));
    const far = await paid();
    const unpaid = await world.market.book(
      await world.market.newCustomer(),
      { startsAt: freeHour() },
      { payment: null },
    );
    expect(await world.suspend('admin')).toBe('ok');
    const refunded = { status: 'cancelled', refund: price, charge: 0, by: 'admin' };
    expect(await booking(near.id)).toMatchObject(refunded);
    expect(await booking(unpaid.id)).toMatchObject({ status: 'cancelled' });
    expect(await booking(far.id)).toMatchObject({ status: 'confirmed' });
    // The others are listed, and their customers know.
    const open = await world.ask(
      'admin',
      `query ($id: UUID!) { vendor(id: $id) { openBookings(first: 100) { nodes { id } } } }`,
      { id: vendor },
    );
    const ids = open.data.vendor.openBookings.nodes.map(({ id }: { id: string }) => id);
    expect(ids).toContain(far.id);
    expect(ids).not.toContain(near.id);
    expect(await world.toldTo(far.who)).toContain('vendor_suspended');
    expect(await world.toldTo(near.who)).toContain('booking_cancelled');
    expect(await world.toldTo('vendor')).toContain('vendor_suspended');

    await world.runClock();
    expect(await booking(far.id)).toMatchObject({ status: 'confirmed' });
    await world.market.bringToStart(far.id, -23 * 60);
    await world.runClock();
    expect(await booking(far.id)).toMatchObject(refunded);
    expect(await world.market.imbalances()).toEqual([]);
  });

  it('a reinstated vendor keeps the bookings that are left', async () => {
    const { who, id } = await paid();
    expect(await world.suspend('admin')).toBe('ok');
    expect(await world.reinstate('admin')).toBe('ok');
    expect(await world.toldTo(who)).toContain('vendor_reinstated');
    expect(await world.toldTo('vendor')).toContain('vendor_reinstated');
    await world.market.bringToStart(id, -23 * 60);
    await world.runClock();
    expect(await booking(id)).toMatchObject({ status: 'confirmed' });
    expect(await world.reinstate('admin')).toBe('OB030');
  });

  it('customers cancel free of charge, staff too, and no one moves a booking', async () => {
    const late = await paid(inHours(26));
    const other = await paid();
    expect(await world.suspend('admin')).toBe('ok');
    expect(
      await world.market.ends(other.who, 'reschedule_booking', {
        booking_id: other.id,
        ...localTime(freeHour()),
      }),
    ).toBe('OB062');
    expect(
      await world.market.ends('admin', 'cancel_booking', { booking_id: other.id, reason: 'Early' }),
    ).toBe('ok');
    expect(await booking(other.id)).toMatchObject({ refund: price, charge: 0 });
    // In the last hours the fee would be half.
    await world.market.bringToStart(late.id, -60);
    expect(
      await world.market.ends(late.who, 'cancel_booking', { booking_id: late.id, reason: 'Gone' }),
    ).toBe('ok');
    expect(await booking(late.id)).toMatchObject({ refund: price, charge: 0 });
  });

  it('only the platform lifts it, and an earlier pause remains', async () => {
    expect(await world.pause('vendor', 'Holidays')).toBe('ok');
    expect(await world.suspend('admin')).toBe('ok');
    expect(await world.resume('vendor')).toBe('OB002');
    expect(await world.pause('vendor')).toBe('OB030');
    expect(await world.reinstate('admin')).toBe('ok');
    expect(await world.vendorState()).toBe('paused');
    expect((await world.found()).slot).toBe('none');
    expect(await world.resume('vendor')).toBe('ok');
    expect(await world.found()).toEqual(everything);
  });

  it('holds payouts, which come with the next run after reinstating', async () => {
    const { id } = await paid();
    await complete(id);
    await world.market.owner.query(
      `update commission_records
      set created_at = created_at - interval '7 days', payable_from = created_at - interval '7 days'
      where payout_id is null`,
    );
    const { monday } = await world.market.one(
      `select (date_trunc('week', app_private.today())::date - 7)::text as monday`,
    );
    const run = () => world.market.call('finance', 'run_payouts', { week_start: monday });
    expect(await world.suspend('admin')).toBe('ok');
    expect(await run()).toBeUndefined();
    expect(await world.reinstate('admin')).toBe('ok');
    const payout = await run();
    expect(payout).toMatchObject({ vendor_id: vendor, payout_status: 'pending' });
    const finish = () =>
      world.market.ends('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' });
    // One that was made before waits as well.
    expect(await world.suspend('admin')).toBe('ok');
    expect(await finish()).toBe('OB030');
    expect(await world.reinstate('admin')).toBe('ok');
    expect(await finish()).toBe('ok');
  });
});

describe('closing a vendor', () => {
  const notice = 7;

  it.each(actors)('by %s', async (who) => {
    const code = who === 'vendor' || who === 'admin' ? 'ok' : who === null ? 'OB001' : 'OB002';
    expect(await world.closeOn(who, await world.day(notice))).toBe(code);
  });

  it('needs notice of the owner, none of the platform, a day within a year, and a reason', async () => {
    expect(await world.closeOn('vendor', await world.day(notice - 1))).toBe('OB020');
    expect(await world.closeOn('vendor', null)).toBe('OB020');
    expect(await world.closeOn('vendor', await world.day(400))).toBe('OB020');
    expect(await world.closeOn('vendor', await world.day(notice), ' ')).toBe('OB036');
    expect(await world.closeOn('admin', await world.day(-1))).toBe('OB020');
    expect(await world.closeOn('admin', await world.day(0))).toBe('ok');
  });

  it('is final, and only the platform brings it forward', async () => {
    expect(await world.closeOn('vendor', await world.day(notice + 10))).toBe('ok');
    expect(await world.closeOn('vendor', await world.day(notice + 5))).toBe('OB030');
    expect(await world.closeOn('admin', await world.day(notice + 20))).toBe('OB030');
    expect(await world.closeOn('admin', await world.day(2))).toBe('ok');
  });

  it('is not for the owner while it is suspended', async () => {
    expect(await world.suspend('admin')).toBe('ok');
    expect(await world.closeOn('vendor', await world.day(notice))).toBe('OB030');
    expect(await world.closeOn('admin', await world.day(notice))).toBe('ok');
  });

  it('cancels what was booked after the last day with everything refunded, and offers nothing after it', async () => {
    const before = await paid();
    const lastDay = await world.day(notice + 5);
    const afterwards = inHours((notice + 8) * 24);
    const after = await paid(afterwards);
    const hold = await world.market.hold(await world.market.newCustomer(), {
      startsAt: inHours((notice + 9) * 24),
    });
    expect(await world.closeOn('vendor', lastDay)).toBe('ok');
    expect(await booking(after.id)).toMatchObject({
      status: 'cancelled',
      refund: price,
      charge: 0,
    });
    expect(await booking(before.id)).toMatchObject({ status: 'confirmed' });
    expect(
      await world.market.one(
        'select expires_at <= now() as over from booking_holds where id = $1',
        [hold.id],
      ),
    ).toEqual({ over: true });
    const who = await world.market.newCustomer();
    expect(await holdEnds(who, inHours((notice + 8) * 24 + 6))).toBe('OB060');
    expect(await holdEnds(who)).toBe('ok');
    expect(
      await world.market.ends(before.who, 'reschedule_booking', {
        booking_id: before.id,
        ...localTime(afterwards),
      }),
    ).toBe('OB060');
    expect(await world.toldTo('vendor')).toContain('vendor_closed');
    expect(await world.toldTo('therapist')).toContain('provider_ended');
    // A provider does not stay longer than the vendor.
    expect(
      await world.act('vendor', 'endProvider', {
        providerId: therapist,
        lastDay: await world.day(notice + 30),
        reason: 'Later',
        reassign: 'best',
      }),
    ).toBe('ok');
    expect(
      await world.market.one(
        'select last_day::text as day from provider_private_details where provider_id = $1',
        [therapist],
      ),
    ).toEqual({ day: lastDay });
    expect(await world.market.imbalances()).toEqual([]);
  });

  it('after the last day the clock closes it: members leave, and the owner still reads', async () => {
    // Of bookings of the other tests nothing is left to do.
    await world.market.owner.query(
      `select app_private.end_booking(b, 'admin', 'Over', 0) from bookings b
      where status in ('confirmed', 'assigned') and vendor_id = $1`,
      [vendor],
    );
    const { rows: endpoints } = await world.market.owner.query(
      `insert into webhook_endpoints (vendor_id, url, event_types)
      values ($1, 'https://shop.example.com/hooks', '{booking.created}') returning id`,
      [vendor],
    );
    expect(await world.closeOn('admin', await world.day(0))).toBe('ok');
    await world.runClock();
    expect(await world.vendorState()).toBe('active');
    // The day passes.
    await world.market.owner.query('update vendor_states set last_day = last_day - 1');
    await world.market.owner.query('update provider_private_details set last_day = last_day - 1');
    await world.runClock();
    expect(await world.vendorState()).toBe('closed');
    expect(await world.found()).toEqual(nothing);
    expect(await world.stateOf(therapist)).toMatchObject({ status: 'ended', has_account: false });
    expect(
      await world.market.one(
        'select disabled_reason as reason from webhook_endpoints where id = $1',
        [endpoints[0]?.id],
      ),
    ).toEqual({ reason: 'vendor_closed' });
    // Its owner, who still reads, has no webhooks any more.
    expect(
      await world.act('vendor', 'enableWebhookEndpoint', { endpointId: endpoints[0]?.id }),
    ).toBe('OB030');
    const create = (vendorId: string, who: Who) =>
      world.ask(
        who,
        `mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { result { endpoint { id } } } }`,
        {
          input: {
            vendorId,
            url: 'https://shop.example.com/more',
            eventTypes: ['booking.created'],
          },
        },
      );
    expect((await create(vendor, 'vendor')).errors?.[0]?.extensions.code).toBe('OB030');
    expect((await create(otherVendor, 'vendor2')).errors).toBeUndefined();
    const bookings = async (who: Who) =>
      (await world.ask(who, '{ bookings { totalCount } vendorPayouts { totalCount } }')).data;
    expect((await bookings('vendor')).bookings.totalCount).toBeGreaterThan(0);
    expect((await bookings('vendor')).vendorPayouts.totalCount).toBeGreaterThan(0);
    expect((await bookings('receptionist')).bookings.totalCount).toBe(0);
    for (const refused of [
      world.pause('vendor'),
      world.resume('vendor'),
      world.suspend('admin'),
      world.reinstate('admin'),
      world.closeOn('admin', await world.day(1)),
    ]) {
      expect(await refused).toBe('OB030');
    }
    // Positive control: its neighbour trades on.
    expect(
      await world.market.one('select is_listed from vendors where id = $1', [otherVendor]),
    ).toEqual({ is_listed: true });
  });
});

it('a live screen of the desk learns of a new state', async () => {
  expect(await world.pause('vendor')).toBe('ok');
  const { rows } = await world.market.owner.query(
    `select event, topics from app_private.events where subject_id = $1 order by id desc limit 1`,
    [vendor],
  );
  expect(rows).toEqual([{ event: 'vendor.paused', topics: [`vendor:${vendor}`] }]);
});

it('the wallet of a customer gets back what came from it', async () => {
  const who = await world.market.newCustomer();
  const gift = 2000;
  await world.market.fillWallet(who, gift);
  await world.market.book(
    who,
    { startsAt: inHours(14), services: [facial] },
    { payment: null, wallet: 100 },
  );
  const rest = await walletOf(who);
  expect(rest).toBeLessThan(gift);
  expect(await world.suspend('admin')).toBe('ok');
  expect(await walletOf(who)).toBe(gift);
});
