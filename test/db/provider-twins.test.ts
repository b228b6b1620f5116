import type { Catalogue } from '../../src/database/describe/catalogue/entry.ts';
import { readCatalogue, readOurSchemas } from '../../src/database/describe/catalogue/read.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

/** In what therapists and beauticians differ on purpose. */
const differences = [
  // A therapist's assignment has a date, a beautician's an instant.
  'policy select_staff on public.therapist_assignments',
  'trigger _600_performance on public.therapist_assignments',
  // Only rows of beauticians come without vendor and customer.
  'trigger _300_parties on public.beautician_assignments',
  // The columns that the guide gives to one of them.
  'trigger _500_portfolio_images on public.beauticians',
  'update of authenticated on columns of public.therapists',
];

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(async () => {
  await database.drop();
});

const read = () =>
  withClient(database.ownerUrl, async (client) =>
    readCatalogue(client, await readOurSchemas(client)),
  );

/** The same of the other kind of provider. */
const swapped = (text: string) =>
  text.replace(/therapist|beautician/g, (word) =>
    word === 'therapist' ? 'beautician' : 'therapist',
  );

/** Triggers, policies and rights of tables that both have, which one has and the other has not. */
function findDifferences(catalogue: Catalogue): readonly string[] {
  const rules = [...catalogue.values()].filter(({ object }) => {
    const table = /^(?:policy|trigger|rights|insert|update|select) .* (public\.\w+)$/.exec(
      object,
    )?.[1];
    return (
      table !== undefined &&
      swapped(table) !== table &&
      catalogue.has(`table ${table}`) &&
      catalogue.has(`table ${swapped(table)}`)
    );
  });
  expect(rules.length).toBeGreaterThan(100);
  const text = (facts: Readonly<Record<string, string | null>> | undefined, isOther: boolean) =>
    Object.values(facts ?? {}).map((fact) =>
      (isOther ? swapped(fact ?? '') : (fact ?? '')).split(', ').sort().join(', '),
    );
  return rules
    .filter(({ object, facts }) => {
      const other = catalogue.get(swapped(object))?.facts;
      return (
        other === undefined ||
        (object.includes('therapist') &&
          JSON.stringify(text(facts, true)) !== JSON.stringify(text(other, false)))
      );
    })
    .map(({ object }) => object);
}

it('a rule of therapists is a rule of beauticians, apart from listed differences', async () => {
  expect([...findDifferences(await read())].sort()).toEqual([...differences].sort());
});

it('a rule that only one of them gets is found', async () => {
  await database.owner.query(`
    create policy planted on public.beautician_leaves for select to anon using (true);
    create trigger planted before update on public.therapist_schedules
      for each row execute function app_private.tg__timestamps();
    grant update (reason) on public.therapist_leaves to authenticated;
    alter policy delete_own on public.beautician_leaves using (true);`);
  const found = findDifferences(await read()).filter((object) => !differences.includes(object));
  expect([...found].sort()).toEqual([
    'policy delete_own on public.therapist_leaves',
    'policy planted on public.beautician_leaves',
    'trigger planted on public.therapist_schedules',
    'update of authenticated on columns of public.therapist_leaves',
  ]);
});
