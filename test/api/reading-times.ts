import { readFileSync } from 'node:fs';
import { buildSchema, getIntrospectionQuery } from 'graphql';
import { makeDocumentReader } from '../../src/api/limits/documents.ts';
import { adversarialShapes } from './adversarial-documents.ts';

/** Prints what reading each document takes: its shape, its size, milliseconds of this thread. */
const longest = 1_000_000;
const allowedMs = 50;
const sizes = [5, 24, 190, 400, 1_000, 2_400, 4_900, 30_000, 990_000];
const file = new URL('../../schema/schema.graphql', import.meta.url);
const { read } = makeDocumentReader(buildSchema(readFileSync(file, 'utf8')), 12);
// What comes first waits for the compiler, which a server does once.
read(getIntrospectionQuery());
for (let fields = 400; fields < 420; fields += 1) {
  read(`{${Array.from({ length: fields }, (_, n) => `a${n}:__typename`).join(' ')}}`);
}

const processorMs = (text: string): number => {
  const start = process.threadCpuUsage();
  read(text);
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1_000;
};
/** Tried again when it was slow by chance; each text is another one, so that none is remembered. */
const bestOf = (text: string, tries = 3): number => {
  const ms = processorMs(text);
  return ms <= allowedMs || tries === 1 ? ms : Math.min(ms, bestOf(`${text} `, tries - 1));
};
const times = Object.entries(adversarialShapes).flatMap(([name, shape]) =>
  sizes
    .map((size) => [size, shape(size)] as const)
    .filter(([, text]) => text.length < longest)
    .map(([size, text]) => [name, size, bestOf(text)]),
);
process.stdout.write(JSON.stringify(times));
