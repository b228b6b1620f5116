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

/** GST is on all of it, the service charge included, and rounded once. */
export function amountsOf(
  total: Paise,
  discount: Paise,
  serviceCharge: Paise,
  gstPercentage: number,
): Amounts {
  const beforeTax = total - discount + serviceCharge;
  const tax = percentOf(beforeTax, gstPercentage);
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
