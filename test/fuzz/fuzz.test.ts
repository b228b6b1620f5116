import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { longOrShort } from '../helpers/long-form.ts';
import type { FuzzReport } from './fuzz.ts';
import { describeFinding, fuzzProgram, fuzzSeed } from './world.ts';

const documents = longOrShort(5_000, 600);
const statementTimeoutMs = 10_000;
const mostMemory = 700;
/** A second, and what a machine that runs other tests as well adds to it. */
const healthMs = 3_000;

describe(`random documents (FUZZ_SEED=${fuzzSeed})`, () => {
  let database: TestDatabase;
  let report: FuzzReport;

  beforeAll(async () => {
    database = await createTestDatabase();
    const { ownerUrl: owner, apiUrl: api, workerUrl: worker } = database;
    report = await fuzzProgram({ owner, api, worker }, documents);
  }, 300_000);
  afterAll(async () => {
    await database?.drop();
  });

  test('are answered, or refused with a code that says why, and never by an internal error', () => {
    expect(report.findings.map(describeFinding)).toEqual([]);
  });

  test('are answered for the most part, so that most of them test more than refusals', () => {
    expect(report.answers.data).toBeGreaterThan(documents / 4);
    expect(report.answers.OB010).toBeGreaterThan(0);
    expect(report.answers.OB002 ?? report.answers['42501']).toBeGreaterThan(0);
  });

  test('hold no one up', () => {
    expect(report.slowestMs).toBeLessThan(statementTimeoutMs);
    expect(report.healthMs).toBeLessThan(healthMs);
  });

  test('keep the memory of the program within its bounds', () => {
    expect(report.memory).toBeLessThan(mostMemory);
  });
});
