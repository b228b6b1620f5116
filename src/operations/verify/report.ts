import { describeDifference } from '../../database/describe/catalogue/compare.ts';
import type { Catalogue } from '../../database/describe/catalogue/entry.ts';
import type { Verification } from './verify.ts';

export type Check = {
  readonly check: string;
  /** How many there are. */
  readonly found: number;
  /** How many the migrations give; `null` where that is not known or means nothing. */
  readonly expected: number | null;
  /** One line each, and what to do where there is something to do. */
  readonly findings: readonly string[];
  /** What was not checked, and why. */
  readonly note: string | null;
};

/** Which kinds of objects each check is about, in the order of the report. */
const checks: Readonly<Record<string, readonly string[]>> = {
  'schemas and types': ['schema', 'extension', 'type'],
  'tables and views': ['table', 'view', 'sequence'],
  columns: ['column'],
  constraints: ['constraint'],
  indexes: ['index', 'statistics'],
  triggers: ['trigger', 'rule'],
  policies: ['policy'],
  functions: ['function'],
  grants: ['grant'],
};

/** What a person or a build reads of a verification, one check a row. */
export function reportVerification(verification: Verification): readonly Check[] {
  const { live, expected, differences, notCompared } = verification;
  const compared = Object.entries(checks).map(
    ([check, kinds]): Check => ({
      check,
      found: count(live, kinds),
      expected: expected === null ? null : count(expected, kinds),
      findings: differences.filter(({ kind }) => kinds.includes(kind)).map(describeDifference),
      note: null,
    }),
  );
  return [
    reportMigrations(verification),
    ...compared,
    ...(notCompared === null ? [] : [reportNotCompared(notCompared)]),
    ...reportBodies(verification),
  ];
}

function reportMigrations({ migrations }: Verification): Check {
  const pending = migrations.filter(({ appliedAt }) => appliedAt === null).length;
  return {
    check: 'migrations',
    found: migrations.length - pending,
    expected: migrations.length,
    findings: migrations.flatMap(({ name, problem }) =>
      problem === null ? [] : [`migration ${name} ${problem}`],
    ),
    note: pending === 0 ? null : `${pending} to apply; compared with those that are`,
  };
}

function reportNotCompared(reason: string): Check {
  const findings = [`whether the database is as its migrations make it was not checked: ${reason}`];
  return { check: 'comparison', found: 0, expected: null, findings, note: null };
}

function reportBodies({ bodies, plpgsqlCheck }: Verification): readonly Check[] {
  const line = ({ object, message }: (typeof bodies.faults)[number]): string =>
    `${object} does not work: ${message}`;
  return [
    {
      check: 'function bodies',
      found: bodies.checked,
      expected: null,
      findings: bodies.faults.map(line),
      note: null,
    },
    {
      check: 'plpgsql_check',
      found: plpgsqlCheck?.checked ?? 0,
      expected: null,
      findings: plpgsqlCheck?.faults.map(line) ?? [],
      note: plpgsqlCheck === null ? 'not checked: the extension is not installed' : null,
    },
  ];
}

function count(catalogue: Catalogue, kinds: readonly string[]): number {
  return [...catalogue.values()].filter(({ kind }) => kinds.includes(kind)).length;
}
