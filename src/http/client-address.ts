import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import proxyAddress from 'proxy-addr';

/** The address that a request came from, written in one way only, so that it can be compared. */
export type ClientAddress = (request: IncomingMessage) => string;

/** Of a connection that is gone already; its answer is not read. */
const unknown = '0.0.0.0';

/**
 * Makes the function from a request to its client's address: an IPv4 address, or an IPv6 address in
 * its shortest form. It serves Express's requests and those that open a websocket alike.
 *
 * @param trustProxy Express's `trust proxy`: whose `X-Forwarded-For` counts.
 * @throws TypeError when it names something other than an address.
 */
export function makeClientAddress(trustProxy: boolean | number | readonly string[]): ClientAddress {
  const trust = compileTrust(trustProxy);
  return (request) =>
    normalize(proxyAddress(request, trust)) ??
    // A proxy passed on a malformed address. Its sender shares a count with the proxy.
    normalize(request.socket.remoteAddress) ??
    unknown;
}

/** As Express compiles it for itself. */
function compileTrust(
  trustProxy: boolean | number | readonly string[],
): (address: string, hops: number) => boolean {
  if (typeof trustProxy === 'boolean') {
    return () => trustProxy;
  }
  if (typeof trustProxy === 'number') {
    return (_address, hops) => hops < trustProxy;
  }
  return proxyAddress.compile([...trustProxy]);
}

function normalize(address: string | undefined): string | undefined {
  // The zone after % says which of our own interfaces it came by.
  const [withoutZone = ''] = address?.split('%') ?? [];
  // The library reads octal, hexadecimal and short forms as well, which no connection has.
  return isIP(withoutZone) === 0 ? undefined : ipaddr.process(withoutZone).toString();
}

/**
 * What counts as one client: an IPv4 address, or the /64 of an IPv6 address, as every customer of a
 * provider has at least so many.
 *
 * @param address as `ClientAddress` gives it.
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) {
    return address;
  }
  const network = ipaddr.IPv6.parse(address).parts.slice(0, 4);
  return `${network.map((part) => part.toString(16)).join(':')}::/64`;
}
