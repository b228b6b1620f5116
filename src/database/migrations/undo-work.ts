import { inTransaction, withClient } from '../../lib/postgres.ts';
import type { BootstrapTarget } from '../bootstrap.ts';
import { readAppliedCurrent, undoCurrent } from './current.ts';
import { readFunctionDefinitions, restoringSql } from './function-definitions.ts';
import type { MigrationTarget } from './settings.ts';
import { buildShadow } from './shadow.ts';
import { includedTypes, readTemplateRows, restoringTexts } from './template-rows.ts';

/**
 * Takes the work in progress back from a database that has it applied, with the functions and texts that it has
 * replaced: what they were comes from the shadow database. Returns whether there was something to undo.
 *
 * @throws Error when its undo is missing or fails, or files were included and there is no shadow database.
 */
export async function undoWork(target: MigrationTarget & BootstrapTarget): Promise<boolean> {
  const { ownerUrl, shadowUrl } = target;
  const applied = await withClient(ownerUrl, readAppliedCurrent);
  const types = includedTypes(applied ?? '');
  const hasReplaced = types.length > 0 || /\bfunction\b/i.test(applied ?? '');
  if (hasReplaced && shadowUrl === null) {
    throw new Error(
      'Set SHADOW_DATABASE_URL and ROOT_DATABASE_URL: what the replaced functions and texts were comes from a fresh database.',
    );
  }
  const wasApplied = await undoCurrent(ownerUrl, { keepRecord: false });
  if (hasReplaced) {
    const shadow = await buildShadow(target);
    const functions = await withClient(shadow.ownerUrl, readFunctionDefinitions);
    const texts = await withClient(shadow.ownerUrl, (client) => readTemplateRows(client, types));
    await withClient(ownerUrl, (client) =>
      inTransaction(client, async () => {
        await client.query(restoringTexts(texts, await readTemplateRows(client, types)));
        await client.query(restoringSql(functions, await readFunctionDefinitions(client)));
      }),
    );
  }
  return wasApplied;
}
