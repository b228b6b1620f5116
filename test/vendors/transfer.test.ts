import { newMobile } from '../auth/support.ts';
import {
  hire,
  type Invitations,
  type Member,
  openInvitations,
  resultOf,
} from '../invitations/support.ts';

let world: Invitations;
let owner: Member;
let vendorId: string;

beforeAll(async () => {
  world = await openInvitations();
});

afterAll(async () => {
  await world?.close();
});

beforeEach(async () => {
  owner = await world.signIn();
  vendorId = await world.openVendor(owner);
  await world.owner.query(
    `insert into vendor_private_details (vendor_id, contact_person, contact_mobile, contact_email)
    values ($1, 'The Owner', '+919876543210', 'owner@example.com')`,
    [vendorId],
  );
  await world.owner.query(`select app_private.give_role($1, 'vendor')`, [owner.id]);
});

const transfer = async (who: Member | null, contact: Record<string, string>) =>
  resultOf(await world.act(who, 'transferVendor', { vendorId, name: 'Nila Roy', ...contact }));
const accept = async (who: Member, invitationId: string) =>
  resultOf(await world.act(who, 'acceptInvitation', { invitationId }));
const mine = async (who: Member) =>
  (
    await world.ask(
      who,
      'query ($id: UUID!) { vendor(id: $id) { vendorPrivateDetail { contactPerson contactMobile } } me { role } }',
      {
        id: vendorId,
      },
    )
  ).data;
const toldTo = async (who: Member) =>
  (
    await world.owner.query<{ type: string }>(
      'select type from notifications where user_id = $1 order by created_at',
      [who.id],
    )
  ).rows.map(({ type }) => type);

it('a new owner accepts, has everything, and the former one nothing', async () => {
  const mobile = newMobile();
  const invitation = await transfer(owner, { mobile });
  expect(invitation).toMatchObject({ kind: 'owner', status: 'open', mobile });
  // Nothing changes before.
  expect((await mine(owner)).vendor.vendorPrivateDetail.contactPerson).toBe('The Owner');
  const next = await world.signIn({ mobile });
  expect(await accept(next, invitation.id)).toMatchObject({ status: 'accepted' });
  expect((await mine(next)).vendor.vendorPrivateDetail).toEqual({
    contactPerson: 'Nila Roy',
    contactMobile: mobile,
  });
  expect((await mine(owner)).vendor.vendorPrivateDetail).toBeNull();
  const pause = async (who: Member) =>
    resultOf(await world.act(who, 'pauseVendor', { vendorId }, '{ id }'));
  expect(await pause(owner)).toBe('OB002');
  expect(await pause(next)).toEqual({ id: vendorId });
  const roles = async (who: Member) =>
    (
      await world.owner.query(
        `select r.code from user_roles u join roles r on r.id = u.role_id
        where u.user_id = $1 and u.status = 'active' and r.code = 'vendor'`,
        [who.id],
      )
    ).rowCount;
  expect([await roles(owner), await roles(next)]).toEqual([0, 1]);
  expect(await toldTo(owner)).toContain('vendor_transferred');
  expect(await toldTo(next)).toContain('vendor_transferred');
  const { rowCount: audited } = await world.owner.query(
    `select from audit_logs where resource_type = 'vendors' and resource_id = $1
      and new_values ->> 'user_id' = $2`,
    [vendorId, next.id],
  );
  expect(audited).toBe(1);
});

it('an owner who has another business keeps the role', async () => {
  await world.openVendor(owner);
  const mobile = newMobile();
  const { id } = await transfer(owner, { mobile });
  expect(await accept(await world.signIn({ mobile }), id)).toMatchObject({ status: 'accepted' });
  const { rows } = await world.owner.query(
    `select count(*)::integer as n from user_roles u join roles r on r.id = u.role_id
    where u.user_id = $1 and u.status = 'active' and r.code = 'vendor'`,
    [owner.id],
  );
  expect(rows).toEqual([{ n: 1 }]);
});

