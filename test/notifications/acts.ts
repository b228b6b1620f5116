import type { Play } from '../db/play.ts';
import { massage, therapist, vendor } from '../fixtures/market.ts';
import { idOf } from '../fixtures/people.ts';
import { application, desk, forget, makeAssignedBooking, makeBooking } from './support.ts';

/** An act, and who of everyone there is told what of it. */
export type Act = {
  readonly name: string;
  readonly type: string | null;
  readonly people: readonly string[];
  /** Prepares; no one has been told anything when it resolves with the id that the act needs. */
  readonly given: (play: Play) => Promise<string>;
  readonly sql: string;
};

const customerAndDesk = ['customer', ...desk];
const care = ['customer_care', 'customer_care_head'];
const allParties = [...customerAndDesk, 'therapist'];

const booking = async (play: Play): Promise<string> => {
  const id = await makeBooking(play);
  await forget(play);
  return id;
};
const assigned = async (play: Play) => (await makeAssignedBooking(play)).booking;
const assignment = async (play: Play) => (await makeAssignedBooking(play)).assignment;
/** An assignment that took these steps since. */
const assignmentAfter =
  (...steps: readonly string[]) =>
  async (play: Play): Promise<string> => {
    const id = await assignment(play);
    for (const status of steps) {
      await play.query(became('therapist_assignments', status), [id]);
    }
    await forget(play);
    return id;
  };
const confirmed = async (play: Play): Promise<string> => {
  const id = await makeBooking(play, { status: 'confirmed' });
  await forget(play);
  return id;
};
const inProgress = async (play: Play): Promise<string> => {
  const { booking: id } = await makeAssignedBooking(play);
  await play.query(`update bookings set status = 'in_progress' where id = $1`, [id]);
  await forget(play);
  return id;
};
const payment =
  (status: string) =>
  async (play: Play): Promise<string> => {
    const { rows } = await play.query<{ id: string }>(
      `insert into payments (transaction_id, booking_id, customer_id, vendor_id, amount, total_amount,
         payment_method, status)
       select 'TXN-new', id, customer_id, vendor_id, 100, 100, 'upi', $2 from bookings where id = $1
       returning id`,
      [await booking(play), status],
    );
    await forget(play);
    return rows[0]?.id as string;
  };
const refund = async (play: Play): Promise<string> => {
  const { rows } = await play.query<{ id: string }>(
    `insert into refunds (payment_id, booking_id, customer_id, refund_amount, refund_reason, refund_type)
     select id, booking_id, customer_id, 50, 'Late', 'partial' from payments where id = $1
     returning id`,
    [await payment('success')(play)],
  );
  return rows[0]?.id as string;
};
const withdrawal = async (play: Play): Promise<string> => {
  const { rows } = await play.query<{ id: string }>(
    `insert into wallet_withdrawals (customer_id, amount, fee)
    select customer_id, 100, 2 from bookings where id = $1 returning id`,
    [await booking(play)],
  );
  await forget(play);
  return rows[0]?.id as string;
};
const leave = async (play: Play): Promise<string> => {
  const { rows } = await play.query<{ id: string }>(
    `insert into therapist_leaves (therapist_id, leave_type, start_date, end_date, reason)
     values ($1, 'casual', '2030-01-01', '2030-01-02', 'A wedding') returning id`,
    [therapist],
  );
  await forget(play);
  return rows[0]?.id as string;
};
const applicationIn =
  (status: string) =>
  async (play: Play): Promise<string> => {
    await play.query(
      `update vendor_applications set status = $2, review_notes = 'Which floor?',
         current_approval_stage = coalesce(
           (select stage from vendor_approval_stages where status = $2), current_approval_stage)
       where id = $1`,
      [application, status],
    );
    await forget(play);
    return application;
  };
const moved = (status: string) => `update vendor_applications set status = '${status}'
  ${status === 'rejected' ? `, rejection_reason = 'No licence'` : ''} where id = $1`;
const became = (table: string, status: string) => `update ${table} set status = '${status}'
  ${status === 'cancelled' && table === 'bookings' ? ', cancelled_at = now()' : ''} where id = $1`;

const disputed = async (play: Play): Promise<string> => {
  const { rows } = await play.query<{ id: string }>(
    `insert into booking_disputes (booking_id, kind, reason, raised_by)
     select id, 'customer_no_show', 'I was there', customer_id from bookings where id = $1 returning id`,
    [await confirmed(play)],
  );
  await forget(play);
  return rows[0]?.id as string;
};

