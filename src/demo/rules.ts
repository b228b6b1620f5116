import type pg from 'pg';
import { type Day, formatDay, hour, minute, secondsPerDay } from './calendar.ts';
import type { Paise } from './money.ts';

export type Tax = 'gst' | 'gst_charge' | 'tds' | 'tcs';

/** What the database holds of prices, terms and time, read once: demo data restates none of it. */
export type Rules = {
  /** Per cent of a tax on a day of the year of history. */
  readonly taxOn: (tax: Tax, day: Day) => number;
  /** What is added to each booking before GST; what coming to a place costs is with the place. */
  readonly serviceCharge: Paise;
  /** Percentage of a vendor's earnings that counts as earned by its provider. */
  readonly providerPercentage: number;
  readonly lateCancelFeePercentage: number;
  /** Seconds before the start until which cancelling and moving are free. */
  readonly cancelFreeFor: number;
  readonly rescheduleFreeFor: number;
  readonly rescheduleMaximum: number;
  /** Minutes between the starts of slots. */
  readonly slotStep: number;
  /** Minutes of rest after a service, and of the way where it is not known. */
  readonly buffer: number;
  readonly unknownTravel: number;
  /** Services of a provider in a day. */
  readonly dailyMaximum: number;
  /** Seconds before its time at which a service may begin, and the share of it that must have passed. */
  readonly startEarly: number;
  /** Seconds after the start from which a customer is a no-show, and then in which this can be disputed. */
  readonly noShowGrace: number;
  readonly noShowDispute: number;
  /** Seconds after its end at which a booking that was not started is overdue. */
  readonly overdueAfter: number;
  /** Seconds for which an invitation can be accepted. */
  readonly invitationValid: number;
  /** Per cent of a desk booking for a guest of the vendor's own. */
  readonly deskCommission: number;
  /** Seconds after its completion for which a service can be disputed, and its payout waits. */
  readonly disputableFor: number;
  readonly completeAfter: number;
};

/** `firstDay`: the first on which something is agreed. */
export async function readRules(client: pg.ClientBase, firstDay: Day, today: Day): Promise<Rules> {
  const taxes = await client.query<Readonly<Record<Tax, number>>>(
    `select app_private.tax_percentage('gst', d.day)::float8 as gst,
      app_private.tax_percentage('gst_charge', d.day)::float8 as gst_charge,
      app_private.tax_percentage('tds', d.day)::float8 as tds,
      app_private.tax_percentage('tcs', d.day)::float8 as tcs
    from (
      select $1::date + n as day, n from generate_series(0, $2::date - $1::date) n
    ) d
    order by d.n`,
    [formatDay(firstDay), formatDay(today)],
  );
  const { rows } = await client.query<Readonly<Record<string, number>>>(
    `select t.cancel_free_hours, t.reschedule_free_hours, t.reschedule_maximum,
      t.late_cancel_fee_percentage::float8,
      (app_private.setting('booking.service_charge')::numeric * 100)::integer as service_charge,
      app_private.setting('commission.provider_percentage')::float8 as provider_percentage,
      app_private.setting('booking.slot_step_minutes')::integer as slot_step_minutes,
      app_private.setting('booking.buffer_minutes')::integer as buffer_minutes,
      app_private.setting('booking.unknown_travel_minutes')::integer as unknown_travel_minutes,
      t.no_show_grace_minutes, t.no_show_dispute_hours,
      app_private.setting('booking.overdue_after_minutes')::integer as overdue_after_minutes,
      app_private.setting('desk.commission_percentage')::float8 as desk_commission_percentage,
      app_private.setting('booking.dispute_hours')::integer as dispute_hours,
      app_private.setting('invitations.valid_days')::integer as invitation_valid_days,
      app_private.setting('booking.start_early_minutes')::integer as start_early_minutes,
      app_private.setting('booking.complete_after_percentage')::float8 as complete_after_percentage,
      app_private.default_daily_maximum() as daily_maximum
    from app_private.terms_of_today(null) t`,
  );
  const of = (name: string): number => {
    const value = rows[0]?.[name];
    if (value === undefined) {
      throw new Error(`The database has no rule ${name}.`);
    }
    return value;
  };
  return {
    taxOn: (tax, day) => {
      const rates = taxes.rows[day - firstDay];
      if (rates === undefined) {
        throw new Error(`Nothing is agreed on ${formatDay(day)}, so its taxes were not read.`);
      }
      return rates[tax];
    },
    serviceCharge: of('service_charge'),
    providerPercentage: of('provider_percentage'),
    lateCancelFeePercentage: of('late_cancel_fee_percentage'),
    cancelFreeFor: of('cancel_free_hours') * hour,
    rescheduleFreeFor: of('reschedule_free_hours') * hour,
    rescheduleMaximum: of('reschedule_maximum'),
    slotStep: of('slot_step_minutes'),
    buffer: of('buffer_minutes'),
    unknownTravel: of('unknown_travel_minutes'),
    dailyMaximum: of('daily_maximum'),
    startEarly: of('start_early_minutes') * minute,
    noShowGrace: of('no_show_grace_minutes') * minute,
    noShowDispute: of('no_show_dispute_hours') * hour,
    overdueAfter: of('overdue_after_minutes') * minute,
    invitationValid: of('invitation_valid_days') * secondsPerDay,
    deskCommission: of('desk_commission_percentage'),
    disputableFor: of('dispute_hours') * hour,
    completeAfter: of('complete_after_percentage') / 100,
  };
}
