/** The bytes are not what they begin like. */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
}

/** Bytes from a place on. @throws DamagedFile when there are not as many. */
export function take(bytes: Buffer, from: number, length: number): Buffer {
  if (length < 0 || from + length > bytes.length) {
    throw new DamagedFile('The file ends too early.');
  }
  return bytes.subarray(from, from + length);
}
