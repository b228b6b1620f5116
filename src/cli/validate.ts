import type pg from 'pg';
import type { Fault } from '../operations/validate/check.ts';
import type { Change, Remainder, RepairPlan } from '../operations/validate/repair.ts';
import type { Finding } from '../operations/validate/validate.ts';
import { confirm } from './confirm.ts';
import { withDatabaseRunning } from './database.ts';
import { printTable, say } from './print.ts';
import { CommandError, jsonOption, type Verb } from './verb.ts';

/** Examples that are printed of each check. */
const printedExamples = 5;

export const validateVerb: Verb = {
  usage: 'validate [check…]',
  summary: 'Look for data that cannot be right: all checks, or those named',
  options: {
    json: jsonOption,
    repair: {
      type: 'boolean',
      description: 'show what can be repaired from other rows, ask, and repair it',
    },
    yes: { type: 'boolean', description: 'with --repair: agree without being asked' },
  },
  run: async ({ values, positionals }) => {
    if (values.yes === true && values.repair !== true) {
      throw new CommandError('--yes agrees to a repair: npx ombaro validate --repair --yes');
    }
    const { chooseChecks, validate } = await import('../operations/validate/validate.ts');
    const { withClient } = await import('../lib/postgres.ts');
    const { assertMigrated } = await import('../database/migrations/status.ts');
    const chosen = chooseChecks(positionals);
    await withDatabaseRunning(async ({ database }) => {
      // The checks are of the newest tables.
      await assertMigrated(database);
      await withClient(database.ownerUrl, async (client) => {
        const findings = await validate(client, chosen);
        const faulty = findings.filter(({ count }) => count > 0);
        const remainders =
          values.repair === true ? await repairWhatCanBe(client, faulty, values.yes === true) : [];
        if (values.json === true) {
          process.stdout.write(`${JSON.stringify(findings.map(asJson(remainders)), null, 2)}\n`);
        } else {
          print(findings);
        }
        const left = faulty.filter(({ check, count }) => leftOf(check.name, count, remainders) > 0);
        say(
          left.length === 0
            ? `${findings.length} checks, nothing ${faulty.length === 0 ? 'found' : 'left'}.`
            : `${findings.length} checks, ${left.length} with faults: ${left.map(({ check }) => check.name).join(', ')}.`,
        );
        process.exitCode = left.length === 0 ? 0 : 1;
      });
    });
  },
};

async function repairWhatCanBe(
  client: pg.ClientBase,
  faulty: readonly Finding[],
  isAgreed: boolean,
): Promise<readonly Remainder[]> {
  const { planRepairs, repair } = await import('../operations/validate/repair.ts');
  const plans = await planRepairs(
    client,
    faulty.map(({ check }) => check),
  );
  if (plans.length === 0) {
    say('None of these faults can be repaired from other rows.');
    return [];
  }
  for (const plan of plans) {
    sayPlan(plan);
  }
  const rows = plans.reduce((sum, { count }) => sum + count, 0);
  if (!isAgreed && !(await confirm(`Change these ${rows} rows, in one transaction?`, 'yes'))) {
    say('Nothing was changed.');
    return [];
  }
  const remainders = await repair(client, plans);
  say(`Repaired ${rows} rows.`);
  return remainders;
}

function sayPlan({ check, does, count, changes }: RepairPlan): void {
  say(`${check.name}: ${does} (${count} rows).`);
  for (const { key, before, after } of changes.slice(0, printedExamples)) {
    say(`  ${key}: ${describe(before)} becomes ${describe(after)}`);
  }
  sayRest(count);
}

function sayRest(count: number): void {
  if (count > printedExamples) {
    say(`  and ${count - printedExamples} more`);
  }
}

function describe(value: Change['before']): string {
  return value === null ? 'nothing' : JSON.stringify(value);
}

function leftOf(name: string, found: number, remainders: readonly Remainder[]): number {
  return remainders.find(({ check }) => check.name === name)?.count ?? found;
}

function asJson(remainders: readonly Remainder[]): (finding: Finding) => unknown {
  return ({ check, count, faults, milliseconds }) => ({
    check: check.name,
    tables: check.tables,
    explanation: check.explanation,
    faults: count,
    left: leftOf(check.name, count, remainders),
    examples: faults,
    repair: check.repair?.does ?? null,
    milliseconds: Math.round(milliseconds),
  });
}

function print(findings: readonly Finding[]): void {
  printTable(
    findings.map(({ check, count }) => ({
      check: check.name,
      faults: String(count),
      repair: check.repair === undefined ? null : 'yes',
    })),
    false,
  );
  for (const { check, count, faults } of findings.filter(({ count }) => count > 0)) {
    const lines = [
      '',
      `${check.name} (${check.tables.join(', ')}): ${count}`,
      check.explanation,
      ...faults.slice(0, printedExamples).map(describeFault),
    ];
    if (count > printedExamples) {
      lines.push(`  and ${count - printedExamples} more`);
    }
    if (check.repair !== undefined) {
      lines.push(`--repair ${check.repair.does}.`);
    }
    process.stdout.write(`${lines.join('\n')}\n`);
  }
}

function describeFault({ key, wrong }: Fault): string {
  const values = Object.entries(wrong).map(([name, value]) => `${name} ${describe(value)}`);
  return `  ${key}: ${values.join(', ')}`;
}
