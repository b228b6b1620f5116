import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

type Group = {
  readonly what: string;
  readonly how: string;
  readonly count: number;
  readonly rupees: number;
  readonly oldestAt: Date;
  readonly example: string;
};

/** Money that did not move: payments failed since the last run; what is under way for too long; what is held. */
export const transactions: Task = {
  name: 'transactions',
  cadence: 'daily',
  summary: 'payments failed, payments and refunds stuck, payouts held',
  run: async ({ client, since }) => {
    const { rows } = await client.query<Group>({
      text: `
        with trouble as (
          select 'payment failed' as what, payment_method as how, total_amount as amount,
            created_at as at, transaction_id as example
          from public.payments
          where status = 'failed' and updated_at >= $1
          union all
          select 'payment stuck', payment_method, total_amount, created_at, transaction_id
          from public.payments
          where status in ('pending', 'processing') and created_at < now() - interval '1 day'
          union all
          select case status when 'failed' then 'refund failed' else 'refund stuck' end,
            coalesce(refund_method, refund_type), refund_amount, created_at, id::text
          from public.refunds
          where status = 'failed'
            or status in ('pending', 'processing') and created_at < now() - interval '3 days'
          union all
          select case payout_status when 'failed' then 'payout failed' else 'payout held' end,
            coalesce(payment_method, 'no method yet'), net_amount, created_at, id::text
          from public.vendor_payouts
          where payout_status = 'failed'
            or payout_status in ('pending', 'processing') and created_at < now() - interval '7 days'
          union all
          select 'commission on hold', 'settlement', commission_amount, created_at, id::text
          from public.commission_records
          where settlement_status = 'hold'
        )
        select what, how, count(*)::integer as count, sum(amount)::double precision as rupees,
          min(at) as "oldestAt", (array_agg(example order by at))[1] as example
        from trouble
        group by 1, 2
        order by 1, 3 desc, 2`,
      values: [since],
    });
    const countOf = (pattern: RegExp): number =>
      rows.reduce((sum, { what, count }) => sum + (pattern.test(what) ? count : 0), 0);
    const figures = {
      'payments failed': countOf(/^payment failed/),
      'payments stuck': countOf(/^payment stuck/),
      'refunds failed or stuck': countOf(/^refund/),
      'payouts failed or held': countOf(/^payout/),
      'commissions on hold': countOf(/^commission/),
    };
    const open = countOf(/./) - figures['payments failed'];
    return {
      summary: `${plural(figures['payments failed'], 'payment')} failed; ${plural(open, 'movement')} of money stuck or held.`,
      needsAttention: open > 0,
      figures,
      lists: { 'By kind': rows },
    };
  },
};
