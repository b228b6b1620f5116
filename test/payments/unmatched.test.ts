import { randomUUID } from 'node:crypto';
import { makeSteps } from '../booking/steps.ts';
import { codeOf } from '../db/attempt.ts';
import { claimsFor, idFor, type Row, vendor, type Who } from '../fixtures/market.ts';
import { rupees } from '../fixtures/terms.ts';
import { type GatewayTest, openGateway, type Told } from './support.ts';

let gateway: GatewayTest;
const market = () => gateway.market;
const { complete, balance } = makeSteps(market);

beforeAll(async () => {
  gateway = await openGateway();
});

afterAll(async () => {
  await gateway?.close();
});

afterEach(async () => {
  expect(await market().imbalances()).toEqual([]);
  expect(
    (await market().owner.query('select * from app_private.unexplained_movements()')).rows,
  ).toEqual([]);
});

let payments = 0;

/** A payment at the gateway that names none of ours, unless said otherwise. */
function strange(paise: number, more: Partial<Told> = {}): Told {
  payments += 1;
  return { payment: `pay_strange_${payments}`, paise, ...more };
}

const unmatchedOf = ({ payment }: Told) =>
  market().one('select * from unmatched_payments where gateway_transaction_id = $1', [payment]);

const rowsFor = (who: Who, sql: string): Promise<Row[]> =>
  market().database.asUser(claimsFor(who), async (client) => (await client.query(sql)).rows);

const attachArguments = (unmatched: Row, bookingId: unknown, more: object = {}) => ({
  unmatched_payment_id: unmatched.id,
  booking_id: bookingId,
  payment_method: 'upi',
  reason: 'The customer sent the receipt',
  idempotency_key: randomUUID(),
  ...more,
});
const attach = (unmatched: Row, bookingId: unknown, more: object = {}, who: Who = 'finance') =>
  market().call(who, 'attach_payment', attachArguments(unmatched, bookingId, more));
const attachEnds = (unmatched: Row, bookingId: unknown, more: object = {}, who: Who = 'finance') =>
  market().ends(who, 'attach_payment', attachArguments(unmatched, bookingId, more));

