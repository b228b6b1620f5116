import { readIndexes } from '../../monitor/indexes.ts';
import { dropLeftovers } from '../leftovers.ts';
import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

/** Indexes that no query has used, tables that lack one, and what failed reindexing has left behind. */
export const indexes: Task = {
  name: 'indexes',
  cadence: 'weekly',
  summary: 'indexes unused, missing and invalid; leftovers of reindexing dropped',
  run: async ({ client }) => {
    const { dropped, busy } = await dropLeftovers(client);
    const { countedSince, unused, missing, invalid } = await readIndexes(client);
    const idle = unused.filter(({ servesForeignKey }) => !servesForeignKey);
    const since = countedSince === null ? '' : ` since ${countedSince.toISOString().slice(0, 10)}`;
    return {
      summary: `${plural(idle.length, 'index', 'indexes')} unused${since}, ${plural(missing.length, 'table')} that may lack one, ${invalid.length} invalid.`,
      needsAttention: missing.length > 0 || invalid.length > 0,
      figures: {
        unused: idle.length,
        'unused bytes': idle.reduce((sum, { bytes }) => sum + bytes, 0),
        missing: missing.length,
        invalid: invalid.length,
        dropped: dropped.length,
      },
      lists: {
        Unused: unused,
        Missing: missing,
        Invalid: invalid,
        'Dropped leftovers': dropped.map((index) => ({ index })),
        'Leftovers in use': busy.map((index) => ({ index })),
      },
    };
  },
};
