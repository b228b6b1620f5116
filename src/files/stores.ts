import type { Config } from '../config/config.ts';
import { makeDiskStore } from './disk-store.ts';
import { makeS3Store } from './s3-store.ts';
import type { FileStore } from './store.ts';

export function makeFileStore({
  s3,
  directory,
}: Pick<Config['files'], 's3' | 'directory'>): FileStore {
  return s3 === null ? makeDiskStore(directory) : makeS3Store(s3);
}
