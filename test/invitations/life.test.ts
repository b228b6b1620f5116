import { newMobile } from '../auth/support.ts';
import { type Invitations, job, type Member, openInvitations, resultOf } from './support.ts';

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

const invite = async (more: Record<string, unknown> = {}, who = owner) =>
  resultOf(
    await world.act(who, 'inviteMember', {
      kind: 'vendor_staff',
      vendorId,
      name: 'Ravi',
      role: 'receptionist',
      ...more,
    }),
  );
const answer = async (who: Member | null, act: string, invitationId: string) =>
  resultOf(await world.act(who, `${act}Invitation`, { invitationId }));
const codeOrStatus = (result: unknown) =>
  typeof result === 'string' ? result : (result as { status: string }).status;

it('is accepted by the account that has proved the contact, and by no other', async () => {
  const mobile = newMobile();
  const { id } = await invite({ mobile });
  const stranger = await world.signIn();
  expect(await answer(stranger, 'accept', id)).toBe('OB003');
  expect(await answer(null, 'accept', id)).toBe('OB001');
  // Written into a profile is not proved.
  const email = 'victim@example.com';
  const byMail = await invite({ email });
  await world.ask(
    stranger,
    `mutation ($id: UUID!, $email: EmailAddress) {
      updateUserProfile(input: { id: $id, patch: { email: $email } }) { clientMutationId } }`,
    { id: stranger.id, email },
  );
  expect(await answer(stranger, 'accept', byMail.id)).toBe('OB003');
  expect(codeOrStatus(await answer(await world.signIn({ mobile }), 'accept', id))).toBe('accepted');
});

it('the answer is the same whether or not there is an account', async () => {
  const known = await world.signIn();
  const [toKnown, toUnknown] = [
    await invite({ ...known.contact }),
    await invite({ mobile: newMobile() }),
  ];
  const withoutOwn = ({ id, mobile, expiresAt, ...rest }: Record<string, unknown>) => rest;
  expect(withoutOwn(toKnown)).toEqual(withoutOwn(toUnknown));
});

it('reaches the number by text message and the account in the app', async () => {
  const known = await world.signIn();
  const { id } = await invite({ ...known.contact });
  const { id: byMail } = await invite({ email: 'new.person@example.com' });
  const { rows } = await world.owner.query(
    `select d.channel, coalesce(m.mobile, m.email) as address, m.title
    from notification_deliveries d join app_private.contact_messages m on m.id = d.contact_message_id
    where m.data ->> 'invitationId' in ($1, $2) order by d.channel`,
    [id, byMail],
  );
  expect(rows).toEqual([
    {
      channel: 'email',
      address: 'new.person@example.com',
      title: 'New Spa invites you to OMBARO',
    },
    {
      channel: 'sms',
      address: (known.contact as { mobile: string }).mobile,
      title: 'New Spa invites you to OMBARO',
    },
  ]);
  const { data } = await world.ask(known, '{ notifications { nodes { type title } } }');
  expect(data.notifications.nodes).toContainEqual({
    type: 'invitation',
    title: 'New Spa invites you to OMBARO',
  });
});

it('no user invites themselves, twice the same, or without what the kind needs', async () => {
  expect(await invite({ ...owner.contact })).toBe('OB031');
  const mobile = newMobile();
  expect(codeOrStatus(await invite({ mobile }))).toBe('open');
  expect(await invite({ mobile })).toBe('23505');
  expect(await invite({})).toBe('OB020');
  expect(await invite({ mobile: newMobile(), email: 'a@example.com' })).toBe('OB020');
  expect(await invite({ mobile: '12345' })).toBe('OB020');
  expect(await invite({ mobile: newMobile(), role: 'king' })).toBe('OB020');
  expect(await invite({ mobile: newMobile(), name: '  ' })).toBe('OB020');
  expect(await invite({ mobile: newMobile(), designation: 'Officer' })).toBe('OB020');
  const unfinished = job({ mobile: newMobile(), departmentCode: 'NOWHERE' });
  expect(resultOf(await world.act(world.admin, 'inviteMember', unfinished))).toBe('OB020');
});

it('is sent again three times, also after it has expired, and then no more', async () => {
  const mobile = newMobile();
  const { id } = await invite({ mobile });
  const resendMaximum = 3;
  for (let sent = 1; sent <= resendMaximum; sent += 1) {
    // Only time does that.
    await world.owner.query(`update invitations set expires_at = now() where id = $1`, [id]);
    expect(await answer(owner, 'resend', id)).toMatchObject({ status: 'open', resentCount: sent });
  }
  expect(await answer(owner, 'resend', id)).toBe('OB041');
  expect(codeOrStatus(await answer(await world.signIn({ mobile }), 'accept', id))).toBe('accepted');
  expect(await answer(owner, 'resend', id)).toBe('OB030');
});

