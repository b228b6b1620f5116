import { estimateIndexBloat, estimateTableBloat } from '../../monitor/bloat.ts';
import { readCache } from '../../monitor/cache.ts';
import { readIndexes } from '../../monitor/indexes.ts';
import { NotVisible } from '../../monitor/not-visible.ts';
import { readSizes } from '../../monitor/sizes.ts';
import { readSlowQueries } from '../../monitor/slow-queries.ts';
import type { Report, Task } from '../task.ts';

/** Below it, memory is too small for what is asked. */
const goodHitRatio = 0.95;
/** So few blocks are not a sample. */
const manyTables = 1_000;

/** How the database performs and grows, against the month before. */
export const audit: Task = {
  name: 'audit',
  cadence: 'monthly',
  summary: 'performance: memory, slow statements, unused indexes, bloat, what has grown most',
  run: async ({ client, previous }) => {
    const { databaseBytes, tables } = await readSizes(client, manyTables);
    const cache = await readCache(client);
    const { unused, missing } = await readIndexes(client);
    const tableBloat = await estimateTableBloat(client);
    const indexBloat = await estimateIndexBloat(client);
    const slow = await readSlowQueries(client).catch((error: unknown) => {
      if (error instanceof NotVisible) {
        return [];
      }
      throw error;
    });
    const sizes = tables.map(({ table, rows, tableBytes, indexBytes }) => ({
      table,
      rows,
      bytes: tableBytes + indexBytes,
    }));
    const hitRatio = cache?.hitRatio ?? null;
    const wasted = [...tableBloat, ...indexBloat].reduce(
      (sum, { wastedBytes }) => sum + wastedBytes,
      0,
    );
    return {
      summary: `${mebibytes(databaseBytes)} in all, ${mebibytes(wasted)} of it wasted by estimate; ${hitRatio === null ? 'memory was not asked' : `${(hitRatio * 100).toFixed(1)} % of blocks found in memory`}.`,
      needsAttention: missing.length > 0 || (hitRatio !== null && hitRatio < goodHitRatio),
      figures: {
        'database bytes': databaseBytes,
        'wasted bytes': wasted,
        ...(hitRatio === null ? {} : { 'cache hit ratio': hitRatio }),
        'temporary bytes': cache?.temporaryBytes ?? 0,
        deadlocks: cache?.deadlocks ?? 0,
        'unused indexes': unused.length,
        'tables that may lack an index': missing.length,
      },
      lists: {
        'Grown most': growth(sizes, previous),
        'Bloated tables': tableBloat,
        'Bloated indexes': indexBloat,
        'Most costly statements': slow,
        Sizes: sizes.filter(({ bytes }) => bytes > 0),
      },
    };
  },
};

function growth(
  sizes: readonly { readonly table: string; readonly bytes: number }[],
  previous: Report | null,
): { table: string; bytes: number; grownBy: number }[] {
  if (previous === null) {
    return [];
  }
  const before = new Map(
    (previous.lists.Sizes ?? []).map((row) => [String(row.table), Number(row.bytes)]),
  );
  return sizes
    .map(({ table, bytes }) => ({ table, bytes, grownBy: bytes - (before.get(table) ?? 0) }))
    .filter(({ grownBy }) => grownBy > 0)
    .sort((one, other) => other.grownBy - one.grownBy)
    .slice(0, 10);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
