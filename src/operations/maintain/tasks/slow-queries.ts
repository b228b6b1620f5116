import { NotVisible } from '../../monitor/not-visible.ts';
import { readSlowQueries } from '../../monitor/slow-queries.ts';
import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

/** A statement that takes longer on average, and not once in a while, is worth a look. In milliseconds. */
const slowMs = 100;
const often = 10;
/** What applications send; loading and maintaining take their time. */
const isOrdinary = /^(with|select|insert|update|delete|merge)\b/i;

/** The statements that have cost most, and which of them are slow each time. */
export const slowQueries: Task = {
  name: 'slow-queries',
  cadence: 'weekly',
  summary: 'statements that have cost most time',
  run: async ({ client }) => {
    try {
      const queries = await readSlowQueries(client);
      const slowOnes = queries.filter(
        ({ query, calls, meanMs }) => isOrdinary.test(query) && calls >= often && meanMs >= slowMs,
      );
      return {
        summary: `${plural(slowOnes.length, 'statement')} of the ${queries.length} that cost most ${slowOnes.length === 1 ? 'takes' : 'take'} ${slowMs} ms or more on average.`,
        needsAttention: slowOnes.length > 0,
        figures: { slow: slowOnes.length },
        lists: { 'Most costly': queries },
      };
    } catch (error) {
      if (!(error instanceof NotVisible)) {
        throw error;
      }
      return {
        summary: `Slow statements: ${error.message}`,
        needsAttention: true,
        figures: {},
        lists: {},
      };
    }
  },
};
