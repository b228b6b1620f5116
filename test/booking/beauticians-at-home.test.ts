import {
  beautician,
  facial,
  idFor,
  inHours,
  localTime,
  type Market,
  massage,
  nearAddress,
  openMarket,
  type Row,
  therapist,
  therapist2,
  type Who,
} from '../fixtures/market.ts';

let market: Market;

beforeAll(async () => {
  market = await openMarket();
  await market.liftLimits();
});

afterAll(async () => {
  await market?.close();
});

let hours = 30;

/** A facial at the customer's home, assigned to the beautician. */
async function assigned(): Promise<Row> {
  hours += 3;
  const { id } = await market.book('customer', {
    startsAt: inHours(hours),
    provider: beautician,
    services: [facial],
    type: 'home_service',
    address: nearAddress,
  });
  return market.call('vendor', 'assign_beautician', { booking_id: id, beautician_id: beautician });
}

const take = (act: string, bookingId: unknown, who: Who = 'beautician') =>
  market.ends(who, act, { booking_id: bookingId });

const report = (bookingId: unknown, latitude = 18.5, who: Who = 'beautician') =>
  market.ends(who, 'report_location', {
    booking_id: bookingId,
    latitude,
    longitude: 73.8,
    altitude: 560,
  });

/** What a user sees of a booking. */
const seenBy = (who: Who, sql: string, bookingId: unknown) =>
  market.database.asUser({ sub: idFor(who), role: 'authenticated' }, async (client) => {
    const { rows } = await client.query(sql, [bookingId]);
    return rows;
  });

it('a beautician acknowledges, travels, arrives, serves and completes at home, step by step', async () => {
  const { id, final_amount } = await assigned();
  await market.bringToStart(id);
  const code = await market.startCode(id);
  const steps = [
    ['start_service', 'OB030'],
    ['start_travel', 'OB030'],
    ['acknowledge_assignment', 'ok'],
    ['acknowledge_assignment', 'OB030'],
    ['start_service', 'OB030'],
    ['arrive', 'OB030'],
    ['start_travel', 'ok'],
    ['start_service', 'OB030'],
    ['arrive', 'ok'],
    ['start_service', 'ok'],
  ] as const;
  for (const [act, end] of steps) {
    const args = { booking_id: id, ...(act === 'start_service' && { code }) };
    expect([act, await market.ends('beautician', act, args)]).toEqual([act, end]);
  }
  await market.shift(id, '-1 hour');
  const done = await market.call('beautician', 'complete_service', {
    booking_id: id,
    cash_collected: final_amount,
  });
  expect(done.status).toBe('completed');
  expect(await market.imbalances()).toEqual([]);
});

it('only the assigned beautician takes the steps', async () => {
  const { id } = await assigned();
  expect(await take('acknowledge_assignment', id, 'therapist')).toBe('OB003');
  expect(await take('acknowledge_assignment', id, 'vendor')).toBe('OB002');
  expect(await take('acknowledge_assignment', id)).toBe('ok');
});

it('in the salon there is nothing for a beautician to acknowledge', async () => {
  hours += 3;
  const { id } = await market.book('customer', {
    startsAt: inHours(hours),
    provider: beautician,
    services: [facial],
  });
  await market.call('vendor', 'assign_beautician', { booking_id: id, beautician_id: beautician });
  for (const act of ['acknowledge_assignment', 'start_travel', 'arrive']) {
    expect(await take(act, id)).toBe('OB030');
  }
  await market.bringToStart(id);
  expect((await market.startService('beautician', id)).status).toBe('in_progress');
});

