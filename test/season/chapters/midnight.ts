import { makeBookings } from '../bookings.ts';
import type { Person } from '../person.ts';
import type { Season } from '../season.ts';

/** Wherever the server stands, a day ends at midnight in India, and a law begins then. */
export function midnightChapter(season: Season): void {
  const { facts } = season;
  const bookings = makeBookings(season);

  describe('a day ends at midnight in India', () => {
    const book = async (by: Person, time: string) => {
      const booked = await bookings.forCash({
        by,
        provider: facts.therapist,
        services: [facts.massageId],
        day: 19,
        time,
      });
      const { bookingNumber, bookingItems } = await bookings.of(
        by,
        booked,
        'bookingNumber bookingItems { nodes { taxPercentage } }',
      );
      return { number: bookingNumber, taxPercentage: Number(bookingItems.nodes[0].taxPercentage) };
    };
    const numbered = (day: number) =>
      expect.stringMatching(`^OBO-${season.day(day).replaceAll('-', '')}-`);

    it('a booking carries the date and the tax of its side of midnight', async () => {
      const { admin, friend, regular } = season.who;
      season.market.clock.advanceTo(season.at(16, '23:58'));
      const taxRate = {
        tax: 'gst',
        validFrom: season.day(17),
        percentage: '12',
        source: 'A new law',
      };
      await admin.act('createTaxRate', { taxRate });
      expect(await book(friend, '10:00')).toEqual({ number: numbered(16), taxPercentage: 5 });
      season.market.clock.advanceTo(season.at(17, '00:02'));
      expect(await book(regular, '12:00')).toEqual({ number: numbered(17), taxPercentage: 12 });
    });
  });
}
