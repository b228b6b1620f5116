import { worldIds } from '../../fixtures/two-worlds.ts';
import {
  allPeople,
  desk,
  type InsertTrial,
  managers,
  may,
  type RowRights,
  type TableRights,
  vendorMembers,
} from './rights.ts';

const { one, two, closed } = worldIds;

/** Who may write what only the vendor's management may; the second beautician has no account. */
const managed: RowRights = { one: managers, two: ['vendor2'] };
const ownOrManaged: RowRights = { one: ['beautician', ...managers], two: ['vendor2'] };

/** The same insert for the first world and for the second. */
function inBothWorlds(sql: string, rights: RowRights): InsertTrial[] {
  return [
    { sql: sql.replaceAll('$id', `'${one}'`), ends: { ok: rights.one ?? [] } },
    { sql: sql.replaceAll('$id', `'${two}'`), ends: { ok: rights.two ?? [] } },
  ];
}

const profile = `name gender profile_image bio specializations experience_years certifications
  portfolio_images`;
const privateDetails = 'email mobile date_of_birth address emergency_contact bank_details';
const workingHours = 'start_time end_time is_available break_start break_end max_bookings';

export const beauticianRights: Readonly<Record<string, TableRights>> = {
  beauticians: {
    sees: { one: allPeople, two: allPeople, closed: [...vendorMembers, ...may.readVendors] },
    updates: { ...ownOrManaged, closed: managers },
    updateColumns: { authenticated: profile },
  },
  beautician_private_details: {
    sees: {
      one: ['beautician', ...managers, ...may.readVendors],
      two: ['vendor2', ...may.readVendors],
    },
    updates: ownOrManaged,
    inserts: [
      {
        sql: `insert into beautician_private_details (beautician_id, mobile)
          values ('${closed}', '+919876543217')`,
        ends: { ok: managers },
      },
    ],
    insertColumns: { authenticated: `beautician_id ${privateDetails}` },
    updateColumns: { authenticated: privateDetails },
  },
  beautician_services: {
    sees: {
      one: allPeople,
      two: allPeople,
      // Not performed at present.
      closed: ['beautician', ...desk, ...may.readVendors],
    },
    // Beauticians do not qualify themselves.
    updates: { ...managed, closed: managers },
    deletes: { ...managed, closed: managers },
    inserts: inBothWorlds(
      `insert into beautician_services (beautician_id, service_id) values ($id, '${closed}')`,
      managed,
    ),
    insertColumns: { authenticated: 'beautician_id service_id is_active' },
    updateColumns: { authenticated: 'is_active' },
  },
  beautician_schedules: {
    sees: {
      one: ['beautician', ...desk, ...may.readVendors],
      two: ['vendor2', ...may.readVendors],
    },
    updates: ownOrManaged,
    deletes: ownOrManaged,
    inserts: inBothWorlds(
      `insert into beautician_schedules (beautician_id, day_of_week, start_time, end_time)
        values ($id, 2, '09:00', '18:00')`,
      ownOrManaged,
    ),
    insertColumns: { authenticated: `beautician_id day_of_week ${workingHours}` },
    updateColumns: { authenticated: workingHours },
  },
  beautician_leaves: {
    sees: {
      one: ['beautician', ...desk, ...may.readVendors],
      closed: ['beautician', ...desk, ...may.readVendors],
      two: ['vendor2', ...may.readVendors],
    },
    // The closed one is granted already.
    deletes: { one: ['beautician'] },
    inserts: inBothWorlds(
      `insert into beautician_leaves (beautician_id, leave_type, start_date, end_date)
        values ($id, 'vacation', '2025-12-24', '2025-12-31')`,
      { one: ['beautician'] },
    ),
    insertColumns: {
      authenticated: 'beautician_id leave_type start_date end_date reason documents',
    },
  },
  beautician_assignments: {
    sees: {
      one: ['customer', 'beautician', ...desk, ...may.readBookings],
      two: ['customer2', 'vendor2', ...may.readBookings],
    },
  },
  beautician_performance: {
    sees: {
      one: ['beautician', ...managers, ...may.readVendors],
      two: ['vendor2', ...may.readVendors],
    },
  },
};
