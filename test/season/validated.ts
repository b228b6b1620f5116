import type { Season } from './season.ts';

/** Names of the checks of `npx ombaro validate` that find faults. */
export async function faultyChecks({ market }: Season): Promise<readonly string[]> {
  const { stdout } = await market.ombaro('validate', '--json');
  const checks = JSON.parse(stdout) as readonly {
    readonly check: string;
    readonly faults: number;
  }[];
  return checks.filter(({ faults }) => faults > 0).map(({ check }) => check);
}
