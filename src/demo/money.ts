import type { Day } from './calendar.ts';

/** Whole paise. Sums of demo data are exact, as numeric columns are. */
export type Paise = number;

/** A booking's amounts before they are rows: rupees on the outside, paise in here. */
export type Amounts = {
  readonly total: Paise;
  readonly discount: Paise;
  readonly serviceCharge: Paise;
  readonly tax: Paise;
  readonly final: Paise;
};

const serviceCharge: Paise = 50_00;
/** 2025-09-22, when GST on salon and wellness services fell from 18 to 5 per cent. */
const firstDayOfLowerGst: Day = 20_353;

/** Per cent of GST on what is agreed on this day. */
export function gstRateOn(day: Day): number {
  return day < firstDayOfLowerGst ? 18 : 5;
}

/** GST is on all of it, the service charge included, and rounded once. */
export function amountsOf(total: Paise, discount: Paise, agreedOn: Day): Amounts {
  const beforeTax = total - discount + serviceCharge;
  const tax = percentOf(beforeTax, gstRateOn(agreedOn));
  return { total, discount, serviceCharge, tax, final: beforeTax + tax };
}

/** Rounded half-up to the paisa. `percent` may have two decimals. */
export function percentOf(amount: Paise, percent: number): Paise {
  return Math.floor((amount * Math.round(percent * 100) + 5_000) / 10_000);
}

/** `1234.50` */
export function formatRupees(amount: Paise): string {
  const paise = amount % 100;
  return `${(amount - paise) / 100}.${paise < 10 ? '0' : ''}${paise}`;
}
