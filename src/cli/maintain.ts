import type { Task } from '../operations/maintain/task.ts';
import { withDatabaseRunning } from './database.ts';
import { say } from './print.ts';
import { CommandError, jsonOption, type Verb } from './verb.ts';

const names = 'daily, weekly or monthly';

export const maintainVerb: Verb = {
  usage: 'maintain [daily|weekly|monthly]',
  summary: 'Do the tasks of a day, week or month now, or those that are due, and report',
  options: {
    task: { type: 'string', description: 'this one alone, such as vacuum; a wrong one lists them' },
    json: jsonOption,
  },
  run: async ({ positionals: [cadence], values }) => {
    if (cadence !== undefined && !['daily', 'weekly', 'monthly'].includes(cadence)) {
      throw new CommandError(`"${cadence}" is not one of ${names}.`);
    }
    const { task } = values;
    if (cadence !== undefined && task !== undefined) {
      throw new CommandError(`Give either ${names}, or --task, not both.`);
    }
    await withDatabaseRunning(async (config) => {
      const { tasksFor } = await import('../operations/maintain/tasks-for.ts');
      const { runTasks } = await import('../operations/maintain/run-tasks.ts');
      const { describeRuns } = await import('../operations/maintain/markdown.ts');
      const all = tasksFor(config);
      const tasks = choose(all, cadence, task, config.operations.archiveDirectory);
      const runs = await runTasks({
        ownerUrl: config.database.ownerUrl,
        tasks,
        onlyDue: cadence === undefined && task === undefined,
        // An interruption ends this process, and its connections with it.
        signal: new AbortController().signal,
        onBegin: ({ name, summary }) => say(`${name}: ${summary} …`),
      });
      if (values.json === true) {
        process.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
      } else if (runs.length === 0) {
        say('Nothing is due.');
      } else {
        process.stdout.write(`${describeRuns(runs)}\n`);
      }
      const failed = runs.filter(({ outcome }) => outcome === 'failed');
      if (failed.length > 0) {
        throw new Error(
          failed.map(({ task: name, error }) => `${name} failed: ${error}`).join('\n'),
        );
      }
    });
  },
};

function choose(
  all: readonly Task[],
  cadence: string | undefined,
  name: string | boolean | undefined,
  archiveDirectory: string | null,
): readonly Task[] {
  if (name === undefined) {
    return cadence === undefined ? all : all.filter((task) => task.cadence === cadence);
  }
  const chosen = all.filter((task) => task.name === name);
  if (chosen.length === 0 && name === 'archive' && archiveDirectory === null) {
    throw new CommandError('Set ARCHIVE_DIR to the folder for old log rows.');
  }
  if (chosen.length === 0) {
    const lines = all.map((task) => `  ${task.name} (${task.cadence}): ${task.summary}`);
    throw new CommandError(`There is no task "${name}". There are:\n${lines.join('\n')}`);
  }
  return chosen;
}
