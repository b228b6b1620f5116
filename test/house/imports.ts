import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from '@swc/core';

/** The rooms of src, from top to bottom: each may import from those below it, and none from above. */
export const floors: readonly (readonly string[])[] = [
  ['cli'],
  ['main.ts'],
  ['server'],
  ['api'],
  // The doors and the workers, which do not know each other.
  ['auth', 'files', 'payments', 'realtime', 'work'],
  ['operations'],
  ['requests'],
  ['http'],
  ['errors'],
  ['database'],
  ['demo'],
  ['config'],
  ['lib'],
];

/** Both as paths within src. */
export type Import = { readonly from: string; readonly to: string };

/** The import's own words, and why it may not be; null for one that may. */
export function objectionTo({ from, to }: Import): string | null {
  const [importing, imported] = [roomOf(from), roomOf(to)];
  const [upper, lower] = [floorOf(importing), floorOf(imported)];
  if (importing === imported || upper < lower) {
    return null;
  }
  return upper === lower
    ? `${from} imports ${to}: ${importing} and ${imported} do not know each other`
    : `${from} imports ${to}: ${imported} is above ${importing}`;
}

function roomOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function floorOf(room: string): number {
  const floor = floors.findIndex((rooms) => rooms.includes(room));
  if (floor === -1) {
    throw new Error(`src/${room} has no place in the order of the rooms (test/house/imports.ts).`);
  }
  return floor;
}

/** Every import of one file of ours by another, also of types only, and those that run later. */
export async function importsWithin(folder: string): Promise<readonly Import[]> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const found = await Promise.all(
    files.map(async (from) => {
      const text = await readFile(path.join(folder, from), 'utf8');
      return (await sourcesIn(text))
        .filter((source) => source.startsWith('.'))
        .map((source) => ({ from, to: path.join(path.dirname(from), source) }));
    }),
  );
  return found.flat();
}

/** What a module imports and re-exports: the texts between the quotes. */
export async function sourcesIn(text: string): Promise<readonly string[]> {
  const sources: string[] = [];
  visit(await parse(text, { syntax: 'typescript', target: 'es2024' }), sources);
  return sources;
}

function visit(node: unknown, sources: string[]): void {
  if (Array.isArray(node)) {
    for (const item of node) {
      visit(item, sources);
    }
    return;
  }
  if (typeof node !== 'object' || node === null) {
    return;
  }
  const { type, source, callee, arguments: values } = node as Record<string, unknown>;
  if (source !== null && typeof source === 'object' && 'value' in source) {
    sources.push(String(source.value));
  }
  if (type === 'CallExpression' && (callee as { type?: string }).type === 'Import') {
    const [first] = values as { expression: { type: string; value?: unknown } }[];
    if (first?.expression.type === 'StringLiteral') {
      sources.push(String(first.expression.value));
    }
  }
  // A type that is named where it is used: import('…').Name.
  if (type === 'TsImportType') {
    sources.push(String((node as { argument: { value: unknown } }).argument.value));
  }
  for (const child of Object.values(node)) {
    visit(child, sources);
  }
}
