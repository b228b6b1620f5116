import type { IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import { addressBlock, makeClientAddress } from '../../src/http/client-address.ts';

/** A request by a connection from `address`, as far as its address is looked at. */
function requestFrom(address: string | undefined, forwardedFor?: string): IncomingMessage {
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return { socket: { remoteAddress: address }, headers } as unknown as IncomingMessage;
}

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::FFFF:CB00:7109', '203.0.113.9'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8:0:1::', '2001:db8:0:1::'],
  ['::ffff:203.0.113.9%eth0', '203.0.113.9'],
  [undefined, '0.0.0.0'],
])('a connection from %s comes from %s', (address, expected) => {
  expect(makeClientAddress(false)(requestFrom(address))).toBe(expected);
});

const forwarded: [boolean | number | string[], string, string, string][] = [
  [false, '10.0.0.1', '203.0.113.9', '10.0.0.1'],
  [0, '10.0.0.1', '203.0.113.9', '10.0.0.1'],
  [true, '10.0.0.1', '198.51.100.1, 203.0.113.9', '198.51.100.1'],
  [1, '10.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
  [2, '10.0.0.1', '198.51.100.1, 203.0.113.9', '198.51.100.1'],
  [['10.0.0.0/8'], '10.0.0.1', '198.51.100.1, 203.0.113.9', '203.0.113.9'],
  [['10.0.0.0/8'], '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  [['loopback', '10.0.0.0/8'], '::1', '203.0.113.9, 10.0.0.7', '203.0.113.9'],
  [1, '10.0.0.1', '2001:DB8::0:1', '2001:db8::1'],
  [1, '10.0.0.1', 'unknown', '10.0.0.1'],
  [1, '10.0.0.1', '0x7f.1', '10.0.0.1'],
  [1, '10.0.0.1', '2130706433', '10.0.0.1'],
  [1, '10.0.0.1', '010.0.0.7', '10.0.0.1'],
  [1, '10.0.0.1', 'x'.repeat(9_000), '10.0.0.1'],
  [1, '10.0.0.1', ', ,', '10.0.0.1'],
];
test.each(
  forwarded,
)('trusting %j, %s forwards for %.40s: it is %s', (trust, by, header, expected) => {
  expect(makeClientAddress(trust)(requestFrom(by, header))).toBe(expected);
});

test('a trusted proxy must be an address', () => {
  expect(() => makeClientAddress(['10.0.0.0/8'])).not.toThrow();
  expect(() => makeClientAddress(['my-proxy'])).toThrow(TypeError);
});

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::1:2:3:4:5', '0:0:0:1::/64'],
])('%s counts as %s', (address, block) => {
  expect(addressBlock(address)).toBe(block);
});
