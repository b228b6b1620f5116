import type pg from 'pg';
import type { PersonaName } from '../../src/demo/personas.ts';
import { type Answer, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { idOf, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** A persona, or the id of a user made for one test. */
export type Who = PersonaName | { readonly id: string };

export type Onboarding = {
  readonly database: TestDatabase;
  readonly owner: pg.Pool;
  /** Asks the API as a person; as a visitor when `null`. */
  ask(who: Who | null, query: string, variables?: Record<string, unknown>): Promise<Answer>;
  /** One of the mutations that answer with the application; its input beside the application's id. */
  act(
    who: Who | null,
    mutation: string,
    applicationId: string,
    input?: Record<string, unknown>,
  ): Promise<Answer>;
  close(): Promise<void>;
};

const levels = {
  field_officer: 1,
  manager: 2,
  director: 3,
  vice_president: 4,
  admin: 5,
} as const satisfies Partial<Record<PersonaName, number>>;

/** A database with all personas, of whom five review applications up to ₹5,00,000, and its API. */
export async function startOnboarding(): Promise<Onboarding> {
  const database = await createTestDatabase();
  const { owner } = database;
  await seedPeople(owner);
  await employReviewers(owner, 500_000);
  const api = await startApi(database);
  const ask: Onboarding['ask'] = async (who, query, variables = {}) =>
    api.graphql(query, {
      variables,
      ...(who === null
        ? {}
        : { token: await tokenFor(typeof who === 'string' ? idOf(who) : who.id) }),
    });
  return {
    database,
    owner,
    ask,
    act: (who, mutation, applicationId, input = {}) =>
      ask(who, actQuery(mutation), { input: { applicationId, ...input } }),
    close: () => closeAll(api, database),
  };
}

/** Makes the persona of each level an employee who may approve up to a limit in rupees. */
export async function employReviewers(owner: pg.Pool, limit: number | null): Promise<void> {
  for (const [name, level] of Object.entries(levels)) {
    await employ(owner, idOf(name as PersonaName), { level, limit });
  }
}

async function closeAll(api: TestApi, database: TestDatabase): Promise<void> {
  await api.close();
  await database.drop();
}

function actQuery(mutation: string): string {
  const inputType = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
  return `mutation($input: ${inputType}) {
    ${mutation}(input: $input) { result { id status currentApprovalStage rejectionReason } } }`;
}

/** The status that an act left the application in, or the code of its refusal. */
export function outcome(answer: Answer): string {
  const [payload] = Object.values(answer.data ?? {}) as { result: { status: string } }[];
  return answer.errors?.[0]?.extensions.code ?? payload?.result.status ?? 'nothing';
}

/** Makes a person employee of a level, who may approve up to a limit in rupees. */
export async function employ(
  owner: pg.Pool,
  id: string,
  {
    level,
    limit,
    mayApprove = true,
  }: { level: number; limit: number | null; mayApprove?: boolean },
): Promise<void> {
  await owner.query(
    `insert into employees (id, employee_code, name, mobile, department_id, designation,
       hierarchy_level, joining_date, can_approve_vendors, approval_limit)
     select $1::uuid, 'EMP-' || $1::uuid, 'An Employee', '+919876543210', d.id, 'Reviewer', $2, '2024-01-01', $3, $4
     from departments d where d.code = 'OPS'`,
    [id, level, mayApprove, limit],
  );
}

/** As many people as asked for, with an account and nothing else. */
export async function makePeople(owner: pg.Pool, count: number): Promise<readonly string[]> {
  const { rows } = await owner.query<{ id: string }>(
    `with accounts as (
       insert into auth.users (id) select gen_random_uuid() from generate_series(1, $1::integer)
       returning id
     )
     insert into user_profiles (id, name) select id, 'A Person' from accounts returning id`,
    [count],
  );
  return rows.map(({ id }) => id);
}

/** Gives a user an employee's role and desk. */
export async function makeReviewer(
  owner: pg.Pool,
  role: keyof typeof levels,
  { limit, mayApprove = true }: { limit: number | null; mayApprove?: boolean },
  id?: string,
): Promise<{ id: string }> {
  const [made] = id === undefined ? await makePeople(owner, 1) : [id];
  await owner.query(
    'insert into user_roles (user_id, role_id) select $1, id from roles where code = $2',
    [made, role],
  );
  await employ(owner, made as string, { level: levels[role], limit, mayApprove });
  return { id: made as string };
}

export type Application = {
  readonly id: string;
  readonly applicant: { readonly id: string };
};

export type ApplicationOptions = {
  readonly status?: string;
  readonly partnerType?: string;
  /** Whether every document that it needs is there and verified. */
  readonly isVerified?: boolean;
};

/** A new user with an application at a stage, which the owner puts there. */
export async function applicationAt(
  owner: pg.Pool,
  { status = 'pending', partnerType = 'INDEPENDENT', isVerified = true }: ApplicationOptions = {},
): Promise<Application> {
  const [applicant] = await makePeople(owner, 1);
  const { rows } = await owner.query<{ id: string }>(
    `insert into vendor_applications (user_id, business_name, business_type, contact_person,
       contact_mobile, contact_email, address_line1, city, state, pincode, pan_number,
       years_in_business, partner_type, status, current_approval_stage)
     values ($1, 'Lotus Spa', 'spa', 'A Person', '+919876543210', 'spa@example.com', 'MG Road',
       'Pune', 'Maharashtra', '411001', 'ABCPE1234F', 2, $2, $3,
       coalesce((select stage from vendor_approval_stages where status = $3), 1))
     returning id`,
    [applicant, partnerType, status],
  );
  const id = rows[0]?.id as string;
  if (isVerified) {
    await handIn(owner, id, 'verified');
  }
  return { id, applicant: { id: applicant as string } };
}

/** Documents that every application needs, found right or not yet looked at. */
export async function handIn(
  owner: pg.Pool,
  applicationId: string,
  verdict: 'verified' | 'pending',
): Promise<void> {
  await owner.query(
    `insert into vendor_application_documents
       (application_id, document_type, document_name, file_url, verification_status, verified_by, verified_at)
     select $1, r.document_type, r.document_type, app_private.adopt_file('https://files.example.com/d', 'vendor_document'), $2,
       case $2 when 'verified' then $3::uuid end, case $2 when 'verified' then now() end
     from vendor_document_requirements r where r.category_id is null and r.is_required`,
    [applicationId, verdict, idOf('field_officer')],
  );
}
