import type pg from 'pg';
import type { Answer } from '../api/support.ts';
import { newMobile, type SignInApi, startSignIn } from '../auth/support.ts';
import { addVendor } from '../fixtures/market.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** A user who has signed in with a contact of theirs. */
export type Member = { readonly id: string; readonly token: string; readonly contact: Contact };

export type Contact = { readonly mobile: string } | { readonly email: string };

export type Invitations = {
  readonly database: TestDatabase;
  readonly owner: pg.Pool;
  readonly api: SignInApi;
  /** The first administrator, made as the command line does it. */
  readonly admin: Member;
  /** Signs in with a code, and so makes the account of who is new. */
  readonly signIn: (contact?: Contact) => Promise<Member>;
  readonly ask: (
    who: Member | null,
    query: string,
    variables?: Record<string, unknown>,
  ) => Promise<Answer>;
  /** Runs a mutation that answers with `result`; these are the fields asked for of it. */
  readonly act: (
    who: Member | null,
    mutation: string,
    input: Record<string, unknown>,
    fields?: string,
  ) => Promise<Answer>;
  /** A verified vendor of a user: planted, since approval is the business of other tests. */
  readonly openVendor: (who: Member) => Promise<string>;
  readonly close: () => Promise<void>;
};

const invitationFields = '{ id status kind name mobile email role expiresAt resentCount }';

export async function openInvitations(): Promise<Invitations> {
  const database = await createTestDatabase();
  const { owner } = database;
  // People sign in again at once here.
  await owner.query(
    `update system_settings set value = '0' where key = 'signin.otp_resend_seconds'`,
  );
  const api = await startSignIn(database);
  const signIn: Invitations['signIn'] = async (contact = { mobile: newMobile() }) => {
    const { status, body } = await api.phone().signIn(contact);
    if (status !== 200) {
      throw new Error(`No user was signed in: ${status}`);
    }
    return { id: body.user.id, token: body.access_token, contact };
  };
  const ask: Invitations['ask'] = (who, query, variables = {}) =>
    api.graphql(query, { variables, ...(who !== null && { token: who.token }) });
  const mobile = newMobile();
  await owner.query(
    `select app_private.create_administrator(null, $1, null, 'The Admin', 'a test')`,
    [mobile],
  );
  return {
    database,
    owner,
    api,
    admin: await signIn({ mobile }),
    signIn,
    ask,
    act: (who, mutation, input, fields = invitationFields) => {
      const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
      return ask(
        who,
        `mutation($input: ${type}) { ${mutation}(input: $input) { result ${fields} } }`,
        { input },
      );
    },
    openVendor: ({ id }) => addVendor(owner, id),
    close: async () => {
      await api.close();
      await database.drop();
    },
  };
}

/** What an act answered with, or the code of its refusal. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is the mutation's
export function resultOf(answer: Answer): any {
  const [payload] = Object.values(answer.data ?? {}) as ({ result: unknown } | null)[];
  return answer.errors?.[0]?.extensions.code ?? payload?.result;
}

/** What an employee is invited to, beside the contact; each with a code of its own. */
let employees = 0;
export function job(more: Record<string, unknown> = {}): Record<string, unknown> {
  employees += 1;
  return {
    kind: 'employee',
    name: 'New Employee',
    departmentCode: 'OPS',
    designation: 'Officer',
    employmentType: 'full_time',
    joiningDate: '2026-01-01',
    employeeCode: `EMP-${employees}`,
    ...more,
  };
}

/** Invites a new user to work for the platform, who accepts. */
export async function hire(world: Invitations, role?: string): Promise<Member> {
  const mobile = newMobile();
  const invited = resultOf(await world.act(world.admin, 'inviteMember', job({ mobile })));
  const member = await world.signIn({ mobile });
  const accepted = await world.act(member, 'acceptInvitation', { invitationId: invited.id });
  if (resultOf(accepted)?.status !== 'accepted') {
    throw new Error(`Not accepted: ${JSON.stringify(accepted)}`);
  }
  if (role !== undefined) {
    const answer = await world.act(
      world.admin,
      'grantRole',
      { userId: member.id, roleCode: role },
      '{ id }',
    );
    if (answer.errors !== undefined) {
      throw new Error(`No role: ${JSON.stringify(answer.errors)}`);
    }
  }
  return member;
}