const endedEarly = async (play: Play): Promise<string> => {
  const id = await confirmed(play);
  await play.query(
    `insert into booking_settlements (booking_id, kind, reason, proposed_amount, elapsed_percentage,
       answerable_until)
     select id, 'early_end', 'Unwell', final_amount, 50, now() from bookings where id = $1`,
    [id],
  );
  await forget(play);
  return id;
};
const answerable = async (play: Play): Promise<string> => {
  const { rows } = await play.query<{ id: string }>(
    `insert into booking_disputes (booking_id, kind, reason, raised_by, answerable_until)
     select id, 'vendor_no_show', 'No one came', customer_id, now() from bookings where id = $1 returning id`,
    [await confirmed(play)],
  );
  await forget(play);
  return rows[0]?.id as string;
};

export const acts: readonly Act[] = [
  {
    name: 'a customer is said not to have come',
    type: 'customer_no_show',
    people: ['customer'],
    given: confirmed,
    sql: `insert into booking_cancellations (booking_id, cancelled_by, cancelled_by_role, cancellation_reason,
        is_no_show, disputable_until, settled_at)
      select id, customer_id, 'customer', 'Did not come', true, now(), null from bookings where id = $1`,
  },
  {
    name: 'a customer disputes that',
    type: 'dispute_opened',
    people: [...desk, ...care],
    given: confirmed,
    sql: `insert into booking_disputes (booking_id, kind, reason, raised_by)
      select id, 'customer_no_show', 'I was there', customer_id from bookings where id = $1`,
  },
  {
    name: 'a booking is overdue',
    type: 'booking_overdue',
    people: [...allParties, ...care],
    given: assigned,
    sql: 'update bookings set overdue_since = now() where id = $1',
  },
  {
    name: 'a customer reports that no one came',
    type: 'vendor_no_show',
    people: desk,
    given: confirmed,
    sql: `insert into booking_cancellations (booking_id, cancelled_by, cancelled_by_role, cancellation_reason,
        is_vendor_no_show)
      select id, customer_id, 'vendor', 'No one came', true from bookings where id = $1`,
  },
  {
    name: 'a customer reports that no one came, but the provider has arrived',
    type: 'arrival_disputed',
    people: desk,
    given: confirmed,
    sql: `insert into booking_cancellations (booking_id, cancelled_by, cancelled_by_role, cancellation_reason,
        is_vendor_no_show, disputable_until, settled_at)
      select id, customer_id, 'vendor', 'No one came', true, now(), null from bookings where id = $1`,
  },
  {
    name: 'a vendor answers that',
    type: 'dispute_opened',
    people: care,
    given: answerable,
    sql: `update booking_disputes set answer = 'We were there', answered_by = raised_by, answered_at = now()
      where id = $1`,
  },
  {
    name: 'a service ends early',
    type: 'service_ended_early',
    people: ['customer'],
    given: confirmed,
    sql: `insert into booking_settlements (booking_id, kind, reason, proposed_amount, elapsed_percentage,
        answerable_until)
      select id, 'early_end', 'Unwell', final_amount, 50, now() from bookings where id = $1`,
  },
  {
    name: 'a customer agrees to the amount',
    type: 'amount_agreed',
    people: desk,
    given: endedEarly,
    sql: `update booking_settlements s set agreed_amount = 0, agreed_at = now(), agreed_by = b.customer_id
      from bookings b where b.id = s.booking_id and b.id = $1`,
  },
  {
    name: 'an overdue service is completed',
    type: 'completed_late',
    people: ['customer'],
    given: confirmed,
    sql: `insert into booking_settlements (booking_id, kind, reason, proposed_amount, elapsed_percentage,
        answerable_until)
      select id, 'late_completion', 'No network', final_amount, 0, now() from bookings where id = $1`,
  },
  {
    name: 'the desk of a vendor books for the number of a customer',
    type: 'desk_booking',
    people: ['customer'],
    given: confirmed,
    sql: `select app_private.tell_desk_guest(b, p.mobile)
      from bookings b join user_profiles p on p.id = b.customer_id where b.id = $1`,
  },
  {
    name: 'a dispute is decided',
    type: 'dispute_decided',
    people: customerAndDesk,
    given: disputed,
    sql: `update booking_disputes set status = 'decided', in_favour_of = 'vendor', decision_reason = 'A film',
        decided_at = now() where id = $1`,
  },
  {
    name: 'a booking is made',
    type: 'booking_created',
    people: customerAndDesk,
    given: async () => vendor,
    sql: `insert into bookings (customer_id, vendor_id, booking_type, booking_date,
        booking_time, duration_minutes, total_amount, final_amount)
      select '${idOf('customer')}', $1::uuid, 'spa_visit', '2030-03-04', '15:30', 60, 1000, 1000`,
  },
  {
    name: 'a booking is confirmed',
    type: 'booking_confirmed',
    people: customerAndDesk,
    given: booking,
    sql: became('bookings', 'confirmed'),
  },
  {
    name: 'a provider is assigned',
    type: 'therapist_assigned',
    people: allParties,
    given: booking,
    sql: `insert into therapist_assignments (booking_id, therapist_id, vendor_id, customer_id,
        service_id, assignment_date, assignment_time, estimated_duration)
      select id, '${therapist}', vendor_id, customer_id, '${massage}', booking_date, booking_time, 60
      from bookings where id = $1`,
  },
  {
    name: 'an assignment is acknowledged',
    type: 'assignment_acknowledged',
    people: desk,
    given: assignment,
    sql: became('therapist_assignments', 'acknowledged'),
  },
  {
    name: 'the therapist is on the way',
    type: 'therapist_on_the_way',
    people: customerAndDesk,
    given: assignmentAfter('acknowledged'),
    sql: became('therapist_assignments', 'in_transit'),
  },
  {
    name: 'the therapist has arrived',
    type: 'therapist_arrived',
    people: customerAndDesk,
    given: assignmentAfter('acknowledged', 'in_transit'),
    sql: became('therapist_assignments', 'reached'),
  },
  {
    name: 'an assignment is taken back',
    type: 'assignment_cancelled',
    people: [...desk, 'therapist'],
    given: assignment,
    sql: became('therapist_assignments', 'cancelled'),
  },
  {
    name: 'the service begins',
    type: 'service_started',
    people: allParties,
    given: assigned,
    sql: became('bookings', 'in_progress'),
  },
  {
    name: 'the service is completed',
    type: 'service_completed',
    people: allParties,
    given: inProgress,
    sql: became('bookings', 'completed'),
  },
  {
    name: 'a booking with a therapist is cancelled',
    type: 'booking_cancelled',
    people: allParties,
    given: assigned,
    sql: became('bookings', 'cancelled'),
  },
  {
    name: 'a booking without one is cancelled',
    type: 'booking_cancelled',
    people: customerAndDesk,
    given: booking,
    sql: became('bookings', 'cancelled'),
  },
  {
    name: 'a booking is moved to another day',
    type: 'booking_rescheduled',
    people: allParties,
    given: assigned,
    sql: `update bookings set booking_date = booking_date + 1, status = 'confirmed' where id = $1`,
  },
  {
    name: 'a booking is moved to another hour',
    type: 'booking_rescheduled',
    people: allParties,
    given: assigned,
    sql: `update bookings set booking_time = '17:00', status = 'confirmed' where id = $1`,
  },
  {
    name: 'a booking without a provider is moved',
    type: 'booking_rescheduled',
    people: customerAndDesk,
    given: confirmed,
    sql: `update bookings set booking_time = '17:00' where id = $1`,
  },
  {
    name: 'a payment succeeds',
    type: 'payment_received',
    people: customerAndDesk,
    given: payment('processing'),
    sql: became('payments', 'success'),
  },
  {
    name: 'cash is received at once',
    type: 'payment_received',
    people: customerAndDesk,
    given: booking,
    sql: `insert into payments (transaction_id, booking_id, customer_id, vendor_id, amount,
        total_amount, payment_method, status)
      select 'TXN-new', id, customer_id, vendor_id, 100, 100, 'cash', 'success' from bookings where id = $1`,
  },
  {
    name: 'a refund is paid',
    type: 'refund_processed',
    people: ['customer'],
    given: refund,
    sql: became('refunds', 'completed'),
  },
  {
    name: 'goodwill is given',
    type: 'goodwill_given',
    people: ['customer'],
    given: booking,
    sql: `insert into booking_goodwill (booking_id, customer_id, amount, reason)
      select id, customer_id, 100, 'Sorry' from bookings where id = $1`,
  },
  {
    name: 'a withdrawal is paid',
    type: 'withdrawal_completed',
    people: ['customer'],
    given: withdrawal,
    sql: `update wallet_withdrawals set status = 'completed', reference = 'UTR1', ended_at = now() where id = $1`,
  },
  {
    name: 'a withdrawal cannot be paid',
    type: 'withdrawal_failed',
    people: ['customer'],
    given: withdrawal,
    sql: `update wallet_withdrawals set status = 'failed', failure_reason = 'Closed', ended_at = now() where id = $1`,
  },
  {
    name: 'leave is asked for',
    type: 'leave_requested',
    people: desk,
    given: async () => therapist,
    sql: `insert into therapist_leaves (therapist_id, leave_type, start_date, end_date, reason)
      select $1::uuid, 'casual', '2030-01-01', '2030-01-02', 'A wedding'`,
  },
  {
    name: 'leave is granted',
    type: 'leave_decided',
    people: ['therapist'],
    given: leave,
    sql: became('therapist_leaves', 'approved'),
  },
  {
    name: 'leave is refused',
    type: 'leave_decided',
    people: ['therapist'],
    given: leave,
    sql: became('therapist_leaves', 'rejected'),
  },
  {
    name: 'an application is submitted',
    type: 'vendor_application_submitted',
    people: ['applicant', 'field_officer'],
    given: async () => application,
    sql: moved('fo_review'),
  },
  {
    name: 'an application reaches managers',
    type: 'vendor_application_forwarded',
    people: ['applicant', 'manager'],
    given: applicationIn('fo_review'),
    sql: moved('manager_review'),
  },
  {
    name: 'an application reaches directors',
    type: 'vendor_application_forwarded',
    people: ['applicant', 'director'],
    given: applicationIn('manager_review'),
    sql: moved('director_review'),
  },
  {
    name: 'an application reaches the last level',
    type: 'vendor_application_forwarded',
    people: ['applicant', 'vice_president', 'admin'],
    given: applicationIn('director_review'),
    sql: moved('admin_review'),
  },
  {
    name: 'an application is approved',
    type: 'vendor_application_approved',
    people: ['applicant'],
    given: applicationIn('admin_review'),
    sql: moved('approved'),
  },
  {
    name: 'an application is rejected',
    type: 'vendor_application_rejected',
    people: ['applicant'],
    given: applicationIn('fo_review'),
    sql: moved('rejected'),
  },
  {
    name: 'an applicant is asked',
    type: 'vendor_application_information_required',
    people: ['applicant'],
    given: applicationIn('fo_review'),
    sql: moved('additional_info_required'),
  },
  {
    name: 'an applicant has answered',
    type: 'vendor_application_information_provided',
    people: ['field_officer'],
    given: applicationIn('additional_info_required'),
    sql: moved('fo_review'),
  },
  {
    name: 'a webhook endpoint is disabled',
    type: 'webhook_disabled',
    people: ['vendor'],
    given: async (play) => {
      const { rows } = await play.query<{ id: string }>(
        `insert into webhook_endpoints (vendor_id, url, event_types)
        values ($1, 'https://shop.example.com/hooks', '{booking.created}') returning id`,
        [vendor],
      );
      return rows[0]?.id as string;
    },
    sql: `select app_private.disable_webhook_endpoint($1, 'gone')`,
  },
  ...verdicts(),
  ...silentActs(),
];