describe('money that fits no payment', () => {
  it('waits for staff, with the id of the payment and its amount, and for no one else', async () => {
    const told = strange(123_456);
    expect(await gateway.tell('payment.captured', told)).toEqual([200, 'unknown payment']);
    expect(await unmatchedOf(told)).toMatchObject({
      payment_gateway: 'razorpay',
      amount: '1234.56',
      currency: 'INR',
      reason: 'unknown_payment',
      status: 'waiting',
      payment_id: null,
    });
    expect(await rowsFor('finance', 'select from unmatched_payments')).not.toEqual([]);
    const denied = await rowsFor('vendor', 'select from unmatched_payments').then(
      () => 'ok',
      codeOf,
    );
    expect(denied).toBe('42501');
  });

  it('is kept once, however often and in whatever words it is told', async () => {
    const told = strange(50_000);
    await Promise.all([
      gateway.tell('payment.captured', told),
      gateway.tell('payment.captured', told),
      gateway.tell('order.paid', told),
    ]);
    const { rowCount } = await market().owner.query(
      'select from unmatched_payments where gateway_transaction_id = $1',
      [told.payment],
    );
    expect(rowCount).toBe(1);
  });

  it('in another currency waits too, and pays nothing', async () => {
    const { id, paise, payments: begun } = await gateway.unpaid();
    const told = strange(paise, {
      transaction: begun[0]?.transaction_id,
      more: { currency: 'SGD' },
    });
    expect(await gateway.tell('payment.captured', told)).toEqual([200, 'other currency']);
    expect(await unmatchedOf(told)).toMatchObject({ currency: 'SGD', reason: 'other_currency' });
    expect(await gateway.stateOf(id)).toMatchObject({ booking: 'pending', payments: ['pending'] });
    expect(await attachEnds(await unmatchedOf(told), id)).toBe('OB030');
  });

  it('that breaks a rule waits too, and the gateway need not tell it again', async () => {
    const { id, payments: begun } = await gateway.unpaid();
    const refused = async (paise: number) => {
      const told = strange(paise, { transaction: begun[0]?.transaction_id });
      expect(await gateway.tell('payment.captured', told)).toEqual([200, 'refused']);
      return unmatchedOf(told);
    };
    expect(await refused(10 ** 11)).toMatchObject({ reason: 'refused', amount: '1000000000.00' });
    // More than the platform can ever be paid is in the error log alone.
    expect(await refused(2 ** 53 - 1)).toBeUndefined();
    expect(await gateway.stateOf(id)).toMatchObject({ booking: 'pending', payments: ['pending'] });
    // Also a second payment of one of ours, which would be a payment of its own.
    const paid = strange(100_000, { transaction: begun[0]?.transaction_id });
    expect((await gateway.tell('payment.captured', paid))[0]).toBe(200);
    expect(await refused(10 ** 11)).toMatchObject({ reason: 'refused', status: 'waiting' });
  });

  it.each([
    'payment.authorized',
    'payment.failed',
  ])('is none where %s: none has come', async (kind) => {
    const told = strange(100);
    expect(await gateway.tell(kind, told)).toEqual([200, 'unknown payment']);
    expect(await unmatchedOf(told)).toBeUndefined();
  });

  it('that a later event explains waits no longer', async () => {
    const { id, paise, payments: begun } = await gateway.unpaid();
    const told = strange(paise);
    expect(await gateway.tell('payment.captured', told)).toEqual([200, 'unknown payment']);
    const named = { ...told, transaction: begun[0]?.transaction_id };
    expect(await gateway.tell('order.paid', named)).toEqual([200, 'received']);
    expect(await unmatchedOf(told)).toMatchObject({ status: 'attached', payment_id: begun[0]?.id });
    expect(await gateway.stateOf(id)).toMatchObject({ booking: 'confirmed', taken: paise });
  });

  it('that the gateway refunds, in parts and before it told of the money, waits no longer', async () => {
    const told = strange(1_000);
    const part = (id: string, paise: number) =>
      gateway.tell('refund.processed', { ...told, refund: { id, paise } });
    await part('rfnd_first', 400);
    expect(await unmatchedOf(told)).toMatchObject({ status: 'waiting', refunded_amount: '4.00' });
    await gateway.tell('payment.captured', told);
    expect(await unmatchedOf(told)).toMatchObject({ status: 'waiting', refunded_amount: '4.00' });
    const { id } = await gateway.unpaid();
    expect(await attachEnds(await unmatchedOf(told), id)).toBe('OB030');
    await part('rfnd_second', 600);
    expect(await unmatchedOf(told)).toMatchObject({ status: 'refunded', refunded_amount: '10.00' });
    expect(await attachEnds(await unmatchedOf(told), id)).toBe('OB030');
  });
});

