import { randomUUID } from 'node:crypto';
import { makeBookings } from '../bookings.ts';
import type { Season } from '../season.ts';

/** After the service: a tip for the therapist, and money in the wallet. */
export function tipsChapter(season: Season): void {
  const { tally } = season;
  const bookings = makeBookings(season);
  const throughGateway = { paymentMethod: 'upi', paymentGateway: 'razorpay' } as const;

  describe('customers pay for more than bookings', () => {
    it('one tips the therapist, who sees it at once', async () => {
      const { customer, friend, owner, therapist } = season.who;
      const booking = tally.bookings.find(({ by }) => by === customer);
      if (booking === undefined) {
        throw new Error('The customer was not served.');
      }
      const tip = () => ({
        bookingId: booking.id,
        amount: '150.00',
        ...throughGateway,
        idempotencyKey: randomUUID(),
      });
      expect(await friend.refusedAct('addTip', tip())).toBe('OB003');
      expect(await owner.refusedAct('addTip', tip())).toBe('OB003');
      const { result } = await customer.prove(
        'addTip',
        tip(),
        { result: { purpose: 'tip', status: 'pending', totalAmount: '150.00' } },
        'transactionId',
      );
      const tips = '{ tips { nodes { amount bookingId } } }';
      expect((await therapist.query(tips)).tips.nodes).toEqual([]);
      expect(await season.market.gateway.captured(result)).toBe('received');
      const seen = [{ amount: '150.00', bookingId: booking.id }];
      for (const person of [therapist, owner, customer]) {
        expect((await person.query(tips)).tips.nodes).toEqual(seen);
      }
      expect((await friend.query(tips)).tips.nodes).toEqual([]);
      const assignment = 'therapistAssignments { nodes { tipsAmount } }';
      expect((await bookings.of(therapist, booking, assignment)).therapistAssignments).toEqual({
        nodes: [{ tipsAmount: '150.00' }],
      });
      expect(await customer.refusedAct('addTip', tip())).toBe('OB030');
    });

    it('wallets are topped up once an administrator allows it; one tips from it, and finance gives the rest back', async () => {
      const { admin, finance, friend } = season.who;
      const topUp = () => ({ amount: '500.00', ...throughGateway, idempotencyKey: randomUUID() });
      const allow = (value: boolean) =>
        admin.act('updateSystemSetting', { key: 'wallet.top_up_is_enabled', value });
      const wallet = async () =>
        Number(
          (await friend.query('{ me { customer { walletBalance } } }')).me.customer.walletBalance,
        );
      const before = await wallet();
      expect(await friend.refusedAct('topUpWallet', topUp())).toBe('OB030');
      await allow(true);
      const { result } = await friend.prove(
        'topUpWallet',
        topUp(),
        {
          result: { purpose: 'top_up', status: 'pending', totalAmount: '500.00', bookingId: null },
        },
        'id transactionId',
      );
      expect(await wallet()).toBe(before);
      expect(await season.market.gateway.captured(result)).toBe('received');
      expect(await wallet()).toBe(before + 500);
      const served = tally.bookings.findLast(({ by }) => by === friend);
      await friend.prove(
        'tipFromWallet',
        { bookingId: served?.id, amount: '60.00', idempotencyKey: randomUUID() },
        { result: { purpose: 'tip', status: 'success', paymentMethod: 'wallet' } },
      );
      expect(await wallet()).toBe(before + 440);
      const { result: refund } = await finance.act(
        'refundPayment',
        {
          paymentId: result.id,
          amount: '440.00',
          reason: 'The customer asked for it',
          idempotencyKey: randomUUID(),
        },
        '{ result { id refundAmount } }',
      );
      expect(await wallet()).toBe(before);
      expect(await season.market.gateway.refunded(result, refund)).toBe('refunded');
      await allow(false);
    });
  });
}
