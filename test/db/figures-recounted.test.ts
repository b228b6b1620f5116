import { withClient } from '../../src/lib/postgres.ts';
import { makeDeskSteps } from '../booking/desk-steps.ts';
import { makeSteps, price } from '../booking/steps.ts';
import {
  claimsFor,
  commissionRate,
  idFor,
  type Market,
  massagePrice,
  openMarket,
  otherVendor,
  therapist,
  type Who,
} from '../fixtures/market.ts';
import {
  earningsOf,
  percentOf,
  points as pointTerms,
  serviceCharge,
  sum,
} from '../fixtures/terms.ts';
import { applicationAt, employ } from '../onboarding/support.ts';

let market: Market;
const { freeHour, start, tell, complete } = makeSteps(() => market);
const { bookAtDesk, payAtDesk, serveAtDesk, verifyMobile, newMobile } = makeDeskSteps(() => market);
const deskEarning = earningsOf(massagePrice, commissionRate);
const earning = earningsOf(massagePrice, commissionRate);
/** What the platform earns of a booking. */
const kept = sum(earning.commission, serviceCharge);
const deskPrice = sum(massagePrice, deskEarning.gst);

/** What the acts below did, counted while they were done. */
const done = {
  received: 0,
  sentBack: 0,
  paidOut: 0,
  withdrawn: 0,
  revenue: 0,
  signedUp: 0,
  ended: [] as { readonly id: unknown; readonly isCompleted: boolean }[],
};
/** The number of a customer with a booking through the platform, who also comes to the desk. */
const known = newMobile();
const budgets = { FINANCE: 1_000_000, HR: 500_000 };

const expected = (): Readonly<Record<string, number>> => {
  const cashFlow = sum(done.received, -done.sentBack, -done.paidOut, -done.withdrawn);
  const budget = sum(...Object.values(budgets));
  const stars = { therapist: 5, booking: 2, vendor: 4 };
  const satisfaction = (stars.therapist + stars.booking + stars.vendor) / 3;
  const efficiency = (100 * counted.completed) / counted.ended;
  const [employees, onLeave] = [4, 1];
  const bookings = 10;
  const active = 2;
  const openTickets = 2;
  return {
    finance_budget: budget,
    finance_revenue: done.revenue,
    finance_cash_flow: cashFlow,
    accounts_revenue: done.revenue,
    // Of six records one is paid out.
    accounts_pending_invoices: 5,
    accounts_payments: done.received,
    accounts_balance: cashFlow,
    marketing_leads: done.signedUp,
    // The others never paid, did not come back, and applied as a vendor.
    marketing_conversion: (100 * 8) / done.signedUp,
    hr_employees: employees,
    hr_attendance: (100 * (employees - onLeave)) / employees,
    it_active_users: 2,
    it_open_tickets: 1,
    it_database_health: Number.NaN,
    customer_care_open_tickets: openTickets,
    customer_care_average_response: 2,
    customer_care_resolved_today: 1,
    customer_care_satisfaction: 4,
    staff_active: employees,
    staff_on_duty: employees - onLeave,
    staff_on_leave: onLeave,
    fo_active_bookings: active,
    fo_satisfaction: satisfaction,
    fo_efficiency: efficiency,
    vendor_list_total_vendors: 2,
    // The other is suspended.
    vendor_list_active: 1,
    vendor_list_pending_approval: 1,
    vendor_list_performance: stars.vendor,
    customer_data_total_customers: 8,
    customer_data_active: 8,
    customer_data_segments: 1,
    // Three have verified a mobile number; all have a name and a date of birth.
    customer_data_data_quality: (100 * 3) / 8,
    // The persona, and the one who was made director.
    directors_members: 2,
    ho_staff: employees,
    corporate_locations: 1,
    corporate_staff: employees,
    corporate_budget: budget,
    admin_active_users: 2,
    admin_pending_approval: 1,
    admin_open_tickets: openTickets,
    admin_errors: 1,
    ops_bookings: bookings,
    ops_active_bookings: active,
    ops_efficiency: efficiency,
    ops_satisfaction: satisfaction,
  };
};
const counted = { completed: 0, ended: 0 };
let figures: ReadonlyMap<string, number | null>;

const refresh = () => market.owner.query('select app_private.refresh_dashboards()');

async function readFigures(): Promise<ReadonlyMap<string, number | null>> {
  const { rows } = await market.owner.query<{ code: string; value: number | null }>(
    `select k.code, app_private.kpi_figure(k, app_private.today())::float as value
    from kpi_definitions k where k.source = 'computed'`,
  );
  return new Map(rows.map(({ code, value }) => [code, value]));
}

