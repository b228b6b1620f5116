import { randomUUID } from 'node:crypto';
import type { Entry } from '../../src/database/describe/catalogue/entry.ts';
import { knownCatalogue } from '../../src/database/migrations/known-catalogues.ts';

const entry: Entry = {
  object: 'table public.a',
  kind: 'table',
  parent: null,
  facts: { rows: '1' },
};

it('a catalogue is read once for all that it depends on, also by ten at once', async () => {
  const dependsOn = [randomUUID()];
  let reads = 0;
  const read = async () => {
    reads += 1;
    return new Map([[entry.object, entry]]);
  };
  const all = await Promise.all(Array.from({ length: 10 }, () => knownCatalogue(dependsOn, read)));
  expect(all.map((catalogue) => [...catalogue.values()])).toEqual(all.map(() => [entry]));
  const readBefore = reads;
  expect([...(await knownCatalogue(dependsOn, read)).values()]).toEqual([entry]);
  expect(reads).toBe(readBefore);
  await knownCatalogue([randomUUID()], read);
  expect(reads).toBe(readBefore + 1);
});
