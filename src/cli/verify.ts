import { withDatabaseRunning } from './database.ts';
import { printTable } from './print.ts';
import { jsonOption, type Verb } from './verb.ts';

export const verifyVerb: Verb = {
  usage: 'verify',
  summary: 'Compare the database with its migrations, object by object, and change nothing',
  options: { json: jsonOption },
  run: ({ values }) =>
    withDatabaseRunning(async ({ database }) => {
      const { verify } = await import('../operations/verify/verify.ts');
      const { reportVerification } = await import('../operations/verify/report.ts');
      const verification = await verify(database);
      const checks = reportVerification(verification);
      if (values.json === true) {
        const { differences } = verification;
        process.stdout.write(`${JSON.stringify({ checks, differences }, null, 2)}\n`);
      } else {
        const rows = checks.map(({ check, found, expected, findings, note }) => ({
          check,
          found: String(found),
          expected: expected === null ? null : String(expected),
          result: findings.length === 0 ? (note ?? 'ok') : `${findings.length} wrong`,
        }));
        printTable(rows, false);
        for (const line of checks.flatMap(({ findings }) => findings)) {
          process.stdout.write(`${line}\n`);
        }
      }
      const wrong = checks.reduce((sum, { findings }) => sum + findings.length, 0);
      if (wrong > 0) {
        throw new Error(`Not as it should be in ${wrong} ${wrong === 1 ? 'place' : 'places'}.`);
      }
    }),
};
