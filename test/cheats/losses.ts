import type { Market } from '../fixtures/market.ts';

export type Books = {
  /** What the platform owns of all money that moved: earned, less what it gave away, less what the points of customers cost. */
  readonly own: number;
  /** What it withheld for the state. */
  readonly taxes: number;
  /** What coupons and goodwill took out of their budgets. */
  readonly given: number;
};

/**
 * Rupees, from the journal. Whatever is not the platform's belongs to those who take part: so what `own` and `taxes` lose
 * together is what they have gained, as money, in wallets or owed to them.
 */
export async function readBooks(market: Market): Promise<Books> {
  const { own, taxes, given, points } = await market.one(
    `select
      sum(b.balance) filter (where b.account in
        ('commission', 'charge', 'withdrawal_fees', 'rewards', 'points', 'coupons', 'goodwill')) as own,
      sum(b.balance) filter (where b.account in ('gst', 'tds', 'tcs')) as taxes,
      -sum(b.balance) filter (where b.account in ('coupons', 'goodwill')) as given,
      (select coalesce(sum(loyalty_points), 0) from customers) as points
    from app_private.balances_by_journal() b`,
  );
  return { own: Number(own) - Number(points), taxes: Number(taxes), given: Number(given) };
}

/** Rupees that the platform lost beyond what it gave away on purpose; below 0 what it earned. */
export async function lossOf(market: Market): Promise<number> {
  const { own, taxes, given } = await readBooks(market);
  return -(own + taxes + given);
}
