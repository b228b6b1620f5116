import { newMobile } from '../auth/support.ts';
import { type Invitations, type Member, openInvitations, resultOf } from './support.ts';

let world: Invitations;

beforeAll(async () => {
  world = await openInvitations();
});

afterAll(async () => {
  await world?.close();
});

const invite = async (who: Member | null, more: Record<string, unknown> = {}) =>
  resultOf(
    await world.act(who, 'inviteMember', {
      kind: 'department_member',
      name: 'Meera',
      departmentCode: 'FINANCE',
      role: 'member',
      ...('email' in more ? {} : { mobile: newMobile() }),
      ...more,
    }),
  );
const answer = async (who: Member, act: string, invitationId: string) =>
  resultOf(await world.act(who, `${act}Invitation`, { invitationId }));
const status = (result: unknown) =>
  typeof result === 'string' ? result : (result as { status: string }).status;

/** Invites a new user, who accepts. */
async function join(more: Record<string, unknown>, who = world.admin): Promise<Member> {
  const mobile = newMobile();
  const invited = await invite(who, { mobile, ...more });
  const member = await world.signIn({ mobile });
  expect(status(await answer(member, 'accept', invited.id))).toBe('accepted');
  return member;
}

const memberships = async (who: Member) =>
  (await world.ask(who, '{ myMemberships { nodes { kind role organisation status } } }')).data
    .myMemberships.nodes;
const permissions = async (who: Member): Promise<readonly string[]> =>
  (await world.ask(who, '{ myPermissions }')).data.myPermissions;
/** Whether the department's dashboard is shown: staff alone see one. */
const seesDashboard = async (who: Member, code = 'FINANCE') =>
  (
    await world.ask(who, 'query ($code: String!) { departmentDashboard(code: $code) { title } }', {
      code,
    })
  ).errors === undefined;
const leave = async (who: Member, departmentCode?: string) =>
  (
    await world.ask(
      who,
      'mutation ($input: LeaveMembershipInput!) { leaveMembership(input: $input) { result } }',
      { input: { kind: 'department_member', departmentCode } },
    )
  ).errors?.[0]?.extensions.code ?? 'ok';

describe('a member of a department', () => {
  it('is invited by number or e-mail, accepts, is staff from then on, and leaves at once', async () => {
    const email = 'meera@example.com';
    const invited = await invite(world.admin, { email, roleCode: 'finance' });
    expect(invited).toMatchObject({ kind: 'department_member', role: 'member', email });
    const member = await world.signIn({ email });
    expect(await seesDashboard(member)).toBe(false);
    expect(await memberships(member)).toEqual([]);
    // No mobile number is needed for it.
    expect(status(await answer(member, 'accept', invited.id))).toBe('accepted');
    expect(await memberships(member)).toEqual([
      { kind: 'department_member', role: 'member', organisation: 'Finance', status: 'active' },
    ]);
    expect(await seesDashboard(member)).toBe(true);
    expect(await permissions(member)).toContain('payouts.read');
    expect(await leave(member, 'HR')).toBe('OB003');
    expect(await leave(member)).toBe('OB003');
    expect(await leave(member, 'FINANCE')).toBe('ok');
    expect(await memberships(member)).toEqual([]);
    expect(await permissions(member)).toEqual([]);
    expect(await seesDashboard(member)).toBe(false);
    expect(await leave(member, 'FINANCE')).toBe('OB003');
  });

  it('without a role sees the department’s dashboard and has no permissions', async () => {
    const viewer = await join({ role: 'viewer' });
    expect(await seesDashboard(viewer)).toBe(true);
    expect(await seesDashboard(viewer, 'HR')).toBe(false);
    expect(await permissions(viewer)).toEqual([]);
  });

  it('loses the role while the membership is suspended', async () => {
    const member = await join({ roleCode: 'finance' });
    const { rows } = await world.owner.query(
      'select id from department_user_assignments where user_id = $1',
      [member.id],
    );
    const set = (to: string) =>
      world.act(
        world.admin,
        'setDepartmentAssignmentStatus',
        { assignmentId: rows[0].id, status: to },
        '{ id }',
      );
    expect(await permissions(member)).toContain('payouts.read');
    await set('suspended');
    expect(await permissions(member)).toEqual([]);
    await set('active');
    expect(await permissions(member)).toContain('payouts.read');
    await set('inactive');
    expect(await permissions(member)).toEqual([]);
  });

  it('keeps a role that was granted otherwise', async () => {
    const member = await world.signIn();
    await world.act(world.admin, 'grantRole', { userId: member.id, roleCode: 'finance' }, '{ id }');
    const invited = await invite(world.admin, { ...member.contact, roleCode: 'finance' });
    expect(status(await answer(member, 'accept', invited.id))).toBe('accepted');
    expect(await leave(member, 'FINANCE')).toBe('ok');
    expect(await permissions(member)).toContain('payouts.read');
  });
});