async function signUp(): Promise<{ readonly sub: string }> {
  done.signedUp += 1;
  return market.newCustomer();
}

async function write<T>(who: Who, sql: string, values: readonly unknown[]): Promise<T> {
  return market.database.asUser(
    claimsFor(who),
    async (client) => (await client.query(sql, [...values])).rows[0] as T,
    { commit: true },
  );
}

/** Pays the rest of a booking through the gateway. */
async function payOnline(who: Who, id: unknown): Promise<void> {
  const payment = await start(who, id);
  done.received = sum(done.received, Number(payment.total_amount));
  await tell('payment.captured', payment);
}

async function finishRefunds(id: unknown): Promise<void> {
  const { rows } = await market.owner.query(
    `select id, refund_amount from refunds
    where booking_id = $1 and refund_method = 'original' and status = 'pending'`,
    [id],
  );
  expect(rows).toHaveLength(1);
  for (const refund of rows) {
    await market.call('finance', 'record_refund_paid', {
      refund_id: refund.id,
      reference: `R-${refund.id}`,
    });
    done.sentBack = sum(done.sentBack, Number(refund.refund_amount));
  }
}

const completed = (id: unknown): void => {
  done.ended.push({ id, isCompleted: true });
};
const cancelled = (id: unknown): void => {
  done.ended.push({ id, isCompleted: false });
};

/** A customer withdraws money from the wallet, and finance pays it less the fee of 2 %. */
async function withdraw(who: Who, amount: number): Promise<void> {
  await market.fillWallet(who, amount);
  const { id } = await write<{ id: string }>(
    who,
    `insert into user_bank_details (account_holder_name, account_number, ifsc_code, bank_name)
    values ('New', $1, 'HDFC0001234', 'HDFC Bank') returning id`,
    ['123456789012'],
  );
  await market.call('admin', 'verify_bank_account', { bank_detail_id: id, is_right: true });
  const withdrawal = await market.call(who, 'withdraw_from_wallet', {
    amount,
    idempotency_key: 'a-withdrawal-of-the-first',
  });
  await market.call('finance', 'complete_withdrawal', {
    withdrawal_id: withdrawal.id,
    reference: 'UTR1',
  });
  done.withdrawn = sum(done.withdrawn, amount, -percentOf(amount, 2));
}

/** Bookings that were paid online: one is paid out, one is refunded in part, one is cancelled. */
async function bookOnline(): Promise<void> {
  const loyal = await signUp();
  const first = (await market.book(loyal, { startsAt: freeHour() }, { payment: null })).id;
  await payOnline(loyal, first);
  await complete(first);
  completed(first);
  done.revenue = sum(done.revenue, kept);
  await verifyMobile(loyal, newMobile());
  await reviewAndPayOut(loyal, first);
  await withdraw(loyal, 200);

  const unhappy = await signUp();
  const second = (await market.book(unhappy, { startsAt: freeHour() }, { payment: null })).id;
  await payOnline(unhappy, second);
  await complete(second);
  completed(second);
  const back = 315;
  await market.call('finance', 'refund_booking', {
    booking_id: second,
    amount: back,
    reason: 'The room was cold',
    borne_by: 'vendor',
    idempotency_key: 'refund-of-the-second',
  });
  await finishRefunds(second);
  done.revenue = sum(
    done.revenue,
    kept,
    -Math.round((earning.commission * back * 100) / price) / 100,
    -Math.round((serviceCharge * back * 100) / price) / 100,
  );
  const review = await market.call(unhappy, 'write_review', {
    booking_id: second,
    reviewable_type: 'booking',
    reviewable_id: second,
    rating: 2,
  });
  await market.call('admin', 'moderate_review', { review_id: review.id, status: 'approved' });

  const prevented = await signUp();
  const third = (await market.book(prevented, { startsAt: freeHour() }, { payment: null })).id;
  await payOnline(prevented, third);
  await market.call(prevented, 'cancel_booking', { booking_id: third, reason: 'Ill' });
  await finishRefunds(third);
  cancelled(third);

  // Points and the wallet bring no money; the commission is the same.
  const rewarded = await signUp();
  await market.fillWallet(rewarded, 100);
  await market.givePoints(rewarded, 50);
  const fourth = (
    await market.book(
      rewarded,
      { startsAt: freeHour() },
      { payment: null, points: 50, wallet: 100 },
    )
  ).id;
  const before = done.received;
  await payOnline(rewarded, fourth);
  expect(sum(done.received, -before)).toBe(sum(price, -100, -50 * pointTerms.value));
  await complete(fourth);
  completed(fourth);
  done.revenue = sum(done.revenue, kept);
}

