import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Whether a program could listen on this port now.
 *
 * @throws Error when that cannot be tried: the host is not of this machine, or the port needs more rights.
 */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, 'listening');
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      return false;
    }
    throw new Error(`No program of this user can listen on ${host}, port ${port}.`, { cause });
  } finally {
    probe.close();
  }
}
