import { worldIds } from '../../fixtures/two-worlds.ts';
import {
  admins,
  allPeople,
  managers,
  may,
  members,
  ownFile,
  type RowRights,
  signedIn,
  staff,
  type TableRights,
  without,
} from './rights.ts';

const { one, two } = worldIds;

/** Who sees what belongs to an application. */
const seesApplications: RowRights = {
  one: ['applicant', ...may.approveApplications],
  closed: ['applicant', ...may.approveApplications],
  two: ['vendor2', ...may.approveApplications],
};
/** Only the first application is still with its applicant. */
const editable: RowRights = { one: ['applicant'] };

const category = `category_code category_name description parent_id icon_name image_url
  display_order is_active asks_for_certificate`;
const words = 'title message channels priority action_url is_active dlt_template_id';

export const onboardingRights: Readonly<Record<string, TableRights>> = {
  partner_types: {
    sees: { shared: allPeople, closed: signedIn },
    updates: { shared: admins, closed: admins },
    // What joining costs changes by a migration alone: applications are under way.
    updateColumns: { staff: 'type_name description commission_rate is_active' },
  },
  vendor_approval_stages: { sees: { shared: signedIn } },
  vendor_approval_history: { sees: seesApplications },
  onboarding_steps: {
    sees: { shared: allPeople },
    updates: { shared: admins },
    updateColumns: { staff: 'title description display_order' },
  },
  onboarding_progress: {
    sees: seesApplications,
    updates: editable,
    inserts: [
      {
        sql: `insert into onboarding_progress (application_id, step_code, status)
          values ('${one}', 'address', 'in_progress')`,
        ends: { ok: ['applicant'] },
      },
      {
        // Handed in.
        sql: `insert into onboarding_progress (application_id, step_code, status)
          values ('${two}', 'address', 'in_progress')`,
        ends: { ok: [] },
      },
      {
        sql: `insert into onboarding_progress (application_id, step_code, status)
          values ('${one}', 'address', 'skipped')`,
        ends: { OB020: members },
      },
    ],
    insertColumns: { authenticated: 'application_id step_code status' },
    updateColumns: { authenticated: 'status' },
  },
  vendor_document_requirements: {
    sees: { shared: allPeople },
    updates: { shared: admins },
    deletes: { shared: admins },
    inserts: [
      {
        sql: `insert into vendor_document_requirements (document_type) values ('license')`,
        ends: { ok: admins },
      },
    ],
    insertColumns: { staff: 'category_id document_type is_required description' },
    updateColumns: { staff: 'is_required description' },
  },
  vendor_application_documents: {
    sees: seesApplications,
    // The closed one is verified and stays; of the second application nothing is taken back.
    deletes: editable,
    inserts: [
      {
        sql: `insert into vendor_application_documents
            (application_id, document_type, document_name, file_url)
          values ('${one}', 'license', 'Licence', ${ownFile('vendor_document')})`,
        ends: { ok: ['applicant'] },
      },
      {
        sql: `insert into vendor_application_documents
            (application_id, document_type, document_name, file_url)
          values ('${two}', 'license', 'Licence', ${ownFile('vendor_document')})`,
        // It is submitted and not decided.
        ends: { ok: ['vendor2'] },
      },
    ],
    insertColumns: {
      authenticated: 'application_id document_type document_name file_url file_type expiry_date',
    },
  },
  quick_signup_profiles: {
    sees: {
      one: ['applicant', ...may.approveApplications],
      two: ['vendor2', ...may.approveApplications],
    },
    updates: { one: ['applicant'], two: ['vendor2'] },
    inserts: [
      {
        sql: `insert into quick_signup_profiles (mobile) values ('+919876543219')`,
        // One profile a person.
        ends: { ok: without(members, 'applicant', 'vendor2'), 23505: ['applicant', 'vendor2'] },
      },
      {
        // Terms that are no longer offered.
        sql: `insert into quick_signup_profiles (mobile, partner_type)
          values ('+919876543219', 'CLOSED')`,
        ends: { OB020: members },
      },
    ],
    insertColumns: { authenticated: 'category_id partner_type mobile' },
    updateColumns: { authenticated: 'category_id partner_type' },
  },
};

export const vendorCategoryRights: Readonly<Record<string, TableRights>> = {
  vendor_categories: {
    sees: { shared: allPeople, closed: signedIn },
    updates: { shared: may.updateCatalogue, closed: may.updateCatalogue },
    deletes: { shared: may.updateCatalogue, closed: may.updateCatalogue },
    inserts: [
      {
        sql: `insert into vendor_categories (category_code, category_name) values ('new', 'New')`,
        ends: { ok: may.updateCatalogue },
      },
    ],
    insertColumns: { staff: category },
    updateColumns: { staff: category },
  },
  vendor_category_members: {
    // Of a vendor that is not listed, who sees the vendor, and staff.
    sees: { one: allPeople, two: allPeople, closed: ['vendor', 'customer', ...staff] },
    updates: { one: managers, closed: ['vendor'], two: ['vendor2'] },
    deletes: { one: managers, closed: ['vendor'], two: ['vendor2'] },
    inserts: [one, two].map((id) => ({
      sql: `insert into vendor_category_members (vendor_id, category_id)
        select '${id}', id from vendor_categories where category_code = 'salon'`,
      ends: { ok: id === one ? managers : (['vendor2'] as const) },
    })),
    insertColumns: { authenticated: 'vendor_id category_id is_primary' },
    updateColumns: { authenticated: 'is_primary' },
  },
  vendor_application_categories: {
    sees: seesApplications,
    updates: editable,
    deletes: editable,
    inserts: [one, two].map((id) => ({
      sql: `insert into vendor_application_categories (application_id, category_id)
        select '${id}', id from vendor_categories where category_code = 'salon'`,
      ends: { ok: id === one ? (['applicant'] as const) : [] },
    })),
    insertColumns: { authenticated: 'application_id category_id is_primary' },
    updateColumns: { authenticated: 'is_primary' },
  },
};

export const notificationTemplateRights: Readonly<Record<string, TableRights>> = {
  notification_templates: {
    sees: { shared: admins },
    updates: { shared: admins },
    inserts: [
      {
        sql: `insert into notification_templates (type, audience, language, title, message)
          values ('booking_created', 'customer', 'hi', 'New', 'New')`,
        ends: { ok: admins },
      },
    ],
    insertColumns: { staff: `type audience language ${words}` },
    updateColumns: { staff: words },
  },
};

/** Read and written by functions alone. */
export const signInRights: Readonly<Record<string, TableRights>> = {
  vendor_otp_codes: { sees: {} },
  vendor_social_auth: { sees: {} },
};
