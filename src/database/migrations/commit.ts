import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { currentFolder, migrationsFolder } from '../../config/project.ts';
import { inTransaction, withClient } from '../../lib/postgres.ts';
import type { BootstrapTarget } from '../bootstrap.ts';
import { readCommitted } from './committed.ts';
import { currentRollbackFile, hasStatements, readWrittenUndo } from './current.ts';
import {
  type FunctionDefinitions,
  readFunctionDefinitions,
  restoringSql,
} from './function-definitions.ts';
import { type MigrationTarget, migrationSettings, type Report, runStep } from './settings.ts';
import { buildShadow, buildShadowWithCurrent, noteBuilt, type Shadow } from './shadow.ts';
import { readTemplateRows, restoringTexts, type TemplateRows } from './template-rows.ts';

/**
 * Makes migrations/current the next committed migration, proves it and its undo on the shadow database,
 * applies it, and files the undo under the same name. Functions and texts that it adds or replaces are undone by
 * what the shadow database had before; all else by migrations/rollback/current.sql. The shadow database is left
 * with all committed migrations, the new one among them.
 *
 * @throws Error when there is no shadow database, nothing undoes the migration, or one of the two fails;
 *   migrations/current is then as it was.
 */
export async function commitCurrent(
  target: MigrationTarget & BootstrapTarget,
  message: string,
  report: Report,
): Promise<{ readonly name: string; readonly shadow: Shadow }> {
  const { commit } = await import('graphile-migrate');
  const shadow = await buildShadow(target, report);
  const before = await withClient(shadow.ownerUrl, readIncluded);
  await buildShadowWithCurrent(target, report);
  const undo = await withClient(shadow.ownerUrl, (client) => proveUndo(client, before));
  const settings = await migrationSettings(target, report);
  await keepingCurrent(() => runStep(() => commit(settings, message)));
  await noteBuilt(shadow);
  const name = (await readCommitted()).at(-1)?.name ?? '';
  await writeFile(path.join(migrationsFolder, 'rollback', name), undo);
  await rm(currentRollbackFile, { force: true });
  await removeBlankFile();
  return { name, shadow };
}

/** graphile-migrate leaves a file with the comment that a new migration begins with. */
async function removeBlankFile(): Promise<void> {
  for (const name of (await readdir(currentFolder)).filter((file) => file.endsWith('.sql'))) {
    const file = path.join(currentFolder, name);
    if (!hasStatements(await readFile(file, 'utf8'))) {
      await rm(file);
    }
  }
}

/** What a database has of that which migrations include. */
type Included = { readonly functions: FunctionDefinitions; readonly texts: TemplateRows };

async function readIncluded(client: pg.ClientBase): Promise<Included> {
  return {
    functions: await readFunctionDefinitions(client),
    texts: await readTemplateRows(client, 'all'),
  };
}

/** The whole undo of the work in progress, tried on a database that has it applied. */
async function proveUndo(client: pg.ClientBase, before: Included): Promise<string> {
  const written = (await readWrittenUndo()) ?? '';
  const prove = async () => {
    // First, since the types that they are of may go.
    const texts = restoringTexts(before.texts, await readTemplateRows(client, 'all'));
    await client.query(texts);
    await client.query(written);
    const functions = restoringSql(before.functions, await readFunctionDefinitions(client));
    if (!hasStatements(written) && texts === '' && functions === '') {
      throw new Error(
        'Every migration has its undo. Write it into migrations/rollback/current.sql.',
      );
    }
    await client.query(functions);
    return [texts, written, functions].filter((part) => part.trim() !== '').join('\n');
  };
  try {
    return await inTransaction(client, prove, { isUndone: true });
  } catch (error) {
    throw error instanceof Error && 'code' in error
      ? new Error(`The undo in migrations/rollback/current.sql fails: ${error.message}`, {
          cause: error,
        })
      : error;
  }
}

/** A commit that fails leaves in migrations/current what it had included, which is then refused. */
async function keepingCurrent(act: () => Promise<void>): Promise<void> {
  const copy = await mkdtemp(path.join(tmpdir(), 'ombaro-current-'));
  await cp(currentFolder, copy, { recursive: true });
  try {
    await act();
  } catch (error) {
    await rm(currentFolder, { recursive: true });
    await cp(copy, currentFolder, { recursive: true });
    throw error;
  } finally {
    await rm(copy, { recursive: true });
  }
}
