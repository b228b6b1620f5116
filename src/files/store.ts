import type { Readable } from 'node:stream';

/** What a reader is told of the file besides its bytes. */
export type FileHeaders = {
  readonly contentType: string;
  /** Of `Content-Disposition`. */
  readonly disposition: string;
};

/** Keeps bytes under keys. Whatever it throws is an error of ours. */
export type FileStore = {
  /** Where it keeps them, for people. */
  readonly place: string;
  /** Whole, or not at all. */
  put(key: string, bytes: Buffer, contentType: string): Promise<void>;
  /** The bytes, or an address where they can be had for a minute; null when they are not there. */
  read(key: string, headers: FileHeaders): Promise<Readable | URL | null>;
  /** Also where nothing is. */
  remove(key: string): Promise<void>;
};
