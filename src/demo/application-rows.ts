import type { BusinessType } from './business-types.ts';
import { type Day, formatDay, formatMoment, hour } from './calendar.ts';
import type { Rows } from './copy.ts';
import { type Defaults, known } from './defaults.ts';
import { addFile } from './files.ts';
import { digits } from './identifiers.ts';
import type { PersonaAccounts } from './people.ts';
import type { Address } from './places.ts';
import type { Random } from './random.ts';
import { type Review, reviewersAt, type Step, walk } from './review.ts';
import { isRemembered, notify } from './templates.ts';

export type Application = Review & {
  readonly id: string;
  readonly number: number;
  readonly businessName: string;
  readonly businessType: BusinessType;
  /** Codes of the kinds of vendor asked for, the primary one first. */
  readonly categories: readonly string[];
  readonly address: Address;
  readonly pan: string;
  readonly gstin: string;
  readonly partnerType: string;
  readonly signupType: 'quick' | 'detailed';
  readonly isFeePaid: boolean;
  /** A document that has not been looked at (no reason) or was found wrong. */
  readonly doubtful: readonly [documentType: string, reason: string | null] | null;
  readonly today: Day;
};

const noticeOf: Readonly<Record<string, string>> = {
  submitted: 'vendor_application_submitted',
  approved: 'vendor_application_forwarded',
  rejected: 'vendor_application_rejected',
  info_requested: 'vendor_application_information_required',
  info_provided: 'vendor_application_information_provided',
};

/** Adds an application with its categories, steps, documents and history, and who was told. */
export function addApplicationRows(
  rows: Rows,
  random: Random,
  defaults: Defaults,
  accounts: PersonaAccounts,
  application: Application,
): void {
  const steps = walk(defaults.approvalStages, accounts, application);
  addApplication(rows, random, application, steps);
  for (const [position, code] of application.categories.entries()) {
    rows.add('public.vendor_application_categories', {
      application_id: application.id,
      category_id: known(defaults.vendorCategoryIds, code),
      is_primary: position === 0,
      created_at: formatMoment(application.appliedAt - hour),
    });
  }
  addProgress(rows, defaults, application);
  addDocuments(rows, random, defaults, accounts, application, steps);
  for (const step of steps) {
    addHistory(rows, random, application, step);
    addNotices(rows, random, defaults, accounts, application, step);
  }
}

function addApplication(
  rows: Rows,
  random: Random,
  application: Application,
  steps: readonly Step[],
): void {
  const { account, address, appliedAt, isFeePaid } = application;
  const last = steps.at(-1);
  const review = steps.findLast(({ actor }) => actor !== account);
  rows.add('public.vendor_applications', {
    id: application.id,
    application_number: numberOf(application),
    user_id: account.id,
    business_name: application.businessName,
    business_type: application.businessType,
    contact_person: account.name,
    contact_mobile: account.mobile,
    contact_email: account.email,
    address_line1: address.line1,
    city: address.city,
    state: address.state,
    pincode: address.pincode,
    latitude: address.latitude,
    longitude: address.longitude,
    gst_number: application.gstin,
    pan_number: application.pan,
    years_in_business: random.int(1, 15),
    number_of_staff: random.int(3, 20),
    signup_type: application.signupType,
    partner_type: application.partnerType,
    franchise_fee_paid: isFeePaid,
    franchise_payment_reference: isFeePaid ? `UTR${digits(random, 12)}` : null,
    franchise_agreement_signed: isFeePaid,
    status: last?.status ?? 'pending',
    current_approval_stage: last?.stageAfter ?? 1,
    applied_date: formatMoment(appliedAt),
    reviewed_by: review?.actor.id ?? null,
    reviewed_at: review === undefined ? null : formatMoment(review.at),
    review_notes: review?.comments ?? null,
    rejection_reason: last?.action === 'rejected' ? last.comments : null,
    created_at: formatMoment(appliedAt - hour),
    updated_at: formatMoment(last?.at ?? appliedAt),
  });
}

