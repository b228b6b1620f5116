import { parseArgs } from 'node:util';
import { CommandError, type Option, type Verb, type VerbInput } from './verb.ts';

const helpOption: Option = { type: 'boolean', short: 'h', description: 'say what this does' };

/** @throws CommandError when the arguments are not what the verb's usage and options say. */
export function parseVerb(verb: Verb, args: readonly string[]): VerbInput {
  const { values, positionals } = parse(verb, args);
  const { insteadOption } = verb;
  if (insteadOption !== undefined && values[insteadOption] !== undefined) {
    if (positionals.length > 0) {
      throw new CommandError(`Give either "${positionals[0]}" or --${insteadOption}, not both.`);
    }
    return { values, positionals };
  }
  const required = verb.usage.match(/(?<!\[)<[^>]+>/g)?.length ?? 0;
  const optional = verb.usage.match(/\[[^\]]+\]/g)?.length ?? 0;
  const most = verb.usage.includes('…]') ? Number.POSITIVE_INFINITY : required + optional;
  const isFitting = positionals.length >= required && positionals.length <= most;
  if (values.help !== true && !isFitting) {
    throw new CommandError(usageOf(verb));
  }
  return { values, positionals };
}

export function printHelp(verbs: readonly Verb[]): void {
  const rows = verbs.map(({ usage, summary }) => [usage, summary] as const);
  const lines = [
    'Usage: npx ombaro <verb> [options]',
    '',
    ...align(rows),
    '',
    'More about one of them: npx ombaro <verb> --help',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

export function printVerbHelp(verb: Verb): void {
  const rows = Object.entries({ ...verb.options, help: helpOption }).map(
    ([name, { short, type, value = name, description }]) => {
      const long = `--${name}${type === 'string' ? ` <${value}>` : ''}`;
      return [short === undefined ? long : `-${short}, ${long}`, description] as const;
    },
  );
  const lines = [usageOf(verb), '', `${verb.summary}.`, '', ...align(rows)];
  if (verb.details !== undefined) {
    lines.push('', ...verb.details);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function parse(verb: Verb, args: readonly string[]): VerbInput {
  try {
    return parseArgs({
      args: [...args],
      options: { ...verb.options, help: helpOption },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw new CommandError(`${(error as Error).message} ${usageOf(verb)}`);
  }
}

function usageOf({ usage, options, insteadOption }: Verb): string {
  const first = `Usage: npx ombaro ${usage}`;
  if (insteadOption === undefined) {
    return first;
  }
  const [command] = usage.split(' <');
  const value = options[insteadOption]?.value ?? insteadOption;
  return `${first}, or npx ombaro ${command} --${insteadOption} <${value}>`;
}

function align(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
