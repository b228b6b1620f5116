import { runTasks } from '../../src/operations/maintain/run-tasks.ts';
import { makeArchive } from '../../src/operations/maintain/tasks/archive.ts';

/** Archives in a process of its own, to be killed: database and folder. */
const [ownerUrl = '', directory = ''] = process.argv.slice(2);
await runTasks({
  ownerUrl,
  tasks: [makeArchive(directory)],
  onlyDue: false,
  signal: new AbortController().signal,
});
