import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../src/config/project.ts';
import { bootstrap } from '../src/database/bootstrap.ts';
import { applyCurrent } from '../src/database/migrations/current.ts';
import { migrate } from '../src/database/migrations/migrate.ts';
import { withClient } from '../src/lib/postgres.ts';
import { startTestServer, type TestServer } from './helpers/server.ts';
import { removeAbandonedDirectories } from './helpers/temporary-directory.ts';
import { untilUnused } from './helpers/unused.ts';
import { type TestUrls, templateDatabase, urlsVariable } from './helpers/urls.ts';

declare global {
  var testServer: TestServer | undefined;
}

const compileCache = path.join(projectRoot, 'node_modules', '.cache', 'compiled');

/** Each copy of the program that a test runs leaves compiled modules, which no other copy reads. */
function limitCompileCache(): void {
  const files = existsSync(compileCache) ? readdirSync(compileCache, { recursive: true }) : [];
  if (files.length > 5_000) {
    rmSync(compileCache, { recursive: true, force: true });
  }
}

export default async function setUp(): Promise<void> {
  removeAbandonedDirectories();
  limitCompileCache();
  const server = await startTestServer();
  globalThis.testServer = server;
  const urls: TestUrls = {
    root: server.urlFor('postgres', 'postgres'),
    owner: server.urlFor('ombaro_owner', templateDatabase),
    api: server.urlFor('ombaro_api', templateDatabase),
    worker: server.urlFor('ombaro_worker', templateDatabase),
  };
  try {
    await bootstrap({
      rootUrl: urls.root,
      ownerUrl: urls.owner,
      apiUrl: urls.api,
      workerUrl: urls.worker,
    });
    const target = { ownerUrl: urls.owner, rootUrl: urls.root, shadowUrl: null };
    const silence = () => {};
    await migrate(target, silence);
    await applyCurrent(target, silence);
    await withClient(urls.root, (root) => untilUnused(root, templateDatabase));
  } catch (error) {
    await server.stop();
    throw error;
  }
  process.env[urlsVariable] = JSON.stringify(urls);
}
