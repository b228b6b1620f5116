import { claimsOf, idOf, people, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { addFilesOfAllUsers, ownFile } from '../helpers/files.ts';
import { attempt } from './attempt.ts';
import { beginPlay, type Play } from './play.ts';

const aadhaar = '999941057058';
const pan = 'BNZPM2501F';
const gstin = '27AAPFU0939F1ZV';
const account = '998877665544';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
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

const customer = claimsOf('customer');

const insertDocument = `insert into user_documents (document_type, document_number, document_name, file_url)
  values ($1, $2, 'A card', ${ownFile('user_document', idOf('customer'))}) returning document_number as kept`;
const insertVerification = `insert into user_kyc_verification (verification_type, verification_data)
  values ($1, $2) returning verification_data as kept`;
const insertAccount = `insert into user_bank_details (account_holder_name, account_number, ifsc_code, bank_name)
  values ('A Person', $1, 'HDFC0001234', 'HDFC Bank') returning id, account_number as kept`;
const readNumber = 'select read_bank_account_number($1) as number';

async function kept(sql: string, values: readonly unknown[]): Promise<unknown> {
  const [row] = await play.as<{ kept: unknown }>(customer, sql, values);
  return row?.kept;
}

/** Tables in which some value contains the text, whatever its column. */
async function tablesWith(text: string): Promise<readonly string[]> {
  const { rows: tables } = await play.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
    where relkind in ('r', 'm') and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
      and relname not like 'pg\\_%' order by 1`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rowCount } = await play.query(
      `select from ${name} t where strpos(t::text, $1) > 0 limit 1`,
      [text],
    );
    if (rowCount === 1) {
      found.push(name);
    }
  }
  return found;
}

describe('the number of a document', () => {
  it.each([
    ['aadhaar', '9999 4105 7058', 'XXXXXXXX7058'],
    ['aadhaar', aadhaar, 'XXXXXXXX7058'],
    ['aadhaar', 'XXXX-XXXX-7058', 'XXXXXXXX7058'],
    ['pan', 'bnzpm2501f', 'XXXXXX501F'],
    ['gst', gstin, 'XXXXXXXXXXXF1ZV'],
    ['passport', 'X1234567', 'XXXX4567'],
    ['driving_license', 'MH14 20110012345', 'XXXXXXXXXXX2345'],
    ['other', '123456', 'XXX456'],
    ['other', ' ', null],
    ['other', null, null],
  ])('of a kind %s: of %p is kept %p', async (kind, number, expected) => {
    expect(await kept(insertDocument, [kind, number])).toBe(expected);
  });

  it.each([
    ['aadhaar', '999941057059'],
    ['aadhaar', '99994105705'],
    ['pan', 'AAPDU0939F'],
    ['gst', '27AAPFU0939F1ZW'],
    ['pan', aadhaar],
  ])('is refused where it is no %s: %p', async (kind, number) => {
    const attempt = play.as(customer, insertDocument, [kind, number]);
    await expect(attempt).rejects.toMatchObject({
      code: 'OB020',
      message: expect.not.stringContaining(number),
    });
  });

  it('stays masked when the row is written again', async () => {
    await kept(insertDocument, ['passport', 'X1234567']);
    await play.query('update user_documents set document_number = document_number');
    const { rows } = await play.query('select document_number from user_documents');
    expect(rows).toEqual([{ document_number: 'XXXX4567' }]);
  });
});

describe('what a user submits about themselves', () => {
  it.each([
    [
      'aadhaar',
      { number: '9999 4105 7058', name: 'A Person' },
      { number: 'XXXXXXXX7058', name: 'A Person' },
    ],
    ['pan', { number: pan }, { number: 'XXXXXX501F' }],
    ['gst', { number: gstin }, { number: 'XXXXXXXXXXXF1ZV' }],
    [
      'bank',
      { number: account, ifsc: 'HDFC0001234' },
      { number: 'XXXXXXXX5544', ifsc: 'HDFC0001234' },
    ],
    [
      'aadhaar',
      {
        ocr: ['Govt. of India', { line: 'No. 9999 4105 7058, born 1990-01-01' }],
        raw: 999941057058,
        ok: true,
      },
      {
        ocr: ['Govt. of India', { line: 'No. XXXXXXXX7058, born 1990-01-01' }],
        raw: 'XXXXXXXX7058',
        ok: true,
      },
    ],
    ['pan', [`my PAN is ${pan.toLowerCase()}.`], ['my PAN is XXXXXX501F.']],
    [
      'pan',
      { documentId: '11111111-1111-4111-8111-111111111111', score: 0.97, nothing: null },
      { documentId: '11111111-1111-4111-8111-111111111111', score: 0.97, nothing: null },
    ],
  ])('for %s keeps no number: %j', async (type, data, expected) => {
    expect(await kept(insertVerification, [type, JSON.stringify(data)])).toEqual(expected);
  });

  it('is refused with a number that is wrong in itself', async () => {
    const data = JSON.stringify({ number: '999941057059' });
    expect(await play.ends(customer, insertVerification, ['aadhaar', data])).toBe('OB020');
    expect(await play.ends(customer, insertVerification, ['email', null])).toBe('ok');
  });
});

describe('the number of a bank account', () => {
  it('is shown with its last four digits, also to the user who entered it', async () => {
    expect(await kept(insertAccount, ['9988 7766 5544'])).toBe('XXXXXXXX5544');
  });

  it.each([
    '12345678',
    '1234567890123456789',
    'AB12345678',
    'XXXXXXXX5544',
    ' ',
    null,
  ])('is refused where it is incomplete: %p', async (number) => {
    expect(await play.ends(customer, insertAccount, [number])).toBe('OB020');
  });

  it('is read whole by staff who pay to it, which is recorded, and by no one else', async () => {
    const [row] = await play.as<{ id: string }>(customer, insertAccount, [account]);
    const mayRead = ['finance', 'admin', 'super_admin'] as const;
    for (const person of people.filter((name) => !(mayRead as readonly string[]).includes(name))) {
      expect(['42501', 'OB002']).toContain(
        await play.ends(claimsOf(person), readNumber, [row?.id]),
      );
    }
    for (const person of mayRead) {
      expect(await play.as(claimsOf(person), readNumber, [row?.id])).toEqual([{ number: account }]);
    }
    expect(await play.ends(claimsOf('finance'), readNumber, [idOf('customer')])).toBe('OB003');
    const { rows } = await play.query(
      `select user_id, metadata from user_activity_log
      where action = 'bank_account_number_read' order by ctid`,
    );
    expect(rows).toEqual(
      mayRead.map((person) => ({ user_id: idOf(person), metadata: { bankDetailId: row?.id } })),
    );
  });

  it.each([
    ['its account', 'delete from user_bank_details where user_id = $1'],
    ['its person', 'delete from user_profiles where id = $1'],
  ])('is deleted with %s', async (_what, sql) => {
    await play.as(customer, insertAccount, [account]);
    const left = async () =>
      (await play.query('select from app_private.bank_account_numbers')).rowCount;
    expect(await left()).toBe(1);
    await play.query(sql, [idOf('customer')]);
    expect(await left()).toBe(0);
  });

  it.each([
    ['whole', account, 'ok'],
    ['as it is shown', 'XXXXXXXX5544', 'ok'],
    ['another', '111122223333', 'OB020'],
    ['another that ends alike', '111177665544', 'OB020'],
    ['another as it is shown', 'XXXXXXXX3333', 'OB020'],
  ])('stays what it was, given again %s', async (_how, number, end) => {
    const [row] = await play.as<{ id: string }>(customer, insertAccount, [account]);
    const insert = `insert into user_bank_details
        (id, user_id, account_holder_name, account_number, ifsc_code, bank_name)
      values ('${row?.id}', '${idOf('customer')}', 'Another', '${number}', 'HDFC0001234', 'HDFC Bank')`;
    const owner = { query: play.query } as Parameters<typeof attempt>[0];
    const ends = [
      await attempt(owner, `${insert} on conflict do nothing`),
      await attempt(
        owner,
        `${insert} on conflict (id) do update set account_holder_name = excluded.account_holder_name,
          account_number = excluded.account_number`,
      ),
      await attempt(owner, insert),
    ];
    expect(ends).toEqual(end === 'ok' ? [0, 1, '23505'] : ['OB020', 'OB020', 'OB020']);
    expect(await play.as(claimsOf('finance'), readNumber, [row?.id])).toEqual([
      { number: account },
    ]);
  });

  it('does not become another, for any role that writes', async () => {
    await play.as(customer, insertAccount, [account]);
    await expect(
      play.query('update user_bank_details set account_number = $1', ['111177665544']),
    ).rejects.toMatchObject({ code: 'OB020' });
  });
});

it('no table has a number that was handed in, but for that of the bank accounts', async () => {
  await kept(insertDocument, ['aadhaar', aadhaar]);
  await kept(insertDocument, ['pan', pan]);
  await kept(insertVerification, ['aadhaar', JSON.stringify({ number: aadhaar, also: aadhaar })]);
  await kept(insertVerification, ['pan', JSON.stringify({ number: pan })]);
  const [row] = await play.as<{ id: string }>(customer, insertAccount, [account]);
  await play.as(claimsOf('finance'), readNumber, [row?.id]);
  await play.as(customer, 'update user_bank_details set is_primary = true where id = $1', [
    row?.id,
  ]);
  await play.query('update user_documents set document_name = $1', ['Another name']);
  await play.query('delete from user_documents');
  await play.query('delete from user_kyc_verification');
  expect(await tablesWith(aadhaar)).toEqual([]);
  expect(await tablesWith(pan)).toEqual([]);
  expect(await tablesWith(account)).toEqual(['app_private.bank_account_numbers']);
  // Positive control: what was kept is found, in the trail above all.
  expect(await tablesWith('Another name')).toContain('audit_logs');
});
