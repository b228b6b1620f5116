import type { LookupAddress } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { Resolve } from '../channels/public-agent.ts';

/** For one question to a name server, in milliseconds, and how often it is asked. */
const resolverOptions = { timeout: 2_000, tries: 2 };

/**
 * Asks the name servers themselves. `dns.lookup` would ask in one of four threads that the whole process
 * shares: names that are slow, as partners may make theirs, would hold up those of all.
 */
export const resolveByServers: Resolve = (hostname, _options, callback) => {
  resolveAll(hostname).then(
    (addresses) => callback(null, addresses),
    (error: NodeJS.ErrnoException) => callback(error, []),
  );
};

async function resolveAll(hostname: string): Promise<LookupAddress[]> {
  const resolver = new Resolver(resolverOptions);
  const [four, six] = await Promise.allSettled([
    resolver.resolve4(hostname),
    resolver.resolve6(hostname),
  ]);
  if (four.status === 'rejected' && six.status === 'rejected') {
    throw new Error(`The name ${hostname} was not found.`, { cause: four.reason });
  }
  const of = (found: typeof four, family: 4 | 6) =>
    found.status === 'rejected' ? [] : found.value.map((address) => ({ address, family }));
  return [...of(four, 4), ...of(six, 6)];
}
