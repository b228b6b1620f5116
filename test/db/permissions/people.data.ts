import { personas } from '../../../src/demo/personas.ts';
import {
  admins,
  may,
  members,
  ownFile,
  signedIn,
  staff,
  type TableRights,
  without,
} from './rights.ts';

const colleague = {
  field_officer: may.employ,
  manager: may.employ,
  vice_president: may.employ,
  hr: admins,
  admin: ['hr', 'super_admin'],
} as const;

const contact = 'name relationship mobile email address is_primary';
const bankAccount =
  'account_holder_name account_number ifsc_code bank_name branch_name account_type is_primary';
const preferences = `notification_email notification_sms notification_push notification_whatsapp
  language timezone currency theme preferences quiet_from quiet_until`;
const documentNumber = 'document_number document_name file_url file_type file_size expiry_date';
const profile =
  'name email gender date_of_birth profile_image address emergency_contact preferences';

export const peopleRights: Readonly<Record<string, TableRights>> = {
  departments: {
    sees: { shared: staff },
    updates: { shared: admins },
    inserts: [
      {
        sql: `insert into departments (code, name, department_type) values ('LAB', 'Laboratory', 'operational')`,
        ends: { ok: admins },
      },
    ],
    insertColumns: {
      staff: `code name description parent_department_id department_type email phone location
        budget_allocated settings`,
    },
    updateColumns: {
      staff: `name description parent_department_id status department_type email phone location
        budget_allocated settings`,
    },
  },
  roles: { sees: { shared: staff } },
  permissions: { sees: { shared: staff } },
  role_permissions: { sees: { shared: staff } },
  user_roles: { sees: { self: signedIn, everyone: admins } },
  user_profiles: {
    sees: { self: signedIn, everyone: may.readUsers },
    updates: { self: signedIn },
    updateColumns: { authenticated: profile, staff: profile },
  },
  employees: {
    sees: { everyone: staff },
    updates: { ...colleague, director: may.employ },
    // Employees come by invitation.
    updateColumns: {
      staff: `name email mobile department_id designation reporting_manager_id probation_end_date
        confirmation_date employment_type work_location status is_active exit_date`,
    },
  },
  employee_approval_proposals: {
    sees: { one: ['field_officer', ...may.employ], two: ['manager', ...may.employ] },
  },
  employee_private_details: {
    sees: { self: staff, everyone: may.employ },
    updates: colleague,
    inserts: [
      {
        sql: `insert into employee_private_details (employee_id, basic_salary)
          values ('${personas.director.id}', 90000)`,
        ends: { ok: may.employ },
      },
    ],
    insertColumns: { staff: 'employee_id basic_salary exit_reason' },
    updateColumns: { staff: 'basic_salary exit_reason' },
  },
  user_sessions: { sees: { self: signedIn } },
  user_documents: {
    sees: { self: signedIn, everyone: may.readKyc, closed: ['customer', ...may.readKyc] },
    updates: { self: members },
    deletes: { self: signedIn },
    inserts: [
      {
        sql: `insert into user_documents (document_type, document_name, file_url)
          values ('other', 'Diploma', ${ownFile('user_document')})`,
        ends: { ok: signedIn },
      },
    ],
    insertColumns: {
      authenticated: `document_type ${documentNumber}`,
      staff: `document_type ${documentNumber}`,
    },
    // What waits for a verdict does not change.
    updateColumns: { authenticated: 'document_name' },
  },
  user_preferences: {
    sees: { self: signedIn },
    updates: { self: signedIn },
    inserts: [
      {
        sql: `insert into user_preferences (language) values ('hi')`,
        ends: {
          ok: without(signedIn, 'customer', 'customer2', 'finance'),
          // One row each.
          23505: ['customer', 'customer2', 'finance'],
        },
      },
    ],
    insertColumns: { authenticated: preferences, staff: preferences },
    updateColumns: { authenticated: preferences, staff: preferences },
  },
  user_kyc_verification: {
    sees: { self: signedIn, everyone: may.readKyc },
    deletes: { self: signedIn },
    inserts: [
      {
        sql: `insert into user_kyc_verification (verification_type) values ('pan')`,
        ends: { ok: signedIn },
      },
    ],
    insertColumns: {
      authenticated: 'verification_type verification_data',
      staff: 'verification_type verification_data',
    },
  },
  user_bank_details: {
    sees: { self: signedIn, everyone: may.readBankDetails },
    updates: { self: members },
    deletes: { self: signedIn },
    inserts: [
      {
        sql: `insert into user_bank_details (account_holder_name, account_number, ifsc_code, bank_name)
          values ('A Person', '998877665544', 'SBIN0000001', 'State Bank of India')`,
        ends: { ok: signedIn },
      },
    ],
    insertColumns: { authenticated: bankAccount, staff: bankAccount },
    updateColumns: { authenticated: 'is_primary' },
  },
  emergency_contacts: {
    sees: { self: signedIn, everyone: may.readUsers },
    updates: { self: signedIn },
    deletes: { self: signedIn },
    inserts: [
      {
        sql: `insert into emergency_contacts (name, relationship, mobile)
          values ('A Friend', 'friend', '+919876543219')`,
        ends: { ok: signedIn },
      },
    ],
    insertColumns: { authenticated: contact, staff: contact },
    updateColumns: { authenticated: contact, staff: contact },
  },
};
