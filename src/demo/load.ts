import { setImmediate } from 'node:timers/promises';
import type pg from 'pg';
import { inTransaction, withClient } from '../lib/postgres.ts';
import { disableTriggers, enableTriggers } from '../lib/triggers.ts';
import { applicationCount } from './applications.ts';
import { addBelongings } from './belongings.ts';
import { addBookingRows } from './booking-rows.ts';
import { fewestBookings, makeBookings } from './bookings.ts';
import { dropForBulk } from './bulk.ts';
import { type Day, indianDayOf } from './calendar.ts';
import { Rows } from './copy.ts';
import { addBudgets } from './departments.ts';
import { addFeedbackRows } from './feedback-rows.ts';
import { addNotificationRows } from './notification-rows.ts';
import { addPaymentRows } from './payment-rows.ts';
import { personas } from './personas.ts';
import { addQueues } from './queues.ts';
import { Random } from './random.ts';
import { addTicketRows } from './ticket-rows.ts';
import { addTotals } from './totals.ts';
import { buildWorld } from './world.ts';

export type DemoOptions = {
  readonly ownerUrl: string;
  /** How many bookings; everything else grows with them. */
  readonly bookings: number;
  readonly onProgress?: (done: number, total: number, what: string) => void;
};

const bookingsAtOnce = 5_000;
/** Bookings that are made in about a millisecond. */
const bookingsPerTick = 20;

/**
 * Fills an empty database with demo data: the same rows for the same day and number. All of it is one
 * transaction, so that a load that is killed leaves nothing behind.
 *
 * @throws Error when the database holds rows already, or the number is too small.
 */
export async function loadDemo(options: DemoOptions): Promise<void> {
  if (!Number.isSafeInteger(options.bookings) || options.bookings < fewestBookings) {
    throw new Error(`Demo data needs at least ${fewestBookings} bookings.`);
  }
  await withClient(options.ownerUrl, async (client) => {
    await inTransaction(client, async () => {
      await client.query('lock table public.user_profiles in access exclusive mode');
      await refuseUnlessEmpty(client);
      await load(client, options, indianDayOf(new Date()));
    });
  });
}

/** What the database holds: nothing but what migrations bring, demo data, or rows of its own. */
export async function readContents(client: pg.ClientBase): Promise<'empty' | 'demo' | 'other'> {
  const { rows } = await client.query<{ has_demo: boolean; has_any: boolean }>(
    `select
      exists (select from public.user_profiles where id = $1) as has_demo,
      exists (select from public.user_profiles) or exists (select from public.vendors)
        or exists (select from public.services) or exists (select from auth.users) as has_any`,
    [personas.customer.id],
  );
  const [contents] = rows;
  if (contents?.has_demo === true) {
    return 'demo';
  }
  return contents?.has_any === true ? 'other' : 'empty';
}

async function refuseUnlessEmpty(client: pg.ClientBase): Promise<void> {
  const { rowCount } = await client.query(
    `select where has_table_privilege('auth.users', 'insert')`,
  );
  if (rowCount === 0) {
    throw new Error(
      'The accounts of this database (auth.users) belong to its platform, so demo data cannot be loaded here.',
    );
  }
  const contents = await readContents(client);
  if (contents === 'demo') {
    throw new Error(
      'This database has its demo data. For another amount begin with an empty one: stop the embedded server (npx ombaro db stop) and remove its data directory, or name another database in DATABASE_URL; then run npx ombaro demo again.',
    );
  }
  if (contents === 'other') {
    throw new Error(
      'This database holds rows that are not demo data, so nothing was loaded. Demo data goes into an empty database only.',
    );
  }
}

async function load(
  client: pg.ClientBase,
  { bookings, onProgress = () => {} }: DemoOptions,
  today: Day,
): Promise<void> {
  const rows = new Rows();
  const random = new Random(`rows ${bookings}`);
  onProgress(0, bookings, 'preparing');
  await disableTriggers(client);
  const restore = await dropForBulk(client);
  const world = await buildWorld(client, rows, bookings, today);
  addBelongings(rows, world);
  addQueues(rows, world);
  let sent = rows.send(client);
  for (const booking of makeBookings(world, bookings)) {
    const rating = addFeedbackRows(rows, random, world, booking);
    const assignment = addBookingRows(rows, random, world, booking, rating);
    const transfers = addPaymentRows(rows, random, world, booking);
    addNotificationRows(rows, random, world, booking, assignment, transfers);
    addTicketRows(rows, random, world, booking);
    if (booking.number % bookingsPerTick === 0) {
      // Lets the rows that are on their way move on, while the next ones are made.
      await setImmediate();
    }
    if (booking.number % bookingsAtOnce === 0) {
      await sent;
      sent = rows.send(client);
      // Awaited a little later, where it fails for all to see.
      sent.catch(() => {});
      onProgress(booking.number, bookings, 'bookings');
    }
  }
  await sent;
  await rows.send(client);
  onProgress(bookings, bookings, 'totals');
  await addTotals(client);
  await client.query('select app_private.note_file_uses()');
  await client.query('select app_private.note_proven_mobiles()');
  await addBudgets(client);
  await client.query(
    `select setval('app_private.booking_numbers', $1), setval('app_private.ticket_numbers', $1),
      setval('app_private.vendor_application_numbers', $2)`,
    [bookings, applicationCount],
  );
  onProgress(bookings, bookings, 'indexes');
  await client.query("set local maintenance_work_mem = '512MB'");
  await client.query(restore);
  onProgress(bookings, bookings, 'statistics');
  await client.query('analyze');
  // Before the triggers are back, which would date the figures by the load.
  onProgress(bookings, bookings, 'performance');
  await client.query('select app_private.recount_performance()');
  await enableTriggers(client);
  await client.query('select app_private.open_journal()');
  onProgress(bookings, bookings, 'search');
  await client.query('select app_private.rebuild_search()');
  onProgress(bookings, bookings, 'dashboards');
  await client.query('select app_private.recount_dashboards()');
}
