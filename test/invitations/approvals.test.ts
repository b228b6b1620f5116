import { hire, type Invitations, type Member, openInvitations, resultOf } from './support.ts';

let world: Invitations;
let hr: Member;
let colleague: Member;
let admin: Member;
let superAdmin: Member;

beforeAll(async () => {
  world = await openInvitations();
  superAdmin = world.admin;
  hr = await hire(world, 'hr');
  colleague = await hire(world, 'hr');
  admin = await hire(world, 'admin');
});

afterAll(async () => {
  await world?.close();
});

const fields = '{ id status hierarchyLevel canApproveVendors approvalLimit reason }';
const limit = '500000';

const propose = async (who: Member | null, employee: Member, more: Record<string, unknown> = {}) =>
  resultOf(
    await world.act(
      who,
      'setEmployeeApproval',
      {
        employeeId: employee.id,
        hierarchyLevel: 1,
        canApproveVendors: true,
        approvalLimit: limit,
        ...more,
      },
      fields,
    ),
  );

const decide = async (
  who: Member | null,
  proposalId: string,
  approve: boolean | null,
  reason?: string,
) =>
  resultOf(
    await world.act(who, 'confirmEmployeeApproval', { proposalId, approve, reason }, fields),
  );

async function rightsOf({ id }: Member) {
  const { data } = await world.ask(
    superAdmin,
    'query ($id: UUID!) { employee(id: $id) { hierarchyLevel canApproveVendors approvalLimit } }',
    { id },
  );
  return data.employee;
}

const none = { hierarchyLevel: 1, canApproveVendors: false, approvalLimit: null };

it('HR proposes, an admin confirms, and until then the old rights hold', async () => {
  const officer = await hire(world);
  const proposal = await propose(hr, officer, { hierarchyLevel: 2 });
  expect(proposal).toMatchObject({ status: 'proposed', hierarchyLevel: 2 });
  expect(await rightsOf(officer)).toEqual(none);
  const { data: asked } = await world.ask(admin, '{ notifications { nodes { type } } }');
  expect(asked.notifications.nodes).toContainEqual({ type: 'approval_proposed' });

  expect(await decide(admin, proposal.id, true)).toMatchObject({ status: 'confirmed' });
  expect(await rightsOf(officer)).toEqual({
    hierarchyLevel: 2,
    canApproveVendors: true,
    approvalLimit: `${limit}.00`,
  });
  // The permissions that approving needs came along, and who did what is on record.
  const { data } = await world.ask(
    officer,
    `{ myPermissions employeeApprovalProposals { nodes { proposedBy decidedBy decidedAt } }
      notifications { nodes { title } } }`,
  );
  expect(data.myPermissions).toContain('vendor_applications.approve');
  expect(data.employeeApprovalProposals.nodes).toEqual([
    { proposedBy: hr.id, decidedBy: admin.id, decidedAt: expect.any(String) },
  ]);
  expect(data.notifications.nodes).toContainEqual({
    title: 'Your rights to approve have changed',
  });
});

it('a rejection needs a reason, and leaves the old rights', async () => {
  const officer = await hire(world);
  const { id } = await propose(hr, officer);
  expect(await decide(admin, id, null)).toBe('OB020');
  expect(await decide(admin, id, false)).toBe('OB036');
  expect(await decide(admin, id, false, 'Too early')).toMatchObject({
    status: 'rejected',
    reason: 'Too early',
  });
  expect(await rightsOf(officer)).toEqual(none);
  expect(await decide(admin, id, true)).toBe('OB030');
});

it('level 5 is given, and taken, by a super admin', async () => {
  const director = await hire(world);
  const up = await propose(hr, director, { hierarchyLevel: 5 });
  expect(await decide(admin, up.id, true)).toBe('OB002');
  expect(await decide(superAdmin, up.id, true)).toMatchObject({ status: 'confirmed' });
  const down = await propose(hr, director, { hierarchyLevel: 2 });
  expect(await decide(admin, down.id, true)).toBe('OB002');
  expect(await decide(superAdmin, down.id, true)).toMatchObject({ status: 'confirmed' });
});

it('no user proposes or confirms their own, nor confirms what they have proposed', async () => {
  expect(await propose(hr, hr)).toBe('OB031');
  const own = await propose(colleague, admin);
  expect(await decide(admin, own.id, true)).toBe('OB031');
  expect(await decide(superAdmin, own.id, true)).toMatchObject({ status: 'confirmed' });
  const officer = await hire(world);
  const proposed = await propose(admin, officer);
  expect(await decide(admin, proposed.id, true)).toBe('OB031');
  expect(await decide(superAdmin, proposed.id, true)).toMatchObject({ status: 'confirmed' });
});

it('only HR and admins propose, only admins confirm', async () => {
  const officer = await hire(world);
  expect(await propose(null, officer)).toBe('OB001');
  expect(await propose(officer, hr)).toBe('OB002');
  const { id } = await propose(hr, officer);
  expect(await decide(colleague, id, true)).toBe('OB002');
  expect(await decide(null, id, true)).toBe('OB001');
  expect(await decide(admin, id, true)).toMatchObject({ status: 'confirmed' });
});

it('impossible proposals are refused', async () => {
  const officer = await hire(world);
  expect(await propose(hr, { ...officer, id: '00000000-0000-4000-8000-000000000009' })).toBe(
    'OB003',
  );
  expect(await propose(hr, officer, { hierarchyLevel: 6 })).toBe('23514');
  expect(await propose(hr, officer, { approvalLimit: '-1' })).toBe('23514');
  expect(await propose(hr, officer, { canApproveVendors: false })).toBe('23514');
  expect(await propose(hr, officer, { hierarchyLevel: null })).toBe('OB020');
  await world.act(officer, 'leaveMembership', { kind: 'employee' }, '');
  expect(await propose(hr, officer)).toBe('OB030');
});

it('a later proposal replaces the one that waits', async () => {
  const officer = await hire(world);
  const [first, second] = await Promise.all([propose(hr, officer), propose(colleague, officer)]);
  const ends = [await decide(admin, first.id, true), await decide(admin, second.id, true)];
  expect(ends.filter((end) => end === 'OB030')).toHaveLength(1);
  expect(ends.filter((end) => end.status === 'confirmed')).toHaveLength(1);
});

it('two verdicts at once: one counts', async () => {
  const officer = await hire(world);
  const { id } = await propose(hr, officer);
  const ends = await Promise.all([decide(admin, id, true), decide(superAdmin, id, false, 'No')]);
  expect(ends.filter((end) => end === 'OB030')).toHaveLength(1);
});

it('nothing else writes level, right and limit', async () => {
  const { rows } = await world.owner.query<{ offender: string }>(
    `select a.attname || ' ' || x.privilege_type as offender
    from pg_attribute a cross join aclexplode(a.attacl) x
    where a.attrelid = 'employees'::regclass
      and a.attname in ('hierarchy_level', 'can_approve_vendors', 'approval_limit')
      and x.grantee in ('authenticated'::regrole, 'staff'::regrole)
    union all
    select p.proname || ' writes' from pg_proc p
    where p.prosrc ~ 'update public\\.employees[^;]*(hierarchy_level|can_approve_vendors|approval_limit) ='
      and p.proname not in ('confirm_employee_approval', 'end_employment', 'join_as_employee')`,
  );
  expect(rows).toEqual([]);
});
