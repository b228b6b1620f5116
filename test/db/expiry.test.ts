import { seedMarket, vendor } from '../fixtures/market.ts';
import { claimsOf, idOf } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

const remind = 'select app_private.remind_of_expiries(100) as count';
const expire = 'select app_private.expire_verifications(100) as count';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedMarket(database.owner);
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

/** Of each kind one that was found right, with its last day so many days from today in India. */
const verifiedFor = (days: number) => `
  insert into user_documents (user_id, document_type, document_name, file_url, verified, verified_at, expiry_date)
  values ('${idOf('customer')}', 'passport', 'Passport', app_private.adopt_file('https://files.example.com/p', 'user_document'), true, now(),
    app_private.today() + ${days});
  insert into vendor_documents (vendor_id, document_type, document_name, file_url, verified, verified_at, expiry_date)
  values ('${vendor}', 'license', 'Licence', app_private.adopt_file('https://files.example.com/l', 'vendor_document'), true, now(), app_private.today() + ${days});
  insert into user_kyc_verification (user_id, verification_type, verification_status, verified_at, expires_at)
  values ('${idOf('therapist')}', 'aadhaar', 'verified', now() - interval '1 year',
    (app_private.today() + ${days})::timestamp at time zone 'Asia/Kolkata' + interval '23 hours 59 minutes')`;

/** The same some days later. */
async function pass(days: number): Promise<void> {
  await play.query(`update user_documents set expiry_date = expiry_date - ${days}`);
  await play.query(`update vendor_documents set expiry_date = expiry_date - ${days}`);
  await play.query(
    `update user_kyc_verification set expires_at = expires_at - interval '${days} days'`,
  );
  await play.query(`update app_private.expiry_reminders set last_day = last_day - ${days}`);
}

const does = async (sql: string): Promise<number> =>
  (await play.query<{ count: number }>(sql)).rows[0]?.count as number;

async function told(): Promise<readonly string[]> {
  const { rows } = await play.query<{ line: string }>(
    `select p.name || ': ' || n.title as line from notifications n
    join user_profiles p on p.id = n.user_id order by line`,
  );
  await play.query('delete from notifications');
  return rows.map(({ line }) => line);
}

it('holders are reminded 30 days, 7 days and a day before, and not twice', async () => {
  await play.query(verifiedFor(31));
  expect(await does(remind)).toBe(0);
  for (const days of [1, 23, 6]) {
    await pass(days);
    expect(await does(remind)).toBe(3);
    expect(await told()).toEqual([
      expect.stringMatching(/^customer: Passport is valid until \d\d \w{3} \d{4}$/),
      expect.stringMatching(/^therapist: Aadhaar number is valid until /),
      expect.stringMatching(/^vendor: Trade licence is valid until /),
    ]);
    expect(await does(remind)).toBe(0);
  }
  await pass(1);
  expect(await does(remind)).toBe(0);
});

it('reminders that are due at once are sent as one, the most pressing', async () => {
  await play.query(verifiedFor(5));
  expect(await does(remind)).toBe(3);
  expect(await does(remind)).toBe(0);
});

it('reminders come on the days of the settings', async () => {
  await play.query(
    `update system_settings set value = '[3]' where key = 'verification.reminder_days'`,
  );
  await play.query(verifiedFor(4));
  expect(await does(remind)).toBe(0);
  await pass(1);
  expect(await does(remind)).toBe(3);
});

it('no reminder is sent of what was not verified or has no last day', async () => {
  await play.query(verifiedFor(5));
  await play.query(`update user_documents set verified = false, verified_at = null`);
  await play.query(`update vendor_documents set expiry_date = null`);
  await play.query(`update user_kyc_verification set verification_status = 'failed'`);
  expect(await does(remind)).toBe(0);
  expect(await does(expire)).toBe(0);
});

it('a document is valid on its last day, and expires on the next, once', async () => {
  const states = async () =>
    (
      await play.query(
        `select verification_status as status, verified as right from user_documents
        union all select verification_status, verified from vendor_documents
        union all select verification_status, null from user_kyc_verification`,
      )
    ).rows;
  await play.query(verifiedFor(0));
  expect(await does(expire)).toBe(0);
  expect(await states()).toEqual([
    { status: 'verified', right: true },
    { status: 'verified', right: true },
    { status: 'verified', right: null },
  ]);
  await pass(1);
  expect(await does(expire)).toBe(3);
  expect(await states()).toEqual([
    { status: 'expired', right: false },
    { status: 'expired', right: false },
    { status: 'expired', right: null },
  ]);
  expect(await told()).toEqual([
    'customer: Passport has expired',
    'therapist: Aadhaar number has expired',
    'vendor: Trade licence has expired',
  ]);
  expect(await does(expire)).toBe(0);
  expect((await play.query('select from error_logs')).rowCount).toBe(0);
});

it('no more documents are handled at once than asked for', async () => {
  await play.query(verifiedFor(-1));
  expect(await does('select app_private.expire_verifications(2) as count')).toBe(2);
  expect(await does('select app_private.expire_verifications(2) as count')).toBe(1);
  expect(await does('select app_private.expire_verifications(2) as count')).toBe(0);
  await play.query(verifiedFor(5));
  expect(await does('select app_private.remind_of_expiries(2) as count')).toBe(2);
  expect(await does('select app_private.remind_of_expiries(2) as count')).toBe(1);
});

it('an expired document is removed by its owner, and its replacement waits for a verdict', async () => {
  await play.query(verifiedFor(-1));
  await play.query(expire);
  const gone = await play.as(claimsOf('customer'), 'delete from user_documents returning id');
  expect(gone).toHaveLength(1);
  expect(
    await play.as(
      claimsOf('therapist'),
      `insert into user_kyc_verification (verification_type) values ('aadhaar')
      returning verification_status`,
    ),
  ).toEqual([{ verification_status: 'pending' }]);
});

it('past reminders are deleted, and coming ones are kept', async () => {
  await play.query(verifiedFor(1));
  await play.query(remind);
  const { rowCount: before } = await play.query('select from app_private.expiry_reminders');
  expect(before).toBe(3);
  await play.query(`update app_private.expiry_reminders set last_day = last_day - 2
    where subject_id in (select id from user_documents)`);
  await play.query(remind);
  const { rows } = await play.query(
    'select count(*)::integer as count from app_private.expiry_reminders where last_day < app_private.today()',
  );
  expect(rows).toEqual([{ count: 0 }]);
});

it('two workers at once send each message once', async () => {
  await database.owner.query(verifiedFor(5));
  const [first, second] = [await database.owner.connect(), await database.owner.connect()];
  try {
    await first.query('begin');
    expect((await first.query(remind)).rows).toEqual([{ count: 3 }]);
    const late = second.query<{ count: number }>(remind);
    await untilBlocked(database.owner);
    await first.query('commit');
    expect((await late).rows).toEqual([{ count: 0 }]);
    await database.owner.query(`update user_documents set expiry_date = app_private.today() - 1`);
    await first.query('begin');
    expect((await first.query(expire)).rows).toEqual([{ count: 1 }]);
    // Does not wait for what another session is about to do.
    expect((await second.query(expire)).rows).toEqual([{ count: 0 }]);
    await first.query('commit');
    expect((await second.query(expire)).rows).toEqual([{ count: 0 }]);
  } finally {
    first.release();
    second.release();
    await database.owner.query('delete from notifications');
    await database.owner.query('delete from user_documents');
    await database.owner.query('delete from vendor_documents');
    await database.owner.query('delete from user_kyc_verification');
    await database.owner.query('delete from app_private.expiry_reminders');
  }
});
