import type { Person } from './person.ts';

/** One invites, the other signs in with the number that was invited, and accepts. */
export async function join(inviter: Person, invited: Person, invitation: object): Promise<void> {
  await inviter.prove(
    'inviteMember',
    { ...invitation, name: invited.name, mobile: invited.mobile },
    { result: { status: 'open' } },
  );
  await invited.signIn();
  const { myInvitations } = await invited.query('{ myInvitations { nodes { id status } } }');
  const [open] = myInvitations.nodes;
  await invited.prove(
    'acceptInvitation',
    { invitationId: open.id },
    { result: { status: 'accepted' } },
  );
}

/** HR proposes what an employee may approve, and an administrator confirms it. */
export async function allowApproving(
  hr: Person,
  admin: Person,
  employeeCode: string,
  rights: { readonly hierarchyLevel: number; readonly approvalLimit: string },
): Promise<void> {
  const { employeeByEmployeeCode: employee } = await hr.query(
    'query ($code: String!) { employeeByEmployeeCode(employeeCode: $code) { id } }',
    { code: employeeCode },
  );
  const { result } = await hr.prove(
    'setEmployeeApproval',
    { employeeId: employee.id, canApproveVendors: true, ...rights },
    { result: { status: 'proposed', ...rights } },
    'id',
  );
  await admin.prove(
    'confirmEmployeeApproval',
    { proposalId: result.id, approve: true },
    { result: { status: 'confirmed' } },
  );
}

/** A scan that is one to a program that looks at its first bytes. */
export const scan = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
);
