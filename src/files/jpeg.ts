import { DamagedFile, take } from './damaged.ts';
import { orientationOnly } from './orientation.ts';

const marker = {
  start: 0xd8,
  end: 0xd9,
  scan: 0xda,
  comment: 0xfe,
  app0: 0xe0,
  app1: 0xe1,
  app2: 0xe2,
  app14: 0xee,
  app15: 0xef,
} as const;
const exif = 'Exif\0\0';

/**
 * A JPEG without what is not the picture: of the application's segments only JFIF's head, colour profile, and
 * Adobe's colours stay, of Exif the orientation. The coded picture is not touched. What follows the
 * end is left out.
 *
 * @throws DamagedFile
 */
export function cleanJpeg(bytes: Buffer): Buffer {
  const head: Buffer[] = [];
  const rest: Buffer[] = [];
  let turned: Buffer | null = null;
  let hasFrame = false;
  let hasScan = false;
  let at = 2;
  for (;;) {
    const [mark, begin] = nextMarker(bytes, at);
    if (mark === marker.end) {
      break;
    }
    const length = take(bytes, begin, 2).readUInt16BE();
    const content = take(bytes, begin + 2, length - 2);
    at = begin + length;
    if (mark === marker.app1 && startsWith(content, exif)) {
      turned ??= orientationOnly(content.subarray(exif.length));
    } else if (mark === marker.app0 && startsWith(content, 'JFIF\0') && content.length >= 14) {
      head[0] ??= segment(mark, withoutThumbnail(content));
    } else if (belongsToPicture(mark, content)) {
      rest.push(segment(mark, content));
      hasFrame ||= isFrame(mark);
    }
    if (mark === marker.scan) {
      hasScan = true;
      const end = endOfScan(bytes, at);
      rest.push(bytes.subarray(at, end));
      at = end;
    }
  }
  if (!hasFrame || !hasScan) {
    throw new DamagedFile('It contains no picture.');
  }
  if (turned !== null) {
    head.push(segment(marker.app1, Buffer.concat([Buffer.from(exif, 'latin1'), turned])));
  }
  return Buffer.concat([
    Buffer.from([0xff, marker.start]),
    ...head,
    ...rest,
    Buffer.from([0xff, marker.end]),
  ]);
}

/** The next marker, and where what belongs to it begins. There may be any number of ff before it. */
function nextMarker(bytes: Buffer, from: number): [mark: number, begin: number] {
  let at = from;
  if (take(bytes, at, 1)[0] !== 0xff) {
    throw new DamagedFile('A segment starts at the wrong place.');
  }
  while (bytes[at] === 0xff) {
    at += 1;
  }
  const mark = take(bytes, at, 1)[0] as number;
  if (mark < 0xc0 || (mark >= 0xd0 && mark <= marker.start)) {
    throw new DamagedFile('A segment has a wrong length.');
  }
  return [mark, at + 1];
}

/** Where coded data end: at a marker that is neither a filled-in zero nor a restart. */
function endOfScan(bytes: Buffer, from: number): number {
  for (let at = from; ; ) {
    at = bytes.indexOf(0xff, at);
    const next = at === -1 ? undefined : bytes[at + 1];
    if (next === undefined) {
      throw new DamagedFile('The file ends too early.');
    }
    if (next === 0xff) {
      at += 1;
    } else if (next === 0 || (next >= 0xd0 && next <= 0xd7)) {
      at += 2;
    } else {
      return at;
    }
  }
}

function belongsToPicture(mark: number, content: Buffer): boolean {
  if (mark === marker.app2) {
    return startsWith(content, 'ICC_PROFILE\0');
  }
  if (mark === marker.app14) {
    return startsWith(content, 'Adobe');
  }
  // Tables, frames and scans; neither segments of applications, nor extensions, nor comments.
  return mark < marker.app0;
}

function isFrame(mark: number): boolean {
  return mark >= 0xc0 && mark <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(mark);
}

/** The small picture may show what was cut off the large one. */
function withoutThumbnail(jfif: Buffer): Buffer {
  const head = Buffer.from(jfif.subarray(0, 14));
  head.fill(0, 12);
  return head;
}

function segment(mark: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, mark, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

function startsWith(bytes: Buffer, text: string): boolean {
  return bytes.toString('latin1', 0, text.length) === text;
}
