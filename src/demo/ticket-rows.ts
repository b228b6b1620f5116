import type { Booking } from './bookings.ts';
import { formatMoment, hour, type Moment, momentOf, secondsPerDay } from './calendar.ts';
import type { Rows } from './copy.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

const complaints = [
  ['service_quality', 'Started late', 'My therapist came half an hour late. Please look into it.'],
  ['payment_issue', 'Charged twice?', 'My bank shows two entries for this booking.'],
  ['booking_issue', 'Wrong address', 'The map leads to the next street. Please correct it.'],
  ['feedback', 'Thank you', 'Lovely service, please pass it on to the team.'],
] as const;
const refundComplaint = [
  'refund',
  'Where is my refund?',
  'I cancelled and see no refund yet.',
] as const;

/** Adds a ticket about the booking: for few, and for every cancelled one of the personas. */
export function addTicketRows(rows: Rows, random: Random, world: World, booking: Booking): void {
  const { life, customer, turn } = booking;
  const happened = life.completedAt ?? life.cancelled?.at ?? null;
  const isPersona = world.circles.some((circle) => circle.customer === customer);
  const isOpened = isPersona ? life.status === 'cancelled' && turn === null : random.chance(0.01);
  if (happened === null || !isOpened) {
    return;
  }
  const now = momentOf(world.today);
  const opened = Math.min(happened + random.int(hour, 20 * hour), now);
  const [category, subject, description] =
    life.status === 'cancelled' ? refundComplaint : random.pick(complaints);
  const status = chooseStatus(random, now - opened, isPersona);
  const answered = status === 'open' ? null : Math.min(opened + 2 * hour, now);
  const solved =
    status === 'resolved' || status === 'closed' ? Math.min(opened + 9 * hour, now) : null;
  const id = random.uuid();
  const care = world.accounts.customer_care.id;
  rows.add('public.support_tickets', {
    id,
    // One sequence, gaps are fine.
    ticket_number: `TKT${String(booking.number).padStart(6, '0')}`,
    customer_id: customer.account.id,
    user_id: customer.account.id,
    booking_id: booking.id,
    category,
    priority: random.weighted({ low: 2, medium: 5, high: 2, urgent: 1 }),
    subject,
    description,
    status,
    assigned_to: answered === null ? null : care,
    assigned_at: format(answered),
    first_response_at: format(answered),
    resolved_at: format(solved),
    closed_at: status === 'closed' ? format(solved) : null,
    resolution_notes: solved === null ? null : 'Explained and solved.',
    satisfaction_rating: status === 'closed' ? random.int(3, 5) : null,
    created_at: formatMoment(opened),
    updated_at: formatMoment(solved ?? answered ?? opened),
  });
  const say = (
    at: Moment,
    by: 'customer' | 'employee',
    message: string,
    isInternal: boolean,
  ): void => {
    rows.add('public.ticket_messages', {
      id: random.uuid(),
      ticket_id: id,
      sender_id: by === 'customer' ? customer.account.id : care,
      sender_type: by,
      message,
      is_internal: isInternal,
      created_at: formatMoment(at),
    });
  };
  say(opened, 'customer', description, false);
  if (answered !== null) {
    say(answered, 'employee', 'Thank you for telling us. We are looking into it.', false);
    say(answered, 'employee', 'Checked with the vendor, nothing unusual.', true);
  }
}

/** A persona's older tickets are closed and rated, so that its dashboard has a figure for satisfaction on every day. */
function chooseStatus(random: Random, age: number, isPersona: boolean): string {
  if (age < 4 * secondsPerDay) {
    return random.weighted({ open: 4, in_progress: 3, waiting_response: 2, resolved: 2 });
  }
  return isPersona ? 'closed' : random.weighted({ resolved: 3, closed: 6, reopened: 1 });
}

function format(moment: Moment | null): string | null {
  return moment === null ? null : formatMoment(moment);
}
