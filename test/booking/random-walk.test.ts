import { randomInt, randomUUID } from 'node:crypto';
import { chooseChecks, validate } from '../../src/operations/validate/validate.ts';
import {
  beautician,
  bothPackage,
  facial,
  inHours,
  localTime,
  type Market,
  massage,
  nearAddress,
  openMarket,
  type Row,
  steam,
  therapist,
  therapist2,
  type Who,
} from './market.ts';

/** A walk into a failure is taken again, in the same hour, by its seed: WALK_SEED=… npm test -- test/booking/random-walk */
const seed = Number(process.env.WALK_SEED ?? randomInt(2 ** 31));
const steps = 2_000;

/** Of ours, and of PostgreSQL: a question for another time is open already; not for this database role. */
const registered = /^(OB0\d\d|23505|42501)$/;
const customers: readonly Who[] = ['customer', 'customer2'];
const everybody: readonly Who[] = [
  ...customers,
  'vendor',
  'receptionist',
  'accountant',
  'vendor2',
  'therapist',
  'therapist2',
  'beautician',
  'customer_care',
  'customer_care_viewer',
  'finance',
  'nobody',
];

let market: Market;
let state = seed;

/** mulberry32: the same walk for the same seed. */
function chance(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}

function pick<Item>(items: readonly Item[]): Item {
  return items[Math.floor(chance() * items.length)] as Item;
}

beforeAll(async () => {
  market = await openMarket();
  for (const who of customers) {
    await market.fillWallet(who, 5_000);
    await market.givePoints(who, 400);
  }
});

afterAll(async () => {
  await market?.close();
});

type Act = (booking: Row | undefined) => Promise<string>;

const act =
  (name: string, more: (booking: Row) => Record<string, unknown> = () => ({})): Act =>
  async (booking) =>
    booking === undefined
      ? 'nothing'
      : market.ends(whoFor(name), name, { booking_id: booking.id, ...more(booking) });

/** Mostly somebody who may, so that bookings get somewhere; now and then anybody. */
function whoFor(name: string): Who {
  const usual: Readonly<Record<string, readonly Who[]>> = {
    acknowledge_assignment: ['therapist', 'therapist2'],
    start_travel: ['therapist', 'therapist2'],
    arrive: ['therapist', 'therapist2'],
    start_service: ['therapist', 'therapist2', 'beautician', 'vendor'],
    complete_service: ['therapist', 'therapist2', 'beautician', 'vendor'],
    reschedule_booking: customers,
    pay_from_wallet: customers,
    start_payment: customers,
    cancel_booking: [...customers, 'vendor', 'customer_care'],
  };
  return chance() < 0.1 ? pick(everybody) : pick(usual[name] ?? ['vendor', 'receptionist']);
}

const acts: readonly (readonly [weight: number, act: Act])[] = [
  [4, hold],
  [6, confirm],
  [4, act('assign_best')],
  [2, act('assign_therapist', () => ({ therapist_id: pick([therapist, therapist2]) }))],
  [1, act('assign_beautician', () => ({ beautician_id: beautician }))],
  [4, act('acknowledge_assignment')],
  [2, act('start_travel')],
  [2, act('arrive')],
  [4, act('start_service')],
  [6, act('complete_service', (booking) => ({ cash_collected: pick([0, booking.due]) }))],
  [2, act('cancel_booking', () => ({ reason: 'A reason' }))],
  [2, act('reschedule_booking', time)],
  [1, act('request_reschedule', () => ({ ...time(), reason: 'A reason' }))],
  [1, answer],
  [1, act('mark_no_show')],
  [1, act('pay_from_wallet', () => ({ idempotency_key: randomUUID() }))],
  [2, startPayment],
  [3, gatewayTells],
  [1, lapse],
  [1, giveBack],
  [
    1,
    async () => String((await market.one('select app_private.lapse_bookings(10)')).lapse_bookings),
  ],
];

it(`${steps} steps of everybody (seed ${seed}): never an illegal state, a wrong book, or a provider in two places`, async () => {
  const ends = new Map<string, number>();
  for (let step = 0; step < steps; step += 1) {
    const end = await weighted()(await anyBooking());
    ends.set(end, (ends.get(end) ?? 0) + 1);
    if (end.length === 5 && !registered.test(end)) {
      throw new Error(`Step ${step} of the walk ${seed} ended in ${end}.`);
    }
    if (step % 25 === 0) {
      expect({ step, wrong: await wrongs() }).toEqual({ step, wrong: [] });
    }
  }
  expect(await wrongs()).toEqual([]);
  const client = await market.owner.connect();
  try {
    const findings = await validate(client, chooseChecks([]));
    expect(
      findings.filter(({ count }) => count > 0).map(({ check, faults }) => [check.name, faults]),
    ).toEqual([]);
  } finally {
    client.release();
  }
  // The walk got somewhere, on every path.
  const { rows } = await market.owner.query(
    `select distinct to_status from booking_status_history order by 1`,
  );
  expect(rows.map(({ to_status }) => to_status)).toEqual([
    'assigned',
    'cancelled',
    'completed',
    'confirmed',
    'in_progress',
    'pending',
    'rescheduled',
  ]);
  expect(ends.get('ok')).toBeGreaterThan(steps / 10);
}, 300_000);

