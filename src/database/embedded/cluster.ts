import { chownSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type DataDirectory, passwordPurpose } from '../../config/data-directory.ts';
import type { Binaries } from './binaries.ts';
import { run } from './run.ts';

/**
 * Makes the files of a new server: UTF-8, locale C (no locale of this machine is needed), passwords over
 * SCRAM, superuser `postgres`. They appear at `data.cluster` only when complete.
 */
export async function createCluster(data: DataDirectory, binaries: Binaries): Promise<void> {
  const draft = `${data.cluster}.new`;
  const passwordFile = path.join(draft, 'password');
  const files = path.join(draft, 'files');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(files, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, data.secretFor(passwordPurpose('postgres')), { mode: 0o600 });
  if (data.user !== null) {
    for (const entry of [draft, files, passwordFile]) {
      chownSync(entry, data.user.uid, data.user.gid);
    }
  }
  const args = [
    '--encoding=UTF8',
    '--locale=C',
    '--username=postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    `--pgdata=${files}`,
  ];
  await run(binaries.initdb, args, data.user);
  renameSync(files, data.cluster);
  rmSync(draft, { recursive: true });
}
