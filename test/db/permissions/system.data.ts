import { admins, allPeople, signedIn, staff, type TableRights, without } from './rights.ts';

export const systemRights: Readonly<Record<string, TableRights>> = {
  system_settings: {
    labelledBy: `case when is_public then 'public' else 'private' end`,
    sees: { public: allPeople, private: admins },
    updates: { public: admins, private: admins },
    updateColumns: { staff: 'value description is_public' },
  },
  schema_versions: { sees: { shared: allPeople } },
  feature_flags: {
    sees: { one: admins, two: admins },
    updates: { one: admins, two: admins },
    deletes: { one: admins, two: admins },
    inserts: [{ sql: `insert into feature_flags (name) values ('new')`, ends: { ok: admins } }],
    insertColumns: { staff: 'name description is_enabled rollout_percentage target_roles' },
    updateColumns: { staff: 'description is_enabled rollout_percentage target_roles' },
  },
  tax_rates: {
    sees: { shared: allPeople, one: allPeople },
    // The shared ones have applied already, and stay.
    deletes: { one: admins },
    inserts: [
      {
        sql: `insert into tax_rates (tax, valid_from, percentage, source)
          values ('gst', '2098-01-01', 18, 'A law')`,
        ends: { ok: admins },
      },
      {
        // What applied before, or applies today, is not changed.
        sql: `insert into tax_rates (tax, valid_from, percentage, source)
          values ('gst', (now() at time zone 'Asia/Kolkata')::date, 18, 'A law')`,
        ends: {},
      },
    ],
    insertColumns: { staff: 'tax valid_from percentage source' },
  },
  audit_logs: { sees: { one: admins, two: admins, shared: admins } },
  error_logs: { sees: { one: admins, two: admins } },
  user_activity_log: { sees: { self: without(signedIn, ...staff), everyone: admins } },
  notifications: {
    sees: { self: signedIn },
    updates: { self: signedIn },
    updateColumns: { authenticated: 'is_read', staff: 'is_read' },
  },
  file_rules: {
    sees: { shared: allPeople },
    updates: { shared: admins },
    updateColumns: { staff: 'content_types maximum_bytes' },
  },
  files: {
    labelledBy: `(select split_part(u.email, '@', 1) from auth.users u where u.id = owner_id)`,
    sees: { self: signedIn },
  },
  user_devices: { sees: { self: signedIn } },
  notification_deliveries: { sees: { one: admins, two: admins } },
  notification_attempts: { sees: { one: admins, two: admins } },
  maintenance_runs: { sees: { one: admins, two: admins } },
};

const places: TableRights = { sees: { shared: allPeople } };

export const placeRights: Readonly<Record<string, TableRights>> = {
  countries: {
    ...places,
    updates: { shared: admins },
    inserts: [
      {
        sql: `insert into countries (name, code, phone_code) values ('Nepal', 'NP', '+977')`,
        ends: { ok: admins },
      },
    ],
    insertColumns: { staff: 'name code phone_code currency is_active' },
    updateColumns: { staff: 'name phone_code currency is_active' },
  },
  states: {
    ...places,
    updates: { shared: admins },
    inserts: [
      {
        sql: `insert into states (country_id, name, code) select id, 'New State', 'NS' from countries limit 1`,
        ends: { ok: admins },
      },
    ],
    insertColumns: { staff: 'country_id name code is_active' },
    updateColumns: { staff: 'name is_active' },
  },
  cities: {
    ...places,
    updates: { shared: admins },
    inserts: [
      {
        sql: `insert into cities (state_id, name) select id, 'New Town' from states limit 1`,
        ends: { ok: admins },
      },
    ],
    insertColumns: { staff: 'state_id name latitude longitude is_active' },
    updateColumns: { staff: 'name latitude longitude is_active' },
  },
  zones: {
    ...places,
    updates: { shared: admins },
    deletes: { shared: admins },
    inserts: [
      {
        sql: `insert into zones (city_id, name) select id, 'New Quarter' from cities limit 1`,
        ends: { ok: admins },
      },
    ],
    insertColumns: { staff: 'name city_id coordinates is_serviceable service_charge' },
    updateColumns: { staff: 'name coordinates is_serviceable service_charge' },
  },
  pincode_master: {
    ...places,
    updates: { shared: admins },
    deletes: { shared: admins },
    inserts: [
      { sql: `insert into pincode_master (pincode) values ('999999')`, ends: { ok: admins } },
    ],
    insertColumns: { staff: 'pincode city_id zone_id is_serviceable delivery_charge' },
    updateColumns: { staff: 'city_id zone_id is_serviceable delivery_charge' },
  },
};
