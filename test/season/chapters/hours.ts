import { type Booked, makeBookings } from '../bookings.ts';
import type { Look } from '../person.ts';
import type { Season } from '../season.ts';

/** Hours of single days: closures, special hours, blocked time, and leave that the vendor enters. */
export function hoursChapter(season: Season): void {
  const { facts } = season;
  const bookings = makeBookings(season);

  /** The starts that visitors are offered on a day, of a provider where one is given. */
  const slots = (day: number, serviceId: string, providerId?: string): Look => ({
    by: season.market.person('a visitor', ''),
    document: `query ($vendorId: UUID!, $serviceIds: [UUID]!, $providerId: UUID, $day: Date!) {
      availableSlots(vendorId: $vendorId, serviceIds: $serviceIds, providerId: $providerId,
        from: $day, to: $day) { startsAt } }`,
    variables: {
      vendorId: facts.vendorId,
      serviceIds: [serviceId],
      providerId: providerId ?? null,
      day: season.day(day),
    },
  });
  const starting = (day: number, time: string) => ({
    startsAt: expect.stringContaining(new Date(season.at(day, time)).toISOString().slice(0, 10)),
  });

  describe('the hours of a day', () => {
    let inTheWay: Booked;

    it('a closed day has no slots; one with a booking is closed only by who decides what becomes of it', async () => {
      const { customer, owner, receptionist } = season.who;
      const { vendorId } = facts;
      inTheWay = await bookings.forCash({
        by: customer,
        provider: facts.beautician,
        services: [facts.facialId],
        day: 13,
        time: '11:00',
      });
      const close = (day: number) => ({ vendorId, firstDay: season.day(day), reason: 'Holi' });
      expect(await receptionist.refusedAct('createClosure', close(20))).toBe('OB002');
      expect(await owner.refusedAct('createClosure', close(13))).toBe('OB070');
      await owner.proveBy('createClosure', close(20), slots(20, facts.facialId), {
        availableSlots: [],
      });
      const { closures } = await owner.query('{ closures { nodes { id } } }');
      await owner.proveBy(
        'deleteClosure',
        { id: closures.nodes[0].id },
        slots(20, facts.facialId),
        { availableSlots: expect.arrayContaining([starting(20, '10:00')]) },
      );
    });

    it('special hours take the place of those of the weekday', async () => {
      const { vendorManager } = season.who;
      const hours = { opensAt: '12:00:00', closesAt: '13:00:00' };
      await vendorManager.proveBy(
        'createSpecialHours',
        { vendorId: facts.vendorId, day: season.day(21), shifts: [hours] },
        slots(21, facts.facialId),
        { availableSlots: [starting(21, '12:00')] },
      );
    });

    it('a provider blocks time, and the desk frees it again', async () => {
      const { beautician, receptionist, therapist } = season.who;
      const provider = facts.beautician;
      const block = {
        providerId: provider,
        startsAt: season.at(22, '09:00').toISOString(),
        endsAt: season.at(22, '21:00').toISOString(),
        reason: 'A course',
      };
      expect(await therapist.tryAct('blockTime', block)).toBe('OB002');
      await beautician.proveBy('blockTime', block, slots(22, facts.facialId, provider), {
        availableSlots: [],
      });
      const { blockedTimes } = await receptionist.query('{ blockedTimes { nodes { id } } }');
      await receptionist.proveBy(
        'unblockTime',
        { blockedTimeId: blockedTimes.nodes[0].id },
        slots(22, facts.facialId, provider),
        { availableSlots: expect.arrayContaining([starting(22, '10:00')]) },
      );
    });

    it('the management enters the leave of a provider; no provider their own', async () => {
      const { beautician, vendorManager } = season.who;
      const provider = facts.beautician;
      const leave = {
        providerId: provider,
        leaveType: 'sick',
        startDate: season.day(23),
        endDate: season.day(23),
        reason: 'A fever',
      };
      expect(await beautician.refusedAct('enterLeave', leave)).toBe('OB002');
      await vendorManager.proveBy('enterLeave', leave, slots(23, facts.facialId, provider), {
        availableSlots: [],
      });
    });

    it('what was in the way of a closure is cancelled by its customer', async () => {
      const { customer } = season.who;
      const cancel = { bookingId: inTheWay.id, reason: 'I travel.' };
      await customer.prove('cancelBooking', cancel, { result: { status: 'cancelled' } });
    });
  });
}
