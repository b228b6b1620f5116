import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describeError } from '../../src/cli/describe-error.ts';
import { writeNewFile } from '../../src/operations/new-file.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../helpers/temporary-directory.ts';

let folder: TemporaryDirectory;

beforeAll(() => {
  folder = makeTemporaryDirectory();
});

afterAll(() => folder.remove());

/** What a command says of what `act` throws. */
async function said(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    return describeError(error);
  }
  throw new Error('Nothing was thrown.');
}

describe('what a command says of an error', () => {
  it('is a sentence with the path where a file is missing, or is not one', async () => {
    const missing = path.join(folder.path, 'missing.csv');
    expect(await said(() => readFileSync(missing))).toBe(
      `${missing} does not exist. Check the path.`,
    );
    expect(await said(() => readFileSync(folder.path))).toMatch(/is a folder\. Name a file\.$/);
    const file = path.join(folder.path, 'file');
    writeFileSync(file, '');
    expect(await said(() => readFileSync(path.join(file, 'inside')))).toMatch(
      /is not a folder\. Name a folder\.$/,
    );
  });

  it.each([
    ['EACCES', 'open', /^\/data cannot be used: permission denied\./],
    ['ENOSPC', 'write', /^\/data cannot be written: no space is left on the disk\./],
    ['ENOENT', 'spawn pg_dump', /^The program \/data cannot be run \(ENOENT\)\./],
  ])('is a sentence for %s of %s', (code, syscall, sentence) => {
    const error = Object.assign(new Error(`${code}: raw`), { code, syscall, path: '/data' });
    expect(describeError(error)).toMatch(sentence);
  });

  it('names the causes, each once', () => {
    const cause = new Error('The disk is gone.');
    expect(describeError(new Error('No backup.', { cause }))).toBe(
      'No backup.\n  because: The disk is gone.',
    );
    expect(describeError(new Error('No backup: The disk is gone.', { cause }))).toBe(
      'No backup: The disk is gone.',
    );
  });

  it('names a file that cannot be made', async () => {
    const file = path.join(folder.path, 'none', 'bookings.csv');
    const text = await said(() => writeNewFile(file, async () => undefined));
    expect(text).toMatch(`${file} cannot be written. Check the path and its permissions.\n`);
  });
});
