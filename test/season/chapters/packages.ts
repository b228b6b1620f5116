import { randomUUID } from 'node:crypto';
import { type Booked, makeBookings } from '../bookings.ts';
import { proveGone, proveRow } from '../rows.ts';
import type { Season } from '../season.ts';

/** Packages that a vendor offers, deposits that it takes, and a service in a hotel. */
export function packagesChapter(season: Season): void {
  const { facts, tally } = season;
  const bookings = makeBookings(season);

  describe('packages and deposits', () => {
    it('the owner offers a package, takes it back and offers it again; a customer books it', async () => {
      const { owner, regular } = season.who;
      const { vendorId } = facts;
      const { servicePackageBySlug: half } = await season.market.visitor(
        '{ servicePackageBySlug(slug: "half-a-day") { id packagePrice } }',
      );
      const offer = { type: 'VendorPackage', create: { vendorId, packageId: half.id } };
      const offered = await proveRow(owner, { ...offer, update: { isAvailable: false } });
      const order = {
        vendorId,
        packageId: half.id,
        providerId: facts.beautician,
        startsAt: season.at(7, '10:00').toISOString(),
        bookingType: 'spa_visit',
        idempotencyKey: randomUUID(),
      };
      expect(await regular.refusedAct('holdSlot', order)).toBe('OB062');
      await proveGone(owner, 'VendorPackage', offered);
      await proveRow(owner, offer);
      const { result: hold } = await regular.act(
        'holdSlot',
        { ...order, idempotencyKey: randomUUID() },
        '{ result { id finalAmount discountAmount } }',
      );
      expect(Number(hold.discountAmount)).toBeGreaterThan(0);
      const { result } = await regular.prove(
        'confirmBooking',
        { holdId: hold.id, expectedAmount: hold.finalAmount, paymentMethod: 'cash' },
        { result: { status: 'confirmed', packageId: half.id, finalAmount: hold.finalAmount } },
        'id',
      );
      const booked = {
        id: result.id,
        by: regular,
        startsAt: season.at(7, '10:00'),
        finalAmount: hold.finalAmount,
      };
      tally.bookings.push(booked);
      await bookings.serve(booked, 'beautician');
    });

    it('a customer in a hotel pays the deposit that the vendor takes, and the rest after the service', async () => {
      const { friend, owner, therapist } = season.who;
      const { vendorId } = facts;
      const deposit = (depositPercentage: number | null) => ({
        id: vendorId,
        patch: { depositPercentage },
      });
      expect(await owner.refusedAct('updateVendor', deposit(100))).toBe('23514');
      await owner.prove('updateVendor', deposit(25), { vendor: { depositPercentage: 25 } });
      const { result: hold } = await friend.act(
        'holdSlot',
        {
          vendorId,
          serviceIds: [facts.massageId],
          providerId: facts.therapist,
          startsAt: season.at(7, '14:00').toISOString(),
          bookingType: 'hotel_service',
          idempotencyKey: randomUUID(),
        },
        '{ result { id finalAmount depositAmount } }',
      );
      expect(Number(hold.depositAmount)).toBeCloseTo(Number(hold.finalAmount) / 4, 1);
      const { result } = await friend.act(
        'confirmBooking',
        { holdId: hold.id, expectedAmount: hold.finalAmount },
        '{ result { id status } }',
      );
      expect(result.status).toBe('pending');
      const booked: Booked = {
        id: result.id,
        by: friend,
        startsAt: season.at(7, '14:00'),
        finalAmount: hold.finalAmount,
      };
      tally.bookings.push(booked);
      const { result: payment } = await friend.prove(
        'startPayment',
        {
          bookingId: booked.id,
          amount: hold.depositAmount,
          paymentMethod: 'upi',
          paymentGateway: 'razorpay',
          idempotencyKey: randomUUID(),
        },
        { result: { status: 'pending', totalAmount: hold.depositAmount } },
        'transactionId',
      );
      expect(await season.market.gateway.captured(payment)).toBe('received');
      const rest = (Number(hold.finalAmount) - Number(hold.depositAmount)).toFixed(2);
      expect(await bookings.of(friend, booked, 'status amountDue')).toEqual({
        status: 'confirmed',
        amountDue: rest,
      });
      await owner.act('updateVendor', deposit(null));
      await bookings.assign(booked, 'therapist');
      const { id: bookingId } = booked;
      await therapist.act('acknowledgeAssignment', { bookingId });
      bookings.comeTo(booked, -30);
      await therapist.act('startTravel', { bookingId });
      await therapist.act('arrive', { bookingId });
      await bookings.serve(booked, 'therapist');
    });
  });
}
