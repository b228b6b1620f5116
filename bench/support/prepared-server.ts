import { prepareDatabase } from '../../src/database/prepare.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { startTestServer, type TestServer } from '../../test/helpers/server.ts';
import { untilUnused } from '../../test/helpers/unused.ts';

/** A temporary server whose database `ombaro` is migrated. `onStarted` is called before it is. */
export async function startPreparedServer(onStarted: () => void = () => {}): Promise<TestServer> {
  const server = await startTestServer();
  try {
    onStarted();
    await prepareDatabase(
      {
        rootUrl: server.urlFor('postgres', 'postgres'),
        ownerUrl: server.urlFor('ombaro_owner', 'ombaro'),
        apiUrl: server.urlFor('ombaro_api', 'ombaro'),
        workerUrl: server.urlFor('ombaro_worker', 'ombaro'),
        shadowUrl: null,
      },
      () => {},
    );
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    ...server,
    stop: async () => {
      await withClient(server.urlFor('postgres', 'postgres'), (root) =>
        untilUnused(root, 'ombaro'),
      );
      await server.stop();
    },
  };
}
