/** Something that the connection may not see, or that the server does not keep; the message says what to do. */
export class NotVisible extends Error {
  override name = 'NotVisible';
}
