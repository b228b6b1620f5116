import { randomUUID } from 'node:crypto';
import { makeBookings } from '../bookings.ts';
import type { Season } from '../season.ts';
import { until } from '../until.ts';

/** Who walks in or calls is booked at the desk, and pays there. */
export function deskChapter(season: Season): void {
  const { facts, tally } = season;
  const bookings = makeBookings(season);
  const atDesk = (guestName: string) => ({
    vendorId: facts.vendorId,
    guestName,
    serviceIds: [facts.facialId],
    providerId: facts.beautician,
    idempotencyKey: randomUUID(),
  });

  describe('the desk', () => {
    it('books for a guest who calls and pays by card; the provider falls ill, and the money goes back at the desk', async () => {
      const { accountant, beautician, receptionist } = season.who;
      const call = {
        ...atDesk('Mrs Joglekar'),
        startsAt: season.at(7, '16:10').toISOString(),
      };
      expect(await accountant.refusedAct('bookAtDesk', call)).toBe('OB002');
      const { result } = await receptionist.prove(
        'bookAtDesk',
        call,
        { result: { status: 'assigned', channel: 'desk', serviceCharge: '0.00' } },
        'id finalAmount',
      );
      const bookingId = result.id;
      tally.atDesk.push(bookingId);
      const paid = {
        bookingId,
        amount: result.finalAmount,
        paymentMethod: 'card',
        idempotencyKey: randomUUID(),
      };
      await receptionist.prove('recordCashPayment', paid, {
        result: { status: 'success', totalAmount: result.finalAmount },
      });
      await beautician.act('cancelBooking', { bookingId, reason: 'I am ill.' });
      await receptionist.prove(
        'recordDeskRefund',
        { bookingId },
        { result: { status: 'cancelled', paymentStatus: 'refunded' } },
      );
    });

    it('books for a guest who claims the booking with the number that was named, and is served', async () => {
      const { beautician, receptionist, stranger, walkIn } = season.who;
      await walkIn.signIn();
      const startsAt = season.at(7, '18:00');
      const { result } = await receptionist.act(
        'bookAtDesk',
        { ...atDesk(walkIn.name), guestMobile: walkIn.mobile, startsAt: startsAt.toISOString() },
        '{ result { id bookingNumber finalAmount } }',
      );
      await until('the message', () =>
        walkIn.received().some((text) => text.includes(result.bookingNumber)),
      );
      const claim = { bookingNumber: result.bookingNumber };
      expect(await walkIn.refusedAct('claimBooking', claim)).toBe('OB037');
      for (const person of [walkIn, stranger]) {
        await person.act('updateUserProfile', {
          id: person.id(),
          patch: { name: person.name, dateOfBirth: '1988-02-03' },
        });
      }
      expect(await stranger.refusedAct('claimBooking', claim)).toBe('OB003');
      expect((await walkIn.query('{ me { customer { id } } }')).me.customer).toBeNull();
      await walkIn.prove('claimBooking', claim, {
        result: { bookingNumber: result.bookingNumber },
      });
      expect((await walkIn.query('{ me { customer { id } } }')).me.customer).not.toBeNull();
      const booked = { ...result, by: walkIn, startsAt };
      tally.bookings.push(booked);
      await bookings.start(booked, 'beautician');
      bookings.comeTo(booked, 60);
      await beautician.prove(
        'completeService',
        { bookingId: booked.id, cashCollected: result.finalAmount },
        { result: { status: 'completed', isAttested: true } },
      );
      // The platform takes nothing of what comes by itself to the desk.
      tally.commissions.set(booked.id, 0);
    });
  });
}
