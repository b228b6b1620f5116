import { once } from 'node:events';
import { createWriteStream, existsSync } from 'node:fs';
import path from 'node:path';
import type { Reject, Report, TableCount } from '../operations/import-platform/report.ts';
import { confirm } from './confirm.ts';
import { withDatabaseRunning } from './database.ts';
import { printTable, say } from './print.ts';
import { makeProgressBar } from './progress-bar.ts';
import { CommandError, jsonOption, type Verb } from './verb.ts';

const defaultRejects = 'import-rejects.csv';

export const importPlatformVerb: Verb = {
  usage: 'import --from <database>',
  summary:
    'Move all data of an existing OMBARO database, by its address, into an empty one of this version',
  options: {
    json: jsonOption,
    yes: { type: 'boolean', description: 'agree without being asked' },
    'skip-bad': {
      type: 'boolean',
      description: 'move what is right although something is not; without it that moves nothing',
    },
    rejects: {
      type: 'string',
      description: `file for what was not moved as it was, and why (${defaultRejects})`,
    },
  },
  run: async ({ values, positionals }) => {
    const [from = ''] = positionals;
    if (!/^postgres(ql)?:\/\//.test(from) || !URL.canParse(from)) {
      throw new CommandError(
        'The existing database is named by its address: npx ombaro import --from postgres://user:password@host/database',
      );
    }
    const file = path.resolve(String(values.rejects ?? defaultRejects));
    if (existsSync(file)) {
      throw new CommandError(
        `${file} exists already. Remove it, or name another file with --rejects.`,
      );
    }
    await withDatabaseRunning(async ({ database }) => {
      const { prepareDatabase } = await import('../database/prepare.ts');
      const { withClient } = await import('../lib/postgres.ts');
      const { importPlatform, lookAtSource } = await import(
        '../operations/import-platform/import-platform.ts'
      );
      await withClient(from, async (source) => {
        const tables = await lookAtSource(source);
        const rows = tables.reduce((sum, table) => sum + table.rows, 0);
        say(`${tables.length} tables with ${rows} rows.`);
        if (values.yes !== true && !(await confirm('Move them?', 'yes'))) {
          say('Nothing was moved.');
          process.exitCode = 1;
          return;
        }
        await prepareDatabase(database, say);
        const bar = makeProgressBar(process.stderr);
        const report = await withClient(database.ownerUrl, (target) =>
          importPlatform(source, target, tables, {
            skipBad: values['skip-bad'] === true,
            onProgress: bar.show,
            onRejects: (rejects) => writeRejects(file, rejects),
          }),
        ).finally(bar.end);
        print(report, values.json === true);
        sayOutcome(report, file);
        process.exitCode = report.isWritten ? 0 : 1;
      });
    });
  },
};

async function writeRejects(file: string, rejects: readonly Reject[]): Promise<void> {
  if (rejects.length === 0) {
    return;
  }
  const stream = createWriteStream(file, { flags: 'wx' });
  await once(stream, 'open');
  stream.write('kind,table,key,reason\n');
  for (const { kind, table, key, reason } of rejects) {
    if (!stream.write(`${[kind, table, key, reason].map(asCsv).join(',')}\n`)) {
      await once(stream, 'drain');
    }
  }
  stream.end();
  await once(stream, 'finish');
}

function asCsv(value: string): string {
  return /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function print({ tables, rejects, unknownColumns, isWritten }: Report, asJson: boolean): void {
  if (asJson) {
    const answer = { isWritten, tables, unknownColumns, rejects };
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  printTable(tables.map(asRow), false);
}

function asRow({
  table,
  source,
  moved,
  there,
  notKept,
  rejected,
}: TableCount): Record<string, string> {
  return {
    table,
    rows: String(source),
    moved: String(moved),
    'there already': String(there),
    'not kept': String(notKept),
    rejected: String(rejected),
  };
}

function sayOutcome({ rejects, unknownColumns, isWritten }: Report, file: string): void {
  if (unknownColumns.length > 0) {
    say(`These columns are unknown, so their values were not moved: ${unknownColumns.join(', ')}.`);
  }
  const counted = (kind: Reject['kind']): number =>
    rejects.filter((reject) => reject.kind === kind).length;
  if (rejects.length > 0) {
    say(
      `${counted('row')} rows rejected, ${counted('value')} values left out, ${counted('remark')} remarks: see ${file}.`,
    );
  }
  say(
    isWritten
      ? 'Moved. To see what is left to correct, run: npx ombaro validate'
      : 'Nothing was moved. Correct what the file lists, or move the rest with --skip-bad.',
  );
}
