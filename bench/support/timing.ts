/** Milliseconds that `act` takes. */
export async function time(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

export async function timeMany(times: number, act: () => Promise<unknown>): Promise<number[]> {
  const all: number[] = [];
  for (let run = 0; run < times; run += 1) {
    all.push(await time(act));
  }
  return all;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function p95(values: readonly number[]): number {
  return quantile(values, 0.95);
}

/** The smallest value that so great a share of all does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const value = sorted[Math.ceil(sorted.length * share) - 1];
  if (value === undefined) {
    throw new Error('Nothing was measured.');
  }
  return value;
}
