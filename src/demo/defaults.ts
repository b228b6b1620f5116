import type pg from 'pg';
import type { RoleIds } from './accounts.ts';
import { type Place, readPlaces } from './places.ts';
import type { Stage } from './review.ts';
import { readTemplates, type Templates } from './templates.ts';

/** Terms under which a business joins: per cent of commission and the fee in rupees. */
export type PartnerTerms = { readonly commissionRate: number; readonly fee: number | null };

/** What the migrations brought along, which demo data refers to. */
export type Defaults = {
  readonly roleIds: RoleIds;
  /** Ids of the categories of services, by slug. */
  readonly serviceCategoryIds: ReadonlyMap<string, string>;
  /** Ids of the kinds of vendor, by code. */
  readonly vendorCategoryIds: ReadonlyMap<string, string>;
  readonly partnerTerms: ReadonlyMap<string, PartnerTerms>;
  /** Documents that an application needs; `categoryId` is null for those that all need. */
  readonly requiredDocuments: readonly {
    readonly categoryId: string | null;
    readonly documentType: string;
  }[];
  /** The stages of the approval, in their order. */
  readonly approvalStages: readonly Stage[];
  /** The steps of an application, in their order. */
  readonly onboardingSteps: readonly {
    readonly code: string;
    readonly signupType: string;
    readonly isRequired: boolean;
  }[];
  /** Days after a quick sign-up on which its owner is reminded. */
  readonly reminderDays: readonly number[];
  readonly templates: Templates;
  readonly departmentIds: ReadonlyMap<string, string>;
  /** Key figures and the departments that are judged by them, by code. */
  readonly keyFigures: ReadonlyMap<string, { readonly id: string; readonly department: string }>;
  readonly places: readonly Place[];
};

export async function readDefaults(client: pg.ClientBase): Promise<Defaults> {
  const roles = await client.query<{ code: string; id: string; department_id: string | null }>(
    'select code, id, department_id from public.roles',
  );
  const partnerTypes = await client.query<{ code: string; rate: number; fee: number | null }>(
    `select type_code as code, commission_rate::float8 as rate, franchise_fee_amount::float8 as fee
    from public.partner_types`,
  );
  const documents = await client.query<{ categoryId: string | null; documentType: string }>(
    `select category_id as "categoryId", document_type as "documentType"
    from public.vendor_document_requirements
    where is_required
    order by document_type, category_id`,
  );
  const stages = await client.query<Stage>(
    `select status, minimum_level as "minimumLevel", maximum_level as "maximumLevel"
    from public.vendor_approval_stages
    order by stage`,
  );
  const steps = await client.query<{ code: string; signupType: string; isRequired: boolean }>(
    `select code, signup_type as "signupType", is_required as "isRequired"
    from public.onboarding_steps
    order by signup_type, display_order`,
  );
  const figures = await client.query<{ code: string; id: string; department: string }>(
    `select k.code, k.id, d.code as department
    from public.kpi_definitions k
    join public.departments d on d.id = k.department_id`,
  );
  const reminders = await client.query<{ days: number[] }>(
    `select app_private.setting('onboarding.reminder_days') as days`,
  );
  return {
    roleIds: new Map(
      roles.rows.map(({ code, id, department_id: departmentId }) => [code, { id, departmentId }]),
    ),
    serviceCategoryIds: await readIds(client, 'public.service_categories', 'slug'),
    vendorCategoryIds: await readIds(client, 'public.vendor_categories', 'category_code'),
    partnerTerms: new Map(
      partnerTypes.rows.map(({ code, rate, fee }) => [code, { commissionRate: rate, fee }]),
    ),
    requiredDocuments: documents.rows,
    approvalStages: stages.rows,
    onboardingSteps: steps.rows,
    reminderDays: reminders.rows[0]?.days ?? [],
    templates: await readTemplates(client),
    departmentIds: await readIds(client, 'public.departments', 'code'),
    keyFigures: new Map(figures.rows.map(({ code, id, department }) => [code, { id, department }])),
    places: await readPlaces(client),
  };
}

async function readIds(
  client: pg.ClientBase,
  table: string,
  nameColumn: string,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; id: string }>(
    `select ${nameColumn} as name, id from ${table}`,
  );
  return new Map(rows.map(({ name, id }) => [name, id]));
}

/** @throws Error when the migrations have nothing of that name. */
export function known<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) {
    throw new Error(`The default data has no ${name}.`);
  }
  return value;
}
