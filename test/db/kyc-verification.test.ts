import { claimsOf, idOf, type Person, people, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeOf } from './attempt.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

type Verification = Record<string, unknown> & {
  readonly id: string;
};

const decide = 'select * from decide_kyc_verification($1, $2, $3, $4)';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedPeople(database.owner);
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

const submit = async (person: Person = 'customer', type = 'pan'): Promise<string> => {
  const [row] = await play.as<Verification>(
    claimsOf(person),
    `insert into user_kyc_verification (verification_type, verification_data)
     values ($1, '{"last4": "234F"}') returning id`,
    [type],
  );
  return row?.id ?? '';
};

it('is submitted by its owner and approved by staff, until a day', async () => {
  const id = await submit();
  const [row] = await play.as<Verification>(claimsOf('admin'), decide, [
    id,
    true,
    null,
    '2031-01-01',
  ]);
  expect(row).toMatchObject({
    verification_status: 'verified',
    verified_at: expect.any(Date),
    expires_at: expect.any(Date),
    decided_by: idOf('admin'),
    decision_reason: null,
  });
});

it('is rejected with a reason, and may then be submitted again', async () => {
  const id = await submit();
  expect(await play.ends(claimsOf('admin'), decide, [id, false, '  ', null])).toBe('OB036');
  const [row] = await play.as<Verification>(claimsOf('admin'), decide, [
    id,
    false,
    'Blurred',
    null,
  ]);
  expect(row).toMatchObject({
    verification_status: 'failed',
    verified_at: null,
    decision_reason: 'Blurred',
  });
  expect(await submit()).not.toBe(id);
});

it('is withdrawn by its owner while it is pending, and by no one else, and not after the verdict', async () => {
  const id = await submit();
  const withdraw = async (person: Person) => {
    const gone = await play.as(
      claimsOf(person),
      'delete from user_kyc_verification where id = $1 returning id',
      [id],
    );
    return gone.length;
  };
  expect(await withdraw('customer2')).toBe(0);
  await play.as(claimsOf('admin'), decide, [id, true, null, null]);
  expect(await withdraw('customer')).toBe(0);
  await play.query(
    `update user_kyc_verification set verification_status = 'pending', verified_at = null`,
  );
  expect(await withdraw('customer')).toBe(1);
});

it('is not decided by a user who may not', async () => {
  const id = await submit();
  for (const person of people.filter((name) => !['admin', 'super_admin'].includes(name))) {
    expect(['42501', 'OB002']).toContain(
      await play.ends(claimsOf(person), decide, [id, true, null, null]),
    );
  }
  expect(await play.ends(claimsOf('super_admin'), decide, [id, true, null, null])).toBe('ok');
});

it.each<[string, (id: string) => unknown[], string]>([
  ['that there is not', () => [idOf('customer'), true, null, null], 'OB003'],
  ['without saying which way', (id) => [id, null, null, null], 'OB020'],
  ['until a day that is past', (id) => [id, true, null, '2020-01-01'], 'OB020'],
  ['as wrong until a day', (id) => [id, false, 'Blurred', '2031-01-01'], 'OB020'],
])('is not decided: one %s', async (_name, values, code) => {
  const id = await submit();
  expect(await play.ends(claimsOf('admin'), decide, values(id))).toBe(code);
  expect(await play.ends(claimsOf('admin'), decide, [id, true, null, null])).toBe('ok');
  expect(await play.ends(claimsOf('admin'), decide, [id, true, null, null])).toBe('OB030');
});

it("is not decided in one's own matter", async () => {
  const id = await submit('admin');
  expect(await play.ends(claimsOf('admin'), decide, [id, true, null, null])).toBe('OB031');
  expect(await play.ends(claimsOf('super_admin'), decide, [id, true, null, null])).toBe('ok');
});

it('two verdicts at once: one counts', async () => {
  const { rows } = await database.owner.query<Verification>(
    `insert into user_kyc_verification (user_id, verification_type) values ($1, 'gst') returning id`,
    [idOf('customer')],
  );
  const id = rows[0]?.id;
  let second: Promise<string> = Promise.resolve('');
  await database.asUser(
    claimsOf('admin'),
    async (client) => {
      await client.query(decide, [id, true, null, null]);
      second = database
        .asUser(claimsOf('super_admin'), (other) =>
          other.query(decide, [id, false, 'Blurred', null]),
        )
        .then(() => 'ok', codeOf);
      await untilBlocked(database.owner);
    },
    { commit: true },
  );
  expect(await second).toBe('OB030');
});
