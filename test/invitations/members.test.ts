import { newMobile } from '../auth/support.ts';
import { hire, type Invitations, job, type Member, openInvitations, resultOf } from './support.ts';

let world: Invitations;
let owner: Member;
let vendorId: string;

beforeAll(async () => {
  world = await openInvitations();
  owner = await world.signIn();
  vendorId = await world.openVendor(owner);
});

afterAll(async () => {
  await world?.close();
});

const waiting = async (who: Member) =>
  (await world.ask(who, '{ myInvitations { nodes { id kind businessName } } }')).data.myInvitations
    .nodes;

describe('an employee', () => {
  it('is invited by number, accepts, and begins at level 1 without the right to approve', async () => {
    const mobile = newMobile();
    const invitation = resultOf(await world.act(world.admin, 'inviteMember', job({ mobile })));
    expect(invitation).toMatchObject({ status: 'open', kind: 'employee', mobile });
    const member = await world.signIn({ mobile });
    expect(await waiting(member)).toEqual([
      { id: invitation.id, kind: 'employee', businessName: 'OMBARO' },
    ]);
    const accepted = await world.act(member, 'acceptInvitation', { invitationId: invitation.id });
    expect(resultOf(accepted)).toMatchObject({ status: 'accepted' });
    const { data } = await world.ask(
      member,
      `query ($id: UUID!) { employee(id: $id) { hierarchyLevel canApproveVendors isActive mobile department { code } }
        me { employeeId designation } myInvitations { nodes { id } } }`,
      { id: member.id },
    );
    expect(data.employee).toEqual({
      hierarchyLevel: 1,
      canApproveVendors: false,
      isActive: true,
      mobile,
      department: { code: 'OPS' },
    });
    expect(data.me).toMatchObject({ designation: 'Officer' });
    expect(data.myInvitations.nodes).toEqual([]);
  });

  it('is invited by e-mail, and needs a proven number before accepting', async () => {
    const email = 'asha.rao@example.com';
    const invitation = resultOf(
      await world.act(world.admin, 'inviteMember', job({ email: 'Asha.Rao@Example.com' })),
    );
    expect(invitation).toMatchObject({ email });
    const member = await world.signIn({ email });
    const accept = () => world.act(member, 'acceptInvitation', { invitationId: invitation.id });
    expect(resultOf(await accept())).toBe('OB037');
    const mobile = newMobile();
    const phone = world.api.phone();
    const linked = await phone.post(
      '/auth/link',
      { mobile, code: await phone.askForCode({ mobile }) },
      { authorization: `Bearer ${member.token}` },
    );
    expect(linked.status).toBeLessThan(300);
    expect(resultOf(await accept())).toMatchObject({ status: 'accepted' });
  });

  it('is invited by a user who may add employees, and by no one else', async () => {
    const hr = await hire(world, 'hr');
    const clerk = await hire(world);
    const invite = (who: Member | null) =>
      world.act(who, 'inviteMember', job({ mobile: newMobile() }));
    expect(resultOf(await invite(hr))).toMatchObject({ status: 'open' });
    expect(resultOf(await invite(clerk))).toBe('OB002');
    expect(resultOf(await invite(owner))).toBe('OB002');
    expect(resultOf(await invite(null))).toBe('OB001');
  });

  it('leaves at once, loses the rights of staff, and comes back by another invitation', async () => {
    const member = await hire(world, 'customer_care');
    const permissions = async () =>
      (await world.ask(member, '{ myPermissions }')).data.myPermissions;
    expect(await permissions()).toContain('tickets.read');
    const left = await world.act(member, 'leaveMembership', { kind: 'employee' }, '');
    expect(left.errors).toBeUndefined();
    expect(await permissions()).toEqual([]);
    expect(resultOf(await world.act(member, 'leaveMembership', { kind: 'employee' }, ''))).toBe(
      'OB003',
    );
    // No one takes them back without asking.
    const { errors } = await world.ask(
      world.admin,
      `mutation ($id: UUID!) { updateEmployee(input: { id: $id, patch: { isActive: true, status: active } }) { clientMutationId } }`,
      { id: member.id },
    );
    expect(errors?.[0]?.extensions.code).toBe('OB030');

    const again = resultOf(
      await world.act(world.admin, 'inviteMember', job({ ...member.contact })),
    );
    const back = await world.act(member, 'acceptInvitation', { invitationId: again.id });
    expect(resultOf(back)).toMatchObject({ status: 'accepted' });
  });
});

