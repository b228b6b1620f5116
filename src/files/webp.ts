import { DamagedFile, take } from './damaged.ts';
import { orientationOnly } from './orientation.ts';

/** What makes the picture, or a frame of it. */
const kept = new Set(['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const exifFlag = 0x08;
const xmpFlag = 0x04;
const frameHead = 16;

/**
 * A WebP without what is not the picture; of Exif the orientation stays. What follows the end is left out.
 *
 * @throws DamagedFile
 */
export function cleanWebp(bytes: Buffer): Buffer {
  const length = take(bytes, 4, 4).readUInt32LE();
  const chunks = readChunks(take(bytes, 12, length - 4));
  if (!chunks.some(({ type }) => ['VP8 ', 'VP8L', 'ANMF'].includes(type))) {
    throw new DamagedFile('It contains no picture.');
  }
  const exif = chunks.find(({ type }) => type === 'EXIF');
  const turned = exif === undefined ? null : orientationOnly(exif.content);
  const parts = chunks
    .filter(({ type }) => kept.has(type))
    .map(({ type, content }) => chunk(type, cleanContent(type, content, turned !== null)));
  if (turned !== null) {
    parts.push(chunk('EXIF', turned));
  }
  const body = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...parts]);
  return chunk('RIFF', body);
}

type Chunk = {
  readonly type: string;
  readonly content: Buffer;
};

function readChunks(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = take(bytes, at, 4).toString('latin1');
    const length = take(bytes, at + 4, 4).readUInt32LE();
    chunks.push({ type, content: take(bytes, at + 8, length) });
    at += 8 + length + (length % 2);
  }
  return chunks;
}

function cleanContent(type: string, content: Buffer, isTurned: boolean): Buffer {
  if (type === 'VP8X') {
    const head = Buffer.from(content);
    head[0] = (take(content, 0, 1)[0] as number) & ~(exifFlag | xmpFlag);
    head[0] |= isTurned ? exifFlag : 0;
    return head;
  }
  if (type === 'ANMF') {
    const parts = readChunks(content.subarray(frameHead)).filter((part) => kept.has(part.type));
    return Buffer.concat([
      take(content, 0, frameHead),
      ...parts.map((part) => chunk(part.type, part.content)),
    ]);
  }
  return content;
}

/** A chunk of odd length is followed by a zero. */
function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
