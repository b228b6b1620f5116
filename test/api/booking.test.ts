import { randomUUID } from 'node:crypto';
import { dayOf, plusDays } from '../booking/slots-oracle.ts';
import {
  idFor,
  type Market,
  massage,
  massagePrice,
  nearAddress,
  openMarket,
  steam,
  steamPrice,
  therapist,
  therapist2,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { chargeGst, gst, priceOf, rupees, serviceCharge, sum } from '../fixtures/terms.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

const slotsQuery = `query ($vendor: UUID!, $services: [UUID]!, $day: Date!, $type: BookingType) {
  availableSlots(vendorId: $vendor, serviceIds: $services, from: $day, to: $day, type: $type) {
    day startTime startsAt endsAt price providerIds
    providers { id kind therapist { name } beautician { name } }
  }
}`;

const holdMutation = `mutation ($input: HoldSlotInput!) {
  holdSlot(input: $input) {
    result { id startsAt durationMinutes expiresAt bookingType finalAmount provider { therapist { name } } }
  }
}`;

const confirmMutation = `mutation ($holdId: UUID!, $expectedAmount: BigFloat!, $paymentMethod: PaymentInstrument) {
  confirmBooking(input: { holdId: $holdId, expectedAmount: $expectedAmount, paymentMethod: $paymentMethod }) {
    result { id bookingNumber status finalAmount }
  }
}`;

const bookingQuery = `query ($number: String!) {
  bookingByBookingNumber(bookingNumber: $number) {
    id status bookingDate bookingTime startsAt endsAt bookingType
    totalAmount serviceCharge taxAmount finalAmount amountDue
    vendor { businessName }
    bookingItems { nodes { serviceName serviceDuration subtotal } }
    bookingStatusHistories { nodes { fromStatus toStatus } }
  }
}`;

const rescheduleMutation = `mutation ($input: RescheduleBookingInput!) {
  rescheduleBooking(input: $input) { result { status bookingDate bookingTime startsAt } }
}`;

const cancelMutation = `mutation ($id: UUID!, $reason: String) {
  cancelBooking(input: { bookingId: $id, reason: $reason }) {
    result { status cancellationReason bookingCancellation { refundAmount cancellationCharge } }
  }
}`;

type SlotAnswer = {
  day: string;
  startTime: string;
  startsAt: string;
  endsAt: string;
  price: string;
  providerIds: string[];
  providers: { id: string }[];
};

describe('booking over GraphQL', () => {
  const day = plusDays(dayOf('Asia/Kolkata', Date.now()), 9);
  const asked = { vendor, services: [massage], day };
  let market: Market;
  let api: TestApi;

  beforeAll(async () => {
    market = await openMarket();
    // The times below are those of India.
    await market.owner.query(`update vendors set time_zone = 'Asia/Kolkata'`);
    api = await startApi(market.database);
  });
  afterAll(async () => {
    await api?.close();
    await market?.close();
  });

  async function as(who: Who, query: string, variables: Record<string, unknown>) {
    return api.graphql(query, { token: await tokenFor(idFor(who)), variables });
  }

  async function done(who: Who, query: string, variables: Record<string, unknown>) {
    const { data, errors } = await as(who, query, variables);
    expect(errors).toBeUndefined();
    return data;
  }

  async function slotsOfDay(variables: Record<string, unknown> = asked): Promise<SlotAnswer[]> {
    const { data, errors } = await api.graphql(slotsQuery, { variables });
    expect(errors).toBeUndefined();
    return data.availableSlots;
  }

  const holdInput = (startsAt: string | undefined, changes = {}) => ({
    input: {
      vendorId: vendor,
      providerId: therapist,
      startsAt,
      serviceIds: [massage],
      idempotencyKey: randomUUID(),
      ...changes,
    },
  });

  test('a visitor reads the slots of a day as one list, longer than a page of a connection', async () => {
    const slots = await slotsOfDay();
    expect(slots).toHaveLength(47);
    expect(slots[20]).toEqual({
      day,
      startTime: '10:00:00.000000',
      startsAt: `${day}T04:30:00.000000+00:00`,
      endsAt: `${day}T05:30:00.000000+00:00`,
      price: rupees(priceOf(massagePrice)),
      providerIds: [therapist, therapist2],
      providers: [
        { id: therapist, kind: 'therapist', therapist: { name: 'therapist' }, beautician: null },
        { id: therapist2, kind: 'therapist', therapist: { name: 'therapist2' }, beautician: null },
      ],
    });
  });

  test('a visitor reads the next slot, and slots near a place', async () => {
    const { data, errors } = await api.graphql(
      `query ($vendor: UUID!, $services: [UUID]!, $addons: [UUID], $day: Date!, $near: NearPlaceInput) {
        nextAvailable(vendorId: $vendor, serviceIds: $services) { startsAt providers { id } }
        availableSlots(vendorId: $vendor, serviceIds: $services, addonIds: $addons, from: $day,
          to: $day, type: home_service, near: $near, first: 1) { startTime price }
      }`,
      {
        variables: {
          ...asked,
          addons: [steam],
          near: { latitude: '18.5504', longitude: '73.8567', pincode: '411001' },
        },
      },
    );
    expect(errors).toBeUndefined();
    expect(Date.parse(data.nextAvailable.startsAt)).toBeGreaterThan(Date.now());
    expect(data.nextAvailable.providers).toHaveLength(2);
    expect(data.availableSlots).toEqual([
      { startTime: '00:00:00.000000', price: rupees(priceOf(massagePrice + steamPrice)) },
    ]);
  });

  test('a customer books from the slots to the cancellation', async () => {
    const [slot, , , later] = (await slotsOfDay()).slice(24);
    const { holdSlot } = await done('customer', holdMutation, holdInput(slot?.startsAt));
    expect(holdSlot.result).toMatchObject({
      startsAt: slot?.startsAt,
      durationMinutes: 60,
      bookingType: 'spa_visit',
      provider: { therapist: { name: 'therapist' } },
    });
    const offered = (await slotsOfDay()).find(({ startsAt }) => startsAt === slot?.startsAt);
    expect(offered?.providerIds).toEqual([therapist2]);

    const { confirmBooking } = await done('customer', confirmMutation, {
      holdId: holdSlot.result.id,
      expectedAmount: holdSlot.result.finalAmount,
      paymentMethod: 'cash',
    });
    const { id, bookingNumber: number } = confirmBooking.result;
    expect(confirmBooking.result).toMatchObject({ status: 'confirmed', finalAmount: slot?.price });

    const { bookingByBookingNumber: booking } = await done('customer', bookingQuery, { number });
    expect(booking).toMatchObject({
      id,
      status: 'confirmed',
      bookingDate: slot?.day,
      bookingTime: slot?.startTime,
      startsAt: slot?.startsAt,
      endsAt: slot?.endsAt,
      bookingType: 'spa_visit',
      totalAmount: rupees(massagePrice),
      serviceCharge: rupees(serviceCharge),
      taxAmount: rupees(sum(gst(massagePrice), chargeGst())),
      finalAmount: rupees(priceOf(massagePrice)),
      amountDue: rupees(priceOf(massagePrice)),
      vendor: { businessName: 'Lotus Spa' },
      bookingItems: {
        nodes: [{ serviceName: 'Massage', serviceDuration: 60, subtotal: rupees(massagePrice) }],
      },
    });
    expect(booking.bookingStatusHistories.nodes).toHaveLength(2);
    // No other user's.
    const foreign = await done('customer2', bookingQuery, { number });
    expect(foreign.bookingByBookingNumber).toBeNull();

    const { rescheduleBooking } = await done('customer', rescheduleMutation, {
      input: { bookingId: id, newDate: later?.day, newTime: later?.startTime },
    });
    expect(rescheduleBooking.result).toEqual({
      status: 'confirmed',
      bookingDate: later?.day,
      bookingTime: later?.startTime,
      startsAt: later?.startsAt,
    });

    const { cancelBooking } = await done('customer', cancelMutation, { id, reason: 'Ill' });
    expect(cancelBooking.result).toEqual({
      status: 'cancelled',
      cancellationReason: 'Ill',
      bookingCancellation: { refundAmount: rupees(0), cancellationCharge: rupees(0) },
    });
    const free = (await slotsOfDay()).find(({ startsAt }) => startsAt === later?.startsAt);
    expect(free?.providerIds).toEqual([therapist, therapist2]);
  });

  test('a service starts with the code that only its customer reads; a wrong one is counted', async () => {
    const codeQuery = `query ($id: UUID!) { booking(id: $id) { id startCode isAttested } }`;
    const startMutation = `mutation ($id: UUID!, $code: String, $reason: String) {
      startService(input: { bookingId: $id, code: $code, reason: $reason }) {
        result { status isAttested startCode }
      }
    }`;
    const startsAt = (await slotsOfDay())[40]?.startsAt;
    const { holdSlot } = await done('customer', holdMutation, holdInput(startsAt));
    const { confirmBooking } = await done('customer', confirmMutation, {
      holdId: holdSlot.result.id,
      expectedAmount: holdSlot.result.finalAmount,
      paymentMethod: 'cash',
    });
    const { id } = confirmBooking.result;
    await market.call('vendor', 'assign_therapist', { booking_id: id, therapist_id: therapist });
    await market.call('therapist', 'acknowledge_assignment', { booking_id: id });
    await market.bringToStart(id);
    const { booking } = await done('customer', codeQuery, { id });
    expect(booking.startCode).toMatch(/^\d{4}$/);
    for (const who of ['vendor', 'receptionist', 'therapist', 'customer_care', 'admin'] as const) {
      expect({ who, ...(await done(who, codeQuery, { id })) }).toEqual({
        who,
        booking: { id, startCode: null, isAttested: null },
      });
    }
    const wrong = booking.startCode === '0000' ? '0001' : '0000';
    const ends: (string | undefined)[] = [];
    for (let count = 1; count <= 3; count += 1) {
      ends.push(codeIn(await as('therapist', startMutation, { id, code: wrong })));
    }
    // Several in one request are counted one by one.
    const many = await as(
      'therapist',
      `mutation ($id: UUID!, $code: String) {
        a: startService(input: { bookingId: $id, code: $code }) { result { id } }
        b: startService(input: { bookingId: $id, code: $code }) { clientMutationId }
        c: startService(input: { bookingId: $id, code: $code }) { result { id } }
      }`,
      { id, code: wrong },
    );
    expect([...ends, ...(many.errors ?? []).map(({ extensions }) => extensions.code)]).toEqual([
      'OB045',
      'OB045',
      'OB045',
      'OB045',
      'OB045',
      'OB046',
    ]);
    expect(codeIn(await as('therapist', startMutation, { id, code: booking.startCode }))).toBe(
      'OB046',
    );
    const { startService } = await done('vendor', startMutation, { id, reason: 'No network' });
    expect(startService.result).toEqual({
      status: 'in_progress',
      isAttested: false,
      startCode: null,
    });
  });

  test('every failure on the way has its code', async () => {
    const [slot] = (await slotsOfDay()).slice(30);
    const starts = slot?.startsAt;
    const codes = async (who: Who, query: string, variables: Record<string, unknown>) =>
      codeIn(await as(who, query, variables));

    // No user signed in; the same with a user.
    const visitor = await api.graphql(holdMutation, { variables: holdInput(starts) });
    expect(codeIn(visitor)).toBe('OB001');
    const input = holdInput(starts);
    const { holdSlot } = await done('customer', holdMutation, input);
    const again = await done('customer', holdMutation, input);
    expect(again.holdSlot.result.id).toBe(holdSlot.result.id);

    expect(await codes('customer2', holdMutation, holdInput(starts))).toBe('OB060');
    expect(
      await codes('customer', holdMutation, { input: { ...input.input, addonIds: [steam] } }),
    ).toBe('OB066');
    expect(
      await codes('customer', holdMutation, holdInput(starts, { bookingType: 'home_service' })),
    ).toBe('OB020');
    const home = { bookingType: 'home_service', addressId: nearAddress };
    expect(await codes('customer2', holdMutation, holdInput(starts, home))).toBe('OB003');
    // No such value in the list of kinds: the request is refused as it stands.
    expect(await codes('customer', holdMutation, holdInput(starts, { bookingType: 'boat' }))).toBe(
      'OB010',
    );
    expect(codeIn(await api.graphql(slotsQuery, { variables: { ...asked, type: 'boat' } }))).toBe(
      'OB010',
    );
    expect(
      codeIn(await api.graphql(slotsQuery, { variables: { ...asked, type: 'home_service' } })),
    ).toBe('OB020');
    expect(
      codeIn(await api.graphql(slotsQuery, { variables: { ...asked, services: [randomUUID()] } })),
    ).toBe('OB062');

    const hold = {
      holdId: holdSlot.result.id,
      expectedAmount: holdSlot.result.finalAmount,
    };
    expect(await codes('customer', confirmMutation, { ...hold, paymentMethod: 'upi' })).toBe(
      'OB020',
    );
    expect(await codes('customer2', confirmMutation, { ...hold, paymentMethod: 'cash' })).toBe(
      'OB003',
    );
    const { confirmBooking } = await done('customer', confirmMutation, {
      ...hold,
      paymentMethod: 'cash',
    });
    expect(await codes('customer', confirmMutation, { ...hold, paymentMethod: 'cash' })).toBe(
      'OB030',
    );

    const { id } = confirmBooking.result;
    const move = (bookingId: string, newTime: string) => ({
      input: { bookingId, newDate: day, newTime },
    });
    expect(await codes('customer', rescheduleMutation, move(id, '10:10'))).toBe('OB060');
    expect(await codes('customer2', rescheduleMutation, move(id, '20:00'))).toBe('OB003');
    expect(await codes('customer', cancelMutation, { id })).toBe('OB036');
    await done('customer', cancelMutation, { id, reason: 'Ill' });
    expect(await codes('customer', cancelMutation, { id, reason: 'Ill' })).toBe('OB030');
    expect(await codes('customer', rescheduleMutation, move(id, '20:00'))).toBe('OB030');
  });

  test('a leave that collides with bookings lists them', async () => {
    const [slot] = (await slotsOfDay()).slice(40);
    await market.book('customer', {
      startsAt: new Date(String(slot?.startsAt)),
      provider: therapist2,
    });
    await market.owner.query(
      `insert into therapist_leaves (therapist_id, leave_type, start_date, end_date, reason)
      values ($1, 'casual', $2, $2, 'A wedding')`,
      [therapist2, day],
    );
    const { therapistLeaves } = await done(
      'vendor',
      '{ therapistLeaves { nodes { collidingBookings { startsAt } } } }',
      {},
    );
    expect(therapistLeaves.nodes).toEqual([{ collidingBookings: [{ startsAt: slot?.startsAt }] }]);
  });

  test('the journal is one list for those who may read it', async () => {
    const query = '{ journalBalances { account balance } }';
    const { journalBalances } = await done('finance', query, {});
    const total = journalBalances.reduce(
      (sum: number, { balance }: { balance: string }) => sum + Number(balance),
      0,
    );
    const { rows } = await market.owner.query('select value from enums.journal_account order by 1');
    expect(journalBalances.map(({ account }: { account: string }) => account)).toEqual(
      rows.map(({ value }) => value),
    );
    expect(total).toBeCloseTo(0);
    expect(codeIn(await as('customer_care', query, {}))).toBe('OB002');
  });

  test('a slot has no filter or order of its own', async () => {
    const { data } = await api.graphql(
      '{ __schema { queryType { fields { name } } types { name } } }',
    );
    const names = (of: { name: string }[]) => of.map(({ name }) => name);
    expect(names(data.__schema.queryType.fields)).toContain('availableSlots');
    expect(names(data.__schema.queryType.fields)).not.toContain('slots');
    expect(names(data.__schema.queryType.fields)).not.toContain('slotProviders');
    expect(names(data.__schema.types)).toContain('Slot');
    expect(names(data.__schema.types)).not.toContain('SlotConnection');
  });
});
