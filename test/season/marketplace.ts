import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { client, type FakeProvider, openFakeProvider } from '../auth/social/fake-provider.ts';
import { makeCommandLine, type Outcome } from '../helpers/command-line.ts';
import { findFreePort, startTestServer } from '../helpers/server.ts';
import { makeTemporaryDirectory } from '../helpers/temporary-directory.ts';
import { type Clock, makeClock } from './clock.ts';
import { type Coverage, makeCoverage } from './coverage.ts';
import { type Gateway, makeGateway, webhookSecret } from './gateway.ts';
import { type Messages, startMessages } from './messages.ts';
import { makePerson, type Person } from './person.ts';

/** An installation in production as its operator and its people see it: from outside. */
export type Marketplace = {
  readonly clock: Clock;
  /** Runs `npx ombaro` with the operator's settings. */
  readonly ombaro: (...args: readonly string[]) => Promise<Outcome>;
  /** A person with a telephone of their own. */
  readonly person: (name: string, mobile: string) => Person;
  /** What the API shows to who has no token. */
  readonly visitor: Person['query'];
  readonly url: string;
  readonly coverage: Coverage;
  /** The company that takes payments. */
  readonly gateway: Gateway;
  /** The company at which people have accounts that sign them in here. */
  readonly google: FakeProvider;
  /** What reached people's telephones and mailboxes. */
  readonly messages: Messages;
  readonly close: () => Promise<void>;
};

const projectRoot = path.resolve(import.meta.dirname, '../..');
const startSeconds = 60;

/** An empty database of a server in production, migrated and served by `npx ombaro`. */
export async function openMarketplace(): Promise<Marketplace> {
  const running = new AsyncDisposableStack();
  try {
    const directory = makeTemporaryDirectory();
    running.defer(() => directory.remove());
    const clock = makeClock(directory.path);
    running.defer(() => clock.close());
    const server = await startTestServer(undefined, clock.environment);
    running.defer(() => server.stop());
    const messages = await startMessages();
    running.defer(() => messages.close());
    const google = await openFakeProvider();
    running.defer(() => google.close());
    const port = await findFreePort();
    const url = `http://127.0.0.1:${port}`;
    const settings = {
      ...clock.environment,
      ...messages.environment,
      NODE_ENV: 'production',
      PORT: String(port),
      LOG_LEVEL: 'error',
      // Each person sends the address of their own network, as behind a proxy.
      TRUST_PROXY: 'true',
      DATABASE_URL: server.urlFor('ombaro_owner', 'ombaro'),
      API_DATABASE_URL: server.urlFor('ombaro_api', 'ombaro'),
      WORKER_DATABASE_URL: server.urlFor('ombaro_worker', 'ombaro'),
      JWT_SECRET: 'a secret of the season, long enough to sign with',
      // No telephone of this marketplace has Expo's app.
      EXPO_PUSH: 'false',
      GOOGLE_CLIENT_ID: client.clientId,
      GOOGLE_CLIENT_SECRET: client.clientSecret,
      GOOGLE_ISSUER: google.issuer,
      RAZORPAY_WEBHOOK_SECRET: webhookSecret,
      FILES_DIR: path.join(directory.path, 'files'),
    };
    const run = makeCommandLine(projectRoot, settings);
    const ombaro = (...args: readonly string[]) =>
      run(process.execPath, ['bin/ombaro.js', ...args]);
    const rootUrl = server.urlFor('postgres', 'postgres');
    const migrated = await run(process.execPath, ['bin/ombaro.js', 'migrate', '--no-backup'], {
      ROOT_DATABASE_URL: rootUrl,
    });
    if (migrated.code !== 0) {
      throw new Error(`ombaro migrate failed:\n${migrated.stderr}`);
    }
    const api = await serve(settings);
    running.defer(() => stop(api));
    const coverage = makeCoverage();
    const connection = { url, messages, now: clock.now, coverage };
    return {
      clock,
      ombaro,
      url,
      coverage,
      messages,
      google,
      gateway: makeGateway(url),
      person: (name, mobile) => makePerson(connection, { name, mobile }),
      visitor: makePerson(connection, { name: 'a visitor', mobile: '' }).query,
      close: () => running.disposeAsync(),
    };
  } catch (error) {
    await running.disposeAsync();
    throw error;
  }
}

async function serve(settings: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['bin/ombaro.js', 'serve'], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), startSeconds * 1000);
  const lines: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    lines.push(line);
    if (line.startsWith('GraphQL ')) {
      clearTimeout(timer);
      child.stderr.pipe(process.stderr);
      return child;
    }
  }
  clearTimeout(timer);
  throw new Error(`ombaro serve ended before it served:\n${lines.join('\n')}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  }
}
