import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { commissionRates, percentOf, sum } from '../fixtures/terms.ts';
import type { StartedPayment } from './gateway.ts';
import type { Data, Person } from './person.ts';
import type { Season } from './season.ts';

export type Order = {
  readonly by: Person;
  /** The provider, as slots name it. */
  readonly provider: string;
  readonly services: readonly string[];
  readonly day: number;
  readonly time: string;
  readonly type?: 'spa_visit' | 'home_service' | 'hotel_service';
  readonly addressId?: string;
  readonly vendorId?: string;
};

/** Who serves at Lotus Spa. */
export type Serving = 'therapist' | 'secondTherapist' | 'beautician';

export type Booked = {
  readonly id: string;
  readonly by: Person;
  readonly startsAt: Date;
  readonly finalAmount: string;
};

/** What people do with bookings again and again. */
export type Bookings = {
  readonly hold: (
    order: Order,
  ) => Promise<{ readonly holdId: string; readonly expectedAmount: string }>;
  /** Holds a slot and confirms it, to be paid in cash. */
  readonly forCash: (order: Order) => Promise<Booked>;
  /** Holds a slot, confirms it and pays through the gateway. */
  readonly paid: (order: Order) => Promise<Booked & { readonly payment: StartedPayment }>;
  /** As `paid`, but the gateway was not told for what: finance attaches the payment to the booking. */
  readonly paidWithoutName: (
    order: Order,
  ) => Promise<Booked & { readonly payment: StartedPayment }>;
  /** What a booking is for a user, by the fields asked for. */
  readonly of: (person: Person, booking: Booked, fields: string) => Promise<Data>;
  /** The code that only the customer of a booking sees. */
  readonly startCode: (booking: Booked) => Promise<string>;
  /** Puts the clock forward to the start of a booking and some minutes. */
  readonly comeTo: (booking: Booked, minutes: number) => void;
  readonly amountsOf: (booking: Booked) => Promise<Amounts>;
  /** Notes that a booking was completed, for all of its price or a share, and how much the vendor collected in cash. */
  readonly noteServed: (booking: Booked, cash: number, share?: number) => Promise<void>;
  /** The desk gives a booking to a provider, also in place of another. */
  readonly assign: (booking: Booked, provider: Serving) => Promise<void>;
  /** Its provider starts a booking at its time, with the code of the customer. */
  readonly start: (booking: Booked, provider: Serving) => Promise<void>;
  /** The desk gives it to a provider, who serves it for an hour; cash is collected where it is due. */
  readonly serve: (booking: Booked, provider: Serving) => Promise<void>;
};

type Amounts = Pick<Data, 'totalAmount' | 'discountAmount' | 'serviceCharge'>;

/** Rupees that the platform earns of a booking, or of a share of it: commission, by the type of partner that Lotus Spa is, and charge. */
export function earnedOf(booking: Amounts, share = 1): number {
  const services = sum(Number(booking.totalAmount), -Number(booking.discountAmount));
  const commission = percentOf(services, commissionRates.INDEPENDENT);
  return sum(
    ...[commission, Number(booking.serviceCharge)].map(
      (part) => Math.round(100 * part * share) / 100,
    ),
  );
}

