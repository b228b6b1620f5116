import type { GraphileConfig } from 'postgraphile/graphile-build';
import type { SQL } from 'postgraphile/pg-sql2';

/**
 * Reads times of day as they were written: 24:00 is the end of a day and not the beginning of the next, which
 * Grafast's way over a date makes of it. An interval keeps its hours.
 */
export const TimesOfDayPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroTimesOfDayPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      init(init, { dataplanPg, sql }) {
        Object.assign(dataplanPg.TYPES.time, {
          castFromPg: (time: SQL) => sql`to_char((${time})::time::interval, 'HH24:MI:SS.US')`,
        });
        return init;
      },
    },
  },
};
