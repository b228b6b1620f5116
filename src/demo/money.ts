/** Whole paise. Sums of demo data are exact, as numeric columns are. */
export type Paise = number;

/** A booking's amounts before they are rows: rupees on the outside, paise in here. */
export type Amounts = {
  readonly total: Paise;
  readonly discount: Paise;
  readonly serviceCharge: Paise;
  /** Of all lines; `chargeTax` is the platform's part of it. */
  readonly tax: Paise;
  readonly chargeTax: Paise;
  readonly gstPercentage: number;
  readonly final: Paise;
  /** What each item has of the discount and of the vendor's GST, in order. */
  readonly items: readonly { readonly discount: Paise; readonly tax: Paise }[];
};

/**
 * GST is rounded once for each item and for the charge; the discount is spread over the items by their prices.
 *
 * @param subtotals of the items.
 */
export function amountsOf(
  subtotals: readonly Paise[],
  discount: Paise,
  serviceCharge: Paise,
  gstPercentage: number,
  chargeGstPercentage: number,
): Amounts {
  const total = subtotals.reduce((sum, subtotal) => sum + subtotal, 0);
  const discountUpTo = (amount: Paise): Paise => Math.round((discount * amount) / total);
  let before = 0;
  const items = subtotals.map((subtotal) => {
    const part = discountUpTo(before + subtotal) - discountUpTo(before);
    before += subtotal;
    return { discount: part, tax: percentOf(subtotal - part, gstPercentage) };
  });
  const chargeTax = percentOf(serviceCharge, chargeGstPercentage);
  const tax = items.reduce((sum, item) => sum + item.tax, chargeTax);
  return {
    total,
    discount,
    serviceCharge,
    tax,
    chargeTax,
    gstPercentage,
    final: total - discount + serviceCharge + tax,
    items,
  };
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