export function makeBookings(season: Season): Bookings {
  const hold: Bookings['hold'] = async (order) => {
    const type = order.type ?? 'spa_visit';
    const { result } = await order.by.prove(
      'holdSlot',
      {
        vendorId: order.vendorId ?? season.facts.vendorId,
        serviceIds: order.services,
        providerId: order.provider,
        startsAt: season.at(order.day, order.time).toISOString(),
        bookingType: type,
        idempotencyKey: randomUUID(),
        ...(order.addressId === undefined ? {} : { addressId: order.addressId }),
      },
      { result: { bookingType: type, serviceIds: order.services } },
      'id finalAmount',
    );
    return { holdId: result.id, expectedAmount: result.finalAmount };
  };
  const confirm = async (order: Order, isForCash: boolean): Promise<Booked> => {
    const { result } = await order.by.prove(
      'confirmBooking',
      { ...(await hold(order)), ...(isForCash ? { paymentMethod: 'cash' } : {}) },
      { result: { status: isForCash ? 'confirmed' : 'pending' } },
      'id finalAmount',
    );
    const booked = {
      id: result.id,
      by: order.by,
      startsAt: season.at(order.day, order.time),
      finalAmount: result.finalAmount,
    };
    season.tally.bookings.push(booked);
    return booked;
  };
  const of: Bookings['of'] = async (person, { id }, fields) =>
    (await person.query(`query ($id: UUID!) { booking(id: $id) { ${fields} } }`, { id })).booking;
  const startCode: Bookings['startCode'] = async (booking) =>
    (await of(booking.by, booking, 'startCode')).startCode;
  const comeTo: Bookings['comeTo'] = ({ startsAt }, minutes) =>
    season.market.clock.advanceTo(new Date(startsAt.getTime() + minutes * 60_000));
  const amountsOf: Bookings['amountsOf'] = (booking) =>
    of(booking.by, booking, 'totalAmount discountAmount serviceCharge');
  const noteServed: Bookings['noteServed'] = async (booking, cash, share = 1) => {
    season.tally.cash.push(cash);
    season.tally.commissions.set(booking.id, earnedOf(await amountsOf(booking), share));
  };
  const assign: Bookings['assign'] = async (booking, role) => {
    const bookingId = booking.id;
    const { facts, who } = season;
    const outcome =
      role === 'beautician'
        ? await who.receptionist.tryAct('assignBeautician', {
            bookingId,
            beauticianId: facts.beauticianId,
          })
        : await who.receptionist.tryAct('assignTherapist', {
            bookingId,
            therapistId: facts[`${role}Id`],
          });
    // It may have been given to them before.
    expect(['allowed', 'OB030']).toContain(outcome);
  };
  const start: Bookings['start'] = async (booking, role) => {
    const provider = season.who[role];
    const bookingId = booking.id;
    if (role !== 'beautician') {
      expect(['allowed', 'OB030']).toContain(
        await provider.tryAct('acknowledgeAssignment', { bookingId }),
      );
    }
    comeTo(booking, 0);
    const code = await startCode(booking);
    await provider.prove(
      'startService',
      { bookingId, code },
      { result: { status: 'in_progress' } },
    );
  };
  const begin = async (order: Order) => {
    const booked = await confirm(order, false);
    const { result } = await order.by.prove(
      'startPayment',
      {
        bookingId: booked.id,
        paymentMethod: 'upi',
        paymentGateway: 'razorpay',
        idempotencyKey: randomUUID(),
      },
      { result: { status: 'pending', totalAmount: booked.finalAmount } },
      'id transactionId',
    );
    return { ...booked, payment: result as StartedPayment };
  };
  const provePaid = async (booked: Booked) =>
    expect(await of(booked.by, booked, 'status paymentStatus')).toEqual({
      status: 'confirmed',
      paymentStatus: 'paid',
    });
  return {
    hold,
    noteServed,
    amountsOf,
    forCash: (order) => confirm(order, true),
    paid: async (order) => {
      const booked = await begin(order);
      expect(await season.market.gateway.captured(booked.payment)).toBe('received');
      await provePaid(booked);
      return booked;
    },
    paidWithoutName: async (order) => {
      const { finance, care } = season.who;
      const booked = await begin(order);
      expect(await season.market.gateway.capturedWithoutName(booked.payment)).toBe(
        'unknown payment',
      );
      expect(await of(booked.by, booked, 'status')).toEqual({ status: 'pending' });
      const { unmatchedPayments } = await finance.query(
        '{ unmatchedPayments(filter: { status: { equalTo: waiting } }) { nodes { id amount currency reason } } }',
      );
      const found = unmatchedPayments.nodes.find(
        ({ amount }: { amount: string }) => amount === booked.finalAmount,
      );
      expect(found).toMatchObject({ currency: 'INR', reason: 'unknown_payment' });
      const attach = {
        unmatchedPaymentId: found.id,
        bookingId: booked.id,
        paymentMethod: 'upi',
        reason: 'The customer has sent the receipt.',
        idempotencyKey: randomUUID(),
      };
      expect(await care.refusedAct('attachPayment', attach)).toBe('OB002');
      await finance.prove('attachPayment', attach, {
        result: { status: 'success', bookingId: booked.id, totalAmount: booked.finalAmount },
      });
      await provePaid(booked);
      return booked;
    },
    of,
    startCode,
    comeTo,
    assign,
    start,
    serve: async (booking, role) => {
      const provider = season.who[role];
      await assign(booking, role);
      await start(booking, role);
      // More than half of the longest one, though the start took a moment.
      comeTo(booking, 65);
      const { amountDue } = await of(booking.by, booking, 'amountDue');
      const { result } = await provider.prove(
        'completeService',
        { bookingId: booking.id, cashCollected: amountDue },
        { result: { status: 'completed', isAttested: true } },
        'amountDue',
      );
      expect(Number(result.amountDue)).toBe(0);
      await noteServed(booking, Number(amountDue));
    },
  };
}
