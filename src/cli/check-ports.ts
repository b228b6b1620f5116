import path from 'node:path';
import { hasDataDirectory, openDataDirectory } from '../config/data-directory.ts';
import type { Environment } from '../config/environment.ts';
import { projectRoot } from '../config/project.ts';
import { findPostmaster } from '../database/embedded/postmaster.ts';
import { isPortFree } from '../lib/ports.ts';
import { addressOf, isServing } from './running-server.ts';

/**
 * Before anything is made or started: that the API and the embedded server can listen.
 *
 * @throws Error that names every port that is taken, and the address of an OMBARO server that has it.
 */
export async function assertPortsAreFree(settings: Environment): Promise<void> {
  const { HOST: host, PORT: port } = settings;
  const taken: string[] = [];
  if (port !== 0 && !(await isPortFree(port, host))) {
    const url = addressOf({ host, port });
    if (await isServing(url)) {
      throw new Error(
        `OMBARO is already running here: ${url}. Stop it with Ctrl-C where it runs, or set PORT to another port.`,
      );
    }
    taken.push(`Port ${port} is used by another program. Set PORT to a free one.`);
  }
  if (settings.DATABASE_URL === undefined && !(await isEmbeddedPortUsable(settings))) {
    taken.push(
      `Port ${settings.EMBEDDED_PORT} is used by another program. Set EMBEDDED_PORT to a free one, or DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  if (taken.length > 0) {
    throw new Error(taken.join('\n'));
  }
}

/** It is free, or the server of this data folder has it already. */
async function isEmbeddedPortUsable({
  EMBEDDED_PORT: port,
  OMBARO_DATA_DIR,
}: Environment): Promise<boolean> {
  if (await isPortFree(port, '127.0.0.1')) {
    return true;
  }
  const folder = path.resolve(projectRoot, OMBARO_DATA_DIR);
  return (
    hasDataDirectory(folder) && findPostmaster(openDataDirectory(folder).cluster)?.port === port
  );
}
