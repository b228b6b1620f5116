import { seedMarket, vendor } from '../fixtures/market.ts';
import { claimsOf, idOf, type Person, people } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { addFilesOfAllUsers, ownFile } from '../helpers/files.ts';
import { codeOf } from './attempt.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedMarket(database.owner);
  await database.owner.query(`update vendors set verification_status = 'pending' where id = $1`, [
    vendor,
  ]);
  await addFilesOfAllUsers(database.owner);
});

afterAll(async () => {
  await database.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

/** A kind of thing that is verified, how its owner hands one in, and who may decide on it. */
type Kind = {
  readonly name: string;
  readonly table: string;
  readonly owner: Person;
  /** SQL that hands one in and returns its id. */
  readonly submit: string;
  readonly verify: string;
  readonly deciders: readonly Person[];
  readonly what: string;
};

const admins = ['admin', 'super_admin'] as const;

const kinds: readonly Kind[] = [
  {
    name: 'a document of a person',
    table: 'user_documents',
    owner: 'customer',
    submit: `insert into user_documents (document_type, document_number, document_name, file_url)
      values ('aadhaar', '999941057058', 'My card', ${ownFile('user_document', idOf('customer'))}) returning id`,
    verify: 'select * from verify_user_document($1, $2, $3)',
    deciders: admins,
    what: 'Aadhaar card',
  },
  {
    name: 'a bank account',
    table: 'user_bank_details',
    owner: 'customer',
    submit: `insert into user_bank_details (account_holder_name, account_number, ifsc_code, bank_name)
      values ('A Person', '998877665544', 'HDFC0001234', 'HDFC Bank') returning id`,
    verify: 'select * from verify_bank_account($1, $2, $3)',
    deciders: admins,
    what: 'Bank account XXXXXXXX5544',
  },
  {
    name: 'a document of a vendor',
    table: 'vendor_documents',
    owner: 'vendor',
    submit: `insert into vendor_documents (vendor_id, document_type, document_name, file_url)
      values ('${vendor}', 'license', 'Licence', ${ownFile('vendor_document', idOf('vendor'))}) returning id`,
    verify: 'select * from verify_vendor_document($1, $2, $3)',
    deciders: ['field_officer', ...admins],
    what: 'Trade licence',
  },
  {
    name: 'a vendor',
    table: 'vendors',
    owner: 'vendor',
    submit: `select '${vendor}' as id`,
    verify: 'select * from verify_vendor($1, $2, $3)',
    deciders: admins,
    what: 'Lotus Spa',
  },
];

async function submit({ owner, submit: sql }: Kind, by: Person = owner): Promise<string> {
  const [row] = await play.as<{ id: string }>(claimsOf(by), sql);
  return row?.id as string;
}

const statusOf = async ({ table }: Kind, id: string): Promise<unknown> => {
  const { rows } = await play.query(`select verification_status from ${table} where id = $1`, [id]);
  return rows[0]?.verification_status;
};

const told = async (): Promise<readonly unknown[]> => {
  const { rows } = await play.query(
    `select user_id, type, title || ' / ' || message as words from notifications order by ctid`,
  );
  return rows;
};

describe.each(kinds)('$name', (kind) => {
  it('is approved by staff, and its owner is told', async () => {
    const id = await submit(kind);
    expect(await statusOf(kind, id)).toBe('pending');
    expect(await play.ends(claimsOf('admin'), kind.verify, [id, true, null])).toBe('ok');
    expect(await statusOf(kind, id)).toBe('verified');
    expect(await told()).toEqual([
      {
        user_id: idOf(kind.owner as 'customer'),
        type: 'verification_passed',
        words: expect.stringContaining(`${kind.what}: verified`),
      },
    ]);
  });

  it('is rejected with a reason, which its owner reads', async () => {
    const id = await submit(kind);
    for (const reason of [null, ' ']) {
      expect(await play.ends(claimsOf('admin'), kind.verify, [id, false, reason])).toBe('OB036');
    }
    expect(await statusOf(kind, id)).toBe('pending');
    expect(await play.ends(claimsOf('admin'), kind.verify, [id, false, ' Blurred '])).toBe('ok');
    expect(await statusOf(kind, id)).toBe('rejected');
    expect(await told()).toMatchObject([
      {
        type: 'verification_failed',
        words: expect.stringContaining('could not verify it: Blurred'),
      },
    ]);
    const [table, key] =
      kind.table === 'vendors' ? ['vendor_private_details', 'vendor_id'] : [kind.table, 'id'];
    expect(
      await play.as(
        claimsOf(kind.owner),
        `select rejection_reason from ${table} where ${key} = $1`,
        [id],
      ),
    ).toEqual([{ rejection_reason: 'Blurred' }]);
  });

  it('is not decided by a user who may not', async () => {
    const id = await submit(kind);
    for (const person of people.filter((name) => !kind.deciders.includes(name))) {
      expect(['42501', 'OB002']).toContain(
        await play.ends(claimsOf(person), kind.verify, [id, true, null]),
      );
    }
    expect(await statusOf(kind, id)).toBe('pending');
    for (const person of kind.deciders) {
      await play.query('savepoint decided');
      expect(await play.ends(claimsOf(person), kind.verify, [id, true, null])).toBe('ok');
      await play.query('rollback to savepoint decided');
    }
  });

  it('is decided only where it exists, one way or the other, and once', async () => {
    const id = await submit(kind);
    const ends = (...values: unknown[]) => play.ends(claimsOf('admin'), kind.verify, values);
    expect(await ends(idOf('nobody'), true, null)).toBe('OB003');
    expect(await ends(id, null, null)).toBe('OB020');
    expect(await ends(id, true, null)).toBe('ok');
    expect(await ends(id, true, null)).toBe('OB030');
  });

  it("is not decided in one's own matter", async () => {
    if (kind.owner === 'vendor') {
      await play.query(`update vendors set user_id = $1`, [idOf('admin')]);
      await play.query(
        `insert into vendor_staff (vendor_id, user_id, name, role, mobile)
        values ($1, $2, 'Asha', 'receptionist', '+919876543210')`,
        [vendor, idOf('super_admin')],
      );
      await play.query(`update user_roles set role_id = (select id from roles where code = 'admin')
        where user_id = '${idOf('hr')}'`);
    }
    const id =
      kind.owner === 'vendor'
        ? ((await play.query<{ id: string }>(kind.submit)).rows[0]?.id as string)
        : await submit(kind, 'admin');
    expect(await play.ends(claimsOf('admin'), kind.verify, [id, true, null])).toBe('OB031');
    if (kind.owner === 'vendor') {
      expect(await play.ends(claimsOf('super_admin'), kind.verify, [id, true, null])).toBe('OB031');
    }
    const other = kind.owner === 'vendor' ? 'hr' : 'super_admin';
    expect(await play.ends(claimsOf(other), kind.verify, [id, true, null])).toBe('ok');
  });

  it('two verdicts at once: one counts', async () => {
    const { rows } = await database.asUser(
      claimsOf(kind.owner),
      (client) => client.query<{ id: string }>(kind.submit),
      { commit: true },
    );
    const id = rows[0]?.id;
    let second: Promise<string> = Promise.resolve('');
    await database.asUser(
      claimsOf('admin'),
      async (client) => {
        await client.query(kind.verify, [id, true, null]);
        second = database
          .asUser(claimsOf('super_admin'), (other) => other.query(kind.verify, [id, true, null]))
          .then(() => 'ok', codeOf);
        await untilBlocked(database.owner);
      },
      { commit: true },
    );
    try {
      expect(await second).toBe('OB030');
    } finally {
      await database.owner.query('delete from notifications');
      await database.owner.query(
        kind.table === 'vendors'
          ? `update vendors set verification_status = 'pending' where id = '${vendor}'`
          : `delete from ${kind.table}`,
      );
    }
  });
});

describe('a document that waits', () => {
  const change = (columns: string) => `update user_documents set ${columns} returning id`;

  it('does not change while it is being decided', async () => {
    await submit(kinds[0] as Kind);
    for (const column of ['document_number', 'file_url', 'file_type', 'expiry_date']) {
      expect(await play.ends(claimsOf('customer'), change(`${column} = null`))).toBe('42501');
    }
    // Positive control: its title does.
    expect(await play.as(claimsOf('customer'), change(`document_name = 'Mine'`))).toHaveLength(1);
  });

  it('a rejected one is withdrawn by its owner, and an approved one stays', async () => {
    const withdraw = async () =>
      (await play.as(claimsOf('customer'), 'delete from user_documents returning id')).length;
    const [kind] = kinds as [Kind];
    const right = await submit(kind);
    await play.as(claimsOf('admin'), kind.verify, [right, true, null]);
    expect(await withdraw()).toBe(0);
    const wrong = await submit(kind);
    await play.as(claimsOf('admin'), kind.verify, [wrong, false, 'Blurred']);
    await submit(kind);
    expect(await withdraw()).toBe(2);
  });

  it('is not approved when its last day is over', async () => {
    const [kind] = kinds as [Kind];
    const id = await submit(kind);
    await play.query(`update user_documents set expiry_date = app_private.today() - 1`);
    const ends = (isRight: boolean) =>
      play.ends(claimsOf('admin'), kind.verify, [id, isRight, 'Expired']);
    expect(await ends(true)).toBe('OB020');
    await play.query(`update user_documents set expiry_date = app_private.today()`);
    await play.query('savepoint valid');
    expect(await ends(true)).toBe('ok');
    await play.query('rollback to savepoint valid');
    await play.query(`update user_documents set expiry_date = app_private.today() - 1`);
    expect(await ends(false)).toBe('ok');
  });
});

it('an approved vendor can be rejected later, and is no longer listed', async () => {
  const listed = async () =>
    (await play.as(claimsOf('visitor'), 'select id from vendors where id = $1', [vendor])).length;
  const verify = (isRight: boolean) =>
    play.as(claimsOf('admin'), 'select * from verify_vendor($1, $2, $3)', [
      vendor,
      isRight,
      'Closed',
    ]);
  expect(await listed()).toBe(0);
  await verify(true);
  expect(await listed()).toBe(1);
  await verify(false);
  expect(await listed()).toBe(0);
});

describe('the verification queue', () => {
  const queue = async (person: Person) =>
    (
      await play.as<{ kind: string; what: string; number: string | null; holder: string }>(
        claimsOf(person),
        'select * from verification_queue()',
      )
    ).map(({ kind, what, number, holder }) => [kind, holder, what, number].join(' | '));

  beforeEach(async () => {
    for (const kind of kinds) {
      await submit(kind);
    }
    await play.as(
      claimsOf('customer'),
      `insert into user_kyc_verification (verification_type, verification_data)
      values ('pan', '{"number": "BNZPM2501F", "motherName": "Asha"}')`,
    );
    // When a row was made no ordinary update changes.
    await play.query('set local session_replication_role = replica');
    const byAge = ['vendors', 'user_kyc_verification', 'vendor_documents', 'user_bank_details'];
    for (const [index, table] of byAge.entries()) {
      await play.query(`update ${table} set created_at = now() - interval '1 day' * (9 - $1)`, [
        index,
      ]);
    }
    await play.query('set local session_replication_role = origin');
  });

  const name = async (person: 'customer') =>
    (await play.query('select name from user_profiles where id = $1', [idOf(person)])).rows[0]
      ?.name;

  it('has everything that waits, the oldest first, with the end of each number', async () => {
    const customer = await name('customer');
    expect(await queue('admin')).toEqual([
      'vendor | Lotus Spa | MG Road, Pune, 411001 | ',
      `kyc | ${customer} | PAN | XXXXXX501F`,
      'vendor_document | Lotus Spa | Trade licence | ',
      `bank_account | ${customer} | A Person, HDFC Bank, HDFC0001234 | XXXXXXXX5544`,
      `user_document | ${customer} | Aadhaar card | XXXXXXXX7058`,
    ]);
  });

  it('has the part of each role, and is not for users who decide on nothing', async () => {
    expect(await queue('field_officer')).toEqual([
      'vendor_document | Lotus Spa | Trade licence | ',
    ]);
    await play.query(
      `insert into user_roles (user_id, role_id) select $1, id from roles where code = 'customer_data'`,
      [idOf('hr')],
    );
    expect((await queue('hr')).map((line) => line.split(' ')[0])).toEqual([
      'kyc',
      'bank_account',
      'user_document',
    ]);
    const none = people.filter((person) => !['field_officer', 'hr', ...admins].includes(person));
    for (const person of none) {
      expect(['42501', 'OB002']).toContain(
        await play.ends(claimsOf(person), 'select * from verification_queue()'),
      );
    }
  });

  it('has neither what is decided nor what is one’s own', async () => {
    const kind = kinds[0] as Kind;
    const own = await submit(kind, 'admin');
    expect(await queue('admin')).toHaveLength(5);
    expect(await queue('super_admin')).toHaveLength(6);
    await play.as(claimsOf('super_admin'), kind.verify, [own, true, null]);
    expect(await queue('super_admin')).toHaveLength(5);
    await play.query('update vendors set user_id = $1', [idOf('admin')]);
    expect(await queue('admin')).toHaveLength(3);
  });
});
