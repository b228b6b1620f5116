import type { Play } from '../db/play.ts';
import { massage, seedMarket, therapist, vendor } from '../fixtures/market.ts';
import { idOf } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { employ, employReviewers } from '../onboarding/support.ts';

/** Of the applicant. */
export const application = '11111111-1111-4111-8111-111111111111';

/** Who handles the vendor's bookings; its accountant and staff without an account do not. */
export const desk = ['vendor', 'vendor_admin', 'vendor_manager', 'receptionist'] as const;

/** The marketplace, an application and who reviews it, of which no one was told anything yet. */
export async function seededDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  const { owner } = database;
  await seedMarket(owner);
  await employReviewers(owner, null);
  await employ(owner, idOf('hr'), { level: 1, limit: null, mayApprove: false });
  await owner.query(
    `insert into vendor_applications (id, user_id, business_name, business_type, contact_person,
      contact_mobile, contact_email, address_line1, city, state, pincode)
    values ($1, $2, 'A Spa', 'spa', 'A Person', '+919876543210', 'spa@example.com', 'MG Road', 'Pune',
      'Maharashtra', '411001')`,
    [application, idOf('applicant')],
  );
  await owner.query('delete from notifications');
  return database;
}

/** A booking of the customer, made and told of, with one item. */
export async function makeBooking(play: Play, { status = 'pending' } = {}): Promise<string> {
  const { rows } = await play.query<{ id: string }>(
    `insert into bookings (customer_id, vendor_id, booking_type, booking_date,
       booking_time, duration_minutes, total_amount, final_amount, status)
     values ($1, $2, 'spa_visit', '2030-03-04', '15:30', 60, 1234.5, 1234.5, $3) returning id`,
    [idOf('customer'), vendor, status],
  );
  const id = rows[0]?.id as string;
  await play.query(
    `insert into booking_items (booking_id, service_id, service_name, service_duration, service_price, subtotal)
     values ($1, $2, 'Thai massage', 60, 1234.5, 1234.5)`,
    [id, massage],
  );
  await play.query('set constraints all immediate');
  await play.query('set constraints all deferred');
  return id;
}

/** A booking with the therapist on it, of which no one was told yet. */
export async function makeAssignedBooking(
  play: Play,
): Promise<{ booking: string; assignment: string }> {
  const booking = await makeBooking(play, { status: 'assigned' });
  const { rows } = await play.query<{ id: string }>(
    `insert into therapist_assignments (booking_id, therapist_id, vendor_id, customer_id, service_id,
       assignment_date, assignment_time, estimated_duration)
     select id, $2, vendor_id, customer_id, $3, booking_date, booking_time, 60
     from bookings where id = $1 returning id`,
    [booking, therapist, massage],
  );
  await play.query(
    `insert into app_private.provider_reservations
      (provider_id, booking_id, day, starts_at, ends_at, ready_at, is_at_vendor)
     select p.id, b.id, b.booking_date, b.starts_at, b.ends_at, b.ends_at, true
     from bookings b, providers p where b.id = $1 and p.therapist_id = $2`,
    [booking, therapist],
  );
  await forget(play);
  return { booking, assignment: rows[0]?.id as string };
}

export async function forget(play: Play): Promise<void> {
  await play.query('delete from notifications');
}

/** Who was told what, in order: `customer: booking_confirmed`. An error of a teller fails the test. */
export async function told(play: Play): Promise<readonly string[]> {
  const errors = await play.query(
    `select error_message, stack_trace from error_logs where error_type = 'notification'`,
  );
  expect(errors.rows).toEqual([]);
  const { rows } = await play.query<{ line: string }>(
    `select split_part(u.email, '@', 1) || ': ' || n.type as line
    from notifications n join auth.users u on u.id = n.user_id order by 1`,
  );
  return rows.map(({ line }) => line);
}

/** The lines of `told` where all of these people were told the same. */
export function lines(type: string, people: readonly string[]): readonly string[] {
  return people.map((person) => `${person}: ${type}`).sort();
}
