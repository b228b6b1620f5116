import type { Season } from '../season.ts';
import { untilTheHour } from '../until.ts';

/** A vendor changes what was verified, and its owner; another closes; people leave. */
export function leavingChapter(season: Season): void {
  const { facts } = season;
  const hourMs = 3_600_000;

  describe('vendors change hands', () => {
    it('a verified name changes by a request that the platform approves', async () => {
      const { owner, vendorRelations } = season.who;
      const { vendorId } = facts;
      const request = { vendorId, fact: 'business_name' };
      const wrong = await owner.act(
        'requestVendorChange',
        { ...request, newValue: 'Lotus Hose' },
        '{ result { id } }',
      );
      await owner.prove(
        'withdrawVendorChange',
        { requestId: wrong.result.id },
        { result: { status: 'withdrawn' } },
      );
      const { result } = await owner.prove(
        'requestVendorChange',
        { ...request, newValue: 'Lotus House' },
        { result: { status: 'pending', newValue: 'Lotus House' } },
        'id',
      );
      const named = { by: season.market.person('a visitor', ''), document: nameOf(vendorId) };
      expect((await named.by.query(named.document)).vendor.businessName).toBe('Lotus Spa');
      const decide = { requestId: result.id, approve: true };
      expect(await owner.refusedAct('decideVendorChange', decide)).toBe('42501');
      await vendorRelations.proveBy('decideVendorChange', decide, named, {
        vendor: { businessName: 'Lotus House' },
      });
    });

    it('the owner hands the business to another, who accepts', async () => {
      const { newOwner, owner } = season.who;
      const { vendorId } = facts;
      await owner.prove(
        'transferVendor',
        { vendorId, name: newOwner.name, mobile: newOwner.mobile },
        { result: { status: 'open', kind: 'owner' } },
      );
      await newOwner.signIn();
      const { myInvitations } = await newOwner.query('{ myInvitations { nodes { id } } }');
      await newOwner.act('acceptInvitation', { invitationId: myInvitations.nodes[0].id });
      const pause = { vendorId, reason: 'Stocktaking' };
      expect(await owner.refusedAct('pauseVendor', pause)).toBe('OB002');
      await newOwner.act('pauseVendor', pause);
      await newOwner.act('resumeVendor', { vendorId });
    });

    it('another vendor closes after its last day, and is no longer found', async () => {
      const { otherOwner } = season.who;
      const vendorId = facts.otherVendorId;
      await otherOwner.prove(
        'closeVendor',
        { vendorId, lastDay: season.day(24), reason: 'Moves away' },
        { result: { vendorState: { lastDay: season.day(24) } } },
      );
      season.market.clock.advanceTo(season.at(25, '10:00'));
      await untilTheHour(season.market.clock, 'the end of the vendor', async () => {
        const { vendor } = await season.market.visitor(nameOf(vendorId));
        return vendor === null;
      });
    });
  });

  describe('people leave', () => {
    it('a user sees the sessions of all devices, and ends them', async () => {
      const { guest } = season.who;
      await guest.query('{ me { id } }');
      const { clock } = season.market;
      const signInElsewhere = async () => {
        clock.advanceTo(new Date(clock.now().getTime() + 61_000));
        const device = season.market.person(guest.name, guest.mobile);
        await device.signIn();
        return device;
      };
      const first = await signInElsewhere();
      const second = await signInElsewhere();
      const { mySessions } = await first.query('{ mySessions { nodes { id isCurrent } } }');
      const current = mySessions.nodes.find(({ isCurrent }: { isCurrent: boolean }) => isCurrent);
      await guest.prove(
        'endSession',
        { sessionId: current.id },
        { result: { status: 'terminated' } },
      );
      expect(await first.refusal('{ me { id } }')).toBe('OB007');
      await guest.act('endOtherSessions', {});
      expect(await second.refusal('{ me { id } }')).toBe('OB007');
      expect(await guest.outcome('{ me { id } }')).toBe('allowed');
      season.market.coverage.note('endOtherSessions');
    });

    it('a user who came from Google goes on with a telephone, and unlinks the account there', async () => {
      const { google, person, url } = season.market;
      const seconds = Math.floor(season.market.clock.now().getTime() / 1000);
      const claims = {
        sub: 'nila',
        email: 'nila@season.example',
        email_verified: true,
        name: 'Nila Sen',
        iat: seconds,
        exp: seconds + 300,
      };
      const begun = await fetch(`${url}/auth/google`, { redirect: 'manual' });
      const cookie = begun.headers.get('set-cookie')?.split(';')[0] ?? '';
      const address = new URL(begun.headers.get('location') ?? '');
      const ended = await fetch(google.approve(address, { claims }), { headers: { cookie } });
      const { refresh_token: refreshToken } = (await ended.json()) as { refresh_token: string };
      const nila = person(claims.name, '');
      await nila.goOn(refreshToken);
      await nila.proveBy(
        'unlinkAccount',
        { provider: 'google' },
        { by: nila, document: '{ linkedAccounts { nodes { email } } }' },
        { linkedAccounts: { nodes: [] } },
      );
    });

    it('the therapist leaves with seven days of notice, an employee with ten', async () => {
      const { fieldOfficer, newOwner, therapist } = season.who;
      const leaving = await therapist.prove(
        'leaveMembership',
        { kind: 'provider', vendorId: facts.vendorId },
        { result: season.day(25 + 7) },
      );
      expect(leaving.result).toBe(season.day(32));
      const { result } = await fieldOfficer.act(
        'leaveMembership',
        { kind: 'employee' },
        '{ result }',
      );
      expect(result).toBe(season.day(25 + 10));
      season.market.clock.advanceTo(season.at(37, '10:00'));
      await untilTheHour(season.market.clock, 'the end of the therapist', async () => {
        const { therapist: left } = await newOwner.query(
          `{ therapist(id: "${facts.therapistId}") { status } }`,
        );
        return left.status === 'ended';
      });
      await untilTheHour(season.market.clock, 'the end of the employee', async () => {
        const { myPermissions } = await fieldOfficer.query('{ myPermissions }');
        return myPermissions.length === 0;
      });
    });

    it('a customer deletes the account, and the number is free', async () => {
      const { admin, guest } = season.who;
      const { clock } = season.market;
      clock.advanceTo(new Date(clock.now().getTime() + hourMs));
      await guest.signIn();
      const id = guest.id();
      await guest.proveBy(
        'deleteMyAccount',
        {},
        {
          by: admin,
          document: 'query ($id: UUID!) { userProfile(id: $id) { mobile } }',
          variables: { id },
        },
        { userProfile: { mobile: null } },
      );
      clock.advanceTo(new Date(clock.now().getTime() + 61_000));
      await guest.signIn();
      expect(guest.id()).not.toBe(id);
    });
  });
}

function nameOf(vendorId: string): string {
  return `{ vendor(id: "${vendorId}") { businessName } }`;
}
