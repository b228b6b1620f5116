import { describe, expect, test } from '@jest/globals';
import { Random } from '../../src/demo/random.ts';
import { cleanContent } from '../../src/files/content.ts';
import { Refusal } from '../../src/http/refusal.ts';
import { decorated, jpegSegment, kinds, pdf, pictures, secret } from './pictures.ts';

/** `ok`, or the code of the refusal; anything else that is thrown fails the test. */
async function outcome(bytes: Buffer, type: string): Promise<string> {
  try {
    await cleanContent(bytes, type);
    return 'ok';
  } catch (error) {
    if (error instanceof Refusal) {
      return error.code;
    }
    throw error;
  }
}

describe.each(kinds)('%s', (kind) => {
  const type = `image/${kind}`;

  test('a picture without metadata stays as it is', async () => {
    expect(await cleanContent(pictures[kind], type)).toEqual(pictures[kind]);
  });

  test('metadata in it, or bytes after it, do not stay', async () => {
    const bytes = decorated(kind);
    expect(bytes.includes(secret)).toBe(true);
    expect(await cleanContent(bytes, type)).toEqual(pictures[kind]);
  });

  test.each([2, 3, 6, 8])('its orientation stays: %i', async (orientation) => {
    const clean = await cleanContent(decorated(kind, orientation), type);
    expect(clean.includes(secret)).toBe(false);
    // As readers look for it: big-endian, tag 0x0112, one short.
    const tag = clean.indexOf(Buffer.from('0112000300000001', 'hex'));
    expect(tag).toBeGreaterThan(0);
    expect(clean.readUInt16BE(tag + 8)).toBe(orientation);
    expect(await cleanContent(clean, type)).toEqual(clean);
  });

  test('an orientation that means nothing does not stay', async () => {
    expect(await cleanContent(decorated(kind, 77), type)).toEqual(pictures[kind]);
  });

  test('one that ends too early is refused, wherever it ends', async () => {
    const bytes = pictures[kind];
    for (let length = 0; length < bytes.length - 1; length += 1) {
      expect({ length, ended: await outcome(bytes.subarray(0, length), type) }).toEqual({
        length,
        ended: 'OB056',
      });
    }
  });

  test('whatever bytes are changed, it is kept or refused and nothing breaks', async () => {
    const random = new Random(`damage to ${kind}`);
    for (let round = 0; round < 400; round += 1) {
      const bytes = Buffer.from(decorated(kind, 6));
      for (let n = random.int(1, 6); n > 0; n -= 1) {
        bytes[random.int(12, bytes.length - 1)] = random.int(0, 255);
      }
      expect(['ok', 'OB056']).toContain(await outcome(bytes, type));
    }
  });
});

test('a JPEG with several scans, restarts and padding keeps all of its picture', async () => {
  const bytes = pictures.jpeg;
  const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
  const again = Buffer.concat([
    bytes.subarray(0, -2),
    Buffer.from([0xff, 0xd0, 0x12, 0xff, 0x00, 0x34]),
    bytes.subarray(scan, -2),
    Buffer.from([0xff, 0xff, 0xd9]),
  ]);
  expect(await cleanContent(again, 'image/jpeg')).toEqual(again);
});

test('the thumbnail in a JPEG’s metadata does not stay', async () => {
  const head = Buffer.concat([
    Buffer.from('JFIF\0\x01\x02\0\0\x01\0\x01\x02\x02'),
    Buffer.alloc(12, 7),
  ]);
  const rest = pictures.jpeg.subarray(2 + 18);
  const bytes = Buffer.concat([pictures.jpeg.subarray(0, 2), jpegSegment(0xe0, head), rest]);
  const clean = await cleanContent(bytes, 'image/jpeg');
  expect(clean.length).toBe(bytes.length - 12);
  expect(clean.subarray(16, 20).toString('hex')).toBe('0001' + '0000');
});

test.each<[string, Buffer, string]>([
  ['a PNG as a JPEG', pictures.png, 'image/jpeg'],
  ['a JPEG as a PDF', pictures.jpeg, 'application/pdf'],
  ['a PDF as a WebP', pdf, 'image/webp'],
  ['a page as a JPEG', Buffer.from('<!doctype html><script>alert(1)</script>'), 'image/jpeg'],
  ['a drawing as a PNG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/png'],
  ['a page as itself', Buffer.from('<!doctype html><p>Hello'), 'text/html'],
  [
    'a page that begins like a JPEG',
    Buffer.from('\xff\xd8\xff<script>alert(1)</script>', 'latin1'),
    'image/jpeg',
  ],
  ['a program as a PDF', Buffer.from('7f454c460201010000', 'hex'), 'application/pdf'],
  ['nothing', Buffer.alloc(0), 'image/png'],
])('%s is refused', async (_, bytes, type) => {
  expect(await outcome(bytes, type)).toBe('OB056');
});

test('a PDF is kept as it is', async () => {
  expect(await cleanContent(pdf, 'application/pdf')).toEqual(pdf);
});