/** All is filled in, whether or not it was handed in; what may be skipped is. */
function addProgress(
  rows: Rows,
  { onboardingSteps }: Defaults,
  { id, signupType, appliedAt }: Application,
): void {
  const steps = onboardingSteps.filter((step) => step.signupType === signupType);
  for (const [position, { code, isRequired }] of steps.entries()) {
    const at = formatMoment(appliedAt - hour + (position + 1) * 300);
    rows.add('public.onboarding_progress', {
      application_id: id,
      step_code: code,
      status: isRequired ? 'completed' : 'skipped',
      completed_at: isRequired ? at : null,
      created_at: at,
      updated_at: at,
    });
  }
}

/** The required ones. The field officer looks at them before moving the application on. */
function addDocuments(
  rows: Rows,
  random: Random,
  { requiredDocuments, vendorCategoryIds }: Defaults,
  accounts: PersonaAccounts,
  { id, account, categories, appliedAt, doubtful, today }: Application,
  steps: readonly Step[],
): void {
  const categoryIds = categories.map((code) => known(vendorCategoryIds, code));
  const types = requiredDocuments
    .filter(({ categoryId }) => categoryId === null || categoryIds.includes(categoryId))
    .map(({ documentType }) => documentType);
  const decision = steps.find(({ action }) => action === 'approved' || action === 'rejected');
  for (const type of new Set(types)) {
    const [, reason] = doubtful?.[0] === type ? doubtful : [type, undefined];
    const isOpen = decision === undefined || reason === null;
    rows.add('public.vendor_application_documents', {
      id: random.uuid(),
      application_id: id,
      document_type: type,
      document_name: `${type}.pdf`,
      file_url: addFile(rows, random, {
        ownerId: account.id,
        purpose: 'vendor_document',
        createdAt: formatMoment(appliedAt - hour / 2),
      }),
      file_type: 'application/pdf',
      expiry_date: type === 'license' ? formatDay(today + random.int(60, 700)) : null,
      verification_status: isOpen ? 'pending' : reason === undefined ? 'verified' : 'rejected',
      verified_by: isOpen ? null : accounts.field_officer.id,
      verified_at: isOpen ? null : formatMoment(decision.at - 600),
      rejection_reason: reason ?? null,
      created_at: formatMoment(appliedAt - hour / 2),
    });
  }
}

function addHistory(rows: Rows, random: Random, { id, account }: Application, step: Step): void {
  rows.add('public.vendor_approval_history', {
    id: random.uuid(),
    application_id: id,
    acted_by: step.actor.id,
    approved_by: step.actor === account ? null : step.actor.id,
    approval_stage: step.stage,
    action: step.action,
    comments: step.comments,
    created_at: formatMoment(step.at),
  });
}

/** The applicant, and those who decide next. */
function addNotices(
  rows: Rows,
  random: Random,
  { templates, approvalStages }: Defaults,
  accounts: PersonaAccounts,
  application: Application,
  { action, comments, at, status }: Step,
): void {
  const { id, account, businessName, address, today } = application;
  const type = status === 'approved' ? 'vendor_application_approved' : noticeOf[action];
  if (type === undefined || !isRemembered(at, today)) {
    return;
  }
  const notice = {
    type,
    at,
    fields: {
      application_id: id,
      application_number: numberOf(application),
      business: businessName,
      city: address.city,
      ...(comments === null ? {} : { reason: comments }),
    },
    data: { screen: 'application', applicationId: id },
  };
  if (action !== 'info_provided') {
    notify(rows, random, templates, today, 'applicant', [account.id], notice);
  }
  const next = approvalStages.find((stage) => stage.status === status);
  if (next !== undefined) {
    const ids = reviewersAt(next).map((name) => accounts[name].id);
    notify(rows, random, templates, today, 'reviewer', ids, notice);
  }
}

/** `APP000012` */
function numberOf({ number }: Application): string {
  return `APP${String(number).padStart(6, '0')}`;
}
