const orientationTag = 0x0112;

/**
 * What a camera notes besides the picture (Exif, a TIFF) is where, when and with what it was taken. Only how the
 * picture is turned belongs to it: without that a portrait lies on its side.
 *
 * @returns the same with nothing but the orientation; null when there is none, or it is as usual.
 */
export function orientationOnly(tiff: Buffer): Buffer | null {
  const orientation = readOrientation(tiff);
  if (orientation === null || orientation < 2 || orientation > 8) {
    return null;
  }
  const only = Buffer.from('4d4d002a00000008000101120003000000010000000000000000', 'hex');
  only.writeUInt16BE(orientation, 18);
  return only;
}

/** Of the first directory; null when it cannot be read. */
function readOrientation(tiff: Buffer): number | null {
  const order = tiff.toString('latin1', 0, 2);
  if (tiff.length < 8 || (order !== 'II' && order !== 'MM')) {
    return null;
  }
  const isLittle = order === 'II';
  const short = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  if (short(2) !== 42 || directory + 2 > tiff.length) {
    return null;
  }
  const count = short(directory);
  for (let n = 0; n < count; n += 1) {
    const entry = directory + 2 + n * 12;
    if (entry + 12 > tiff.length) {
      return null;
    }
    if (short(entry) === orientationTag) {
      return short(entry + 8);
    }
  }
  return null;
}
