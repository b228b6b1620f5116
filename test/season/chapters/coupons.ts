import { randomUUID } from 'node:crypto';
import type { Season } from '../season.ts';

/** Coupons of the platform and of a vendor: created, used, given back, changed and ended. */
export function couponsChapter(season: Season): void {
  const { facts, tally } = season;
  const amount = 100;

  describe('coupons', () => {
    let welcomeId: string;

    it('marketing gives one at the expense of the platform, and a vendor one at its own', async () => {
      const { care, marketing, owner, receptionist } = season.who;
      const { vendorId } = facts;
      const welcome = {
        code: 'welcome',
        description: 'For new friends',
        borneBy: 'platform',
        amount: String(amount),
        budgetAmount: '5000',
      };
      expect(await care.refusedAct('createCoupon', welcome)).toBe('OB002');
      const { result } = await marketing.prove(
        'createCoupon',
        welcome,
        { result: { code: 'WELCOME', amount: '100.00', usedCount: 0, isActive: true } },
        'id',
      );
      welcomeId = result.id;
      const guests = {
        code: 'GUESTS10',
        description: 'For guests',
        borneBy: 'vendor',
        vendorId,
        percentage: '10',
      };
      expect(await receptionist.refusedAct('createCoupon', guests)).toBe('OB002');
      const { result: ofVendor } = await owner.prove(
        'createCoupon',
        guests,
        { result: { borneBy: 'vendor', vendorId, percentage: '10.00' } },
        'id',
      );
      await owner.prove(
        'updateCoupon',
        { couponId: ofVendor.id, usesInAll: 50 },
        { result: { usesInAll: 50, percentage: '10.00' } },
      );
      const quote = await season.market.visitor(
        `query ($vendorId: UUID!, $serviceIds: [UUID!]) {
          quoteBooking(vendorId: $vendorId, serviceIds: $serviceIds, couponCode: "guests10") { couponDiscount discountAmount }
        }`,
        { vendorId, serviceIds: [facts.facialId] },
      );
      expect(Number(quote.quoteBooking.couponDiscount)).toBeGreaterThan(0);
      expect(quote.quoteBooking.discountAmount).toBe(quote.quoteBooking.couponDiscount);
      await owner.prove('endCoupon', { couponId: ofVendor.id }, { result: { isActive: false } });
    });

    it('a customer books with it, and has it again after cancelling in time', async () => {
      const { customer, marketing } = season.who;
      const { result: hold } = await customer.act(
        'holdSlot',
        {
          vendorId: facts.vendorId,
          serviceIds: [facts.facialId],
          providerId: facts.beautician,
          startsAt: season.at(13, '16:00').toISOString(),
          bookingType: 'spa_visit',
          couponCode: 'Welcome',
          idempotencyKey: randomUUID(),
        },
        '{ result { id finalAmount couponAmount } }',
      );
      expect(Number(hold.couponAmount)).toBe(amount);
      const { result } = await customer.prove(
        'confirmBooking',
        { holdId: hold.id, expectedAmount: hold.finalAmount, paymentMethod: 'cash' },
        { result: { status: 'confirmed', amountPaid: '100.00' } },
        'id',
      );
      tally.bookings.push({
        id: result.id,
        by: customer,
        startsAt: season.at(13, '16:00'),
        finalAmount: hold.finalAmount,
      });
      const used = async () =>
        (
          await marketing.query(
            'query ($id: UUID!) { coupon(id: $id) { usedCount spentAmount } }',
            {
              id: welcomeId,
            },
          )
        ).coupon;
      expect(await used()).toEqual({ usedCount: 1, spentAmount: '100.00' });
      const uses = `{ couponUses { nodes { code borneBy discountAmount givenBackAt } } }`;
      expect((await customer.query(uses)).couponUses.nodes).toEqual([
        { code: 'WELCOME', borneBy: 'platform', discountAmount: '100.00', givenBackAt: null },
      ]);
      await customer.act('cancelBooking', { bookingId: result.id, reason: 'A change of plans' });
      expect(await used()).toEqual({ usedCount: 0, spentAmount: '0.00' });
      expect((await customer.query(uses)).couponUses.nodes[0].givenBackAt).not.toBeNull();
      await marketing.act('endCoupon', { couponId: welcomeId });
    });
  });
}
