import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import S3rver from '@20minutes/s3rver';
import type { S3Config } from '../../src/config/config.ts';
import { makeTemporaryDirectory } from '../helpers/temporary-directory.ts';

export type Bucket = {
  readonly config: S3Config;
  /** Keys of what is in it. */
  keys(): readonly string[];
  close(): Promise<void>;
};

/** A server that speaks S3 and verifies signatures, with one bucket. */
export async function startBucket(): Promise<Bucket> {
  const temporary = makeTemporaryDirectory();
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    directory: temporary.path,
    silent: true,
    vhostBuckets: false,
    configureBuckets: [{ name: 'files' }],
  });
  const { port } = await server.run();
  const folder = path.join(temporary.path, 'files');
  return {
    config: {
      endpoint: `http://127.0.0.1:${port}`,
      bucket: 'files',
      region: 'ap-south-1',
      // The account that the server has.
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
    },
    keys: () =>
      existsSync(folder)
        ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
            .filter((name) => name.endsWith('._S3rver_object'))
            .map((name) => name.replace(/\._S3rver_object$/, ''))
        : [],
    async close() {
      const closed = server.close();
      // Clients keep theirs open for a next request.
      server.httpServer.closeAllConnections();
      await closed;
      temporary.remove();
    },
  };
}
