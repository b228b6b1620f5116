import { fileTypeFromBuffer } from 'file-type';
import { Refusal } from '../http/refusal.ts';
import { DamagedFile } from './damaged.ts';
import { cleanJpeg } from './jpeg.ts';
import { cleanPng } from './png.ts';
import { cleanWebp } from './webp.ts';

/** By media type: what is kept of the bytes. Of a PDF all. */
const cleaners: ReadonlyMap<string, (bytes: Buffer) => Buffer> = new Map([
  ['image/jpeg', cleanJpeg],
  ['image/png', cleanPng],
  ['image/webp', cleanWebp],
  ['application/pdf', (bytes: Buffer) => bytes],
]);

/**
 * Looks what bytes are, whatever their sender says, and gives them without what pictures tell beside the
 * picture.
 *
 * @throws Refusal OB056 when they are something else, or damaged.
 */
export async function cleanContent(bytes: Buffer, announced: string): Promise<Buffer> {
  const found = await fileTypeFromBuffer(bytes);
  const clean = cleaners.get(announced);
  if (found?.mime !== announced || clean === undefined) {
    const what = found === undefined ? 'of an unknown type' : found.mime;
    throw new Refusal(
      'OB056',
      `This file is ${what}, not ${announced} as announced. Send the announced file.`,
    );
  }
  try {
    return clean(bytes);
  } catch (cause) {
    if (cause instanceof DamagedFile) {
      throw new Refusal('OB056', `This file is damaged. Send an intact file. ${cause.message}`, {
        cause,
      });
    }
    throw cause;
  }
}
