/** Makes a backup of the whole database and returns where it is. */
export type TakeBackup = () => Promise<{ readonly path: string }>;

/**
 * Takes the backup that comes before a change.
 *
 * @throws Error that says how to go on without one.
 */
export async function backUpFirst(
  takeBackup: TakeBackup,
  report: (line: string) => void,
): Promise<void> {
  report('Taking a backup first (--no-backup goes without) …');
  try {
    const { path } = await takeBackup();
    report(`Backup: ${path}`);
  } catch (cause) {
    throw new Error(
      'No backup could be taken, so nothing was changed. Put that right, or go without one: --no-backup',
      { cause },
    );
  }
}
