import type pg from 'pg';
import { archivables } from '../archive/archivable.ts';
import { type ArchivedFile, archiveTable, deletePending } from '../archive/archive-table.ts';
import { findPending, openArchive } from '../archive/files.ts';
import { plural } from '../plural.ts';
import type { Task } from '../task.ts';

/** Moves old log rows into compressed files in `directory`, and from the database what the files provably hold. */
export function makeArchive(directory: string): Task {
  return {
    name: 'archive',
    cadence: 'monthly',
    summary: 'move old log rows to compressed files (system settings maintenance.*_months)',
    run: async ({ client, signal }) => {
      const files = await openArchive(directory);
      const resumed: ArchivedFile[] = [];
      for (const name of await findPending(files)) {
        const archivable = archivables.find(({ table }) => name.startsWith(`${table}-before-`));
        if (archivable === undefined) {
          throw new Error(
            `${files.pending} has ${name}, which is not a file of the archive. Move it to another folder.`,
          );
        }
        // What was older than then is older than now.
        resumed.push(await deletePending(client, files, archivable, new Date(), name, signal));
      }
      const archived: ArchivedFile[] = [];
      for (const archivable of archivables) {
        const cutoff = await readCutoff(client, archivable.setting);
        if (cutoff !== null) {
          archived.push(...(await archiveTable(client, files, archivable, cutoff, signal)));
        }
      }
      const all = [...resumed, ...archived];
      const sum = (count: (file: ArchivedFile) => number): number =>
        all.reduce((total, file) => total + count(file), 0);
      return {
        summary: `${plural(
          sum(({ deleted }) => deleted),
          'row',
        )} moved to ${plural(all.length, 'file')} in ${directory}${resumed.length === 0 ? '' : `, ${resumed.length} of them left by a run that was ended`}.`,
        needsAttention: false,
        figures: {
          ...Object.fromEntries(
            archivables.map(({ table }) => [
              table,
              sum((file) => (file.table === table ? file.deleted : 0)),
            ]),
          ),
          kept: sum(({ kept }) => kept),
        },
        lists: { Files: archived, 'Files of a run that was ended': resumed },
      };
    },
  };
}

/** `null`: these rows stay for ever. */
async function readCutoff(client: pg.ClientBase, setting: string): Promise<Date | null> {
  const { rows } = await client.query<{ cutoff: Date | null }>({
    text: `select now() - make_interval(months => (app_private.setting($1) #>> '{}')::integer) as cutoff`,
    values: [setting],
  });
  return rows[0]?.cutoff ?? null;
}
