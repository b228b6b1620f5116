import { randomInt, randomUUID } from 'node:crypto';
import { personas } from '../../src/demo/personas.ts';
import { chooseChecks, validate } from '../../src/operations/validate/validate.ts';
import {
  beautician,
  bothPackage,
  facial,
  idFor,
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
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { isLong, longOrShort } from '../helpers/long-form.ts';
import { wrongs } from './wrongs.ts';

/** A walk into a failure is taken again, in the same hour, by its seed: WALK_SEED=… npm test -- test/booking/random-walk */
const seed = Number(process.env.WALK_SEED ?? randomInt(2 ** 31));
const steps = longOrShort(5_000, 1_000);

/** Of ours, and of PostgreSQL: a question for another time is open already; not for this database role. */
const registered = /^(OB0\d\d|23505|42501)$/;
const customers: readonly Who[] = ['customer', 'customer2'];
const allUsers: readonly Who[] = [
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

/** One that the vendor bears, and one that the platform bears. */
const coupons = ['WALK15', 'WALK333'] as const;

beforeAll(async () => {
  market = await openMarket();
  await market.owner.query(
    `update system_settings set value = 'true' where key = 'wallet.top_up_is_enabled'`,
  );
  for (const who of customers) {
    await market.fillWallet(who, 5_000);
    await market.owner.query(
      `select app_private.move_wallet($1, 'bonus', 2000, 'rewards', null, null, null, 'A reward')`,
      [idFor(who)],
    );
    await market.givePoints(who, 400);
    await market.owner.query(
      `insert into user_bank_details
        (user_id, account_holder_name, account_number, ifsc_code, bank_name, is_verified)
      values ($1, 'A Person', '123456789012', 'HDFC0001234', 'HDFC Bank', true)`,
      [idFor(who)],
    );
  }
  const terms = { description: 'For a walk', uses_per_customer: 1000, uses_in_all: 20 };
  await market.call('vendor', 'create_coupon', {
    ...terms,
    code: coupons[0],
    borne_by: 'vendor',
    vendor_id: vendor,
    percentage: 15,
  });
  await market.call('marketing', 'create_coupon', {
    ...terms,
    code: coupons[1],
    borne_by: 'platform',
    amount: 333.33,
    budget_amount: 5_000,
  });
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

/** Mostly a user who may, so that bookings get somewhere; now and then any user. */
function whoFor(name: string): Who {
  const usual: Readonly<Record<string, readonly Who[]>> = {
    acknowledge_assignment: ['therapist', 'therapist2', 'beautician'],
    start_travel: ['therapist', 'therapist2', 'beautician'],
    arrive: ['therapist', 'therapist2', 'beautician'],
    start_service: ['therapist', 'therapist2', 'beautician', 'vendor'],
    dispute_booking: [...customers, ...customers, 'vendor'],
    report_vendor_no_show: customers,
    end_service_early: ['therapist', 'therapist2', 'vendor'],
    agree_on_amount: customers,
    complete_service: ['therapist', 'therapist2', 'beautician', 'vendor'],
    reschedule_booking: customers,
    pay_from_wallet: customers,
    start_payment: customers,
    add_tip: customers,
    cancel_booking: [...customers, 'vendor', 'customer_care'],
  };
  return chance() < 0.1 ? pick(allUsers) : pick(usual[name] ?? ['vendor', 'receptionist']);
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
  [6, startService],
  [2, act('complete_service', (booking) => ({ cash_collected: pick([0, booking.due]) }))],
  [4, completeOne],
  [8, timePasses],
  [2, act('cancel_booking', () => ({ reason: 'A reason' }))],
  [2, act('reschedule_booking', time)],
  [1, act('request_reschedule', () => ({ ...time(), reason: 'A reason' }))],
  [1, answer],
  [2, act('mark_no_show')],
  [2, disputeOne],
  [1, decideOne],
  [1, letDayPass],
  [
    1,
    async () =>
      String((await market.one('select app_private.settle_no_shows(10)')).settle_no_shows),
  ],
  [2, act('report_vendor_no_show')],
  [2, endOneEarly],
  [2, agreeOnOne],
  [1, becomeOverdue],
  [1, act('record_cash_payment', ({ due }) => ({ amount: due, idempotency_key: randomUUID() }))],
  [1, job('cancel_overdue_bookings')],
  [1, job('settle_waiting')],
  [2, refundOne],
  [1, payOut],
  [1, payDebt],
  [1, act('pay_from_wallet', () => ({ idempotency_key: randomUUID() }))],
  [2, startPayment],
  [2, tipOne],
  [1, topUp],
  [3, gatewayTells],
  [1, lapse],
  [1, giveBack],
  [3, bookAtDesk],
  [2, claimOne],
  [
    2,
    act('record_cash_payment', ({ due }) => ({
      amount: pick([100, due]),
      payment_method: pick(['cash', 'card', 'upi']),
      idempotency_key: randomUUID(),
    })),
  ],
  [2, act('record_desk_refund')],
  [1, giveGoodwill],
  [2, withdraw],
  [2, endWithdrawal],
  [1, rescueRefund],
  [1, job('abandon_payments')],
  [
    1,
    async () => String((await market.one('select app_private.lapse_bookings(10)')).lapse_bookings),
  ],
];

it(`${steps} steps of all users (seed ${seed}): never an illegal state, a wrong book, or a provider in two places`, async () => {
  const ends = new Map<string, number>();
  for (let step = 0; step < steps; step += 1) {
    const end = await weighted()(await anyBooking());
    ends.set(end, (ends.get(end) ?? 0) + 1);
    if (end.length === 5 && !registered.test(end)) {
      throw new Error(`Step ${step} of the walk ${seed} ended in ${end}.`);
    }
    if (step % 25 === 0) {
      expect({ step, wrong: await wrongs(market) }).toEqual({ step, wrong: [] });
    }
  }
  expect(await wrongs(market)).toEqual([]);
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
  const common = ['assigned', 'cancelled', 'confirmed', 'pending'];
  // A short walk may not come to these by chance.
  const rare = ['completed', 'in_progress', 'rescheduled'];
  expect(rows.map(({ to_status }) => to_status)).toEqual(
    expect.arrayContaining(isLong ? [...common, ...rare] : common),
  );
  expect(ends.get('ok')).toBeGreaterThan(steps / 10);
}, 600_000);

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
    guest: pick([null, 'Meera']),
    ...(chance() < 0.2
      ? { package: bothPackage, services: null }
      : {
          services: pick([[massage], [facial], [massage, massage, facial]]),
          addons: pick([null, [steam]]),
        }),
    ...(isHome ? { type: 'home_service', address: nearAddress } : {}),
    ...(chance() < 0.4 ? { coupon: pick(coupons) } : {}),
  });
}

/** For a stranger, or for a customer by the number. */
async function bookAtDesk(): Promise<string> {
  return market.ends(
    pick<Who>(['receptionist', 'vendor', 'vendor', 'accountant']),
    'book_at_desk',
    {
      vendor_id: vendor,
      guest_name: 'Asha',
      guest_mobile: pick([null, personas.customer.phone, personas.customer2.phone]),
      starts_at: pick([
        null,
        new Date(inHours(Math.floor(chance() * 60)).getTime() + pick([0, 420_000])),
      ]),
      provider_id: pick([null, therapist, therapist2]),
      service_ids: pick([[massage], [facial]]),
      idempotency_key: randomUUID(),
    },
  );
}

async function claimOne(): Promise<string> {
  const one = await market.one(
    `select booking_number from bookings where channel = 'desk'
    order by customer_id is not null, md5(booking_number || $1) limit 1`,
    [String(chance())],
  );
  return one === undefined ? 'nothing' : market.ends(pick(customers), 'claim_booking', one);
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

/** Mostly of a booking that is assigned, with the customer's code, with another, or with a reason instead. */
async function startService(some: Row | undefined): Promise<string> {
  const assigned = await market.one(
    `select id from bookings where status = 'assigned'
    order by starts_at > now() + interval '15 minutes', md5(booking_number || $1) limit 1`,
    [String(chance())],
  );
  const booking = chance() < 0.8 ? (assigned ?? some) : some;
  const { code = '0000' } =
    (booking &&
      (await market.one('select code from booking_start_codes where booking_id = $1', [
        booking.id,
      ]))) ??
    {};
  return act('start_service', () =>
    pick<Record<string, unknown>>([
      { code },
      { code },
      { code },
      { code: '1234' },
      { reason: 'She forgot it' },
    ]),
  )(booking);
}

/** The time of a booking comes, its service takes its time, or goes on for too long. */
async function timePasses(): Promise<string> {
  const booking = await market.one(
    `select id, status from bookings where status in ('assigned', 'in_progress') order by md5(booking_number || $1) limit 1`,
    [String(chance())],
  );
  if (booking === undefined) {
    return 'nothing';
  }
  if (booking.status === 'assigned') {
    await market.bringToStart(booking.id, pick([-20, -10, 1, 20]));
  } else {
    await market.shift(booking.id, pick(['-20 minutes', '-1 hour', '-5 hours']));
  }
  return 'ok';
}

/** A service that has begun comes to its end: too early, in time, or late with a reason and without. */
async function completeOne(): Promise<string> {
  const one = await market.one(
    `select id, app_private.amount_due(id) as due from bookings where status = 'in_progress'
    order by md5(booking_number || $1) limit 1`,
    [String(chance())],
  );
  if (one !== undefined && chance() < 0.7) {
    await market.shift(one.id, pick(['-20 minutes', '-1 hour', '-5 hours']));
  }
  return act('complete_service', ({ due }) => ({
    cash_collected: pick([0, due, due]),
    reason: pick([null, 'It took longer']),
  }))(one);
}

/** A service in progress ends for any amount, or for one that is none. */
async function endOneEarly(): Promise<string> {
  const one = await market.one(
    `select id, final_amount::float as price from bookings where status = 'in_progress'
    order by md5(booking_number || $1) limit 1`,
    [String(chance())],
  );
  return one === undefined
    ? 'nothing'
    : act('end_service_early', ({ price }) => ({
        reason: 'Unwell',
        amount: pick([0, Number(price), 123.45, 123.45, null, 1_000_000]),
      }))(one);
}

async function agreeOnOne(): Promise<string> {
  const one = await market.one(
    `select booking_id as id, proposed_amount as proposed from booking_settlements
    order by agreed_at is not null, md5(booking_id::text || $1) limit 1`,
    [String(chance())],
  );
  return one === undefined
    ? 'nothing'
    : act('agree_on_amount', ({ proposed }) => ({
        expected_amount: pick([proposed, proposed, 1]),
      }))(one);
}

/** The time of an assigned booking passes, and it is told of. */
async function becomeOverdue(): Promise<string> {
  const one = await market.one(
    `select id from bookings where status = 'assigned' order by md5(booking_number || $1) limit 1`,
    [String(chance())],
  );
  if (one !== undefined) {
    await market.bringToStart(one.id, 360);
  }
  await job('note_overdue_bookings')(undefined);
  return one === undefined || chance() < 0.3
    ? 'ok'
    : act('complete_service', () => ({ cash_collected: 0, reason: 'No network' }))(one);
}

function job(name: string): Act {
  return async () => {
    await market.owner.query(`select app_private.${name}(10)`);
    return 'ok';
  };
}

async function disputeOne(): Promise<string> {
  const one = await market.one(
    `select booking_id as id from (
      select booking_id, settled_at from booking_cancellations where is_no_show or is_vendor_no_show
      union all
      select booking_id, agreed_at from booking_settlements
      union all
      select booking_id, settlement_date from commission_records where disputable_until is not null) d
    order by settled_at is not null, md5(booking_id::text || $1) limit 1`,
    [String(chance())],
  );
  return one === undefined
    ? 'nothing'
    : act('dispute_booking', () => ({ reason: 'I was there' }))(one);
}

async function decideOne(): Promise<string> {
  const one = await market.one(
    `select id, kind from booking_disputes order by status desc, md5(id::text || $1) limit 1`,
    [String(chance())],
  );
  return one === undefined
    ? 'nothing'
    : market.ends(
        pick<Who>(['customer_care', 'customer_care', 'finance', 'vendor']),
        'decide_dispute',
        {
          dispute_id: one.id,
          in_favour_of: pick(['customer', 'vendor']),
          reason: 'A film shows it',
          amount:
            one.kind === 'early_end'
              ? pick([0, 100, 250.5])
              : one.kind === 'service'
                ? pick([null, 100, 250.5])
                : null,
        },
      );
}

async function letDayPass(): Promise<string> {
  await market.owner.query(
    `with c as (
      update booking_cancellations set disputable_until = now() - interval '1 second'
      where settled_at is null and booking_id::text like '%' || $1),
    d as (
      update booking_disputes set answerable_until = now() - interval '1 second'
      where answerable_until is not null and booking_id::text like '%' || $1),
    s as (
      update booking_settlements set answerable_until = now() - interval '1 second'
      where agreed_at is null and booking_id::text like '%' || $1)
    update bookings set overdue_since = overdue_since - interval '25 hours'
    where overdue_since is not null and id::text like '%' || $1`,
    [pick([...'0123456789abcdef'])],
  );
  return 'ok';
}

/** As if all that no payout has yet had happened in some week; then its payouts, and what the bank says of one of them. */
async function payOut(): Promise<string> {
  const { monday } = await market.one(
    `select (date_trunc('week', app_private.today())::date - 7 * $1::int)::text as monday`,
    [2 + Math.floor(chance() * 50)],
  );
  await market.owner.query(
    `with at as (select app_private.start_of($1::date) + interval '1 day' as at),
    r as (
      update commission_records set created_at = at, payable_from = at from at where payout_id is null)
    update vendor_credits set created_at = at from at where payout_id is null`,
    [monday],
  );
  const payout = await market.call('finance', 'run_payouts', { week_start: monday });
  return payout === undefined
    ? 'nothing'
    : chance() < 0.3
      ? market.ends('finance', 'fail_payout', {
          payout_id: payout.id,
          reason: 'The account is closed',
        })
      : market.ends('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR 4711' });
}

async function payDebt(): Promise<string> {
  const { owed } = await market.one('select app_private.owed_by_vendor($1)::text as owed', [
    vendor,
  ]);
  return market.ends(pick<Who>(['finance', 'finance', 'vendor']), 'record_vendor_payment', {
    vendor_id: vendor,
    amount: pick<unknown>([0.01, 50, owed]),
    reference: 'UTR 4712',
    idempotency_key: randomUUID(),
  });
}

async function refundOne(): Promise<string> {
  const booking = await market.one(
    `select id, (final_amount - refunded_amount)::text as rest from bookings where status = 'completed'
    order by md5(booking_number || $1) limit 1`,
    [String(chance())],
  );
  return booking === undefined
    ? 'nothing'
    : market.ends(pick<Who>(['finance', 'finance', 'finance', 'vendor']), 'refund_booking', {
        booking_id: booking.id,
        amount: pick<unknown>([0.01, 33.33, 500, booking.rest]),
        reason: 'The room was cold',
        borne_by: pick(['vendor', 'platform', 'shared']),
        idempotency_key: randomUUID(),
      });
}

async function giveGoodwill(booking: Row | undefined): Promise<string> {
  return booking === undefined
    ? 'nothing'
    : market.ends(
        pick<Who>(['customer_care', 'finance', 'customer_care_viewer']),
        'give_goodwill',
        {
          booking_id: booking.id,
          amount: pick([0.01, 33.33, 500, 501]),
          reason: 'Sorry',
          idempotency_key: randomUUID(),
        },
      );
}

async function withdraw(): Promise<string> {
  return market.ends(pick(customers), 'withdraw_from_wallet', {
    amount: pick([0.01, 33.33, 500, 5_000]),
    idempotency_key: randomUUID(),
  });
}

async function endWithdrawal(): Promise<string> {
  const one = await market.one(
    `select id from wallet_withdrawals order by status <> 'pending', md5(created_at::text || $1) limit 1`,
    [String(chance())],
  );
  const withdrawal = { withdrawal_id: one?.id };
  const who = pick<Who>(['finance', 'finance', 'customer_care']);
  return one === undefined
    ? 'nothing'
    : chance() < 0.5
      ? market.ends(who, 'complete_withdrawal', { ...withdrawal, reference: 'UTR' })
      : market.ends(who, 'fail_withdrawal', { ...withdrawal, reason: 'No such account' });
}

/** A refund fails, or one that did goes into the wallet. */
async function rescueRefund(): Promise<string> {
  const one = await market.one(
    `select id, status from refunds where refund_method = 'original'
    order by status not in ('pending', 'failed'), md5(created_at::text || $1) limit 1`,
    [String(chance())],
  );
  return one === undefined
    ? 'nothing'
    : market.ends(
        'finance',
        one.status === 'pending' && chance() < 0.5
          ? 'record_refund_failed'
          : 'pay_refund_into_wallet',
        { refund_id: one.id },
      );
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

/** Of a service that was performed, mostly. */
async function tipOne(some: Row | undefined): Promise<string> {
  const one = await market.one(
    `select id from bookings where status = 'completed' order by md5(booking_number || $1) limit 1`,
    [String(chance())],
  );
  return act('add_tip', () => ({
    amount: pick([10, 100, 5_000, 9]),
    payment_method: 'upi',
    payment_gateway: 'razorpay',
    idempotency_key: randomUUID(),
  }))(chance() < 0.8 ? (one ?? some) : some);
}

async function topUp(): Promise<string> {
  return market.ends(pick(customers), 'top_up_wallet', {
    amount: pick([100, 1_000, 10_000, 99]),
    payment_method: 'upi',
    payment_gateway: 'razorpay',
    idempotency_key: randomUUID(),
  });
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
