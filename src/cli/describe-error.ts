import { types } from 'node:util';

/** What the operating system refuses of a file or folder, in a sentence that goes on after its path. */
const fileProblems: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist. Check the path',
  EACCES: 'cannot be used: permission denied. Change its permissions, or run as its owner',
  EPERM: 'cannot be used: permission denied. Change its permissions, or run as its owner',
  EROFS: 'cannot be written: the file system is read-only. Choose another folder',
  EEXIST: 'exists already. Remove it, or choose another name',
  EISDIR: 'is a folder. Name a file',
  ENOTDIR: 'is not a folder. Name a folder',
  ENOSPC: 'cannot be written: no space is left on the disk. Free some, or choose another folder',
};

/** The message and, where it has them, those of its causes; no stack, which helps only developers of this program. */
export function describeError(error: unknown): string {
  if (!types.isNativeError(error)) {
    return String(error);
  }
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(describeError).join('\n');
  }
  const message = describeFileProblem(error) ?? error.message;
  const isExplained =
    error.cause === undefined ||
    error.cause === null ||
    (types.isNativeError(error.cause) && message.includes(error.cause.message));
  return isExplained ? message : `${message}\n  because: ${describeError(error.cause)}`;
}

/** `ENOENT: no such file or directory, open 'x.csv'` as a sentence; undefined for any other error. */
export function describeFileProblem(error: Error): string | undefined {
  const { code = '', path, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EPIPE') {
    return 'The output was closed before everything was written.';
  }
  const problem = fileProblems[code];
  if (problem === undefined || syscall === undefined) {
    return undefined;
  }
  if (syscall.startsWith('spawn')) {
    return `The program ${path ?? ''} cannot be run (${code}). Install it, or add its folder to PATH.`;
  }
  return `${path ?? 'A file that was named'} ${problem}.`;
}