describe('who invites', () => {
  it('is an administrator, or the head for members and viewers of the own department', async () => {
    const head = await join({ role: 'head', departmentCode: 'ACCOUNTS', roleCode: 'accounts' });
    const deputy = await join({ role: 'deputy', departmentCode: 'ACCOUNTS' });
    const customer = await world.signIn();
    const own = { departmentCode: 'ACCOUNTS' };
    expect(status(await invite(head, own))).toBe('open');
    expect(status(await invite(head, { ...own, role: 'viewer' }))).toBe('open');
    expect(await invite(head, { ...own, role: 'deputy' })).toBe('OB002');
    expect(await invite(head, { ...own, role: 'head' })).toBe('OB002');
    expect(await invite(head)).toBe('OB002');
    expect(await invite(head, { departmentCode: 'NOWHERE' })).toBe('OB002');
    expect(await invite(deputy, own)).toBe('OB002');
    expect(await invite(customer, own)).toBe('OB002');
    expect(await invite(null, own)).toBe('OB001');
    expect(await invite(head, { ...own, ...head.contact })).toBe('OB031');
    // A head who leaves the department invites no more.
    expect(await leave(head, 'ACCOUNTS')).toBe('ok');
    expect(await invite(head, own)).toBe('OB002');
  });

  it('gives no role that may do more than they may, and no administration', async () => {
    const head = await join({
      role: 'head',
      departmentCode: 'CUSTOMER_CARE',
      roleCode: 'customer_care_viewer',
    });
    const own = { departmentCode: 'CUSTOMER_CARE' };
    expect(status(await invite(head, { ...own, roleCode: 'customer_care_viewer' }))).toBe('open');
    expect(await invite(head, { ...own, roleCode: 'customer_care_head' })).toBe('OB002');
    expect(status(await invite(world.admin, { ...own, roleCode: 'customer_care_head' }))).toBe(
      'open',
    );
    const admin = await world.signIn();
    await world.act(world.admin, 'grantRole', { userId: admin.id, roleCode: 'admin' }, '{ id }');
    const administration = { departmentCode: 'ADMIN', roleCode: 'admin' };
    expect(await invite(admin, administration)).toBe('OB002');
    expect(status(await invite(world.admin, administration))).toBe('open');
  });

  it('says what the kind needs', async () => {
    expect(await invite(world.admin, { departmentCode: 'NOWHERE' })).toBe('OB020');
    expect(await invite(world.admin, { departmentCode: null })).toBe('OB020');
    expect(await invite(world.admin, { role: 'king' })).toBe('OB020');
    expect(await invite(world.admin, { role: null })).toBe('OB020');
    expect(await invite(world.admin, { roleCode: 'hr' })).toBe('OB020');
    expect(await invite(world.admin, { roleCode: 'nothing' })).toBe('OB003');
    expect(await invite(world.admin, { designation: 'Officer' })).toBe('OB020');
    const owner = await world.signIn();
    const vendorId = await world.openVendor(owner);
    expect(
      resultOf(
        await world.act(owner, 'inviteMember', {
          kind: 'vendor_staff',
          vendorId,
          name: 'Ravi',
          role: 'receptionist',
          mobile: newMobile(),
          roleCode: 'finance',
        }),
      ),
    ).toBe('OB020');
  });

  it('sees and revokes invitations of the own department, and those of no other', async () => {
    const head = await join({ role: 'head', departmentCode: 'LEGAL' });
    const mine = await invite(head, { departmentCode: 'LEGAL' });
    const deputys = await invite(world.admin, { departmentCode: 'LEGAL', role: 'deputy' });
    const foreign = await invite(world.admin);
    const { data } = await world.ask(head, '{ invitations { nodes { id } } }');
    const seen = data.invitations.nodes.map(({ id }: { id: string }) => id);
    expect(seen).toEqual(expect.arrayContaining([mine.id, deputys.id]));
    expect(seen).not.toContain(foreign.id);
    expect(await answer(head, 'revoke', foreign.id)).toBe('OB003');
    expect(await answer(head, 'revoke', deputys.id)).toBe('OB002');
    expect(status(await answer(head, 'resend', mine.id))).toBe('open');
    expect(status(await answer(head, 'revoke', mine.id))).toBe('revoked');
  });

  it('brings no one in after having been dismissed', async () => {
    const head = await join({ role: 'head', departmentCode: 'MARKETING' });
    const mobile = newMobile();
    const invited = await invite(head, { departmentCode: 'MARKETING', mobile });
    await leave(head, 'MARKETING');
    const member = await world.signIn({ mobile });
    expect(await answer(member, 'accept', invited.id)).toBe('OB030');
    expect(await memberships(member)).toEqual([]);
    expect(status(await answer(member, 'decline', invited.id))).toBe('declined');
  });
});

describe('at once', () => {
  it('of two devices that accept one invitation one makes the membership', async () => {
    for (let round = 0; round < 4; round += 1) {
      const mobile = newMobile();
      const { id } = await invite(world.admin, { mobile });
      const member = await world.signIn({ mobile });
      const ends = await Promise.all(
        Array.from({ length: 4 }, async () => status(await answer(member, 'accept', id))),
      );
      expect(ends.sort()).toEqual(['OB030', 'OB030', 'OB030', 'accepted']);
      expect(await memberships(member)).toHaveLength(1);
    }
  });

  it('of two who accept to be head one is', async () => {
    const people = await Promise.all(
      [newMobile(), newMobile()].map(async (mobile) => ({
        invited: await invite(world.admin, { mobile, departmentCode: 'IT', role: 'head' }),
        member: await world.signIn({ mobile }),
      })),
    );
    const ends = await Promise.all(
      people.map(async ({ invited, member }) => status(await answer(member, 'accept', invited.id))),
    );
    expect(ends.sort()).toEqual(['OB030', 'accepted']);
  });

  it('accepting and revoking: one of them happens', async () => {
    const mobile = newMobile();
    const { id } = await invite(world.admin, { mobile });
    const member = await world.signIn({ mobile });
    const ends = await Promise.all([
      answer(member, 'accept', id).then(status),
      answer(world.admin, 'revoke', id).then(status),
    ]);
    expect(ends.filter((end) => end === 'OB030')).toHaveLength(1);
  });
});

it('a person is invited to two departments, and to each once', async () => {
  const mobile = newMobile();
  expect(status(await invite(world.admin, { mobile }))).toBe('open');
  expect(await invite(world.admin, { mobile })).toBe('23505');
  expect(status(await invite(world.admin, { mobile, departmentCode: 'HR' }))).toBe('open');
});