it('cannot be accepted after 7 days', async () => {
  const mobile = newMobile();
  const { id, expiresAt } = await invite({ mobile });
  const days = (Date.parse(expiresAt) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(6.9);
  expect(days).toBeLessThanOrEqual(7);
  await world.owner.query(`update invitations set expires_at = now() where id = $1`, [id]);
  const member = await world.signIn({ mobile });
  expect(await answer(member, 'accept', id)).toBe('OB030');
  // The end of the request that was refused is not waited for, and what it has locked is left to the next run.
  let status = 'open';
  for (let run = 0; status === 'open' && run < 100; run += 1) {
    await world.owner.query('select app_private.tidy_invitations(500)');
    const { rows } = await world.owner.query('select status from invitations where id = $1', [id]);
    status = rows[0].status;
  }
  expect(status).toBe('expired');
});

it('is sent to one contact five times a month from one business, whatever became of them', async () => {
  const mobile = newMobile();
  const contactMaximum = 5;
  for (let sent = 1; sent <= contactMaximum; sent += 1) {
    const { id } = await invite({ mobile });
    expect(codeOrStatus(await answer(owner, 'revoke', id))).toBe('revoked');
  }
  expect(await invite({ mobile })).toBe('OB041');
  // Another business has not invited them yet.
  const other = resultOf(await world.act(world.admin, 'inviteMember', job({ mobile })));
  expect(codeOrStatus(other)).toBe('open');
});

it('a business sends a limited number a day', async () => {
  const stranger = await world.signIn();
  const small = await world.openVendor(stranger);
  const dayMaximum = 3;
  await world.owner.query(
    `update system_settings set value = to_jsonb($1::integer) where key = 'invitations.day_maximum'`,
    [dayMaximum],
  );
  try {
    const sent = await Promise.all(
      Array.from({ length: dayMaximum + 2 }, () =>
        invite({ vendorId: small, mobile: newMobile() }, stranger),
      ),
    );
    const refused = sent.filter((result) => result === 'OB041');
    expect(refused).toHaveLength(2);
  } finally {
    await world.owner.query(
      `update system_settings set value = '100' where key = 'invitations.day_maximum'`,
    );
  }
});

describe('at once', () => {
  it('accepting twice: one succeeds, the other is told that it was accepted', async () => {
    const mobile = newMobile();
    const { id } = await invite({ mobile });
    const member = await world.signIn({ mobile });
    const ends = await Promise.all([1, 2, 3, 4].map(() => answer(member, 'accept', id)));
    expect(ends.map(codeOrStatus).sort()).toEqual(['OB030', 'OB030', 'OB030', 'accepted']);
  });

  it.each([
    'revoke',
    'resend',
    'decline',
  ])('accepting and %s at once have one outcome', async (act) => {
    for (let round = 0; round < 5; round += 1) {
      const mobile = newMobile();
      const { id } = await invite({ mobile });
      const member = await world.signIn({ mobile });
      const [accepted, other] = await Promise.all([
        answer(member, 'accept', id),
        answer(act === 'decline' ? member : owner, act, id),
      ]);
      const { rows } = await world.owner.query(
        `select i.status, exists (
          select from vendor_staff s where s.user_id = $2 and s.status = 'active') as joined
        from invitations i where i.id = $1`,
        [id, member.id],
      );
      const ends = [codeOrStatus(accepted), codeOrStatus(other)];
      if (act === 'resend') {
        // Sent again a moment before, or refused a moment after: accepted in any case.
        expect(ends[0]).toBe('accepted');
        expect(['open', 'OB030']).toContain(ends[1]);
      } else {
        expect(ends.filter((end) => end === 'OB030')).toHaveLength(1);
      }
      const wasAccepted = ends[0] === 'accepted';
      expect(rows).toEqual([
        {
          status: wasAccepted ? 'accepted' : act === 'revoke' ? 'revoked' : 'declined',
          joined: wasAccepted,
        },
      ]);
    }
  });
});

it('finished ones are deleted after a while, with their messages', async () => {
  const mobile = newMobile();
  const { id } = await invite({ mobile });
  await answer(owner, 'revoke', id);
  const tidy = () => world.owner.query('select app_private.tidy_invitations(500)');
  const left = async () =>
    (
      await world.owner.query(
        `select from invitations where id = $1
        union all select from app_private.contact_messages where mobile = $2`,
        [id, mobile],
      )
    ).rowCount;
  await tidy();
  expect(await left()).toBe(2);
  // Only time does that.
  await world.owner.query('alter table invitations disable trigger _100_timestamps');
  await world.owner.query(
    `update invitations set updated_at = now() - interval '91 days' where id = $1`,
    [id],
  );
  await world.owner.query('alter table invitations enable trigger _100_timestamps');
  await world.owner.query(
    `update app_private.contact_messages set valid_until = now() - interval '91 days' where mobile = $1`,
    [mobile],
  );
  await tidy();
  expect(await left()).toBe(0);
});

it('is in the personal data of a user who has accepted', async () => {
  const mobile = newMobile();
  const { id } = await invite({ mobile });
  const member = await world.signIn({ mobile });
  await answer(member, 'accept', id);
  const { data } = await world.ask(member, '{ exportMyData }');
  expect(data.exportMyData.tables.invitations).toMatchObject([{ id, mobile }]);
});