it('the position and the mobile number are seen on the way, by this booking’s customer and vendor alone', async () => {
  const { id } = await assigned();
  const positions = (who: Who) =>
    seenBy(who, 'select altitude from therapist_locations where booking_id = $1', id);
  const mobile = (who: Who) =>
    seenBy(who, 'select bookings_provider_mobile(b) as mobile from bookings b where id = $1', id);
  await take('acknowledge_assignment', id);
  expect(await report(id)).toBe('OB072');
  expect(await mobile('customer')).toEqual([{ mobile: null }]);
  await take('start_travel', id);
  expect(await report(id, 18.5, 'therapist')).toBe('OB003');
  expect(await report(id)).toBe('ok');
  expect(await report(id)).toBe('OB072');
  for (const who of ['customer', 'receptionist', 'beautician'] as const) {
    expect(await positions(who)).toEqual([{ altitude: '560.00' }]);
  }
  for (const who of ['customer2', 'vendor2', 'therapist', 'accountant'] as const) {
    expect(await positions(who)).toEqual([]);
  }
  expect(await mobile('customer')).toEqual([{ mobile: '+919876543210' }]);
  await take('arrive', id);
  await market.bringToStart(id);
  await market.startService('beautician', id);
  expect(await positions('customer')).toHaveLength(1);
  expect(await mobile('customer')).toEqual([{ mobile: null }]);
  await market.owner.query(
    `update therapist_locations set timestamp = now() - interval '24 hours 1 minute'`,
  );
  await market.owner.query('select app_private.forget_locations()');
  expect(await positions('beautician')).toEqual([]);
});

it.each([
  ['beautician', beautician, facial, 'assign_beautician'],
  ['therapist', therapist, massage, 'assign_therapist'],
] as const)('the arrival of a %s says how far and how long the way was', async (who, provider, service, assign) => {
  hours += 3;
  const { id } = await market.book('customer', {
    startsAt: inHours(hours),
    provider,
    services: [service],
    type: 'home_service',
    address: nearAddress,
  });
  await market.call('vendor', assign, { booking_id: id, [`${who}_id`]: provider });
  await take('acknowledge_assignment', id, who);
  await take('start_travel', id, who);
  // Half an hour of driving, which only time produces.
  await market.owner.query(
    `update ${who}_assignments set travel_started_at = travel_started_at - interval '30 minutes' where booking_id = $1`,
    [id],
  );
  const degrees = [18.5, 18.51, 18.53];
  for (const latitude of degrees) {
    expect(await report(id, latitude, who)).toBe('ok');
    await market.owner.query(
      `update therapist_locations set timestamp = timestamp - interval '6 s' where booking_id = $1`,
      [id],
    );
  }
  await take('arrive', id, who);
  const kilometresPerDegree = (6371.0088 * Math.PI) / 180;
  const { distance_traveled, travel_time } = await market.one(
    `select distance_traveled, travel_time from ${who}_assignments where booking_id = $1`,
    [id],
  );
  expect(Number(distance_traveled)).toBeCloseTo(0.03 * kilometresPerDegree, 1);
  expect(travel_time).toBe(30);
});

it('without positions the way has a time and no distance', async () => {
  const { id } = await assigned();
  for (const act of ['acknowledge_assignment', 'start_travel', 'arrive']) {
    expect(await take(act, id)).toBe('ok');
  }
  expect(
    await market.one(
      'select distance_traveled, travel_time from beautician_assignments where booking_id = $1',
      [id],
    ),
  ).toEqual({ distance_traveled: null, travel_time: 0 });
});

it('a customer who is not at home is a no-show only after the beautician reported arrival', async () => {
  const { id } = await assigned();
  await market.bringToStart(id, 16);
  expect(await take('mark_no_show', id)).toBe('OB030');
  for (const act of ['acknowledge_assignment', 'start_travel', 'arrive', 'mark_no_show']) {
    expect(await take(act, id)).toBe('ok');
  }
});

it('where the beautician reported arrival, a customer who says that no one came opens a dispute', async () => {
  const { id } = await assigned();
  for (const act of ['acknowledge_assignment', 'start_travel', 'arrive']) {
    expect(await take(act, id)).toBe('ok');
  }
  await market.bringToStart(id, 21);
  expect(await take('report_vendor_no_show', id, 'customer')).toBe('ok');
  expect(await market.one('select kind from booking_disputes where booking_id = $1', [id])).toEqual(
    {
      kind: 'vendor_no_show',
    },
  );
});

