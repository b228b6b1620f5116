import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../config/project.ts';
import { describeError } from './describe-error.ts';
import { parseVerb, printHelp, printVerbHelp } from './parse.ts';
import { CommandError, type Verb } from './verb.ts';

/** Every verb, in the order of the help. A verb's own needs are loaded when it runs. */
export const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  serve: async () => (await import('./serve.ts')).serveVerb,
  worker: async () => (await import('./worker.ts')).workerVerb,
  env: async () => (await import('./env.ts')).envVerb,
  'db start': async () => (await import('./db.ts')).dbStartVerb,
  'db stop': async () => (await import('./db.ts')).dbStopVerb,
  'admin create': async () => (await import('./admin-create.ts')).adminCreateVerb,
  'admin list': async () => (await import('./admin-list.ts')).adminListVerb,
  'admin recover': async () => (await import('./admin-recover.ts')).adminRecoverVerb,
  migrate: async () => (await import('./migrate.ts')).migrateVerb,
  'migrate commit': async () => (await import('./migrate.ts')).migrateCommitVerb,
  'migrate status': async () => (await import('./migrate.ts')).migrateStatusVerb,
  'migrate export': async () => (await import('./migrate.ts')).migrateExportVerb,
  'migrate undo': async () => (await import('./migrate.ts')).migrateUndoVerb,
  backup: async () => (await import('./backup.ts')).backupVerb,
  restore: async () => (await import('./restore.ts')).restoreVerb,
  export: async () => (await import('./export.ts')).exportVerb,
  import: async () => (await import('./import.ts')).importVerb,
  verify: async () => (await import('./verify.ts')).verifyVerb,
  rollback: async () => (await import('./rollback.ts')).rollbackVerb,
  'import --from': async () => (await import('./import-platform.ts')).importPlatformVerb,
  validate: async () => (await import('./validate.ts')).validateVerb,
  monitor: async () => (await import('./monitor.ts')).monitorVerb,
  maintain: async () => (await import('./maintain.ts')).maintainVerb,
  demo: async () => (await import('./demo.ts')).demoVerb,
  token: async () => (await import('./token.ts')).tokenVerb,
  generate: async () => (await import('./generate.ts')).generateVerb,
};

/** Runs one command line, the program's own name left out, and sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  watchOutput();
  try {
    await dispatch(args);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${describeError(error)}\n`);
  }
}

/**
 * `npx ombaro … | head` closes our output early: what was asked for is still done, and the rest is not printed. Any
 * other failure of the output is a failure of the command.
 */
function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        process.exitCode = 1;
        process.stderr.write(`The output cannot be written (${error.code}).\n`);
      }
    });
  }
}

async function dispatch(args: readonly string[]): Promise<void> {
  const [first, second] = args;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    const all = await Promise.all(Object.values(verbs).map((load) => load()));
    printHelp(all);
    if (first === undefined) {
      process.exitCode = 1;
    }
    return;
  }
  if (first === '--version') {
    const manifest = readFileSync(path.join(projectRoot, 'package.json'), 'utf8');
    process.stdout.write(`${JSON.parse(manifest).version}\n`);
    return;
  }
  const name = second !== undefined && `${first} ${second}` in verbs ? `${first} ${second}` : first;
  const load = verbs[name];
  if (load === undefined) {
    throw new CommandError(
      `There is no command "${name}". To list the commands, run: npx ombaro --help`,
    );
  }
  const verb = await load();
  const { values, positionals } = parseVerb(verb, args.slice(name.split(' ').length));
  if (values.help === true) {
    printVerbHelp(verb);
    return;
  }
  await verb.run({ values, positionals });
}
