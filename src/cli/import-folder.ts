import { statSync } from 'node:fs';
import { makeFileStore } from '../files/stores.ts';
import type { ImportedAll } from '../operations/moving/import-all.ts';
import { withDatabaseRunning } from './database.ts';
import { printTable, say } from './print.ts';
import { makeProgressBar } from './progress-bar.ts';
import { CommandError, type VerbInput } from './verb.ts';

/** Rows that are refused and printed; all are in the folder of rejects. */
const printedRefusals = 50;

/** `ombaro import <folder>`: migrates the database, imports the export, and validates what came. */
export async function importFolder(
  folder: string,
  values: VerbInput['values'],
  rejects: string | null,
): Promise<void> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new CommandError(
      `The folder ${folder} does not exist. Name the folder of an export, or a table and a file: npx ombaro import bookings bookings.csv`,
    );
  }
  await withDatabaseRunning(async (config) => {
    const { database } = config;
    const { prepareDatabase } = await import('../database/prepare.ts');
    const { readColumnMap } = await import('../operations/import.ts');
    const { importAll } = await import('../operations/moving/import-all.ts');
    const map = typeof values.map === 'string' ? await readColumnMap(values.map) : {};
    await prepareDatabase(database, say);
    const bar = makeProgressBar(process.stderr);
    const imported = await importAll({
      database,
      folder,
      map,
      rejects,
      onProgress: bar.show,
    }).finally(bar.end);
    report(imported, rejects, values.json === true);
    if (!imported.isWritten) {
      process.exitCode = 1;
      return;
    }
    if (imported.files > 0) {
      say(
        `It knows ${imported.files} uploaded files. Copy their bytes from where the old database had them into ${makeFileStore(config.files).place}.`,
      );
    }
    await sayFindings(database.ownerUrl);
  });
}

function report(
  { isWritten, rows, tables, refused, brought }: ImportedAll,
  rejects: string | null,
  asJson: boolean,
): void {
  if (asJson) {
    process.stdout.write(
      `${JSON.stringify({ isWritten, rows, tables, refused, brought }, null, 2)}\n`,
    );
  } else if (refused.length > 0) {
    printTable(
      refused.slice(0, printedRefusals).map(({ table, line, key, reason }) => ({
        table,
        line: line === 0 ? null : String(line),
        id: key,
        reason,
      })),
      false,
    );
  }
  if (refused.length > printedRefusals) {
    say(`And ${refused.length - printedRefusals} more.`);
  }
  if (!isWritten) {
    say(
      `${refused.length} rows are refused, so nothing was imported. Put them right where they come from and export again, or import the others: --skip-bad --rejects <new folder>`,
    );
    return;
  }
  for (const { table, added, leftOut } of brought) {
    say(
      `${table}: ${added} rows that are new in this version${leftOut === 0 ? '' : `; ${leftOut} that it brings by default are not in the export and stay out`}.`,
    );
  }
  say(`Imported ${rows} rows of ${tables} tables.`);
  if (refused.length > 0) {
    say(
      `${refused.length} rows were left out: they are in ${rejects} with their reasons. Put them right there, and import each file: npx ombaro import <table> <file.csv>`,
    );
  }
}

async function sayFindings(ownerUrl: string): Promise<void> {
  const { withClient } = await import('../lib/postgres.ts');
  const { chooseChecks, validate } = await import('../operations/validate/validate.ts');
  const findings = await withClient(ownerUrl, (client) => validate(client, chooseChecks([])));
  const faulty = findings.filter(({ count }) => count > 0);
  say(
    faulty.length === 0
      ? `${findings.length} checks found nothing wrong.`
      : `${findings.length} checks; faults in ${faulty.map(({ check, count }) => `${check.name} (${count})`).join(', ')}. "npx ombaro validate" says more.`,
  );
}
