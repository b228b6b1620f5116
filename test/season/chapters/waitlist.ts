import { type Booked, makeBookings } from '../bookings.ts';
import type { Data } from '../person.ts';
import type { Season } from '../season.ts';
import { until } from '../until.ts';

/** Customers wait for a time that is booked out; it is offered to the first of them when it becomes free. */
export function waitlistChapter(season: Season): void {
  const { facts } = season;
  const bookings = makeBookings(season);
  const day = 11;

  describe('a waitlist', () => {
    let taken: Booked;

    it('takes in those who find no time, and lets them go', async () => {
      const { absent, customer, friend, regular } = season.who;
      const facial = { provider: facts.beautician, services: [facts.facialId] };
      taken = await bookings.forCash({ by: customer, ...facial, day, time: '11:00' });
      const wait = {
        vendorId: facts.vendorId,
        providerId: facts.beautician,
        serviceIds: [facts.facialId],
        startsFrom: season.at(day, '11:00').toISOString(),
        startsUntil: season.at(day, '11:30').toISOString(),
      };
      expect(
        await absent.refusedAct('joinWaitlist', {
          ...wait,
          startsUntil: season.at(day, '16:00').toISOString(),
        }),
      ).toBe('OB030');
      const join = async (by: typeof regular) => {
        const { result } = await by.prove(
          'joinWaitlist',
          wait,
          { result: { status: 'waiting', vendorId: facts.vendorId } },
          'id',
        );
        return { entryId: result.id };
      };
      const first = await join(regular);
      await join(friend);
      await regular.prove('leaveWaitlist', first, { result: { status: 'left' } });
    });

    it('offers the time to the next who waits, who confirms it', async () => {
      const { customer, friend, regular } = season.who;
      await customer.act('cancelBooking', { bookingId: taken.id, reason: 'A change of plans' });
      const entries = `{ waitlistEntries { nodes { status offerHold { id finalAmount } } } }`;
      const offered = async (): Promise<Data> =>
        (await friend.query(entries)).waitlistEntries.nodes.find(
          ({ status }: Data) => status === 'offered',
        );
      await until('the offer', async () => (await offered()) !== undefined);
      await until('the message of it', () =>
        friend.received().some((text) => text.includes('Lotus Spa')),
      );
      const { offerHold } = await offered();
      const confirm = { holdId: offerHold.id, expectedAmount: offerHold.finalAmount };
      expect(await regular.refusedAct('confirmBooking', confirm)).toBe('OB003');
      const { result } = await friend.prove(
        'confirmBooking',
        { ...confirm, paymentMethod: 'cash' },
        { result: { status: 'confirmed' } },
        'id finalAmount',
      );
      season.tally.bookings.push({
        id: result.id,
        by: friend,
        startsAt: season.at(day, '11:00'),
        finalAmount: result.finalAmount,
      });
      const { waitlistEntries } = await friend.query('{ waitlistEntries { nodes { status } } }');
      expect(waitlistEntries.nodes).toEqual([{ status: 'booked' }]);
      await friend.act('cancelBooking', { bookingId: result.id, reason: 'It rains.' });
    });
  });
}
