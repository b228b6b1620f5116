import { withClient } from '../../src/lib/postgres.ts';
import { idOf, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

/** Not in any other test: the server's log is that of the whole suite. */
const numbers = {
  aadhaar: '999971658847',
  'an Aadhaar number that is wrong': '999971658848',
  pan: 'BQJPK4821L',
  'a PAN that is wrong': 'BQJZK4821L',
  account: '701234987650',
  'an account number that is wrong': '70123498',
  'a passport': 'Z8842917',
};

const scan = '5ca00000-0000-4000-8000-000000000001';
const createDocument = `mutation ($type: UserDocumentType!, $number: String) {
  createUserDocument(input: {userDocument: {documentType: $type, documentNumber: $number,
    documentName: "A card", fileUrl: "file:${scan}"}}) {
    userDocument { id documentNumber } } }`;
const createAccount = `mutation ($number: String!, $ifsc: Ifsc!) {
  createUserBankDetail(input: {userBankDetail: {accountHolderName: "A Person", accountNumber: $number,
    ifscCode: $ifsc, bankName: "A bank"}}) { userBankDetail { id accountNumber } } }`;
const createVerification = `mutation ($type: KycType!, $data: JSON) {
  createUserKycVerification(input: {userKycVerification: {verificationType: $type, verificationData: $data}}) {
    userKycVerification { verificationData } } }`;

let database: TestDatabase;
let api: TestApi;

const ask = async (
  who: 'customer' | 'admin' | 'finance',
  query: string,
  variables: Record<string, unknown> = {},
) => api.graphql(query, { variables, token: await tokenFor(idOf(who)) });

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
  await database.owner.query(
    `insert into files (id, owner_id, purpose, content_type, size, status, sha256, stored_at, unused_since)
    values ($1, $2, 'user_document', 'image/jpeg', 100, 'stored', repeat('0', 64), now(), now())`,
    [scan, idOf('customer')],
  );
  api = await startApi(database);
});

afterAll(async () => {
  await api?.close();
  await database?.drop();
});

it('numbers come in over the API, are refused when they are wrong, and are shown by their end', async () => {
  const right = await ask('customer', createDocument, { type: 'aadhaar', number: numbers.aadhaar });
  expect(right.data.createUserDocument.userDocument.documentNumber).toBe('XXXXXXXX8847');
  const wrong = await ask('customer', createDocument, {
    type: 'aadhaar',
    number: numbers['an Aadhaar number that is wrong'],
  });
  expect(codeIn(wrong)).toBe('OB020');
  expect(wrong.errors?.[0]?.message).toMatch(/^The Aadhaar number must have 12 digits/);

  // Written into the document of the query, too, where a client does not know better.
  const inline = (type: string, number: string) =>
    ask(
      'customer',
      createDocument
        .replace('$type,', `${type},`)
        .replace('$number,', `"${number}",`)
        .replace('($type: UserDocumentType!, $number: String)', ''),
    );
  const passport = await inline('passport', numbers['a passport']);
  expect(passport.data.createUserDocument.userDocument.documentNumber).toBe('XXXX2917');
  expect(codeIn(await inline('pan', numbers['a PAN that is wrong']))).toBe('OB020');

  const submitted = await ask('customer', createVerification, {
    type: 'pan',
    data: { number: numbers.pan, scan: `PAN ${numbers.pan}` },
  });
  expect(submitted.data.createUserKycVerification.userKycVerification.verificationData).toEqual({
    number: 'XXXXXX821L',
    scan: 'PAN XXXXXX821L',
  });
});

it('an account is added, verified by its end and paid to by its number', async () => {
  const ifsc = 'HDFC0001234';
  const account = (number: string, code = ifsc) =>
    ask('customer', createAccount, { number, ifsc: code });
  expect(codeIn(await account(numbers['an account number that is wrong']))).toBe('OB020');
  expect((await account(numbers.account, 'HDFC')).errors).toHaveLength(1);
  const added = await account(numbers.account);
  const { id, accountNumber } = added.data.createUserBankDetail.userBankDetail;
  expect(accountNumber).toBe('XXXXXXXX7650');

  const queue = await ask(
    'admin',
    '{ verificationQueue { totalCount nodes { kind id holder what number submittedAt } } }',
  );
  expect(queue.data.verificationQueue.nodes).toContainEqual(
    expect.objectContaining({ kind: 'bank_account', id, number: 'XXXXXXXX7650' }),
  );
  const verify = `mutation ($id: UUID!) { verifyBankAccount(input: {bankDetailId: $id, isRight: true}) {
    result { verificationStatus isVerified accountNumber } } }`;
  expect(codeIn(await ask('finance', verify, { id }))).toBe('OB002');
  expect((await ask('admin', verify, { id })).data.verifyBankAccount.result).toEqual({
    verificationStatus: 'verified',
    isVerified: true,
    accountNumber: 'XXXXXXXX7650',
  });
  const read = `mutation ($id: UUID!) { readBankAccountNumber(input: {bankDetailId: $id}) { result } }`;
  expect(codeIn(await ask('customer', read, { id }))).toBeDefined();
  expect((await ask('finance', read, { id })).data.readBankAccountNumber.result).toBe(
    numbers.account,
  );
});

it.each(Object.entries(numbers))('no log has %s', async (_what, number) => {
  expect(JSON.stringify(api.log)).not.toContain(number);
  expect(await inDatabaseLog(number)).toBe(false);
  const { rows } = await database.owner.query<{ entries: string }>(
    `select (select coalesce(string_agg(l::text, ''), '') from audit_logs l)
      || (select coalesce(string_agg(l::text, ''), '') from error_logs l)
      || (select coalesce(string_agg(l::text, ''), '') from user_activity_log l)
      || (select coalesce(string_agg(l::text, ''), '') from app_private.events l)
      || (select coalesce(string_agg(l::text, ''), '') from notifications l) as entries`,
  );
  expect(rows[0]?.entries).not.toContain(number);
});

it('the logs have what was done, and the database its errors', async () => {
  expect(api.log).toContainEqual(expect.objectContaining({ msg: 'request', path: '/graphql' }));
  expect(await inDatabaseLog('The Aadhaar number must have 12 digits')).toBe(true);
  const { rows } = await database.owner.query<{ type: string; number: unknown }>(
    `select resource_type as type,
      coalesce(new_values -> 'document_number', new_values -> 'account_number') as number
    from audit_logs where action = 'insert' and resource_type like 'user\\_%' and user_id = $1
    order by created_at`,
    [idOf('customer')],
  );
  expect(rows).toEqual([
    { type: 'user_documents', number: '***' },
    { type: 'user_documents', number: '***' },
    { type: 'user_kyc_verification', number: null },
    { type: 'user_bank_details', number: '***' },
  ]);
});

/** Whether the server of the suite has written this into its log. */
async function inDatabaseLog(text: string): Promise<boolean> {
  return await withClient(database.rootUrl, async (root) => {
    const { rows } = await root.query<{ log: string }>(
      `select pg_read_file(current_setting('data_directory') || '/server.log') as log`,
    );
    return rows[0]?.log.includes(text) ?? false;
  });
}
