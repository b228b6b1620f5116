// Runs on any Node from 18 on, so: no newer syntax, no dependencies.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Runs the Node that package.json pins with these arguments and ends as it ends.
 *
 * @param {readonly string[]} args
 */
export function runPinned(args) {
  const executable = `${root}node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`;
  if (!existsSync(executable)) {
    const { dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    process.stderr.write(
      `Node ${dependencies.node}, which this program runs on, is not installed here.\n` +
        'Run: npm ci\n' +
        'If npm says that it skipped install scripts: npm rebuild --foreground-scripts node\n',
    );
    process.exitCode = 1;
    return;
  }
  // The channel tells the child when this process is killed outright, so that it never runs on alone.
  const child = spawn(executable, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  // A terminal signals the child too: when to end is the child's decision.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
  child.on('error', ({ message }) => {
    process.stderr.write(
      `${executable} does not run on this machine (${message}). If it was installed on another one, run here: npm ci\n`,
    );
    process.exitCode = 1;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  runPinned(process.argv.slice(2));
}
