import { randomUUID } from 'node:crypto';
import { personas } from '../../../src/demo/personas.ts';
import {
  beautician,
  bothPackage,
  facial,
  inHours,
  localTime,
  massage,
  nearAddress,
  type Row,
  steam,
  therapist,
  therapist2,
  vendor,
  type Who,
} from '../../fixtures/market.ts';
import { job, type Walk } from './walk.ts';

/** What becomes of a booking, from the hold to the dispute. */
export function bookingActs(walk: Walk, coupons: readonly string[]) {
  const { market, chance, pick, act, customers } = walk;

  async function hold(): Promise<string> {
    const isHome = chance() < 0.2;
    return market.holdEnds(isHome ? 'customer' : pick(customers), {
      startsAt: new Date(inHours(Math.floor(chance() * 60)).getTime() + pick([0, 1_800_000])),
      provider: pick([therapist, therapist2, beautician]),
      guest: pick([null, 'Meera']),
      ...(chance() < 0.2
        ? { package: bothPackage, services: null }
        : {
            services: pick([[massage], [facial], [massage, massage, facial]]),
            addons: pick([null, [steam]]),
          }),
      ...(isHome ? { type: 'home_service', address: nearAddress } : {}),
      ...(chance() < 0.4 ? { coupon: pick(coupons) } : {}),
    });
  }

  /** For a stranger, or for a customer by the number. */
  async function bookAtDesk(): Promise<string> {
    return market.ends(
      pick<Who>(['receptionist', 'vendor', 'vendor', 'accountant']),
      'book_at_desk',
      {
        vendor_id: vendor,
        guest_name: 'Asha',
        guest_mobile: pick([null, personas.customer.phone, personas.customer2.phone]),
        starts_at: pick([
          null,
          new Date(inHours(Math.floor(chance() * 60)).getTime() + pick([0, 420_000])),
        ]),
        provider_id: pick([null, therapist, therapist2]),
        service_ids: pick([[massage], [facial]]),
        idempotency_key: randomUUID(),
      },
    );
  }

  async function claimOne(): Promise<string> {
    const one = await market.one(
      `select booking_number from bookings where channel = 'desk'
      order by customer_id is not null, md5(booking_number || $1) limit 1`,
      [String(chance())],
    );
    return one === undefined ? 'nothing' : market.ends(pick(customers), 'claim_booking', one);
  }

  async function confirm(): Promise<string> {
    const { rows } = await market.owner.query(
      `select h.id, h.customer_id from booking_holds h
      order by h.booking_id is not null,
        md5((row_number() over (order by h.created_at))::text || $1) limit 1`,
      [String(chance())],
    );
    return rows[0] === undefined
      ? 'nothing'
      : market.ends({ sub: rows[0].customer_id }, 'confirm_booking', {
          hold_id: rows[0].id,
          payment_method: pick(['cash', null, null]),
          points: pick([0, 0, 0, 30]),
          wallet_amount: pick([0, 0, 100, 5_000]),
        });
  }

  /** Mostly of a booking that is assigned, with the customer's code, with another, or with a reason instead. */
  async function startService(some: Row | undefined): Promise<string> {
    const assigned = await market.one(
      `select id from bookings where status = 'assigned'
      order by starts_at > now() + interval '15 minutes', md5(booking_number || $1) limit 1`,
      [String(chance())],
    );
    const booking = chance() < 0.8 ? (assigned ?? some) : some;
    const { code = '0000' } =
      (booking &&
        (await market.one('select code from booking_start_codes where booking_id = $1', [
          booking.id,
        ]))) ??
      {};
    return act('start_service', () =>
      pick<Record<string, unknown>>([
        { code },
        { code },
        { code },
        { code: '1234' },
        { reason: 'She forgot it' },
      ]),
    )(booking);
  }

  /** The time of a booking comes, its service takes its time, or goes on for too long. */
  async function timePasses(): Promise<string> {
    const booking = await market.one(
      `select id, status from bookings where status in ('assigned', 'in_progress') order by md5(booking_number || $1) limit 1`,
      [String(chance())],
    );
    if (booking === undefined) {
      return 'nothing';
    }
    if (booking.status === 'assigned') {
      await market.bringToStart(booking.id, pick([-20, -10, 1, 20]));
    } else {
      await market.shift(booking.id, pick(['-20 minutes', '-1 hour', '-5 hours']));
    }
    return 'ok';
  }

  /** A service that has begun comes to its end: too early, in time, or late with a reason and without. */
  async function completeOne(): Promise<string> {
    const one = await market.one(
      `select id, app_private.amount_due(id) as due from bookings where status = 'in_progress'
      order by md5(booking_number || $1) limit 1`,
      [String(chance())],
    );
    if (one !== undefined && chance() < 0.7) {
      await market.shift(one.id, pick(['-20 minutes', '-1 hour', '-5 hours']));
    }
    return act('complete_service', ({ due }) => ({
      cash_collected: pick([0, due, due]),
      reason: pick([null, 'It took longer']),
    }))(one);
  }

  /** A service in progress ends for any amount, or for one that is none. */
  async function endOneEarly(): Promise<string> {
    const one = await market.one(
      `select id, final_amount::float as price from bookings where status = 'in_progress'
      order by md5(booking_number || $1) limit 1`,
      [String(chance())],
    );
    return one === undefined
      ? 'nothing'
      : act('end_service_early', ({ price }) => ({
          reason: 'Unwell',
          amount: pick([0, Number(price), 123.45, 123.45, null, 1_000_000]),
        }))(one);
  }

  async function agreeOnOne(): Promise<string> {
    const one = await market.one(
      `select booking_id as id, proposed_amount as proposed from booking_settlements
      order by agreed_at is not null, md5(booking_id::text || $1) limit 1`,
      [String(chance())],
    );
    return one === undefined
      ? 'nothing'
      : act('agree_on_amount', ({ proposed }) => ({
          expected_amount: pick([proposed, proposed, 1]),
        }))(one);
  }

  /** The time of an assigned booking passes, and it is told of. */
  async function becomeOverdue(): Promise<string> {
    const one = await market.one(
      `select id from bookings where status = 'assigned' order by md5(booking_number || $1) limit 1`,
      [String(chance())],
    );
    if (one !== undefined) {
      await market.bringToStart(one.id, 360);
    }
    await job(market, 'note_overdue_bookings')(undefined);
    return one === undefined || chance() < 0.3
      ? 'ok'
      : act('complete_service', () => ({ cash_collected: 0, reason: 'No network' }))(one);
  }

  async function disputeOne(): Promise<string> {
    const one = await market.one(
      `select booking_id as id from (
        select booking_id, settled_at from booking_cancellations where is_no_show or is_vendor_no_show
        union all
        select booking_id, agreed_at from booking_settlements
        union all
        select booking_id, settlement_date from commission_records where disputable_until is not null) d
      order by settled_at is not null, md5(booking_id::text || $1) limit 1`,
      [String(chance())],
    );
    return one === undefined
      ? 'nothing'
      : act('dispute_booking', () => ({ reason: 'I was there' }))(one);
  }

  async function decideOne(): Promise<string> {
    const one = await market.one(
      `select id, kind from booking_disputes order by status desc, md5(id::text || $1) limit 1`,
      [String(chance())],
    );
    return one === undefined
      ? 'nothing'
      : market.ends(
          pick<Who>(['customer_care', 'customer_care', 'finance', 'vendor']),
          'decide_dispute',
          {
            dispute_id: one.id,
            in_favour_of: pick(['customer', 'vendor']),
            reason: 'A film shows it',
            amount:
              one.kind === 'early_end'
                ? pick([0, 100, 250.5])
                : one.kind === 'service'
                  ? pick([null, 100, 250.5])
                  : null,
          },
        );
  }

  async function letDayPass(): Promise<string> {
    await market.owner.query(
      `with c as (
        update booking_cancellations set disputable_until = now() - interval '1 second'
        where settled_at is null and booking_id::text like '%' || $1),
      d as (
        update booking_disputes set answerable_until = now() - interval '1 second'
        where answerable_until is not null and booking_id::text like '%' || $1),
      s as (
        update booking_settlements set answerable_until = now() - interval '1 second'
        where agreed_at is null and booking_id::text like '%' || $1)
      update bookings set overdue_since = overdue_since - interval '25 hours'
      where overdue_since is not null and id::text like '%' || $1`,
      [pick([...'0123456789abcdef'])],
    );
    return 'ok';
  }

  async function answer(): Promise<string> {
    const { rows } = await market.owner.query(
      `select id from booking_reschedules where status = 'pending'
      order by md5((row_number() over (order by created_at))::text || $1) limit 1`,
      [String(chance())],
    );
    if (rows[0] === undefined) {
      return 'nothing';
    }
    const args = { reschedule_id: rows[0].id };
    const who = pick<Who>([...customers, 'vendor', 'nobody']);
    return chance() < 0.6
      ? market.ends(who, 'approve_reschedule', args)
      : market.ends(who, 'reject_reschedule', { ...args, reason: 'No' });
  }

  /** Time passes for one booking that is not paid. */
  async function lapse(): Promise<string> {
    await market.owner.query(
      `with b as (
        select id from bookings where status = 'pending' order by md5(booking_number || $1) limit 1
      ), r as (
        update app_private.provider_reservations set expires_at = now() - interval '1 second'
        where booking_id in (select id from b)
      )
      update bookings set expires_at = now() - interval '1 second' where id in (select id from b)`,
      [String(chance())],
    );
    return 'ok';
  }

  function time(): Record<string, unknown> {
    return { ...localTime(inHours(Math.floor(chance() * 60))) };
  }

  return {
    hold,
    bookAtDesk,
    claimOne,
    confirm,
    startService,
    timePasses,
    completeOne,
    endOneEarly,
    agreeOnOne,
    becomeOverdue,
    disputeOne,
    decideOne,
    letDayPass,
    answer,
    lapse,
    time,
  };
}
