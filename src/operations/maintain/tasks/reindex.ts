import { type Bloat, estimateIndexBloat } from '../../monitor/bloat.ts';
import { dropLeftovers, isBusy } from '../leftovers.ts';
import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

/** From here on an index is made anew: half of it empty, and big enough to be felt. */
const bounds = { minimumBytes: 1024 * 1024, minimumShare: 0.5 };

/** Makes bloated indexes anew while readers and writers go on; what fails on the way is cleared up. */
export const reindex: Task = {
  name: 'reindex',
  cadence: 'monthly',
  summary: 'reindex concurrently where half of an index or more is empty',
  run: async ({ client, signal }) => {
    await client.query(`set statement_timeout = '6h'; set lock_timeout = '10s'`);
    const before = await dropLeftovers(client);
    const bloated = await estimateIndexBloat(client, bounds);
    const done: (Bloat & { newBytes: number })[] = [];
    const skipped: Bloat[] = [];
    for (const index of bloated) {
      signal.throwIfAborted();
      try {
        await client.query(`reindex index concurrently ${index.name}`);
        const { rows } = await client.query<{ bytes: number }>(
          'select pg_relation_size($1::regclass)::double precision as bytes',
          [index.name],
        );
        done.push({ ...index, newBytes: rows[0]?.bytes ?? 0 });
      } catch (error) {
        if (!isBusy(error)) {
          throw error;
        }
        skipped.push(index);
      }
    }
    const after = await dropLeftovers(client);
    return {
      summary: `${plural(done.length, 'index', 'indexes')} made anew, ${plural(skipped.length, 'index', 'indexes')} skipped because of a long transaction.`,
      needsAttention: skipped.length > 0 || after.busy.length > 0,
      figures: {
        reindexed: done.length,
        skipped: skipped.length,
        'bytes freed': done.reduce((sum, { bytes, newBytes }) => sum + bytes - newBytes, 0),
      },
      lists: {
        Reindexed: done,
        Skipped: skipped,
        'Dropped leftovers': [...before.dropped, ...after.dropped].map((name) => ({ index: name })),
        'Leftovers in use': after.busy.map((name) => ({ index: name })),
      },
    };
  },
};
