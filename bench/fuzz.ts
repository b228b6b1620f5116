import { describeFinding, fuzzProgram, fuzzSeed } from '../test/fuzz/world.ts';
import type { Benchmark } from './support/benchmark.ts';
import { startPreparedServer } from './support/prepared-server.ts';

const documents = 20_000;
/** Findings that are printed. */
const shown = 20;

/**
 * Documents that no one meant to send: fragments, directives and odd values of every argument's type, as
 * every persona, by HTTP and websocket. The same ones for the same FUZZ_SEED.
 */
export const fuzz: Benchmark = async () => {
  process.stdout.write(`  FUZZ_SEED=${fuzzSeed}\n`);
  const server = await startPreparedServer();
  try {
    const report = await fuzzProgram(
      {
        owner: server.urlFor('ombaro_owner', 'ombaro'),
        api: server.urlFor('ombaro_api', 'ombaro'),
        worker: server.urlFor('ombaro_worker', 'ombaro'),
      },
      documents,
    );
    for (const finding of report.findings.slice(0, shown)) {
      process.stdout.write(`${describeFinding(finding)}\n`);
    }
    return [
      {
        what: 'answers that are internal errors, or none',
        value: report.findings.length,
        unit: 'rows',
        bound: 0,
      },
      { what: 'slowest answer', value: report.slowestMs, unit: 'ms', bound: 10_000 },
      { what: 'slowest /healthz meanwhile', value: report.healthMs, unit: 'ms', bound: 1_000 },
      { what: 'most memory of the program', value: report.memory, unit: 'MB', bound: 700 },
      { what: 'documents with data', value: report.answers.data ?? 0, unit: 'rows' },
      {
        what: 'documents refused as not understood',
        value: report.answers.OB010 ?? 0,
        unit: 'rows',
      },
    ];
  } finally {
    await server.stop();
  }
};
