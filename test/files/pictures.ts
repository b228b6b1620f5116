import { crc32 } from 'node:zlib';

// Six by four pixels, red to blue, as Chromium writes them.
const encoded = {
  jpeg: '/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADb/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAEAAYDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAb/xAAYEAEBAAMAAAAAAAAAAAAAAAAAAgQSMf/EABUBAQEAAAAAAAAAAAAAAAAAAAQG/8QAGBEBAAMBAAAAAAAAAAAAAAAAAgAEEyH/2gAMAwEAAhEDEQA/AI3JutugK+iDgeRVxLZdn//Z',
  png: 'iVBORw0KGgoAAAANSUhEUgAAAAYAAAAECAYAAACtBE5DAAAAR0lEQVR4AWyLwQ2AIBAEJ9cCmliJjWgh2ogWoo3QCB+ghiWBDyG8NtmZscAmz66PQy+3Lh6d/LLMQsIxrrVzrTB10rSIOAoAAAD//0rS+noAAAAGSURBVAMAzuUd+1rap5gAAAAASUVORK5CYII=',
  webp: 'UklGRiwCAABXRUJQVlA4WAoAAAAgAAAABQAAAwAASUNDUMgBAAAAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADZWUDggPgAAALABAJ0BKgYABAACgEIlsAJ0AQ7+AuwA/vR3h2Mn/y5PPl09+g//ltpQIT/6w6DHH7Xf/Hy6BKZVp+MWumAA',
} as const;

export type Kind = keyof typeof encoded;

export const kinds: readonly Kind[] = ['jpeg', 'png', 'webp'];
/** Pictures without anything that is not the picture. */
export const pictures: Readonly<Record<Kind, Buffer>> = {
  jpeg: Buffer.from(encoded.jpeg, 'base64'),
  png: Buffer.from(encoded.png, 'base64'),
  webp: Buffer.from(encoded.webp, 'base64'),
};
export const pdf = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n',
);

/** What a picture must not disclose. */
export const secret = 'Taken at 28.6139 N 77.2090 E';

/** Exif, as a TIFF in the order of bytes that most cameras use: how the picture is turned, and a description. */
export function makeTiff(orientation: number | null): Buffer {
  const text = Buffer.from(`${secret}\0`);
  const entries = [
    entry(0x010e, 2, text.length, 38),
    orientation === null ? entry(0x0100, 3, 1, 6) : entry(0x0112, 3, 1, orientation),
  ];
  const head = Buffer.from('49492a000800000002000000', 'hex').subarray(0, 10);
  return Buffer.concat([head, ...entries, Buffer.alloc(4), text]);
}

function entry(tag: number, type: number, count: number, value: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(tag, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.writeUInt32LE(count, 4);
  bytes.writeUInt32LE(value, 8);
  return bytes;
}

/** The picture with what cameras and programs add to it. */
export function decorated(kind: Kind, orientation: number | null = null): Buffer {
  const tiff = makeTiff(orientation);
  const bytes = pictures[kind];
  const after = Buffer.from(`<script>// ${secret}</script>`);
  if (kind === 'jpeg') {
    return Buffer.concat([
      bytes.subarray(0, 2),
      jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), tiff])),
      jpegSegment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${secret}`)),
      jpegSegment(0xed, Buffer.from(`Photoshop 3.0\0${secret}`)),
      jpegSegment(0xfe, Buffer.from(secret)),
      bytes.subarray(2),
      after,
    ]);
  }
  if (kind === 'png') {
    const headEnd = 8 + 25;
    return Buffer.concat([
      bytes.subarray(0, headEnd),
      pngChunk('eXIf', tiff),
      pngChunk('tEXt', Buffer.from(`Comment\0${secret}`)),
      pngChunk('iTXt', Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${secret}`)),
      pngChunk('tIME', Buffer.alloc(7)),
      pngChunk('prVt', Buffer.from(secret)),
      bytes.subarray(headEnd),
      after,
    ]);
  }
  const body = Buffer.concat([
    bytes.subarray(8),
    webpChunk('EXIF', tiff),
    webpChunk('XMP ', Buffer.from(secret)),
    webpChunk('NOTE', Buffer.from(secret)),
  ]);
  // Flags of Exif and XMP.
  body[12] = (body[12] as number) | 0x0c;
  return Buffer.concat([webpChunk('RIFF', body), after]);
}

export function jpegSegment(mark: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, mark, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

function pngChunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), content]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(content.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
}

function webpChunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