describe('vendor staff', () => {
  it('joins by accepting, handles bookings, and leaves at once', async () => {
    const mobile = newMobile();
    const invitation = resultOf(
      await world.act(owner, 'inviteMember', {
        kind: 'vendor_staff',
        vendorId,
        mobile,
        name: 'Ravi',
        role: 'receptionist',
      }),
    );
    const member = await world.signIn({ mobile });
    expect(await waiting(member)).toMatchObject([{ businessName: 'New Spa' }]);
    const staff = async () =>
      (await world.ask(member, '{ vendorStaffMembers { nodes { name role status } } }')).data
        .vendorStaffMembers.nodes;
    expect(await staff()).toEqual([]);
    await world.act(member, 'acceptInvitation', { invitationId: invitation.id });
    expect(await staff()).toEqual([{ name: 'Ravi', role: 'receptionist', status: 'active' }]);
    const left = await world.act(member, 'leaveMembership', { kind: 'vendor_staff', vendorId }, '');
    expect(left.errors).toBeUndefined();
    expect(await staff()).toEqual([]);
    const { data } = await world.ask(owner, '{ notifications { nodes { title } } }');
    expect(data.notifications.nodes).toEqual(
      expect.arrayContaining([
        { title: 'Ravi: invitation accepted' },
        { title: 'Ravi leaves New Spa' },
      ]),
    );
  });

  it('is invited by the management alone, and by no other vendor', async () => {
    const stranger = await world.signIn();
    const strangers = await world.openVendor(stranger);
    const invite = (who: Member, at: string) =>
      world.act(who, 'inviteMember', {
        kind: 'vendor_staff',
        vendorId: at,
        mobile: newMobile(),
        name: 'X',
        role: 'manager',
      });
    expect(resultOf(await invite(stranger, strangers))).toMatchObject({ status: 'open' });
    expect(resultOf(await invite(stranger, vendorId))).toBe('OB002');
    expect(resultOf(await invite(world.admin, vendorId))).toBe('OB002');
  });
});

describe('a provider', () => {
  it.each([
    'therapist',
    'beautician',
  ])('is entered as invited %s, prepared, not listed, and works once accepted', async (role) => {
    const mobile = newMobile();
    const field = role === 'therapist' ? 'therapists' : 'beauticians';
    const read = async (who: Member | null) => {
      const { data } = await world.ask(
        who,
        `query ($vendorId: UUID!) { ${field}(filter: { vendorId: { equalTo: $vendorId } }) {
          nodes { name status userId isListed } } }`,
        { vendorId },
      );
      return data[field].nodes.filter(({ name }: { name: string }) => name === `Nila ${role}`);
    };
    const invitation = resultOf(
      await world.act(owner, 'inviteMember', {
        kind: 'provider',
        vendorId,
        mobile,
        name: `Nila ${role}`,
        role,
      }),
    );
    expect(await read(owner)).toMatchObject([{ status: 'invited', userId: null, isListed: false }]);
    expect(await read(null)).toEqual([]);

    const member = await world.signIn({ mobile });
    const accepted = await world.act(member, 'acceptInvitation', { invitationId: invitation.id });
    expect(resultOf(accepted)).toMatchObject({ status: 'accepted' });
    expect(await read(member)).toMatchObject([{ status: 'active', userId: member.id }]);

    // One account works for one vendor at a time.
    const other = resultOf(
      await world.act(owner, 'inviteMember', {
        kind: 'provider',
        vendorId,
        mobile,
        name: 'Again',
        role,
      }),
    );
    const second = await world.act(member, 'acceptInvitation', { invitationId: other.id });
    expect(resultOf(second)).toBe('OB030');
  });

  it('leaves after the days of notice, and is unlinked by the job', async () => {
    const mobile = newMobile();
    const { id } = resultOf(
      await world.act(owner, 'inviteMember', {
        kind: 'provider',
        vendorId,
        mobile,
        name: 'Meera',
        role: 'therapist',
      }),
    );
    const member = await world.signIn({ mobile });
    await world.act(member, 'acceptInvitation', { invitationId: id });
    const left = await world.act(member, 'leaveMembership', { kind: 'provider', vendorId }, '');
    const noticeDays = 7;
    const { rows } = await world.owner.query<{ day: string }>(
      `select ((now() at time zone 'Asia/Kolkata')::date + $1::integer)::text as day`,
      [noticeDays],
    );
    expect(resultOf(left)).toBe(rows[0]?.day);
    expect(
      resultOf(await world.act(member, 'leaveMembership', { kind: 'provider', vendorId }, '')),
    ).toBe('OB030');
  });

  it('who declines, or whose invitation is revoked, is removed again', async () => {
    for (const act of ['decline', 'revoke']) {
      const mobile = newMobile();
      const { id } = resultOf(
        await world.act(owner, 'inviteMember', {
          kind: 'provider',
          vendorId,
          mobile,
          name: `To ${act}`,
          role: 'therapist',
        }),
      );
      const who = act === 'decline' ? await world.signIn({ mobile }) : owner;
      await world.act(who, `${act}Invitation`, { invitationId: id });
      const { rows } = await world.owner.query('select from therapists where name = $1', [
        `To ${act}`,
      ]);
      expect(rows).toEqual([]);
    }
  });
});

