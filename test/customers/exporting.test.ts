import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codeIn, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';

const { one, two, closed } = worldIds;

type Row = Readonly<Record<string, unknown>>;
type Export = {
  readonly account: Row;
  readonly tables: Readonly<Record<string, readonly Row[]>>;
};

/** Foreign keys that lead to a person, or to rows about one, and that are not decided. */
const undecided = `
  select k.conrelid::regclass || '.' || a.attname as link
  from pg_constraint k
  join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
  where k.contype = 'f' and k.conparentid = 0
    and k.confrelid in (
      select 'auth.users'::regclass::oid
      union select l.table_name::regclass from app_private.personal_links l where l.is_about)
    and not exists (
      select from app_private.personal_links l
      where l.table_name::regclass = k.conrelid and l.column_name = a.attname)
  order by 1`;

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
});
afterAll(async () => {
  await database?.drop();
});

async function exportOf(person: Person): Promise<Export> {
  return database.asUser(claimsOf(person), async (client) => {
    const { rows } = await client.query<{ data: Export }>('select export_my_data() as data');
    if (rows[0] === undefined) {
      throw new TypeError('Nothing was exported.');
    }
    return rows[0].data;
  });
}

describe('the rows about a person', () => {
  test('are decided for every foreign key that leads to a person (app_private.personal_links)', async () => {
    const client = await database.owner.connect();
    const find = async () => (await client.query<{ link: string }>(undecided)).rows;
    try {
      await client.query('begin');
      expect(await find()).toEqual([]);
      await client.query(
        `create table public.secrets (owner_id uuid references public.user_profiles (id));
        create table public.asides (booking_id uuid references public.bookings (id))`,
      );
      expect(await find()).toEqual([{ link: 'asides.booking_id' }, { link: 'secrets.owner_id' }]);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('are decided for no key that does not exist', async () => {
    const { rows } = await database.owner.query(
      `select l.table_name, l.column_name from app_private.personal_links l
      where not exists (
        select from pg_constraint k
        join pg_attribute a on a.attrelid = k.conrelid and k.conkey = array[a.attnum]
        where k.contype = 'f' and k.conrelid = to_regclass(l.table_name) and a.attname = l.column_name)`,
    );
    expect(rows).toEqual([]);
  });
});

describe('exporting one’s data', () => {
  test('gives a customer the rows about them, and none about others', async () => {
    const { account, tables } = await exportOf('customer');
    expect(account).toMatchObject({ id: idOf('customer'), email: 'customer@example.com' });
    const ofCustomers = `booking_cancellations booking_disputes booking_items booking_notes booking_reschedules
      booking_contacts booking_settlements desk_bookings
      booking_status_history booking_terms bookings coupon_uses customer_addresses customer_referrals customers
      favourites payment_methods payments refunds reviews support_tickets ticket_messages
      therapist_assignments tips user_bank_details user_documents user_profiles user_sessions
      vendor_reviews wallet_transactions wallet_withdrawals booking_goodwill`;
    expect(Object.keys(tables)).toEqual(expect.arrayContaining(ofCustomers.split(/\s+/)));
    for (const [table, rows] of Object.entries(tables)) {
      const ids = rows.map(({ id, booking_id, owner_id }) => owner_id ?? id ?? booking_id);
      const theirs: readonly unknown[] = [one, closed, idOf('customer')];
      expect([table, ids.filter((id) => !theirs.includes(id))]).toEqual([table, []]);
    }
    const text = JSON.stringify(tables);
    expect(text).not.toContain(two);
    expect(text).not.toContain(idOf('customer2'));
    expect(JSON.stringify((await exportOf('customer2')).tables)).toContain(two);
  });

  test('gives people who work here the data about them, and nothing about their employer', async () => {
    const therapist = await exportOf('therapist');
    expect(Object.keys(therapist.tables)).toEqual(
      expect.arrayContaining(['therapists', 'therapist_private_details', 'therapist_leaves']),
    );
    expect(therapist.tables.bookings).toBeUndefined();
    const admin = await exportOf('admin');
    expect(admin.tables.user_profiles).toHaveLength(1);
    expect(admin.tables.employees).toHaveLength(1);
    expect(admin.tables.bookings).toBeUndefined();
  });

  test('leaves out what staff write about the user', async () => {
    const { rows } = await database.owner.query<{ table: string; internal: number }>(
      `select 'booking_notes' as "table", count(*)::int as internal from booking_notes where is_internal
      union all select 'ticket_messages', count(*)::int from ticket_messages where is_internal`,
    );
    const { tables } = await exportOf('customer');
    for (const { table, internal } of rows) {
      expect([table, internal > 0]).toEqual([table, true]);
      expect(tables[table]?.length).toBeGreaterThan(0);
      expect(tables[table]?.filter(({ is_internal }) => is_internal)).toEqual([]);
    }
  });

  test('has no secret in it', async () => {
    const { tables } = await exportOf('customer');
    const columns = Object.values(tables).flatMap((rows) => rows.flatMap(Object.keys));
    expect(columns).toContain('user_agent');
    expect(columns.filter((column) => /hash|secret|token|p256dh/.test(column))).toEqual([]);
  });

  describe('over GraphQL', () => {
    let api: TestApi;
    beforeAll(async () => {
      api = await startApi(database);
    });
    afterAll(async () => {
      await api?.close();
    });

    test('is one field', async () => {
      const answer = await api.graphql('{ exportMyData }', {
        token: await tokenFor(idOf('customer')),
      });
      expect(answer.errors).toBeUndefined();
      expect(answer.data.exportMyData.tables.customers).toHaveLength(1);
    });

    test('is for signed-in users', async () => {
      expect(codeIn(await api.graphql('{ exportMyData }'))).toBe('OB001');
    });
  });
});
