import { expect } from '@jest/globals';
import type { Person } from './person.ts';

/** What a user does with one row, by the type of it in the API: each part that is there is done and looked at. */
export type RowActs = {
  readonly type: string;
  readonly create: Readonly<Record<string, unknown>>;
  readonly update?: Readonly<Record<string, unknown>>;
  readonly isDeleted?: boolean;
};

/**
 * Creates a row, changes it and deletes it through the mutations of its type. Each must show what was written, and
 * nothing of it must be left in the end.
 *
 * @returns The id of the row.
 */
export async function proveRow(
  person: Person,
  { type, create, update, isDeleted = false }: RowActs,
): Promise<string> {
  const field = `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  const created = await person.prove(
    `create${type}`,
    { [field]: create },
    { [field]: shown(create) },
    'id',
  );
  const { id } = created[field];
  if (update !== undefined) {
    await person.prove(`update${type}`, { id, patch: update }, { [field]: shown(update) });
  }
  if (isDeleted) {
    await proveGone(person, type, id);
  }
  return id;
}

/** Deletes a row that its user sees, and expects it to be gone. */
export async function proveGone(person: Person, type: string, id: string): Promise<void> {
  const field = `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  await person.proveBy(
    `delete${type}`,
    { id },
    { by: person, document: `query ($id: UUID!) { ${field}(id: $id) { id } }`, variables: { id } },
    { [field]: null },
  );
}

function shown(written: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, answerOf(value)]));
}

/** What the API answers of what was written: the fields of an object cannot be asked for one by one. */
function answerOf(value: unknown): unknown {
  if (typeof value === 'string' && /^\d\d:\d\d:\d\d$/.test(value)) {
    return `${value}.000000`;
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? expect.objectContaining(value)
    : value;
}