describe('attaching a payment', () => {
  const waiting = async (paise: number) => {
    const told = strange(paise);
    await gateway.tell('payment.captured', told);
    return { told, row: await unmatchedOf(told) };
  };

  it('confirms the booking, as if it had been paid there; what is too much goes back', async () => {
    const { id, paise, who } = await gateway.unpaid();
    const { told, row } = await waiting(paise + 5_000);
    const payment = await attach(row, id);
    expect(payment).toMatchObject({
      status: 'success',
      booking_id: id,
      customer_id: who.sub,
      total_amount: rupees((paise + 5_000) / 100),
    });
    expect(await gateway.stateOf(id)).toMatchObject({
      booking: 'confirmed',
      taken: paise + 5_000,
      kept: paise,
      back: 5_000,
    });
    expect(await unmatchedOf(told)).toMatchObject({
      status: 'attached',
      payment_id: payment.id,
      handled_by: idFor('finance'),
      handled_reason: 'The customer sent the receipt',
    });
    // The gateway knows it by its name from now on.
    expect(await gateway.tell('order.paid', told)).toEqual([200, 'nothing new']);
    const [refund] = (
      await market().owner.query('select id from refunds where payment_id = $1', [payment.id])
    ).rows;
    expect(
      await gateway.tell('refund.processed', {
        ...told,
        refund: { id: 'rfnd_of_attached', paise: 5_000, ours: refund?.id },
      }),
    ).toEqual([200, 'refunded']);
  });

  it('is done once, however often and at once it is asked for', async () => {
    const { id, paise } = await gateway.unpaid();
    const { row } = await waiting(paise);
    const idempotency_key = randomUUID();
    const same = await Promise.all(
      Array.from({ length: 5 }, () => attach(row, id, { idempotency_key })),
    );
    expect(new Set(same.map((payment) => payment.id)).size).toBe(1);
    expect(await attachEnds(row, id, { idempotency_key, reason: 'Another' })).toBe('OB066');
    const other = await gateway.unpaid();
    expect(await Promise.all(Array.from({ length: 5 }, () => attachEnds(row, other.id)))).toEqual(
      Array(5).fill('OB030'),
    );
    expect(await gateway.stateOf(id)).toMatchObject({ booking: 'confirmed', taken: paise });
  });

  it('and a refund at the gateway at once: it is refunded there or here, and never lost in between', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { id, paise } = await gateway.unpaid();
      const { told, row } = await waiting(paise);
      const [end] = await Promise.all([
        attachEnds(row, id),
        gateway.tell('refund.processed', {
          ...told,
          refund: { id: `rfnd_at_once_${round}`, paise },
        }),
      ]);
      const after = await unmatchedOf(told);
      const { refunded } = await market().one(
        `select coalesce(sum(refund_amount), 0)::float as refunded from refunds
        where booking_id = $1 and status = 'completed'`,
        [id],
      );
      expect([end, after?.status, Number(after?.refunded_amount), refunded]).toEqual(
        end === 'ok' ? ['ok', 'attached', 0, paise / 100] : ['OB030', 'refunded', paise / 100, 0],
      );
    }
  });

  it('is for finance, with a reason, for a booking of others', async () => {
    const { id, paise } = await gateway.unpaid();
    const { row } = await waiting(paise);
    expect([
      await attachEnds(row, id, {}, 'customer_care'),
      await attachEnds(row, id, {}, 'vendor'),
      await attachEnds(row, id, { reason: ' ' }),
      await attachEnds(row, id, { payment_method: 'cash' }),
      await attachEnds(row, randomUUID()),
      await attachEnds({ id: randomUUID() }, id),
    ]).toEqual(['OB002', '42501', 'OB036', 'OB020', 'OB003', 'OB003']);
    await market().owner.query(
      'insert into vendor_staff (vendor_id, user_id, name, role, mobile) values ($1, $2, $3, $4, $5)',
      [vendor, idFor('finance'), 'finance', 'accountant', '+919876543299'],
    );
    expect(await attachEnds(row, id)).toBe('OB031');
    await market().owner.query('delete from vendor_staff where user_id = $1', [idFor('finance')]);
    expect(await attachEnds(row, id)).toBe('ok');
  });
});

