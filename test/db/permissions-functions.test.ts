import { claimsOf, type DatabaseRole, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { attempt } from './attempt.ts';
import { apiFunctions, helpers } from './permissions/functions.data.ts';

/** A user with each database role and no rights beyond it. */
const callers: Readonly<Record<DatabaseRole, Person>> = {
  anon: 'visitor',
  authenticated: 'nobody',
  staff: 'customer_care_viewer',
};

type Callers = Readonly<Record<string, readonly string[]>>;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});

afterAll(async () => {
  await database.drop();
});

it('every function of the API has its callers listed', async () => {
  expect(await callersIn('public')).toEqual(apiFunctions);
});

it('every helper that is granted to a role has its callers listed', async () => {
  const granted = Object.entries(await callersIn('app_private')).filter(
    ([, who]) => who.length > 0,
  );
  expect(Object.fromEntries(granted)).toEqual(helpers);
});

describe.each(Object.entries(callers))('%s', (role, person) => {
  it.each(Object.entries(apiFunctions))('calls %s or not', async (signature, who) => {
    const [name = '', types = ''] = signature.slice(0, -1).split('(');
    const nothing = types === '' ? [] : types.split(',').map((type) => `null::${type}`);
    const call = `select ${name}(${nothing.join(', ')})`;
    const ended = await database.asUser(claimsOf(person), (client) => attempt(client, call));
    expect(ended === '42501').toBe(!who.some((one) => one === role));
  });
});

/** Who was granted the execution of each function, besides the owner and service_role. */
async function callersIn(schema: 'public' | 'app_private'): Promise<Callers> {
  const { rows } = await database.owner.query<{ name: string; callers: string[] }>(
    `select regexp_replace(p.oid::regprocedure::text, '^app_private\\.', '') as name,
      array(
        select r.name from aclexplode(p.proacl) a
        cross join lateral (select coalesce(nullif(a.grantee, 0)::regrole::text, 'public') as name) r
        where a.grantee <> p.proowner and r.name <> 'service_role'
        order by r.name
      ) as callers
    from pg_proc p
    where p.pronamespace = $1::regnamespace and p.prorettype <> 'trigger'::regtype
      and not exists (
        select from pg_depend d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      )`,
    [schema],
  );
  return Object.fromEntries(rows.map(({ name, callers: who }) => [name, who]));
}
