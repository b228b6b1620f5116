import dns from 'node:dns';
import https from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Networks that are not the internet (IANA's special-purpose registries). */
const inside = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  inside.addSubnet(network, prefix, 'ipv4');
}
/** Of IPv6 only what is given out to the world, and of that no addresses that carry another one. */
const outside6 = new BlockList();
outside6.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  inside.addSubnet(network, prefix, 'ipv6');
}

/** Whether an IP address is one of the internet, and none of our own network. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) {
    return !inside.check(address, 'ipv4');
  }
  return version === 6 && outside6.check(address, 'ipv6') && !inside.check(address, 'ipv6');
}

/** Looks all addresses of a name up, as `dns.lookup` does. */
export type Resolve = (
  hostname: string,
  options: dns.LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void,
) => void;

/** Looks a name up, and fails when any of its addresses is not public. */
const lookupBy =
  (resolve: Resolve): LookupFunction =>
  (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) {
        callback(error, []);
        return;
      }
      const hidden = addresses.find(({ address }) => !isPublicAddress(address));
      if (hidden !== undefined || addresses[0] === undefined) {
        callback(new Error(`${hostname} is no address of the internet.`), []);
        return;
      }
      if (options.all === true) {
        callback(null, addresses);
      } else {
        callback(null, addresses[0].address, addresses[0].family);
      }
    });
  };

/**
 * For addresses that strangers give us: connects to the internet only. The check is made on the very
 * address that is connected to, so a name that changes its mind does not get past it. A number in place
 * of a name is never looked up; the database takes none.
 */
export function makePublicAgent(resolve: Resolve = dns.lookup): https.Agent {
  return new https.Agent({ keepAlive: true, maxSockets: 50, lookup: lookupBy(resolve) });
}