it('is for the owner and the platform, not for oneself, and not for staff in their own matter', async () => {
  const mobile = newMobile();
  const manager = await world.signIn();
  await world.owner.query(
    `insert into vendor_staff (vendor_id, user_id, name, role, mobile) values ($1, $2, 'M', 'manager', $3)`,
    [vendorId, manager.id, newMobile()],
  );
  const clerk = await hire(world);
  expect(await transfer(manager, { mobile })).toBe('OB002');
  expect(await transfer(clerk, { mobile })).toBe('OB002');
  expect(await transfer(null, { mobile })).toBe('OB001');
  expect(await transfer(owner, owner.contact as Record<string, string>)).toBe('OB031');
  expect(await transfer(owner, { mobile: '+4915112345678' })).toBe('OB020');
  expect(await transfer(world.admin, { mobile })).toMatchObject({ status: 'open' });
  // A manager cannot take it back; the owner can.
  const { rows } = await world.owner.query<{ id: string }>(
    `select id from invitations where vendor_id = $1 and status = 'open'`,
    [vendorId],
  );
  const revoke = async (who: Member) =>
    resultOf(await world.act(who, 'revokeInvitation', { invitationId: rows[0]?.id }));
  expect(await revoke(manager)).toBe('OB002');
  expect(await revoke(owner)).toMatchObject({ status: 'revoked' });
  await world.owner.query('update vendors set user_id = $2 where id = $1', [
    vendorId,
    world.admin.id,
  ]);
  const colleague = await hire(world, 'admin');
  await world.owner.query(
    `insert into vendor_staff (vendor_id, user_id, name, role, mobile) values ($1, $2, 'C', 'manager', $3)`,
    [vendorId, colleague.id, newMobile()],
  );
  expect(await transfer(colleague, { mobile: newMobile() })).toBe('OB031');
});

it('is refused while the vendor is suspended or closes, when inviting and when accepting', async () => {
  const mobile = newMobile();
  const next = await world.signIn({ mobile });
  const { id } = await transfer(owner, { mobile });
  const suspend = await world.act(
    world.admin,
    'suspendVendor',
    { vendorId, reason: 'A complaint' },
    '{ status }',
  );
  expect(resultOf(suspend)).toEqual({ status: 'suspended' });
  expect(await accept(next, id)).toBe('OB030');
  expect(await transfer(owner, { mobile: newMobile() })).toBe('OB030');
  await world.act(world.admin, 'reinstateVendor', { vendorId }, '{ status }');
  expect(await accept(next, id)).toMatchObject({ status: 'accepted' });

  const day = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  const other = newMobile();
  const invitation = await transfer(next, { mobile: other });
  const close = await world.act(
    next,
    'closeVendor',
    { vendorId, lastDay: day, reason: 'Rest' },
    '{ id }',
  );
  expect(resultOf(close)).toEqual({ id: vendorId });
  // Open invitations are revoked, and there are no new ones.
  expect(await accept(await world.signIn({ mobile: other }), invitation.id)).toBe('OB030');
  expect(await transfer(next, { mobile: newMobile() })).toBe('OB030');
  const staff = await world.act(next, 'inviteMember', {
    kind: 'vendor_staff',
    name: 'New',
    role: 'manager',
    vendorId,
    mobile: newMobile(),
  });
  expect(resultOf(staff)).toBe('OB030');
});

it('a suspended account takes nothing over', async () => {
  const mobile = newMobile();
  const next = await world.signIn({ mobile });
  const { id } = await transfer(owner, { mobile });
  const setStatus = (status: string) =>
    world.act(world.admin, 'setAccountStatus', { userId: next.id, status }, '{ id }');
  await setStatus('suspended');
  expect((await world.act(next, 'acceptInvitation', { invitationId: id })).errors).toBeDefined();
  await setStatus('active');
  const again = await world.signIn({ mobile });
  expect(await accept(again, id)).toMatchObject({ status: 'accepted' });
});

it('of two who are invited and accept at once both succeed one after the other, and the last owns it', async () => {
  const [first, second] = [newMobile(), newMobile()];
  const one = await transfer(owner, { mobile: first });
  const two = await transfer(owner, { mobile: second });
  const people = [await world.signIn({ mobile: first }), await world.signIn({ mobile: second })];
  const ends = await Promise.all([
    accept(people[0] as Member, one.id),
    accept(people[1] as Member, two.id),
  ]);
  expect(ends.map((end) => end.status ?? end)).toEqual(['accepted', 'accepted']);
  const { rows } = await world.owner.query('select user_id from vendors where id = $1', [vendorId]);
  expect(people.map(({ id }) => id)).toContain(rows[0]?.user_id);
});