async function reviewAndPayOut(who: Who, id: unknown): Promise<void> {
  const ofTherapist = await market.call(who, 'write_review', {
    booking_id: id,
    reviewable_type: 'therapist',
    reviewable_id: therapist,
    rating: 5,
  });
  const ofVendor = await market.call(who, 'write_vendor_review', { booking_id: id, rating: 4 });
  await market.call('admin', 'moderate_review', { review_id: ofTherapist.id, status: 'approved' });
  await market.call('admin', 'moderate_vendor_review', {
    review_id: ofVendor.id,
    status: 'approved',
  });
  // One that no moderator has seen.
  await market.call(who, 'write_review', {
    booking_id: id,
    reviewable_type: 'booking',
    reviewable_id: id,
    rating: 1,
  });
  // As if it had been served last week.
  await market.owner.query(
    `update commission_records
    set created_at = created_at - interval '7 days', payable_from = created_at - interval '7 days'
    where booking_id = $1`,
    [id],
  );
  const { monday } = await market.one(
    `select (date_trunc('week', app_private.today())::date - 7)::text as monday`,
  );
  const payout = await market.call('finance', 'run_payouts', { week_start: monday });
  await market.call('finance', 'complete_payout', { payout_id: payout.id, reference: 'UTR1' });
  expect(Number(payout.net_amount)).toBe(earning.vendor);
  done.paidOut = sum(done.paidOut, earning.vendor);
}

/** Bookings for cash: served, missed, still to come; and one that was never paid. */
async function bookForCash(): Promise<void> {
  const payer = await signUp();
  const first = (await market.book(payer, { startsAt: freeHour() })).id;
  await complete(first, price);
  completed(first);
  done.revenue = sum(done.revenue, kept);

  const absent = await signUp();
  const second = (await market.book(absent, { startsAt: freeHour() })).id;
  await market.call('vendor', 'assign_therapist', { booking_id: second, therapist_id: therapist });
  await market.bringToStart(second, 20);
  await market.call('vendor', 'mark_no_show', { booking_id: second });
  cancelled(second);

  const coming = await signUp();
  await verifyMobile(coming, known);
  await market.book(coming, { startsAt: freeHour() });

  const hesitant = await signUp();
  const never = (await market.book(hesitant, { startsAt: freeHour() }, { payment: null })).id;
  await market.owner.query(
    `with r as (
      update app_private.provider_reservations set expires_at = now() - interval '1 s' where booking_id = $1)
    update bookings set expires_at = now() - interval '1 s' where id = $1`,
    [never],
  );
  expect(
    await market.once(async () =>
      Number((await market.one('select app_private.lapse_bookings(10) as n')).n),
    ),
  ).toBe(1);
}

/** Bookings of the desk: of its own guest, of a customer of the platform, and one that its guest claims. */
async function bookAtTheDesk(): Promise<void> {
  const own = (await bookAtDesk({ starts_at: freeHour() })).id;
  await payAtDesk(own, deskPrice);
  await serveAtDesk(own);
  completed(own);

  const other = (await bookAtDesk({ starts_at: freeHour(), guest_mobile: known })).id;
  await payAtDesk(other, deskPrice);
  await serveAtDesk(other);
  completed(other);
  done.revenue = sum(done.revenue, percentOf(massagePrice, commissionRate));

  const claimed = newMobile();
  const booking = await bookAtDesk({ starts_at: freeHour(), guest_mobile: claimed });
  const guest = await signUp();
  await verifyMobile(guest, claimed);
  await market.call(guest, 'claim_booking', { booking_number: booking.booking_number });
}

/** People who have a customer's profile and never booked: one more, with a tier, and two of the staff. */
async function signUpOnly(): Promise<void> {
  const idle = await signUp();
  await market.owner.query(`update customers set membership_tier = 'gold' where id = $1`, [
    idle.sub,
  ]);
  for (const role of ['hr', 'director']) {
    const { sub } = await market.newCustomer();
    await market.call('super_admin', 'grant_role', { user_id: sub, role_code: role });
  }
}