it('customer and vendor are told of each step', async () => {
  const { id } = await assigned();
  for (const act of ['acknowledge_assignment', 'start_travel', 'arrive']) {
    await take(act, id);
  }
  const { rows } = await market.owner.query(
    `select user_id, type from notifications where data ->> 'bookingId' = $1
      and type in ('assignment_acknowledged', 'therapist_on_the_way', 'therapist_arrived')`,
    [id],
  );
  const told = (who: Who) =>
    rows
      .filter(({ user_id }) => user_id === idFor(who))
      .map(({ type }) => type)
      .sort();
  expect(told('customer')).toEqual(['therapist_arrived', 'therapist_on_the_way']);
  expect(told('vendor')).toEqual([
    'assignment_acknowledged',
    'therapist_arrived',
    'therapist_on_the_way',
  ]);
});

it('an acknowledged assignment moves with its booking; one on the way begins again', async () => {
  const statuses = async (bookingId: unknown) => {
    const { rows } = await market.owner.query(
      'select status from beautician_assignments where booking_id = $1 order by created_at',
      [bookingId],
    );
    return rows.map(({ status }) => status);
  };
  const { id } = await assigned();
  await take('acknowledge_assignment', id);
  hours += 40;
  const move = () =>
    market.ends('customer', 'reschedule_booking', { booking_id: id, ...localTime(inHours(hours)) });
  expect(await move()).toBe('ok');
  expect(await statuses(id)).toEqual(['acknowledged']);
  await take('start_travel', id);
  hours += 3;
  expect(await move()).toBe('ok');
  expect(await statuses(id)).toEqual(['cancelled', 'assigned']);
});

it('two positions at the same moment: one is recorded', async () => {
  const { id } = await assigned();
  await take('acknowledge_assignment', id);
  await take('start_travel', id);
  const ends = await Promise.all([report(id), report(id), report(id)]);
  expect(ends.sort()).toEqual(['OB072', 'OB072', 'ok']);
});

describe('a customer who prefers a gender', () => {
  beforeAll(async () => {
    await market.owner.query(
      `update therapists set gender = case id when $1 then 'male' else 'female' end`,
      [therapist],
    );
  });

  const prefer = (gender: string | null) =>
    market.owner.query('update customers set preferred_gender = $1 where id = $2', [
      gender,
      idFor('customer'),
    ]);

  it.each([
    ['male', therapist],
    ['female', therapist2],
  ])('%s is assigned such a provider, and offered such first', async (gender, first) => {
    await prefer(gender);
    hours += 3;
    const startsAt = inHours(hours);
    const { new_date: day } = localTime(startsAt);
    const slots = await market.database.asUser(
      { sub: idFor('customer'), role: 'authenticated' },
      async (client) => {
        const { rows } = await client.query(
          `select provider_ids[1] as first from available_slots((select vendor_id from therapists where id = $1),
            array[$2::uuid], "from" => $3, "to" => $3) where cardinality(provider_ids) > 1`,
          [therapist, massage, day],
        );
        return rows;
      },
    );
    expect(new Set(slots.map((slot) => slot.first))).toEqual(new Set([first]));
    const { id } = await market.book('customer', {
      startsAt,
      provider: first === therapist ? therapist2 : therapist,
    });
    await market.call('vendor', 'assign_best', { booking_id: id });
    expect(
      await market.one('select therapist_id from therapist_assignments where booking_id = $1', [
        id,
      ]),
    ).toEqual({ therapist_id: first });
    await market.call('customer', 'cancel_booking', { booking_id: id, reason: 'A reason' });
  });

  it('any is offered the best rated first', async () => {
    await prefer('any');
    await market.owner.query('update therapists set rating = case id when $1 then 5 else 3 end', [
      therapist2,
    ]);
    hours += 3;
    const { new_date: day } = localTime(inHours(hours));
    const slots = await market.database.asUser(
      { sub: idFor('customer'), role: 'authenticated' },
      async (client) => {
        const { rows } = await client.query(
          `select provider_ids[1] as first from available_slots((select vendor_id from therapists where id = $1),
            array[$2::uuid], "from" => $3, "to" => $3) where cardinality(provider_ids) > 1`,
          [therapist, massage, day],
        );
        return rows;
      },
    );
    expect(new Set(slots.map((slot) => slot.first))).toEqual(new Set([therapist2]));
  });
});