function weighted(): Act {
  const total = acts.reduce((sum, [weight]) => sum + weight, 0);
  let left = chance() * total;
  for (const [weight, one] of acts) {
    left -= weight;
    if (left < 0) {
      return one;
    }
  }
  return hold;
}

async function anyBooking(): Promise<Row | undefined> {
  const { rows } = await market.owner.query(
    `select b.id, b.booking_date, b.time_zone, app_private.amount_due(b.id) as due from bookings b
    where b.status not in ('completed', 'cancelled') or b.booking_number like '%' || $1
    order by md5(b.booking_number || $2) limit 1`,
    [Math.floor(chance() * 10), String(chance())],
  );
  return rows[0];
}

async function hold(): Promise<string> {
  const isHome = chance() < 0.2;
  return market.holdEnds(isHome ? 'customer' : pick(customers), {
    startsAt: new Date(inHours(Math.floor(chance() * 60)).getTime() + pick([0, 1_800_000])),
    provider: pick([therapist, therapist2, beautician]),
    ...(chance() < 0.2
      ? { package: bothPackage, services: null }
      : {
          services: pick([[massage], [facial], [massage, massage, facial]]),
          addons: pick([null, [steam]]),
        }),
    ...(isHome ? { type: 'home_service', address: nearAddress } : {}),
  });
}

async function confirm(): Promise<string> {
  const { rows } = await market.owner.query(
    `select h.id, h.customer_id from booking_holds h
    order by h.booking_id is not null,
      md5((row_number() over (order by h.created_at))::text || $1) limit 1`,
    [String(chance())],
  );
  return rows[0] === undefined
    ? 'nothing'
    : market.ends({ sub: rows[0].customer_id }, 'confirm_booking', {
        hold_id: rows[0].id,
        payment_method: pick(['cash', null, null]),
        points: pick([0, 0, 0, 30]),
        wallet_amount: pick([0, 0, 100, 5_000]),
      });
}

function time(): Record<string, unknown> {
  return { ...localTime(inHours(Math.floor(chance() * 60))) };
}

async function answer(): Promise<string> {
  const { rows } = await market.owner.query(
    `select id from booking_reschedules where status = 'pending'
    order by md5((row_number() over (order by created_at))::text || $1) limit 1`,
    [String(chance())],
  );
  if (rows[0] === undefined) {
    return 'nothing';
  }
  const args = { reschedule_id: rows[0].id };
  const who = pick<Who>([...customers, 'vendor', 'nobody']);
  return chance() < 0.6
    ? market.ends(who, 'approve_reschedule', args)
    : market.ends(who, 'reject_reschedule', { ...args, reason: 'No' });
}

async function startPayment(booking: Row | undefined): Promise<string> {
  return act('start_payment', () => ({
    payment_method: 'upi',
    payment_gateway: 'razorpay',
    idempotency_key: randomUUID(),
    ...pick<Record<string, unknown>>([{}, { amount: 100 }]),
  }))(booking);
}

/** What the gateway says, true or stale, once or twice, of any payment. */
async function gatewayTells(): Promise<string> {
  const payment = await market.one(
    `select p.transaction_id, p.id, p.total_amount,
      (select r.id from refunds r where r.payment_id = p.id and r.status = 'pending' limit 1) as refund
    from payments p where p.payment_gateway is not null order by md5(p.transaction_id || $1) limit 1`,
    [String(chance())],
  );
  if (payment === undefined) {
    return 'nothing';
  }
  const kind = pick([
    'payment.captured',
    'payment.captured',
    'payment.authorized',
    'payment.failed',
    ...(payment.refund === null ? [] : ['refund.processed', 'refund.failed']),
  ]);
  const event = {
    transactionId: payment.transaction_id,
    paymentReference: `pay_${payment.id}`,
    amount: payment.total_amount,
    ...(kind.startsWith('refund') && {
      refundId: payment.refund,
      refundReference: `rfnd_${payment.refund}`,
      refundAmount: (
        await market.one('select refund_amount from refunds where id = $1', [payment.refund])
      ).refund_amount,
    }),
  };
  const tell = () =>
    market.owner.query('select app_private.receive_payment_event($1, $2, $3, $4)', [
      'razorpay',
      chance() < 0.3 ? `${kind} ${payment.id}` : randomUUID(),
      kind,
      event,
    ]);
  await tell();
  await tell();
  return 'ok';
}

