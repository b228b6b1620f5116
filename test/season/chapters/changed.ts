import { sum } from '../../fixtures/terms.ts';
import { type Booked, earnedOf, makeBookings } from '../bookings.ts';
import type { StartedPayment } from '../gateway.ts';
import type { Person } from '../person.ts';
import type { Season } from '../season.ts';
import { faultyChecks } from '../validated.ts';

type Refund = {
  readonly id: string;
  readonly refundAmount: string;
  readonly status: string;
};

/** Bookings that are moved, cancelled, missed by one side or the other, and ended early. */
export function changedChapter(season: Season): void {
  const { facts, tally } = season;
  const bookings = makeBookings(season);
  const refundsOf = async (person: Person, booking: Booked): Promise<readonly Refund[]> => {
    const fields = 'refunds { nodes { id refundAmount status } }';
    return (await bookings.of(person, booking, fields)).refunds.nodes;
  };

  const walletOf = async (person: Person) =>
    (await person.query('{ me { customer { walletBalance withdrawableBalance } } }')).me.customer;
  let missedByVendor: Booked & { readonly payment: StartedPayment };

  describe('bookings change', () => {
    let moved: Booked & { readonly payment: StartedPayment };
    let missedByCustomer: Booked;
    let endedEarly: Booked;

    it('four customers book for the next days', async () => {
      const { absent, customer, guest, regular } = season.who;
      season.market.clock.advanceTo(season.at(2, '10:00'));
      const massage = { services: [facts.massageId], provider: facts.therapist };
      moved = await bookings.paidWithoutName({ by: customer, ...massage, day: 5, time: '11:00' });
      missedByCustomer = await bookings.forCash({ by: absent, ...massage, day: 3, time: '11:00' });
      missedByVendor = await bookings.paid({
        by: regular,
        ...massage,
        provider: facts.secondTherapist,
        day: 3,
        time: '11:00',
      });
      endedEarly = await bookings.forCash({ by: guest, ...massage, day: 4, time: '11:00' });
    });

    it('a customer moves a booking; the vendor asks for another time, which is approved or rejected', async () => {
      const { customer, owner } = season.who;
      const bookingId = moved.id;
      const to = (newTime: string) => ({ bookingId, newDate: season.day(5), newTime });
      await customer.prove('rescheduleBooking', to('12:00'), {
        result: { bookingDate: season.day(5), bookingTime: '12:00:00.000000' },
      });
      const ask = async (newTime: string) => {
        const { result } = await owner.prove(
          'requestReschedule',
          { ...to(newTime), reason: 'The room is painted.' },
          { result: { status: 'pending', requestedByRole: 'vendor' } },
          'id',
        );
        return { rescheduleId: result.id };
      };
      const first = await ask('13:00');
      expect(await owner.refusedAct('approveReschedule', first)).toBe('OB031');
      await customer.prove('approveReschedule', first, {
        result: { bookingTime: '13:00:00.000000' },
      });
      await customer.prove(
        'rejectReschedule',
        { ...(await ask('15:00')), reason: 'I work then.' },
        { result: { status: 'rejected' } },
      );
    });

    it('a customer who cancels in time gets everything back, the way it came', async () => {
      const { customer, stranger } = season.who;
      const cancel = { bookingId: moved.id, reason: 'I am ill.' };
      expect(await stranger.refusedAct('cancelBooking', cancel)).toBe('OB003');
      await customer.prove('cancelBooking', cancel, { result: { status: 'cancelled' } });
      const [refund, ...others] = await refundsOf(customer, moved);
      expect([refund?.refundAmount, others]).toEqual([moved.finalAmount, []]);
      await season.market.gateway.refunded(moved.payment, refund as Refund);
      expect(await refundsOf(customer, moved)).toMatchObject([{ status: 'completed' }]);
    });

    it('a customer who does not come is marked, disputes it, and customer care decides', async () => {
      const { absent, care, careDeputy, owner, receptionist } = season.who;
      const bookingId = missedByCustomer.id;
      await bookings.assign(missedByCustomer, 'therapist');
      await bookings.assign(missedByVendor, 'secondTherapist');
      bookings.comeTo(missedByCustomer, 10);
      expect(await receptionist.refusedAct('markNoShow', { bookingId })).toBe('OB044');
      bookings.comeTo(missedByCustomer, 25);
      await receptionist.prove(
        'markNoShow',
        { bookingId },
        { result: { status: 'cancelled', bookingCancellation: { isNoShow: true } } },
      );
      const { result: dispute } = await absent.prove(
        'disputeBooking',
        { bookingId, reason: 'I stood at the door.' },
        { result: { kind: 'customer_no_show', status: 'open' } },
        'id',
      );
      const decide = {
        disputeId: dispute.id,
        inFavourOf: 'customer',
        reason: 'The door was shut.',
      };
      expect(await owner.refusedAct('decideDispute', decide)).toBe('42501');
      await careDeputy.prove('decideDispute', decide, {
        result: { status: 'decided', inFavourOf: 'customer' },
      });
      expect(Number((await bookings.of(absent, missedByCustomer, 'amountDue')).amountDue)).toBe(0);
      expect(await care.refusedAct('decideDispute', decide)).toBe('OB030');
    });

    it('where no provider comes, the customer gets everything back; finance sends it again when it fails', async () => {
      const { finance, regular, care } = season.who;
      const bookingId = missedByVendor.id;
      await regular.prove(
        'reportVendorNoShow',
        { bookingId },
        { result: { status: 'cancelled', bookingCancellation: { isVendorNoShow: true } } },
      );
      const [refund] = await refundsOf(regular, missedByVendor);
      expect(refund).toMatchObject({ refundAmount: missedByVendor.finalAmount, status: 'pending' });
      const refundId = refund?.id ?? '';
      expect(await care.refusedAct('recordRefundFailed', { refundId })).toBe('OB002');
      await finance.prove('recordRefundFailed', { refundId }, { result: { status: 'failed' } });
      const { payments } = await bookings.of(finance, missedByVendor, 'payments { nodes { id } }');
      const again = await finance.prove(
        'refundPayment',
        {
          paymentId: payments.nodes[0].id,
          amount: missedByVendor.finalAmount,
          reason: 'The first did not arrive.',
          idempotencyKey: 'the second refund of the season',
        },
        { result: { refundAmount: missedByVendor.finalAmount, status: 'pending' } },
        'id',
      );
      season.market.gateway.refundedQuietly(again.result);
      await finance.prove(
        'recordRefundPaid',
        { refundId: again.result.id, reference: 'rfnd_by_hand' },
        { result: { status: 'completed', gatewayRefundId: 'rfnd_by_hand' } },
      );
    });

    it('a service ends early: both sides agree on the amount, which is paid at the desk', async () => {
      const { guest, receptionist, therapist } = season.who;
      const bookingId = endedEarly.id;
      const amount = '1200.00';
      await bookings.assign(endedEarly, 'therapist');
      await bookings.start(endedEarly, 'therapist');
      bookings.comeTo(endedEarly, 30);
      await therapist.prove(
        'endServiceEarly',
        { bookingId, reason: 'The power failed.', amount },
        { result: { status: 'completed', bookingSettlement: { proposedAmount: amount } } },
      );
      const agree = { bookingId, expectedAmount: '100.00' };
      expect(await guest.refusedAct('agreeOnAmount', agree)).toBe('OB068');
      await guest.prove(
        'agreeOnAmount',
        { bookingId, expectedAmount: amount },
        { result: { amountDue: amount, bookingSettlement: { agreedAmount: amount } } },
      );
      await receptionist.prove(
        'recordCashPayment',
        { bookingId, amount, idempotencyKey: 'cash after an early end' },
        { result: { status: 'success', totalAmount: amount, paymentMethod: 'cash' } },
      );
      expect(Number((await bookings.of(guest, endedEarly, 'amountDue')).amountDue)).toBe(0);
      await bookings.noteServed(
        endedEarly,
        Number(amount),
        Number(amount) / Number(endedEarly.finalAmount),
      );
    });
  });

  describe('wallets and refunds', () => {
    it('a customer pays a part from the wallet and the rest through the gateway', async () => {
      const { friend } = season.who;
      season.market.clock.advanceTo(season.at(5, '10:00'));
      const { result: booking } = await friend.act(
        'confirmBooking',
        await bookings.hold({
          by: friend,
          provider: facts.therapist,
          services: [facts.massageId],
          day: 6,
          time: '10:00',
        }),
        '{ result { id finalAmount } }',
      );
      const bookingId = booking.id;
      const fromWallet = '100.00';
      await friend.prove(
        'payFromWallet',
        { bookingId, amount: fromWallet, idempotencyKey: 'from the wallet of a friend' },
        { result: { status: 'success', paymentMethod: 'wallet', totalAmount: fromWallet } },
      );
      const rest = (Number(booking.finalAmount) - Number(fromWallet)).toFixed(2);
      const { result: payment } = await friend.act(
        'startPayment',
        {
          bookingId,
          paymentMethod: 'upi',
          paymentGateway: 'razorpay',
          idempotencyKey: 'the rest of a friend',
        },
        '{ result { transactionId totalAmount } }',
      );
      expect(payment.totalAmount).toBe(rest);
      await season.market.gateway.captured(payment);
      const booked = {
        id: bookingId,
        by: friend,
        startsAt: season.at(6, '10:00'),
        finalAmount: booking.finalAmount,
      };
      tally.bookings.push(booked);
      await bookings.serve(booked, 'therapist');
    });

    it('finance refunds a part of a completed booking, which the vendor bears', async () => {
      const { care, finance, regular } = season.who;
      const booked = await bookings.paid({
        by: regular,
        provider: facts.secondTherapist,
        services: [facts.massageId],
        day: 6,
        time: '13:00',
      });
      await bookings.serve(booked, 'secondTherapist');
      const refund = {
        bookingId: booked.id,
        amount: '500.00',
        borneBy: 'vendor',
        reason: 'The water was cold.',
        idempotencyKey: 'a refund of finance',
      };
      expect(await care.refusedAct('refundBooking', refund)).toBe('OB002');
      await finance.prove('refundBooking', refund, {
        result: { amount: '500.00', borneBy: 'vendor' },
      });
      const [sent] = await refundsOf(regular, booked);
      await season.market.gateway.refunded(booked.payment, sent as Refund);
      const amounts = await bookings.amountsOf(booked);
      const share = 500 / Number(booked.finalAmount);
      tally.commissions.set(booked.id, sum(earnedOf(amounts), -earnedOf(amounts, share)));
    });

    it('customer care gives goodwill, which pays for bookings and cannot be withdrawn', async () => {
      const { care, customer, regular } = season.who;
      const goodwill = {
        bookingId: missedByVendor.id,
        amount: '150.00',
        reason: 'No one came to serve her.',
        idempotencyKey: 'goodwill of the season',
      };
      expect(await customer.refusedAct('giveGoodwill', goodwill)).toBe('42501');
      await care.prove('giveGoodwill', goodwill, { result: { amount: goodwill.amount } });
      expect(await walletOf(regular)).toEqual({
        walletBalance: goodwill.amount,
        withdrawableBalance: '0.00',
      });
    });

    it('a refund that cannot be delivered goes into the wallet, and from there to the bank', async () => {
      const { care, customerData, finance, regular } = season.who;
      const booked = await bookings.paid({
        by: regular,
        provider: facts.secondTherapist,
        services: [facts.massageId],
        day: 9,
        time: '11:00',
      });
      await regular.act('cancelBooking', { bookingId: booked.id, reason: 'I am away.' });
      const [failed] = await refundsOf(regular, booked);
      const refundId = failed?.id ?? '';
      await finance.act('recordRefundFailed', { refundId });
      expect(await care.refusedAct('payRefundIntoWallet', { refundId })).toBe('OB002');
      await finance.prove(
        'payRefundIntoWallet',
        { refundId },
        { result: { status: 'completed', refundAmount: booked.finalAmount } },
      );
      expect((await walletOf(regular)).withdrawableBalance).toBe(booked.finalAmount);

      const accountNumber = '30005556667';
      const { userBankDetail } = await regular.act(
        'createUserBankDetail',
        {
          userBankDetail: {
            accountHolderName: regular.name,
            accountNumber,
            bankName: 'State Bank of India',
            ifscCode: 'SBIN0000300',
          },
        },
        '{ userBankDetail { id } }',
      );
      const amount = '500.00';
      const ask = { amount, idempotencyKey: 'a withdrawal of the season' };
      expect(await regular.refusedAct('withdrawFromWallet', ask)).toBe('OB037');
      await customerData.act('verifyBankAccount', {
        bankDetailId: userBankDetail.id,
        isRight: true,
      });
      const withdraw = async (idempotencyKey: string): Promise<string> => {
        const { result } = await regular.prove(
          'withdrawFromWallet',
          { ...ask, idempotencyKey },
          { result: { status: 'pending', amount, fee: '10.00', netAmount: '490.00' } },
          'id',
        );
        return result.id;
      };
      const first = await withdraw('the first withdrawal');
      await finance.prove(
        'failWithdrawal',
        { withdrawalId: first, reason: 'The bank is closed today.' },
        { result: { status: 'failed' } },
      );
      expect((await walletOf(regular)).withdrawableBalance).toBe(booked.finalAmount);
      const withdrawalId = await withdraw('the second withdrawal');
      expect(await care.refusedAct('readWithdrawalAccount', { withdrawalId })).toBe('OB002');
      await finance.prove('readWithdrawalAccount', { withdrawalId }, { result: { accountNumber } });
      await finance.prove(
        'completeWithdrawal',
        { withdrawalId, reference: 'UTR of the season' },
        { result: { status: 'completed', reference: 'UTR of the season' } },
      );
      tally.withdrawn.push(490);
      expect((await walletOf(regular)).withdrawableBalance).toBe(
        (Number(booked.finalAmount) - Number(amount)).toFixed(2),
      );
    });

    it('the books add up', async () => {
      expect(await faultyChecks(season)).toEqual([]);
    });
  });
}