async function askForHelp(): Promise<void> {
  const open = `insert into support_tickets (category, subject, description)
    values ($1, 'Help', 'Please help') returning id`;
  const { id } = await write<{ id: string }>('customer', open, ['other']);
  await write('customer', open, ['other']);
  await write('customer', open, ['technical']);
  // It waited for two hours.
  await withClient(market.database.rootUrl, async (client) => {
    await client.query('set session_replication_role = replica');
    await client.query(
      `update support_tickets set created_at = created_at - interval '2 hours' where id = $1`,
      [id],
    );
  });
  await write('admin', 'insert into ticket_messages (ticket_id, message) values ($1, $2)', [
    id,
    'We look into it.',
  ]);
  await write('admin', `update support_tickets set status = 'resolved' where id = $1`, [id]);
  await write('customer', 'update support_tickets set satisfaction_rating = 4 where id = $1', [id]);
}

async function workHere(): Promise<void> {
  for (const [index, name] of (['hr', 'finance', 'marketing', 'manager'] as const).entries()) {
    await employ(market.owner, idFor(name), { level: 1, limit: null, mayApprove: false });
    if (index === 0) {
      await write('admin', `update employees set status = 'on_leave' where id = $1`, [idFor(name)]);
    }
  }
  for (const [code, budget] of Object.entries(budgets)) {
    await write('admin', 'update departments set budget_allocated = $2 where code = $1', [
      code,
      budget,
    ]);
  }
  await applicationAt(market.owner, { status: 'fo_review' });
  done.signedUp += 1;
  await market.call('admin', 'suspend_vendor', { vendor_id: otherVendor, reason: 'A complaint' });
  // What only sign-ins and faults produce: two users, of whom one has two devices, and one of an earlier day.
  await market.owner.query(
    `insert into user_sessions (user_id, started_at, last_activity_at, expires_at)
    select p.id, now() - interval '9 days', now() - s.ago, now() + interval '1 day'
    from (values ('customer', interval '0'), ('customer', interval '0'), ('vendor', interval '0'),
      ('vendor2', interval '3 days')) s (name, ago)
    join user_profiles p on p.name = s.name`,
  );
  await market.owner.query(
    `insert into error_logs (error_type, error_message, resolved, resolved_at)
    values ('A', 'It broke', false, null), ('B', 'It broke before', true, now())`,
  );
}

beforeAll(async () => {
  market = await openMarket();
  // Those of the fixture who neither work for a vendor nor for the platform.
  const { n } = await market.one(
    `select count(*)::int as n from user_profiles p
    where not exists (
      select from user_roles ur join roles r on r.id = ur.role_id
      where ur.user_id = p.id and r.code <> 'customer')`,
  );
  done.signedUp = Number(n);
  await refresh();
  await bookOnline();
  await bookForCash();
  await bookAtTheDesk();
  await signUpOnly();
  await askForHelp();
  await workHere();
  // Where a booking has landed in time is not what is counted here.
  for (const { id, isCompleted } of done.ended) {
    const { is_counted } = await market.one(
      `select booking_date between app_private.today() - 29 and app_private.today() as is_counted
      from bookings where id = $1`,
      [id],
    );
    if (is_counted === true) {
      counted.ended += 1;
      counted.completed += isCompleted ? 1 : 0;
    }
  }
  await refresh();
  figures = await readFigures();
});

afterAll(async () => {
  await market?.close();
});

it('every computed figure of every department is recounted', () => {
  expect([...figures.keys()].sort()).toEqual(Object.keys(expected()).sort());
});

it('every figure is what people have done', () => {
  const wrong = Object.entries(expected())
    .filter(([code]) => code !== 'it_database_health')
    .map(([code, value]) => ({ code, is: figures.get(code), shouldBe: value }))
    .filter(({ is, shouldBe }) => is === null || Math.abs(Number(is) - shouldBe) > 0.011);
  expect(wrong).toEqual([]);
});

it('the health of the database is a percentage', () => {
  const health = figures.get('it_database_health');
  expect(health).toBeGreaterThan(0);
  expect(health).toBeLessThanOrEqual(100);
});

it('counting every day again finds the same', async () => {
  await market.owner.query('select app_private.recount_dashboards()');
  const again = new Map(await readFigures());
  again.delete('it_database_health');
  expect(Object.fromEntries(again)).toEqual(
    Object.fromEntries([...figures].filter(([code]) => code !== 'it_database_health')),
  );
});

it('among the bookings of these days some were served and some missed', () => {
  expect(counted.completed).toBeGreaterThan(0);
  expect(counted.ended).toBeGreaterThan(counted.completed);
});
