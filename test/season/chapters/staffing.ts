import { makeBookings } from '../bookings.ts';
import type { Season } from '../season.ts';
import { untilTheHour } from '../until.ts';

/** Providers pause, are suspended and end; their bookings go to others. */
export function staffingChapter(season: Season): void {
  const { facts } = season;
  const bookings = makeBookings(season);

  describe('providers over the month', () => {
    it('one pauses and resumes; the vendor cannot take back what the provider set', async () => {
      const { therapist, owner } = season.who;
      const providerId = facts.therapist;
      await therapist.proveBy(
        'pauseProvider',
        { providerId, reason: 'A cold' },
        { by: owner, document: statusOf(facts.therapistId) },
        { therapist: { status: 'paused' } },
      );
      expect(await owner.refusedAct('resumeProvider', { providerId })).toBe('OB002');
      await therapist.proveBy(
        'resumeProvider',
        { providerId },
        { by: owner, document: statusOf(facts.therapistId) },
        { therapist: { status: 'active' } },
      );
    });

    it('the platform suspends one: future bookings are offered for reassignment', async () => {
      const { owner, receptionist, vendorRelations, regular } = season.who;
      const booked = await bookings.forCash({
        by: regular,
        provider: facts.secondTherapist,
        services: [facts.massageId],
        day: 15,
        time: '11:00',
      });
      await bookings.assign(booked, 'secondTherapist');
      const providerId = facts.secondTherapist;
      const suspend = { providerId, reason: 'A complaint' };
      expect(await owner.refusedAct('suspendProvider', suspend)).toBe('42501');
      await vendorRelations.proveBy(
        'suspendProvider',
        suspend,
        { by: owner, document: statusOf(facts.secondTherapistId) },
        { therapist: { status: 'suspended' } },
      );
      const { needsProviderSince } = await bookings.of(receptionist, booked, 'needsProviderSince');
      expect(needsProviderSince).not.toBeNull();
      const { result } = await receptionist.act(
        'reassignBookings',
        { assignments: [{ bookingId: booked.id, providerId: facts.therapist }] },
        '{ result { bookingId providerId problem } }',
      );
      expect(result).toEqual([
        { bookingId: booked.id, providerId: facts.therapist, problem: null },
      ]);
      season.market.coverage.note('reassignBookings');
      await vendorRelations.act('resumeProvider', { providerId });
    });

    it('the vendor ends one, whose open bookings go to the best', async () => {
      const { owner, customer, vendorManager } = season.who;
      const booked = await bookings.forCash({
        by: customer,
        provider: facts.secondTherapist,
        services: [facts.massageId],
        day: 17,
        time: '11:00',
      });
      await bookings.assign(booked, 'secondTherapist');
      const end = {
        providerId: facts.secondTherapist,
        lastDay: season.day(14),
        reason: 'Moves to Goa',
      };
      expect(await vendorManager.refusedAct('endProvider', { ...end, reassign: 'refuse' })).toBe(
        'OB070',
      );
      await vendorManager.act('endProvider', { ...end, reassign: 'best' });
      season.market.clock.advanceTo(season.at(15, '10:00'));
      await untilTheHour(season.market.clock, 'the end of the therapist', async () => {
        const { therapist } = await owner.query(statusOf(facts.secondTherapistId));
        return therapist.status === 'ended';
      });
      season.market.coverage.note('endProvider');
      const { status } = await bookings.of(customer, booked, 'status');
      expect(status).toBe('assigned');
    });
  });
}

function statusOf(therapistId: string): string {
  return `{ therapist(id: "${therapistId}") { status } }`;
}
