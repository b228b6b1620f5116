import type { Run } from './runs.ts';
import type { Cell, Report } from './task.ts';

/** Characters of a cell; JSON has the rest. */
const longest = 160;

/** A report of runs that a person can read: what each found, and what has changed since the run before. */
export function describeRuns(runs: readonly Run[]): string {
  const overview = table(
    ['Task', 'How often', 'Ended', 'Took', 'What'],
    runs.map((run) => [
      run.task,
      run.cadence,
      run.outcome === 'failed' ? '**failed**' : run.report?.needsAttention ? '**look**' : 'well',
      `${((run.finishedAt.getTime() - run.startedAt.getTime()) / 1000).toFixed(1)} s`,
      run.report?.summary ?? run.error,
    ]),
  );
  const began = runs[0]?.startedAt.toISOString().slice(0, 16).replace('T', ' ') ?? '';
  return [`# Maintenance of ${began} UTC`, overview, ...runs.map(describeRun)].join('\n\n');
}

function describeRun(run: Run): string {
  const { report, error, previousAt } = run;
  if (report === null) {
    return [`## ${run.task}`, `Failed: ${error}`].join('\n\n');
  }
  const since =
    previousAt === null
      ? 'The first run.'
      : `Changes are since ${previousAt.toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
  const parts = [`## ${run.task}`, `${report.summary} ${since}`];
  if (Object.keys(report.figures).length > 0) {
    parts.push(describeFigures(report, run.changes));
  }
  for (const [title, rows] of Object.entries(report.lists)) {
    if (rows.length > 0) {
      const columns = Object.keys(rows[0] ?? {});
      parts.push(
        `### ${title}`,
        table(
          columns,
          rows.map((row) => columns.map((column) => row[column] ?? null)),
        ),
      );
    }
  }
  return parts.join('\n\n');
}

function describeFigures(report: Report, changes: Readonly<Record<string, number>>): string {
  return table(
    ['Figure', 'Now', 'Change'],
    Object.entries(report.figures).map(([name, value]) => [
      name,
      value,
      changes[name] === undefined ? '' : signed(changes[name]),
    ]),
  );
}

function signed(change: number): string {
  return change > 0 ? `+${number(change)}` : number(change);
}

function number(value: number): string {
  return value.toLocaleString('en-IN', { maximumFractionDigits: 4 });
}

function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(cell))];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function cell(value: Cell): string {
  if (value === null) {
    return '–';
  }
  if (typeof value === 'number') {
    return number(value);
  }
  const text = value instanceof Date ? value.toISOString() : String(value);
  const line = text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