it('no client writes people into a business by the ids of their accounts', async () => {
  const { rows } = await world.owner.query<{ offender: string }>(
    `select c.relname || '.' || a.attname || ' ' || x.privilege_type as offender
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    cross join aclexplode(a.attacl) x
    where c.relnamespace = 'public'::regnamespace and x.privilege_type in ('INSERT', 'UPDATE')
      and x.grantee in ('authenticated'::regrole, 'staff'::regrole)
      and exists (
        select from pg_constraint k
        where k.contype = 'f' and k.conrelid = c.oid and a.attnum = any (k.conkey)
          and k.confrelid in ('user_profiles'::regclass, 'auth.users'::regclass))
    order by 1`,
  );
  // Who works on a ticket is no membership.
  expect(rows.map(({ offender }) => offender)).toEqual(['support_tickets.assigned_to UPDATE']);
  const { data } = await world.ask(null, '{ __schema { mutationType { fields { name } } } }');
  const names = data.__schema.mutationType.fields.map(({ name }: { name: string }) => name);
  expect(names).toContain('inviteMember');
  expect(
    names.filter((name: string) =>
      /^create(VendorStaffMember|Employee|Therapist|Beautician)$/.test(name),
    ),
  ).toEqual([]);
});

it('everyone sees what they belong to, until they leave', async () => {
  const boss = await world.signIn();
  const spa = await world.openVendor(boss);
  const mobile = newMobile();
  const staff = resultOf(
    await world.act(boss, 'inviteMember', {
      kind: 'vendor_staff',
      vendorId: spa,
      name: 'Rekha',
      role: 'receptionist',
      mobile,
    }),
  );
  const member = await world.signIn({ mobile });
  const memberships = async (who: Member) =>
    (await world.ask(who, '{ myMemberships { nodes { kind vendorId role status lastDay } } }')).data
      .myMemberships.nodes;
  expect(await memberships(member)).toEqual([]);
  await world.act(member, 'acceptInvitation', { invitationId: staff.id });
  expect(await memberships(member)).toEqual([
    { kind: 'vendor_staff', vendorId: spa, role: 'receptionist', status: 'active', lastDay: null },
  ]);
  expect(await memberships(boss)).toEqual([
    { kind: 'owner', vendorId: spa, role: 'owner', status: 'active', lastDay: null },
  ]);
  const employee = await hire(world);
  expect(await memberships(employee)).toMatchObject([
    { kind: 'employee', vendorId: null, status: 'active' },
  ]);
  await world.act(member, 'leaveMembership', { kind: 'vendor_staff', vendorId: spa }, '');
  expect(await memberships(member)).toEqual([]);
});