/** Time passes for one booking that is not paid. */
async function lapse(): Promise<string> {
  await market.owner.query(
    `with b as (
      select id from bookings where status = 'pending' order by md5(booking_number || $1) limit 1
    ), r as (
      update app_private.provider_reservations set expires_at = now() - interval '1 second'
      where booking_id in (select id from b)
    )
    update bookings set expires_at = now() - interval '1 second' where id in (select id from b)`,
    [String(chance())],
  );
  return 'ok';
}

async function giveBack(): Promise<string> {
  const payment = await market.one(
    `select id from payments where status = 'success' order by md5(transaction_id || $1) limit 1`,
    [String(chance())],
  );
  return payment === undefined
    ? 'nothing'
    : market.ends('finance', 'refund_payment', {
        payment_id: payment.id,
        amount: pick([10, 5_000]),
        reason: 'Sorry',
        idempotency_key: randomUUID(),
      });
}

/** Everything that must never be. */
async function wrongs(): Promise<readonly Row[]> {
  const { rows } = await market.owner.query(
    `select 'book' as what, i::text as which from app_private.imbalances() i
    union all
    select 'a provider in two places', a.id::text
    from app_private.provider_reservations a
    join app_private.provider_reservations b on b.provider_id = a.provider_id and b.id > a.id
      and tstzrange(a.starts_at, a.ready_at) && tstzrange(b.starts_at, b.ready_at)
    union all
    select 'history does not end at the state', b.id::text from bookings b
    where b.status is distinct from (
      select h.to_status from booking_status_history h where h.booking_id = b.id
      order by h.created_at desc limit 1)
    union all
    select 'history has a gap', h.id::text
    from (
      select h.*, lag(h.to_status) over (partition by h.booking_id order by h.created_at) as before
      from booking_status_history h
    ) h
    where h.from_status is distinct from h.before
    union all
    select 'a step that is none', h.id::text from booking_status_history h
    where h.from_status is not null and h.from_status <> 'rescheduled' and h.to_status <> 'rescheduled'
      and not exists (
        select from app_private.booking_transitions t
        where t.from_status = h.from_status and t.to_status = h.to_status)
    union all
    select 'assigned without a live assignment, or the other way round', b.id::text from bookings b
    where (b.status in ('assigned', 'in_progress'))
      <> (app_private.assigned_provider(b.id) is not null and b.status <> 'completed')
    union all
    select 'assigned to another than was promised', b.id::text from bookings b
    join app_private.provider_reservations r on r.booking_id = b.id
    where app_private.assigned_provider(b.id) <> r.provider_id
    union all
    select 'a live booking without its promise', b.id::text from bookings b
    where b.status in ('confirmed', 'assigned', 'in_progress') and not exists (
      select from app_private.provider_reservations r
      where r.booking_id = b.id and r.expires_at is null
        and (r.starts_at, r.ends_at) = (b.starts_at, b.ends_at))
    union all
    select 'a cancelled booking that keeps its promise', b.id::text from bookings b
    join app_private.provider_reservations r on r.booking_id = b.id
    where b.status = 'cancelled'
    union all
    select 'completed, not paid', b.id::text from bookings b
    where b.status = 'completed' and not exists (select from commission_records c where c.booking_id = b.id)
    union all
    select 'a balance below 0', c.id::text from customers c
    where app_private.wallet_balance(c.id) < 0 or c.loyalty_points < 0
    union all
    select 'more back than came', p.id::text from payments p
    where (select sum(r.refund_amount) from refunds r where r.payment_id = p.id and r.status <> 'failed')
      > p.total_amount
    union all
    select 'money kept of a cancelled booking beyond its fee', b.id::text from bookings b
    left join booking_cancellations c on c.booking_id = b.id
    where b.status = 'cancelled' and app_private.amount_paid(b.id) <> coalesce(c.cancellation_charge, 0)
      -- What finance gives back of a fee is the platform's.
      - coalesce((
        select sum(r.refund_amount) from refunds r
        where r.booking_id = b.id and r.is_borne_by_platform and r.status <> 'failed'), 0)
      and not exists (select from refunds r where r.booking_id = b.id and r.status = 'failed')`,
  );
  return rows;
}
