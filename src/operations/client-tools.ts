import { spawn } from 'node:child_process';
import type pg from 'pg';

/** PostgreSQL's own programs that we leave work to. */
export type ToolName = 'pg_dump' | 'pg_restore';

export type Tool = {
  readonly name: ToolName;
  /** As it says itself, such as `15.18`. */
  readonly version: string;
};

const remedy =
  'Install PostgreSQL’s client programs (on Debian and Ubuntu the package postgresql-client), in the version of the server or newer.';

/**
 * Finds a program of PostgreSQL in the PATH.
 *
 * @throws Error that names the package when it is missing.
 */
export async function findTool(name: ToolName): Promise<Tool> {
  let output: string;
  try {
    output = await runTool(name, ['--version'], null);
  } catch (cause) {
    throw new Error(`${name} is missing. ${remedy}`, { cause });
  }
  const version = / (\d+(?:\.\d+|beta\d+|rc\d+|devel))/.exec(output)?.[1];
  if (version === undefined) {
    throw new Error(`${name} does not say its version, but: ${output.trim()}. ${remedy}`);
  }
  return { name, version };
}

/**
 * Finds pg_dump and makes sure that it understands the server of `client`: it refuses newer ones.
 *
 * @throws Error that names the package when it is missing or older than the server.
 */
export async function findDumpTool(client: pg.ClientBase): Promise<Tool> {
  const { rows } = await client.query<{ number: string; version: string }>(
    `select current_setting('server_version_num') as number,
      current_setting('server_version') as version`,
  );
  const [server] = rows;
  const tool = await findTool('pg_dump');
  if (Number.parseInt(tool.version, 10) < Math.floor(Number(server?.number) / 10_000)) {
    throw new Error(
      `pg_dump ${tool.version} is older than the server, ${server?.version}, and cannot read it. ${remedy}`,
    );
  }
  return tool;
}

/**
 * Runs a program of PostgreSQL to its end and returns what it printed. `connectionString` is where it
 * connects, if it does; its password is handed over out of sight of other users. Killed by `signal`, and when
 * this process ends before it.
 *
 * @throws Error with the program's own words when it cannot be started or fails.
 */
export async function runTool(
  name: ToolName,
  args: readonly string[],
  connectionString: string | null,
  signal?: AbortSignal,
): Promise<string> {
  const connection = connectionString === null ? null : hidePassword(connectionString);
  const child = spawn(name, connection === null ? args : [...args, `--dbname=${connection.url}`], {
    env: { ...cleanEnvironment(), ...connection?.variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  });
  const kill = (): void => {
    child.kill();
  };
  process.once('exit', kill);
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => reject(new Error(`Cannot run ${name}.`, { cause })));
      child.once('close', resolve);
    });
    if (exitCode !== 0) {
      throw new Error(`${name} failed: ${complaints.trim() || `exit code ${exitCode}`}`);
    }
    return output;
  } finally {
    process.off('exit', kill);
  }
}

function hidePassword(connectionString: string): {
  readonly url: string;
  readonly variables: Readonly<Record<string, string>>;
} {
  const url = new URL(connectionString);
  const password = decodeURIComponent(url.password);
  url.password = '';
  return { url: url.href, variables: password === '' ? {} : { PGPASSWORD: password } };
}

/** Without PG* variables, which would lead the program elsewhere, and in the language of our own checks. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(entries), LC_ALL: 'C' };
}
