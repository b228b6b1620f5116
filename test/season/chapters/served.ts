import { commissionRates, priceOf, referralReward, rupees } from '../../fixtures/terms.ts';
import { type Booked, makeBookings } from '../bookings.ts';
import type { Season } from '../season.ts';
import { until } from '../until.ts';
import { massagePrice } from './shop.ts';

/** The first day: in the spa for cash, at home paid online, and by the beautician. */
export function servedChapter(season: Season): void {
  const { facts } = season;
  const bookings = makeBookings(season);

  describe('customers are served', () => {
    let booking: Booked;
    let atHome: Booked;
    let facial: Booked;

    it('one finds a slot at the price that the vendor asks, holds it and lets it go', async () => {
      const { customer } = season.who;
      const { vendorId, massageId } = facts;
      const { availableSlots } = await season.market.visitor(
        `query ($vendorId: UUID!, $serviceIds: [UUID]!) {
          availableSlots(vendorId: $vendorId, serviceIds: $serviceIds) { price startsAt } }`,
        { vendorId, serviceIds: [massageId] },
      );
      const slotStart = availableSlots
        .map(({ startsAt }: { startsAt: string }) => startsAt)
        .find((startsAt: string) => Date.parse(startsAt) === season.at(1, '13:00').getTime());
      expect(availableSlots[0].price).toBe(rupees(priceOf(massagePrice)));
      const order = {
        by: customer,
        provider: facts.therapist,
        services: [massageId],
        day: 1,
        time: '13:00',
      } as const;
      const { holdId } = await bookings.hold(order);
      const slotsOfTherapist = {
        by: season.market.person('a visitor', ''),
        document: `query ($vendorId: UUID!, $serviceIds: [UUID]!, $providerId: UUID!, $day: Date!) {
          availableSlots(vendorId: $vendorId, serviceIds: $serviceIds, providerId: $providerId,
            from: $day, to: $day) { startsAt } }`,
        variables: {
          vendorId,
          serviceIds: [massageId],
          providerId: facts.therapist,
          day: season.day(1),
        },
      };
      await customer.proveBy('releaseHold', { holdId }, slotsOfTherapist, {
        availableSlots: expect.arrayContaining([{ startsAt: slotStart }]),
      });
      booking = await bookings.forCash(order);
    });

    it('the receptionist gives it to the best therapist, and all parties are told', async () => {
      const { owner, receptionist, therapist, customer } = season.who;
      const following = owner.follow(
        'subscription ($id: UUID!) { vendorBookingsUpdated(vendorId: $id) { event booking { status } } }',
        { id: facts.vendorId },
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      await receptionist.prove(
        'assignBest',
        { bookingId: booking.id },
        { result: { status: 'assigned' } },
      );
      await until('the event of the assignment', () =>
        following.events.some(
          (event) => event.vendorBookingsUpdated?.booking.status === 'assigned',
        ),
      );
      await following.stop();
      await until('the confirmation', () =>
        customer.received().some((text) => text.includes('confirmed')),
      );
      await bookings.assign(booking, 'therapist');
      await therapist.proveBy(
        'acknowledgeAssignment',
        { bookingId: booking.id },
        { by: therapist, document: '{ therapistAssignments { nodes { status } } }' },
        { therapistAssignments: { nodes: [{ status: 'acknowledged' }] } },
      );
    });

    it('customer and desk write what the other should know; an internal note is for staff', async () => {
      const { customer, receptionist, careDeputy } = season.who;
      const patch = { specialInstructions: 'No oil, please.' };
      await customer.prove('updateBooking', { id: booking.id, patch }, { booking: patch });
      await receptionist.prove(
        'addBookingNote',
        { bookingId: booking.id, note: 'Room 4' },
        { result: { note: 'Room 4', isInternal: false } },
      );
      await careDeputy.act('addBookingNote', {
        bookingId: booking.id,
        note: 'Called twice',
        isInternal: true,
      });
      const notes = 'bookingNotes { nodes { note } }';
      const { bookingNotes } = await bookings.of(customer, booking, notes);
      expect(bookingNotes.nodes).toEqual([{ note: 'Room 4' }]);
    });

    it('the other bookings of the day: at home paid online, and by the beautician', async () => {
      const { friend, guest, receptionist } = season.who;
      const { customerAddress } = await friend.act(
        'createCustomerAddress',
        {
          customerAddress: {
            addressType: 'home',
            addressLine1: '9 Koregaon Park',
            city: 'Pune',
            state: 'Maharashtra',
            pincode: '411001',
            latitude: '18.53000000',
            longitude: '73.87000000',
          },
        },
        '{ customerAddress { id } }',
      );
      atHome = await bookings.paid({
        by: friend,
        provider: facts.secondTherapist,
        services: [facts.massageId],
        day: 1,
        time: '16:00',
        type: 'home_service',
        addressId: customerAddress.id,
      });
      await receptionist.prove(
        'assignTherapist',
        { bookingId: atHome.id, therapistId: facts.secondTherapistId },
        { result: { status: 'assigned' } },
      );
      facial = await bookings.forCash({
        by: guest,
        provider: facts.beautician,
        services: [facts.facialId],
        day: 1,
        time: '18:00',
      });
      await receptionist.prove(
        'assignBeautician',
        { bookingId: facial.id, beauticianId: facts.beauticianId },
        { result: { status: 'assigned' } },
      );
    });

    it('no provider starts before the time or without the code that the customer has', async () => {
      const { therapist } = season.who;
      const code = await bookings.startCode(booking);
      expect(code).toMatch(/^\d{4}$/);
      expect(await bookings.of(therapist, booking, 'startCode')).toEqual({ startCode: null });
      const start = { bookingId: booking.id, code };
      expect(await therapist.refusedAct('startService', start)).toBe('OB044');
      bookings.comeTo(booking, 0);
      const wrong = String((Number(code) + 1) % 10_000).padStart(4, '0');
      expect(await therapist.refusedAct('startService', { ...start, code: wrong })).toBe('OB045');
      await therapist.prove('startService', start, { result: { status: 'in_progress' } });
    });

    it('the service takes its time and is paid in cash', async () => {
      const { therapist, customer } = season.who;
      const { amountDue } = await bookings.of(customer, booking, 'amountDue');
      const complete = { bookingId: booking.id, cashCollected: amountDue };
      expect(await therapist.refusedAct('completeService', complete)).toBe('OB044');
      bookings.comeTo(booking, 60);
      const wrong = { ...complete, cashCollected: '1.00' };
      expect(await therapist.refusedAct('completeService', wrong)).toBe('OB069');
      const { result } = await therapist.prove(
        'completeService',
        complete,
        { result: { status: 'completed', isAttested: true } },
        'amountDue',
      );
      expect(Number(result.amountDue)).toBe(0);
      await bookings.noteServed(booking, Number(amountDue));
    });

    it('at home the therapist is on the way, is seen by the customer, and arrives', async () => {
      const { friend, secondTherapist, stranger } = season.who;
      const bookingId = atHome.id;
      bookings.comeTo(atHome, -40);
      await secondTherapist.act('acknowledgeAssignment', { bookingId });
      await secondTherapist.proveBy(
        'startTravel',
        { bookingId },
        { by: friend, document: '{ therapistAssignments { nodes { status } } }' },
        { therapistAssignments: { nodes: [{ status: 'in_transit' }] } },
      );
      const locations = { by: friend, document: '{ therapistLocations { nodes { latitude } } }' };
      const position = { latitude: '18.52500000', longitude: '73.86000000' };
      await secondTherapist.proveBy('reportLocation', { bookingId, ...position }, locations, {
        therapistLocations: { nodes: [{ latitude: position.latitude }] },
      });
      const seen = await stranger.query('{ therapistLocations { totalCount } }');
      expect(seen.therapistLocations.totalCount).toBe(0);
      await secondTherapist.proveBy(
        'arrive',
        { bookingId },
        { by: friend, document: '{ therapistAssignments { nodes { status } } }' },
        { therapistAssignments: { nodes: [{ status: 'reached' }] } },
      );
    });

    it('both are served; the friend who was told of the platform and the one who told are rewarded', async () => {
      const { customer, friend } = season.who;
      await bookings.serve(atHome, 'secondTherapist');
      const wallet = '{ me { customer { walletBalance } } }';
      const reward = rupees(
        referralReward(Number(atHome.finalAmount), massagePrice, commissionRates.INDEPENDENT),
      );
      for (const person of [customer, friend]) {
        expect((await person.query(wallet)).me.customer.walletBalance).toBe(reward);
      }
      await bookings.serve(facial, 'beautician');
    });

    it('the customer reviews the visit and the therapist; both are moderated, answered and found helpful', async () => {
      const { careHead, care, customer, friend, owner, vendorManager } = season.who;
      const shop = { bookingId: booking.id, rating: 5, reviewText: 'Calm hands.' };
      const { result: visit } = await customer.prove(
        'writeVendorReview',
        shop,
        { result: { rating: 5, status: 'pending' } },
        'id',
      );
      const { result: hands } = await customer.prove(
        'writeReview',
        {
          bookingId: booking.id,
          reviewableType: 'therapist',
          reviewableId: facts.therapistId,
          rating: 4,
          reviewText: 'A little late.',
        },
        { result: { rating: 4, status: 'pending' } },
        'id',
      );
      const approve = { reviewId: visit.id, status: 'approved' };
      expect(await owner.refusedAct('moderateVendorReview', approve)).toBe('42501');
      expect(await care.refusedAct('moderateVendorReview', approve)).toBe('OB002');
      await careHead.prove('moderateVendorReview', approve, { result: { status: 'approved' } });
      await careHead.prove(
        'moderateReview',
        { reviewId: hands.id, status: 'approved' },
        { result: { status: 'approved' } },
      );
      season.tally.vendorStars.push(5);
      season.tally.otherStars.push(4);
      await owner.prove(
        'replyToVendorReview',
        { vendorReviewId: visit.id, reply: 'Come again.' },
        { result: { reply: 'Come again.' } },
      );
      await vendorManager.prove(
        'replyToReview',
        { reviewId: hands.id, reply: 'We are sorry.' },
        { result: { reply: 'We are sorry.' } },
      );
      await friend.prove(
        'markVendorReviewHelpful',
        { vendorReviewId: visit.id, isHelpful: true },
        { result: { helpfulCount: 1 } },
      );
      await friend.prove(
        'markReviewHelpful',
        { reviewId: hands.id, isHelpful: true },
        { result: { helpfulCount: 1 } },
      );
      const { vendor } = await season.market.visitor(
        'query ($id: UUID!) { vendor(id: $id) { rating totalReviews } }',
        { id: facts.vendorId },
      );
      expect(vendor).toEqual({ rating: '5.00', totalReviews: 1 });
    });
  });
}
