import { randomUUID } from 'node:crypto';
import {
  idFor,
  type Market,
  massage,
  massagePrice,
  type Row,
  vendor,
  type Who,
} from '../fixtures/market.ts';
import { withGst } from '../fixtures/terms.ts';

/** What a massage costs at the desk: there is no charge of the platform. */
export const deskPrice = withGst(massagePrice);

type Guest = Readonly<Record<string, unknown>>;

/** What tests of the desk do on their way. */
export function makeDeskSteps(market: () => Market) {
  const argumentsOf = (guest: Guest) => ({
    vendor_id: vendor,
    guest_name: 'Asha Rao',
    idempotency_key: randomUUID(),
    service_ids: [massage],
    ...guest,
  });
  let numbers = 0;
  return {
    bookAtDesk: (guest: Guest = {}, who: Who = 'receptionist'): Promise<Row> =>
      market().call(who, 'book_at_desk', argumentsOf(guest)),
    deskEnds: (guest: Guest = {}, who: Who = 'receptionist'): Promise<string> =>
      market().ends(who, 'book_at_desk', argumentsOf(guest)),
    payAtDesk: (id: unknown, amount: number, method = 'cash', who: Who = 'receptionist') =>
      market().ends(who, 'record_cash_payment', {
        booking_id: id,
        amount,
        idempotency_key: randomUUID(),
        payment_method: method,
      }),
    /** A mobile number that no one else has. */
    newMobile(): string {
      numbers += 1;
      return `+9198${String(70_000_000 + numbers)}`;
    },
    /** As signing in with a code does; null: as giving the number up. */
    async verifyMobile(who: Who, mobile: string | null): Promise<void> {
      await market().owner.query('update auth.users set phone = $2 where id = $1', [
        idFor(who),
        mobile,
      ]);
      await market().owner.query(
        'update user_profiles set mobile = $2, mobile_verified = $3 where id = $1',
        [idFor(who), mobile, mobile !== null],
      );
    },
    /** What a user sees of the guest of a booking. */
    async guestFor(who: Who, id: unknown): Promise<unknown> {
      const { rows } = await market().database.asUser(
        typeof who === 'string'
          ? { sub: idFor(who), role: 'authenticated' }
          : { ...who, role: 'authenticated' },
        (client) =>
          client.query('select guest_name, guest_mobile from desk_bookings where booking_id = $1', [
            id,
          ]),
      );
      return rows[0];
    },
    read: (id: unknown) => market().one('select * from bookings where id = $1', [id]),
    /** The desk starts it, and completes it when its hour is over. */
    async serveAtDesk(id: unknown, cash = 0): Promise<Row> {
      await market().bringToStart(id);
      await market().call('receptionist', 'start_service', { booking_id: id });
      await market().shift(id, '-1 hour');
      return market().call('receptionist', 'complete_service', {
        booking_id: id,
        cash_collected: cash,
      });
    },
  };
}
