import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** The system user that the server runs as; `null` stands for ourselves. */
export type ServerUser = { readonly uid: number; readonly gid: number };

/**
 * PostgreSQL refuses to run as root. Root therefore starts it as the owner of the existing cluster, else
 * as `postgres` or `nobody`.
 */
export function serverUserFor(clusterDirectory: string): ServerUser | null {
  if (process.getuid?.() !== 0) {
    return null;
  }
  const cluster = statSync(clusterDirectory, { throwIfNoEntry: false });
  if (cluster !== undefined && cluster.uid !== 0) {
    return { uid: cluster.uid, gid: cluster.gid };
  }
  const user = findSystemUser('postgres') ?? findSystemUser('nobody');
  if (user === null) {
    throw new Error(
      'PostgreSQL cannot run as root, and this system has neither a user postgres nor a user nobody: create one of them',
    );
  }
  return user;
}

/** Whether `user` can enter `directory` (or, where it is still missing, its nearest existing parent). */
export function canEnter(user: ServerUser, directory: string): boolean {
  let existing = directory;
  while (statSync(existing, { throwIfNoEntry: false }) === undefined) {
    existing = path.dirname(existing);
  }
  return ask(user, 'cd "$1"', existing);
}

/** Whether `user` can read and execute `program`. */
export function canUse(user: ServerUser, program: string): boolean {
  return ask(user, 'test -r "$1" && test -x "$1"', program);
}

/** Asked as that user, since modes alone do not tell (groups, access lists). */
function ask(user: ServerUser, question: string, file: string): boolean {
  return spawnSync('/bin/sh', ['-c', question, 'sh', file], { cwd: '/', ...user }).status === 0;
}

function findSystemUser(name: string): ServerUser | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (line === undefined) {
    return null;
  }
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
