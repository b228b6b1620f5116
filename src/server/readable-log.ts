import type { DestinationStream } from 'pino';

const warn = 40;
const error = 50;

type Line = Readonly<Record<string, unknown>> & {
  readonly time: number;
  readonly level: number;
  readonly msg?: string;
};

/** Takes a logger's JSON lines and writes each as one that a developer reads; of an error also its stack. */
export function makeReadableLog(write: (text: string) => void): DestinationStream {
  return {
    write: (json) => write(`${formatLine(JSON.parse(json) as Line)}\n`),
  };
}

function formatLine(line: Line): string {
  const text =
    line.msg === 'request' || line.msg === 'operation' ? ofRequest(line) : ofMessage(line);
  return `${timeOfDay(line.time)}  ${text}`;
}

/** `query Vendors  200  12 ms`, `mutation { holdSlot }  200  31 ms  OB030`, `POST /auth/otp  200  4 ms`. */
function ofRequest({ operation, method, path, status, ms, code }: Line): string {
  const what = operation ?? `${method} ${path}`;
  const columns = [
    String(what).padEnd(40),
    String(status ?? 'ws').padEnd(3),
    `${ms} ms`.padStart(7),
  ];
  return [...columns, ...(code === undefined ? [] : [code])].join('  ');
}

const known = new Set(['time', 'level', 'msg', 'pid', 'hostname', 'requestId', 'err']);

function ofMessage(line: Line): string {
  const { level, msg = '', err } = line;
  const label = level >= error ? 'ERROR  ' : level >= warn ? 'WARNING  ' : '';
  const fields = Object.entries(line)
    .filter(([name]) => !known.has(name))
    .map(
      ([name, value]) => `  ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
  return [`${label}${msg}${fields.join('')}`, ...(level >= warn ? stacksOf(err) : [])].join('\n');
}

/** The stack of an error, which begins with its message, and those of its causes. */
function stacksOf(err: unknown): readonly string[] {
  if (typeof err !== 'object' || err === null) {
    return err === undefined ? [] : [`  ${String(err)}`];
  }
  const { stack, message, cause } = err as Readonly<Record<string, unknown>>;
  const own = String(stack ?? message ?? JSON.stringify(err)).replaceAll(/^/gm, '  ');
  return [own, ...stacksOf(cause)];
}

function timeOfDay(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}
