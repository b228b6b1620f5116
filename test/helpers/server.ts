import { createServer } from 'node:net';
import path from 'node:path';
import { openDataDirectory, passwordPurpose } from '../../src/config/data-directory.ts';
import { startEmbedded } from '../../src/database/embedded/server.ts';
import { makeTemporaryDirectory } from './temporary-directory.ts';

export type TestServer = {
  readonly urlFor: (role: string, database: string) => string;
  readonly stop: () => Promise<void>;
};

/** Other binaries than the installed package's: a folder with bin/ and lib/. */
export const binariesDirectory = process.env.TEST_POSTGRES_DIR || null;

/**
 * Starts a server of its own whose data may be lost, with the binaries of the suite or other ones, and
 * these variables in its environment.
 */
export async function startTestServer(
  binaries = binariesDirectory,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const directory = makeTemporaryDirectory();
  const data = openDataDirectory(path.join(directory.path, 'data'));
  const port = await findFreePort();
  const server = await startEmbedded({
    data,
    port,
    binariesDirectory: binaries,
    isDisposable: true,
    environment,
  });
  return {
    urlFor: (role, database) =>
      `postgres://${role}:${data.secretFor(passwordPurpose(role))}@127.0.0.1:${port}/${database}`,
    stop: async () => {
      await server.stop();
      directory.remove();
    },
  };
}

/** A port of 127.0.0.1 that no program listens on at this moment. */
export async function findFreePort(): Promise<number> {
  const probe = createServer();
  return await new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
