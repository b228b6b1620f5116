import { codeIn } from '../api/support.ts';
import { type Application, makePeople, type Onboarding, outcome, type Who } from './support.ts';

const form = {
  businessName: 'Lotus Spa',
  businessType: 'spa',
  contactPerson: 'Asha',
  contactMobile: '+919876543210',
  contactEmail: 'asha@example.com',
  addressLine1: 'MG Road',
  city: 'Pune',
  state: 'Maharashtra',
  pincode: '411001',
  panNumber: 'ABCPE1234F',
  yearsInBusiness: 3,
};

export async function newcomer(onboarding: Onboarding): Promise<{ id: string }> {
  const [id] = await makePeople(onboarding.owner, 1);
  return { id: id as string };
}

export async function act(
  onboarding: Onboarding,
  who: Who,
  mutation: string,
  applicationId: string,
  input?: Record<string, unknown>,
): Promise<string> {
  return outcome(await onboarding.act(who, mutation, applicationId, input));
}

/** Creates a row of a type; `ok` or the code. */
export async function create(
  onboarding: Onboarding,
  who: Who,
  type: string,
  row: Record<string, unknown>,
): Promise<string> {
  const field = `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  const { errors } = await onboarding.ask(
    who,
    `mutation($input: Create${type}Input!) { create${type}(input: $input) { clientMutationId } }`,
    { input: { [field]: row } },
  );
  return errors?.[0]?.extensions.code ?? 'ok';
}

export async function apply(
  onboarding: Onboarding,
  who: Who,
  more: Record<string, unknown> = {},
): Promise<string> {
  const { data } = await onboarding.ask(
    who,
    `mutation($input: CreateVendorApplicationInput!) {
      createVendorApplication(input: $input) { vendorApplication { id status applicationNumber } } }`,
    { input: { vendorApplication: { ...form, ...more } } },
  );
  expect(data.createVendorApplication.vendorApplication).toEqual({
    id: expect.any(String),
    status: 'pending',
    applicationNumber: expect.stringMatching(/^APP\d{6}$/),
  });
  return data.createVendorApplication.vendorApplication.id;
}

export async function edit(onboarding: Onboarding, who: Who, id: string): Promise<string> {
  const { errors } = await onboarding.ask(
    who,
    `mutation($id: UUID!) {
      updateVendorApplication(input: { id: $id, patch: { description: "Second floor" } }) {
        clientMutationId } }`,
    { id },
  );
  return errors?.[0]?.extensions.code ?? 'ok';
}

export async function approveAll(
  onboarding: Onboarding,
  applicationId: string,
): Promise<readonly string[]> {
  const ends = [];
  for (const reviewer of ['field_officer', 'manager', 'director', 'vice_president'] as const) {
    ends.push(await act(onboarding, reviewer, 'approveVendorApplication', applicationId));
  }
  return ends;
}

export async function verifyAll(
  onboarding: Onboarding,
  who: Who,
  applicationId: string,
): Promise<readonly string[]> {
  const { data } = await onboarding.ask(
    who,
    `query($id: UUID!) {
      vendorApplicationDocuments(filter: { applicationId: { equalTo: $id } }) { nodes { id } } }`,
    { id: applicationId },
  );
  const verdicts = [];
  for (const { id } of data.vendorApplicationDocuments.nodes) {
    const verified = await onboarding.ask(
      who,
      `mutation($id: UUID!) {
        verifyApplicationDocument(input: { documentId: $id, isRight: true }) {
          result { verificationStatus } } }`,
      { id },
    );
    verdicts.push(verified.data.verifyApplicationDocument.result.verificationStatus);
  }
  return verdicts;
}

export async function missing(
  onboarding: Onboarding,
  who: Who,
  id: string,
): Promise<readonly string[]> {
  const { data } = await onboarding.ask(
    who,
    'query($id: UUID!) { vendorApplication(id: $id) { missingDocuments } }',
    { id },
  );
  return data.vendorApplication.missingDocuments;
}

export async function signUp(onboarding: Onboarding, who: Who): Promise<unknown> {
  const { data } = await onboarding.ask(
    who,
    '{ quickSignupProfiles { nodes { mobileVerified completedAt } } }',
  );
  expect(data.quickSignupProfiles.nodes).toHaveLength(1);
  return data.quickSignupProfiles.nodes[0];
}

/** Action, stage and actor of each act, in order. */
export async function history(
  onboarding: Onboarding,
  who: Who,
  id: string,
): Promise<readonly unknown[]> {
  const { data } = await onboarding.ask(
    who,
    `query($id: UUID!) {
      vendorApprovalHistories(filter: { applicationId: { equalTo: $id } }, orderBy: CREATED_AT_ASC) {
        nodes { action approvalStage actedBy } } }`,
    { id },
  );
  return data.vendorApprovalHistories.nodes.map(
    (act: { action: string; approvalStage: number; actedBy: string }) => [
      act.action,
      act.approvalStage,
      act.actedBy,
    ],
  );
}

export async function documentsAtEachAct(
  onboarding: Onboarding,
  who: Who,
  id: string,
): Promise<readonly unknown[]> {
  const { data } = await onboarding.ask(
    who,
    `query($id: UUID!) {
      vendorApprovalHistories(filter: { applicationId: { equalTo: $id } }, orderBy: CREATED_AT_ASC) {
        nodes { documentsVerified } } }`,
    { id },
  );
  return data.vendorApprovalHistories.nodes.map(
    ({ documentsVerified }: { documentsVerified: unknown }) => documentsVerified,
  );
}

export async function vendorsOf(onboarding: Onboarding, who: { id: string }): Promise<unknown> {
  const { data } = await onboarding.ask(
    who,
    `query($id: UUID!) {
      me { role }
      vendors(filter: { userId: { equalTo: $id } }) {
        nodes {
          businessName city verificationStatus isListed
          primaryCategory { categoryCode }
          vendorCategoryMembers { nodes { isPrimary category { categoryCode } } }
          vendorPrivateDetail { applicationId commissionRate partnerType panNumber }
        }
      }
    }`,
    { id: who.id },
  );
  return data;
}

export async function categoryIds(onboarding: Onboarding): Promise<Record<string, string>> {
  const { data } = await onboarding.ask(null, '{ vendorCategoryTree { id categoryCode } }');
  return Object.fromEntries(
    data.vendorCategoryTree.map((node: { id: string; categoryCode: string }) => [
      node.categoryCode,
      node.id,
    ]),
  );
}

/** Decides on all documents of an application that are not decided on; the last verdict or code. */
export async function verify(
  onboarding: Onboarding,
  who: Who,
  application: Application,
  input: Record<string, unknown>,
): Promise<string> {
  const { rows } = await onboarding.owner.query<{ id: string }>(
    `select id from vendor_application_documents
    where application_id = $1 and verification_status = 'pending'`,
    [application.id],
  );
  expect(rows).not.toEqual([]);
  let last = '';
  for (const { id } of rows) {
    const answer = await onboarding.ask(
      who,
      `mutation($input: VerifyApplicationDocumentInput!) {
        verifyApplicationDocument(input: $input) { result { verificationStatus } } }`,
      { input: { documentId: id, ...input } },
    );
    last = codeIn(answer) ?? answer.data.verifyApplicationDocument.result.verificationStatus;
  }
  return last;
}
