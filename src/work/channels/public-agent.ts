import dns from 'node:dns';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Of IPv6 only this is given out to the world. */
const givenOut = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an IP address is one of the internet, and none of our own network: in no block of IANA's
 * special-purpose registries, and of IPv6 none that carries another address in it.
 */
export function isPublicAddress(address: string): boolean {
  // The library reads octal, hexadecimal and short forms as well; a zone is one of our own links.
  if (isIP(address) === 0 || address.includes('%')) {
    return false;
  }
  const parsed = ipaddr.parse(address);
  return parsed.range() === 'unicast' && (parsed instanceof ipaddr.IPv4 || parsed.match(givenOut));
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
        callback(new Error(`${hostname} is not a public internet address.`), []);
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
