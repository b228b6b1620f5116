import { confirm } from './confirm.ts';
import { deliveries } from './deliveries.ts';
import { fuzz } from './fuzz.ts';
import { imports } from './imports.ts';
import { knownNumbers } from './known-numbers.ts';
import { live } from './live.ts';
import { plans } from './plans.ts';
import { search } from './search.ts';
import { slots } from './slots.ts';
import { sockets } from './sockets.ts';
import { startup } from './startup.ts';
import type { Benchmark } from './support/benchmark.ts';
import { webhooks } from './webhooks.ts';

const benchmarks: Readonly<Record<string, Benchmark>> = {
  startup,
  plans,
  slots,
  search,
  confirm,
  deliveries,
  'known-numbers': knownNumbers,
  live,
  sockets,
  webhooks,
  imports,
  fuzz,
};

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : Object.keys(benchmarks)) {
  const benchmark = benchmarks[name];
  if (benchmark === undefined) {
    throw new Error(
      `There is no benchmark ${name}; there are ${Object.keys(benchmarks).join(', ')}.`,
    );
  }
  process.stdout.write(`\n${name}\n`);
  for (const { what, value, unit, bound } of await benchmark()) {
    // A benchmark that was not found is a failure.
    const isMissed = bound !== undefined && !(value <= bound);
    const verdict =
      bound === undefined ? '' : isMissed ? `  MISSED, at most ${bound}` : `  (at most ${bound})`;
    process.stdout.write(
      `  ${what.padEnd(52)} ${value.toFixed(1).padStart(9)} ${unit}${verdict}\n`,
    );
    if (isMissed) {
      process.exitCode = 1;
    }
  }
}
