/** Cuts a text to at most so many bytes of UTF-8, between two letters, and shows that it was cut. */
export function shorten(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) {
    return text;
  }
  const room = bytes - Buffer.byteLength('…');
  let short = '';
  let length = 0;
  for (const letter of text) {
    length += Buffer.byteLength(letter);
    if (length > room) {
      break;
    }
    short += letter;
  }
  return `${short}…`;
}
