import http from 'node:http';
import { isIP } from 'node:net';
import { makePublicAgent, type Resolve } from '../channels/public-agent.ts';
import { resolveByServers } from './resolve.ts';

export type AgentsOptions = {
  /** Whether http to this machine itself is allowed, as in development; never in production. */
  allowsLoopback: boolean;
  resolve?: Resolve;
};

export type Agents = {
  /** @throws Error for addresses that are not called, whatever the database says. */
  agentFor(url: URL): http.Agent;
  /** Closes connections. */
  close(): void;
};

/**
 * Connects to the internet over https, and to nothing else. What the name of a partner leads to is checked
 * at each connection, on the very address that is connected to; a number in place of a name would not be
 * looked up, and so is refused.
 */
export function makeAgents({ allowsLoopback, resolve = resolveByServers }: AgentsOptions): Agents {
  const outside = makePublicAgent(resolve);
  const here = new http.Agent({
    keepAlive: true,
    lookup: (_hostname, options, callback) => {
      if (options.all === true) {
        callback(null, [{ address: '127.0.0.1', family: 4 }]);
      } else {
        callback(null, '127.0.0.1', 4);
      }
    },
  });
  return {
    agentFor({ protocol, hostname }) {
      if (protocol === 'https:' && isIP(hostname.replace(/^\[|\]$/g, '')) === 0) {
        return outside;
      }
      if (allowsLoopback && protocol === 'http:' && /^(localhost|127\.0\.0\.1)$/.test(hostname)) {
        return here;
      }
      throw new Error('Webhooks are not sent to this address.');
    },
    close() {
      outside.destroy();
      here.destroy();
    },
  };
}