/** What the platform finds of something that a user submitted about themselves. */
function verdicts(): readonly Act[] {
  const verdict = (name: string, type: string, becomes: string): Act => ({
    name,
    type,
    people: ['customer'],
    given: async (play) => {
      const { rows } = await play.query<{ id: string }>(
        `insert into user_kyc_verification (user_id, verification_type)
        values ($1, 'pan') returning id`,
        [idOf('customer')],
      );
      return rows[0]?.id as string;
    },
    sql: `update user_kyc_verification set ${becomes} where id = $1`,
  });
  return [
    verdict(
      'what is verified is found right',
      'verification_passed',
      `verification_status = 'verified', verified_at = now()`,
    ),
    verdict(
      'what is verified is found wrong',
      'verification_failed',
      `verification_status = 'failed', decision_reason = 'Blurred'`,
    ),
    verdict(
      'what was verified has expired',
      'verification_expired',
      `verification_status = 'expired'`,
    ),
  ];
}

/** Acts of which no one is told. */
function silentActs(): readonly Act[] {
  const silent = (name: string, given: Act['given'], sql: string): Act => ({
    name,
    type: null,
    people: [],
    given,
    sql,
  });
  return [
    silent(
      'a booking’s instructions change',
      assigned,
      `update bookings set special_instructions = 'Ring twice' where id = $1`,
    ),
    silent(
      'a booking is assigned: its assignment tells',
      confirmed,
      became('bookings', 'assigned'),
    ),
    silent(
      'a status is written again',
      assigned,
      `update bookings set status = status, booking_date = booking_date where id = $1`,
    ),
    silent(
      'an assignment is being served: the booking tells',
      assignmentAfter('acknowledged', 'in_transit', 'reached'),
      became('therapist_assignments', 'in_progress'),
    ),
    silent('a payment fails', payment('processing'), became('payments', 'failed')),
    silent('a payment is refunded', payment('success'), became('payments', 'refunded')),
    silent('a refund fails', refund, became('refunds', 'failed')),
    silent('leave is withdrawn', leave, became('therapist_leaves', 'cancelled')),
    silent('an application is held', applicationIn('fo_review'), moved('on_hold')),
    silent('an application is resumed', applicationIn('on_hold'), moved('fo_review')),
  ];
}
