import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { verbs } from '../../src/cli/cli.ts';
import { projectRoot } from '../../src/config/project.ts';
import { makeCommandLine } from '../helpers/command-line.ts';
import type { Block } from './pages.ts';

const packageFile = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Settings that `.env.example` explains. */
export const settings: ReadonlySet<string> = new Set(
  [
    ...readFileSync(path.join(projectRoot, '.env.example'), 'utf8').matchAll(/^#?([A-Z_0-9]+)=/gm),
  ].map(([, name = '']) => name),
);

/** Programs of the machine that a block may call without being run here. */
const outside = new Set([
  ...[
    'cd',
    'cp',
    'createdb',
    'curl',
    'docker',
    'eval',
    'git',
    'ls',
    'mkdir',
    'openssl',
    'psql',
    'rm',
  ],
  ...['supabase', 'systemctl', 'sudo', 'nginx', 'apt-get', 'crontab', 'rsync'],
]);

/** What of a block that is not run cannot be right: commands and options that do not exist, by line. */
export async function mistakesIn(block: Block): Promise<string[]> {
  const mistakes: string[] = [];
  for (const line of block.code.replaceAll('\\\n', ' ').split('\n')) {
    for (const command of line.replace(/(^|\s)#.*$/, '').split(/&&|\|\|?|;/)) {
      const mistake = await mistakeIn(command.trim().split(/\s+/));
      if (mistake !== null) {
        mistakes.push(`${block.page}:${block.line}: ${mistake}`);
      }
    }
  }
  return mistakes;
}

async function mistakeIn(words: readonly string[]): Promise<string | null> {
  const [first = '', ...rest] = words;
  const assignment = /^([A-Z_0-9]+)=/.exec(first);
  if (first === '') {
    return null;
  }
  if (first === 'export') {
    return mistakeIn(rest);
  }
  if (assignment !== null) {
    const name = assignment[1] ?? '';
    return settings.has(name) ? mistakeIn(rest) : `.env.example does not explain ${name}.`;
  }
  if (first === 'npm') {
    const [verb = '', name = ''] = rest;
    const script = verb === 'run' ? name : verb;
    const isKnown = ['ci', 'install'].includes(verb) || script in packageFile.scripts;
    return isKnown ? null : `There is no npm script "${script}".`;
  }
  if (first === 'npx' && rest[0] === 'ombaro') {
    return mistakeInVerb(rest.slice(1));
  }
  if (first === 'node') {
    return existsSync(path.join(projectRoot, rest[0] ?? '')) ? null : `There is no ${rest[0]}.`;
  }
  return outside.has(first) || first === 'npx' ? null : `The test does not know "${first}".`;
}

/** Whether there is a verb of these words, one or two, with these options. */
async function mistakeInVerb(words: readonly string[]): Promise<string | null> {
  const load = verbs[words.slice(0, 2).join(' ')] ?? verbs[words[0] ?? ''];
  const options = words.flatMap((word) => /^--([\w-]+)/.exec(word)?.[1] ?? []);
  if (load === undefined) {
    return options.join() === 'help' && words.length === 1
      ? null
      : `There is no "ombaro ${words.join(' ')}".`;
  }
  const verb = await load();
  const known = [...Object.keys(verb.options), ...verb.usage.split(' --').slice(1), 'help'];
  const unknown = options.filter((name) => !known.some((text) => text.split(' ')[0] === name));
  return unknown.length === 0 ? null : `"ombaro ${verb.usage}" has no --${unknown.join(', --')}.`;
}

export type ShellRun = {
  /** Where the API is. */
  readonly url: string;
  /** The folder that it runs in. */
  readonly folder: string;
  /** Where `writeNpx` has been. */
  readonly programs: string;
  /** Variables of every command: the databases, the secret. */
  readonly environment: Readonly<Record<string, string>>;
};

/** Runs a block as it stands, but against the test's API; answers with what it has printed. */
export async function runShell(block: Block, run: ShellRun): Promise<string> {
  const commandLine = makeCommandLine(run.folder, run.environment);
  const code = block.code.replaceAll('http://127.0.0.1:5678', run.url);
  const outcome = await commandLine('bash', ['-euo', 'pipefail', '-c', code], {
    PATH: `${run.programs}:${process.env.PATH}`,
  });
  const place = `${block.page}:${block.line}`;
  if (outcome.code !== 0) {
    throw new Error(`${place} ends with ${outcome.code}:\n${outcome.stdout}\n${outcome.stderr}`);
  }
  return outcome.stdout;
}
