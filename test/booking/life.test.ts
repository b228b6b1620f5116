import {
  beautician,
  facial,
  inHours,
  type Market,
  openMarket,
  therapist,
  therapist2,
} from '../fixtures/market.ts';

let market: Market;

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const historyOf = async (bookingId: unknown) => {
  const { rows } = await market.owner.query(
    `select coalesce(from_status, '') || ' > ' || to_status as step
    from booking_status_history where booking_id = $1 order by created_at`,
    [bookingId],
  );
  return rows.map(({ step }) => step);
};

it('a home service goes from hold to completed, and every step is in the history', async () => {
  const hold = await market.hold('customer', {
    startsAt: inHours(30),
    type: 'home_service',
    address: '99999999-0000-4000-8000-000000000001',
  });
  expect(Number(hold.expires_at) - Number(hold.created_at)).toBeCloseTo(600_000, -4);
  const booking = await market.confirm('customer', hold.id);
  expect(booking.status).toBe('confirmed');
  expect(booking.booking_number).toMatch(/^OBO-\d{8}-\d{4,}$/);
  const id = booking.id;
  expect(
    (
      await market.call('receptionist', 'assign_therapist', {
        booking_id: id,
        therapist_id: therapist,
      })
    ).status,
  ).toBe('assigned');
  await market.bringToStart(id);
  const code = await market.startCode(id);
  const steps = [
    ['start_travel', 'OB030'],
    ['acknowledge_assignment', 'ok'],
    ['start_service', 'OB030'],
    ['start_travel', 'ok'],
    ['arrive', 'ok'],
    ['start_service', 'ok'],
    ['start_service', 'OB030'],
  ] as const;
  for (const [act, end] of steps) {
    const args = { booking_id: id, ...(act === 'start_service' && { code }) };
    expect([act, await market.ends('therapist', act, args)]).toEqual([act, end]);
  }
  await market.shift(id, '-1 hour');
  expect(
    await market.ends('therapist', 'complete_service', { booking_id: id, cash_collected: 0 }),
  ).toBe('OB069');
  const done = await market.call('therapist', 'complete_service', {
    booking_id: id,
    cash_collected: booking.final_amount,
  });
  expect(done).toMatchObject({ status: 'completed', payment_status: 'paid' });
  expect(await historyOf(id)).toEqual([
    ' > pending',
    'pending > confirmed',
    'confirmed > assigned',
    'assigned > in_progress',
    'in_progress > completed',
  ]);
  expect(await market.imbalances()).toEqual([]);
  expect(
    await market.ends('customer', 'cancel_booking', { booking_id: id, reason: 'Too late' }),
  ).toBe('OB030');
});

it('a beautician serves in the salon, without travelling', async () => {
  const booking = await market.book('customer', {
    startsAt: inHours(31),
    provider: beautician,
    services: [facial],
  });
  await market.call('vendor', 'assign_beautician', {
    booking_id: booking.id,
    beautician_id: beautician,
  });
  expect(await market.ends('beautician', 'start_travel', { booking_id: booking.id })).toBe('OB030');
  await market.bringToStart(booking.id);
  await market.startService('beautician', booking.id);
  await market.shift(booking.id, '-1 hour');
  const done = await market.call('beautician', 'complete_service', {
    booking_id: booking.id,
    cash_collected: booking.final_amount,
  });
  expect(done.status).toBe('completed');
  expect(
    await market.one('select beautician_id from commission_records where booking_id = $1', [
      booking.id,
    ]),
  ).toEqual({ beautician_id: beautician });
});

it('the best provider is the least loaded one', async () => {
  await market.book('customer', { startsAt: inHours(31), provider: therapist });
  const booking = await market.book('customer2', { startsAt: inHours(33) });
  const assigned = await market.call('vendor', 'assign_best', { booking_id: booking.id });
  expect(assigned.status).toBe('assigned');
  expect(
    await market.one(`select therapist_id from therapist_assignments where booking_id = $1`, [
      booking.id,
    ]),
  ).toEqual({ therapist_id: therapist2 });
});
