/** A list as the API asks for it: one page, and one row more to know whether there is another. */
export type HotList = { readonly table: string; readonly name: string; readonly sql: string };

const page = 'limit 21';
const since = `timestamptz '2025-12-01 00:00+05:30'`;

type Habits = {
  readonly statuses?: readonly string[];
  readonly orders?: readonly string[];
  readonly ranges?: readonly string[];
};

const created: Habits = { orders: ['created_at desc'], ranges: [`created_at >= ${since}`] };

/** The filters, orders and ranges by which people look at the tables that grow without end. */
const habits: Readonly<Record<string, Habits>> = {
  bookings: {
    statuses: ['pending', 'completed'],
    orders: ['created_at desc', 'booking_date desc'],
    ranges: [`created_at >= ${since}`, `booking_date between '2025-12-24' and '2025-12-31'`],
  },
  therapist_assignments: {
    statuses: ['in_progress', 'completed'],
    orders: ['created_at desc', 'assignment_date desc'],
    ranges: [`assignment_date between '2025-12-24' and '2025-12-31'`],
  },
  beautician_assignments: {
    statuses: ['in_progress', 'completed'],
    orders: ['created_at desc', 'assignment_time desc'],
    ranges: [`assignment_time >= ${since}`],
  },
  payments: { ...created, statuses: ['failed', 'success'] },
  refunds: created,
  wallet_transactions: created,
  loyalty_points_transactions: created,
  commission_records: created,
  vendor_credits: created,
  tips: created,
  booking_holds: created,
  notifications: created,
  support_tickets: { ...created, statuses: ['open', 'closed'] },
  user_activity_log: created,
  audit_logs: created,
};

export const hotLists: readonly HotList[] = Object.entries(habits).flatMap(([table, habit]) => {
  const list = (name: string, where: string, order: string): HotList => ({
    table,
    name,
    sql: `select * from ${table} ${where} order by ${order} ${page}`,
  });
  const { statuses = [], orders = [], ranges = [] } = habit;
  return [
    list('first page', '', 'id'),
    ...orders.map((order) => list(order, '', `${order}, id`)),
    ...statuses.flatMap((status) => [
      list(status, `where status = '${status}'`, 'id'),
      list(`${status}, ${orders[0]}`, `where status = '${status}'`, `${orders[0]}, id`),
    ]),
    ...ranges.map((range) => list(range, `where ${range}`, 'id')),
  ];
});
