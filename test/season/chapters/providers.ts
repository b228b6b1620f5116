import { join, scan } from '../membership.ts';
import type { Person } from '../person.ts';
import { proveGone, proveRow } from '../rows.ts';
import type { Season } from '../season.ts';
import { week } from './shop.ts';

/** Therapists and a beautician join, are verified, and have schedules. */
export function providersChapter(season: Season): void {
  const { facts } = season;
  const hours = { startTime: '09:00:00', endTime: '21:00:00' };

  /** Services and schedule, by the type of the provider; one of each is changed and deleted on the way. */
  const prepare = async (
    kind: 'Therapist' | 'Beautician',
    id: string,
    serviceIds: readonly string[],
  ) => {
    const { owner } = season.who;
    const of = { [`${kind.toLowerCase()}Id`]: id };
    const [first = ''] = serviceIds;
    await proveRow(owner, {
      type: `${kind}Service`,
      create: { ...of, serviceId: first },
      update: { isActive: false },
      isDeleted: true,
    });
    await Promise.all(
      serviceIds.map((serviceId) =>
        proveRow(owner, { type: `${kind}Service`, create: { ...of, serviceId } }),
      ),
    );
    await Promise.all(
      week.map((dayOfWeek) =>
        proveRow(owner, { type: `${kind}Schedule`, create: { ...of, dayOfWeek, ...hours } }),
      ),
    );
    await proveRow(owner, {
      type: `${kind}Schedule`,
      create: { ...of, dayOfWeek: 1, startTime: '22:00:00', endTime: '23:00:00' },
      update: { endTime: '23:30:00' },
      isDeleted: true,
    });
  };
  const proveDocuments = async (person: Person, providerId: string) => {
    const fileUrl = await person.upload('provider_document', 'application/pdf', scan);
    const attach = (documentType: string) =>
      person.prove(
        'createProviderDocument',
        { providerDocument: { providerId, documentType, documentName: documentType, fileUrl } },
        { providerDocument: { documentType } },
        'id',
      );
    const { providerDocument } = await attach('other');
    await proveGone(person, 'ProviderDocument', providerDocument.id);
    await attach('identity');
    await attach('certificate');
  };

  describe('providers', () => {
    it('join by invitation, and the vendor prepares their services and schedules', async () => {
      const { owner, therapist, secondTherapist, beautician } = season.who;
      const { vendorId, massageId, facialId } = facts;
      await Promise.all(
        (
          [
            [therapist, 'therapist'],
            [secondTherapist, 'therapist'],
            [beautician, 'beautician'],
          ] as const
        ).map(([person, role]) => join(owner, person, { kind: 'provider', vendorId, role })),
      );
      const { therapists, beauticians } = await owner.query(
        `{ therapists { nodes { id userId provider { id } } }
          beauticians { nodes { id provider { id } } } }`,
      );
      const of = (person: Person) =>
        therapists.nodes.find(({ userId }: { userId: string }) => userId === person.id());
      facts.therapistId = of(therapist).id;
      facts.secondTherapistId = of(secondTherapist).id;
      facts.beauticianId = beauticians.nodes[0].id;
      facts.therapist = of(therapist).provider.id;
      facts.secondTherapist = of(secondTherapist).provider.id;
      facts.beautician = beauticians.nodes[0].provider.id;
      await prepare('Therapist', facts.therapistId, [massageId]);
      await prepare('Therapist', facts.secondTherapistId, [massageId]);
      await prepare('Beautician', facts.beauticianId, [facialId, massageId]);
    });

    it('who are invited by e-mail get a telephone number from the vendor', async () => {
      const { owner } = season.who;
      for (const kind of ['therapist', 'beautician'] as const) {
        const { result } = await owner.act(
          'inviteMember',
          {
            kind: 'provider',
            vendorId: facts.vendorId,
            role: kind,
            name: 'By e-mail',
            email: `${kind}@lotus.example`,
          },
          '{ result { id therapistId beauticianId } }',
        );
        const type = kind === 'therapist' ? 'Therapist' : 'Beautician';
        const id = result[`${kind}Id`];
        await owner.prove(
          `create${type}PrivateDetail`,
          { [`${kind}PrivateDetail`]: { [`${kind}Id`]: id, mobile: '+919700000001' } },
          { [`${kind}PrivateDetail`]: { mobile: '+919700000001' } },
        );
        await owner.prove(
          `update${type}PrivateDetail`,
          { [`${kind}Id`]: id, patch: { mobile: '+919700000002' } },
          { [`${kind}PrivateDetail`]: { mobile: '+919700000002' } },
        );
        await owner.act('revokeInvitation', { invitationId: result.id });
      }
    });

    it('write their own profiles, and not their own ratings or verification', async () => {
      const { therapist, beautician, owner } = season.who;
      await therapist.prove(
        'updateTherapist',
        { id: facts.therapistId, patch: { experienceYears: 7 } },
        { therapist: { experienceYears: 7 } },
      );
      await beautician.prove(
        'updateBeautician',
        { id: facts.beauticianId, patch: { bio: 'Skin and hands.' } },
        { beautician: { bio: 'Skin and hands.' } },
      );
      await owner.prove(
        'updateProvider',
        { id: facts.therapist, patch: { serviceRadiusKm: '12.0' } },
        { provider: { serviceRadiusKm: '12.0' } },
      );
    });

    it('cannot be booked before their identity is verified by the platform', async () => {
      const { admin, owner, therapist, secondTherapist, beautician, vendorRelations } = season.who;
      const { providers } = await season.market.visitor('{ providers { totalCount } }');
      expect(providers.totalCount).toBe(0);
      const verify = { providerId: facts.therapist, isRight: true };
      expect(await owner.refusedAct('verifyProvider', verify)).toBe('42501');
      expect(await admin.refusedAct('verifyProvider', verify)).toBe('OB034');
      const all = [
        [therapist, facts.therapist],
        [secondTherapist, facts.secondTherapist],
        [beautician, facts.beautician],
      ] as const;
      await Promise.all(all.map(([person, providerId]) => proveDocuments(person, providerId)));
      const { verificationQueue } = await admin.query(
        '{ verificationQueue { nodes { kind holder } } }',
      );
      for (const [{ name }] of all) {
        expect(verificationQueue.nodes).toContainEqual({ kind: 'provider', holder: name });
      }
      for (const [, providerId] of all) {
        await vendorRelations.prove(
          'verifyProvider',
          { providerId, isRight: true },
          { result: { isListed: true } },
        );
      }
      const listed = await season.market.visitor('{ providers { totalCount } }');
      expect(listed.providers.totalCount).toBe(all.length);
    });

    it('subscribe to their calendars, and close them', async () => {
      const { therapist } = season.who;
      const { result } = await therapist.prove(
        'renewCalendarFeed',
        {},
        { result: { path: expect.any(String) } },
      );
      const read = async () => (await fetch(`${season.market.url}${result.path}`)).status;
      expect(await read()).toBe(200);
      await therapist.prove('closeCalendarFeed', {}, { result: true });
      expect(await read()).toBe(404);
    });

    it('ask for leave, which the vendor decides and they themselves do not', async () => {
      const { owner, therapist, beautician, vendorManager } = season.who;
      const leaves = [
        [therapist, 'Therapist', facts.therapistId, vendorManager],
        [beautician, 'Beautician', facts.beauticianId, owner],
      ] as const;
      for (const [person, kind, id, decider] of leaves) {
        const type = `${kind}Leave`;
        const leave = {
          [`${kind.toLowerCase()}Id`]: id,
          leaveType: 'personal',
          startDate: season.day(26),
          endDate: season.day(26),
          reason: 'A wedding',
        };
        await proveRow(person, { type, create: leave, isDeleted: true });
        const leaveId = await proveRow(person, { type, create: leave });
        const decide = { leaveId, approve: true };
        expect(await person.refusedAct(`decide${type}`, decide)).toBe('OB031');
        await decider.prove(`decide${type}`, decide, { result: { status: 'approved' } });
      }
    });
  });
}
