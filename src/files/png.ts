import { crc32 } from 'node:zlib';
import { DamagedFile, take } from './damaged.ts';
import { orientationOnly } from './orientation.ts';

const signatureLength = 8;
/** What makes the picture; texts, times and everything unknown are not among them. */
const kept = new Set([
  'IHDR',
  'PLTE',
  'IDAT',
  'IEND',
  'tRNS',
  'cHRM',
  'gAMA',
  'iCCP',
  'sBIT',
  'sRGB',
  'cICP',
  'mDCV',
  'cLLI',
  'bKGD',
  'hIST',
  'pHYs',
]);

/**
 * A PNG without what is not the picture; of Exif the orientation stays. What follows the end is left out.
 *
 * @throws DamagedFile
 */
export function cleanPng(bytes: Buffer): Buffer {
  const parts = [take(bytes, 0, signatureLength)];
  let hasPicture = false;
  let at = signatureLength;
  for (;;) {
    const length = take(bytes, at, 4).readUInt32BE();
    const named = take(bytes, at + 4, 4 + length);
    const type = named.toString('latin1', 0, 4);
    if (take(bytes, at + 8 + length, 4).readUInt32BE() !== crc32(named)) {
      throw new DamagedFile('A checksum does not match.');
    }
    if (at === signatureLength && type !== 'IHDR') {
      throw new DamagedFile('Its header is missing.');
    }
    if (kept.has(type)) {
      parts.push(bytes.subarray(at, at + 12 + length));
      hasPicture ||= type === 'IDAT';
    } else if (type === 'eXIf') {
      const turned = orientationOnly(named.subarray(4));
      if (turned !== null) {
        parts.push(chunk(type, turned));
      }
    }
    if (type === 'IEND') {
      break;
    }
    at += 12 + length;
  }
  if (!hasPicture) {
    throw new DamagedFile('It contains no picture.');
  }
  return Buffer.concat(parts);
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}