describe('a chargeback', () => {
  async function paidThere() {
    const made = await gateway.unpaid();
    const told = strange(made.paise, { transaction: made.payments[0]?.transaction_id });
    expect(await gateway.tell('payment.captured', told)).toEqual([200, 'received']);
    return { ...made, told };
  }

  const disputed = (told: Told, paise = told.paise): Told => ({
    ...told,
    dispute: { id: `disp_${told.payment}`, paise },
  });

  const served = async () => {
    const made = await paidThere();
    await complete(made.id);
    return made;
  };

  const toldOfBooking = async (bookingId: unknown) =>
    (
      await market().owner.query(
        `select p.name || ': ' || n.title as told from notifications n join user_profiles p on p.id = n.user_id
        where n.data ->> 'bookingId' = $1 and (n.type like 'chargeback%' or n.type like '%refund%')
        order by n.created_at`,
        [bookingId],
      )
    ).rows.map(({ told }) => told);

  const chargebackOf = (told: Told) =>
    market().one(
      'select status, amount::float as amount from chargebacks where gateway_dispute_id = $1',
      [`disp_${told.payment}`],
    );

  it('holds what its booking has earned out of payouts until it is won', async () => {
    const made = await served();
    expect(await gateway.tell('payment.dispute.created', disputed(made.told))).toEqual([
      200,
      'chargeback open',
    ]);
    await market().owner.query(
      `update commission_records set created_at = created_at - interval '10 days',
        payable_from = payable_from - interval '10 days' where booking_id = $1`,
      [made.id],
    );
    const { monday } = await market().one(
      `select (date_trunc('week', app_private.today())::date - 7)::text as monday`,
    );
    const isPaidOut = async () =>
      (
        await market().one(
          'select payout_id is not null as is_paid from commission_records where booking_id = $1',
          [made.id],
        )
      ).is_paid;
    await market().call('finance', 'run_payouts', { week_start: monday });
    expect(await isPaidOut()).toBe(false);
    expect(await gateway.tell('payment.dispute.won', disputed(made.told))).toEqual([
      200,
      'chargeback won',
    ]);
    await market().call('finance', 'run_payouts', { week_start: monday });
    expect(await isPaidOut()).toBe(true);
    expect(await toldOfBooking(made.id)).toEqual([
      `vendor: A customer disputes ₹${rupees(made.paise / 100)} with the bank`,
      `vendor: ₹${rupees(made.paise / 100)} stay with you`,
    ]);
    // What was decided is not open again, whatever comes late; but the bank may decide anew, and take the money.
    expect(await gateway.tell('payment.dispute.under_review', disputed(made.told))).toEqual([
      200,
      'nothing new',
    ]);
    expect(await chargebackOf(made.told)).toEqual({ status: 'won', amount: made.paise / 100 });
    const before = await balance('gateway');
    expect(await gateway.tell('payment.dispute.lost', disputed(made.told))).toEqual([
      200,
      'chargeback lost',
    ]);
    expect(await balance('gateway')).toBe(before + made.paise / 100);
    expect(await gateway.tell('payment.dispute.won', disputed(made.told))).toEqual([
      200,
      'nothing new',
    ]);
    expect(await chargebackOf(made.told)).toEqual({ status: 'lost', amount: made.paise / 100 });
  });

  it('that is lost moves the books: the money is gone, and no refund of ours is taken for it', async () => {
    const made = await served();
    // Below 0 by what the gateway holds for us.
    const before = await balance('gateway');
    const part = disputed(made.told, 50_000);
    expect(await gateway.tell('payment.dispute.lost', part)).toEqual([200, 'chargeback lost']);
    expect(await gateway.tell('payment.dispute.lost', part)).toEqual([200, 'nothing new']);
    expect(await gateway.tell('payment.dispute.created', part)).toEqual([200, 'nothing new']);
    expect(await balance('gateway')).toBe(before + 500);
    expect(await chargebackOf(made.told)).toEqual({ status: 'lost', amount: 500 });
    expect(
      await market().one(
        'select status, refund_amount::float as amount from refunds where booking_id = $1',
        [made.id],
      ),
    ).toEqual({ status: 'completed', amount: 500 });
    // The customer, whose bank it was, is told of no refund.
    expect(await toldOfBooking(made.id)).toEqual([
      'vendor: A customer disputes ₹500.00 with the bank',
      'vendor: The bank has taken ₹500.00 back',
    ]);
  });

  it('of a booking to come does not take the place of a refund that is on its way', async () => {
    const made = await paidThere();
    await market().call(made.who, 'cancel_booking', { booking_id: made.id, reason: 'Rain' });
    const pending = () =>
      market().one(
        `select count(*)::integer from refunds where booking_id = $1 and status = 'pending'`,
        [made.id],
      );
    expect(await pending()).toEqual({ count: 1 });
    // All of it is on its way back, so that nothing is left to be charged back: staff are told.
    expect(await gateway.tell('payment.dispute.lost', disputed(made.told))).toEqual([
      200,
      'chargeback lost',
    ]);
    expect(await pending()).toEqual({ count: 1 });
    const { rowCount } = await market().owner.query(
      `select from error_logs where error_type = 'refund_amount' and severity = 'critical'`,
    );
    expect(rowCount).toBe(1);
  });

  it('is seen by the money people of the vendor and by finance', async () => {
    const made = await served();
    await gateway.tell('payment.dispute.created', disputed(made.told));
    const sees = async (who: Who) =>
      (await rowsFor(who, `select from chargebacks where booking_id = '${made.id}'`)).length;
    expect([
      await sees('finance'),
      await sees('vendor'),
      await sees('accountant'),
      await sees('receptionist'),
      await sees('vendor2'),
      await sees(made.who),
    ]).toEqual([1, 1, 1, 0, 0, 0]);
  });
});
