import type { PersonaName } from '../../src/demo/personas.ts';
import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeOf } from './attempt.ts';
import { untilBlocked } from './concurrency.ts';
import { beginPlay, type Play } from './play.ts';

const { one, two, closed } = worldIds;
const unknown = '99999999-9999-4999-8999-999999999999';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await createTestDatabase();
  await seedTwoWorlds(database.owner);
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

describe.each<{ kind: string; provider: PersonaName }>([
  { kind: 'therapist', provider: 'therapist' },
  { kind: 'beautician', provider: 'beautician' },
])('leave of a $kind', ({ kind, provider }) => {
  const decision = `select status, approved_by from decide_${kind}_leave($1, $2, $3)`;
  const read = `select status, approved_by, approved_at is not null as is_decided, rejection_reason
    from ${kind}_leaves where id = $1`;
  const untouched = {
    status: 'pending',
    approved_by: null,
    is_decided: false,
    rejection_reason: null,
  };

  async function decide(
    person: Person,
    leave: string,
    approve: boolean | null,
    reason: string | null = null,
  ): Promise<string> {
    return await play.ends(claimsOf(person), decision, [leave, approve, reason]);
  }

  it.each<[PersonaName]>([
    ['vendor'],
    ['vendor_manager'],
    ['vendor_admin'],
  ])('is granted by the %s', async (person) => {
    expect(await decide(person, one, true, 'Not needed')).toBe('ok');
    const { rows } = await play.query(read, [one]);
    expect(rows).toEqual([
      {
        status: 'approved',
        approved_by: idOf(person),
        is_decided: true,
        rejection_reason: null,
      },
    ]);
  });

  it('is refused with a reason', async () => {
    expect(await decide('vendor', one, false, '  ')).toBe('OB036');
    expect(await decide('vendor', one, false)).toBe('OB036');
    expect((await play.query(read, [one])).rows).toEqual([untouched]);
    expect(await decide('vendor', one, false, ' Diwali ')).toBe('ok');
    const { rows } = await play.query(read, [one]);
    expect(rows).toMatchObject([{ status: 'rejected', rejection_reason: 'Diwali' }]);
  });

  it.each<[string, Person, string, boolean | null, string]>([
    ['a visitor', 'visitor', one, true, '42501'],
    ['staff', 'admin', one, true, '42501'],
    ['a stranger', 'nobody', one, true, 'OB003'],
    ['another vendor', 'vendor2', one, true, 'OB003'],
    ['an accountant, who does not see it', 'accountant', one, true, 'OB003'],
    ['a receptionist, who sees it', 'receptionist', one, true, 'OB002'],
    ['the one who asked for it', provider, one, true, 'OB031'],
    ['an unknown leave', 'vendor', unknown, true, 'OB003'],
    ['without a decision', 'vendor', one, null, 'OB020'],
    ['what is granted already', 'vendor', closed, false, 'OB030'],
  ])('is not decided: %s', async (_, person, leave, approve, code) => {
    const before = (await play.query(read, [leave])).rows;
    expect(await decide(person, leave, approve, 'Because')).toBe(code);
    expect((await play.query(read, [leave])).rows).toEqual(before);
    // Positive control: it could be.
    expect(await decide('vendor', one, true)).toBe('ok');
  });

  it('is not decided by oneself as a manager of the vendor', async () => {
    await play.query(`update ${kind}s set user_id = null where id = $1`, [one]);
    await play.query(`update ${kind}s set user_id = $1 where id = $2`, [
      idOf('vendor_manager'),
      one,
    ]);
    expect(await decide('vendor_manager', one, true)).toBe('OB031');
    expect(await decide('vendor_admin', one, true)).toBe('ok');
  });

  it('is decided by the vendor of the provider alone', async () => {
    expect(await decide('vendor', two, true)).toBe('OB003');
    expect(await decide('vendor2', two, true)).toBe('ok');
  });

  it('tells the provider of the decision, once, and no one else', async () => {
    expect(await decide('vendor', one, true)).toBe('ok');
    const { rows } = await play.query(
      `select user_id, type, data ->> 'leaveId' as leave from notifications
      where type in ('leave_decided', 'leave_requested') and data ->> 'leaveId' = $1
        and created_at = now()`,
      [one],
    );
    expect(rows).toEqual([{ user_id: idOf(provider), type: 'leave_decided', leave: one }]);
    expect(
      (await play.query('select from error_logs where error_type = $1', ['notification'])).rows,
    ).toEqual([]);
  });

  it('takes its notifications along when the provider withdraws it', async () => {
    const claims = claimsOf(provider);
    const ask = `insert into ${kind}_leaves (${kind}_id, leave_type, start_date, end_date, reason)
      values ('${one}', 'vacation', $1::date, $1::date, 'A wedding') returning id`;
    const request = async (day: string) =>
      (await play.as<{ id: string }>(claims, ask, [day]))[0]?.id;
    const withdrawn = await request('2026-03-10');
    const kept = await request('2026-03-12');
    // A manager who has left since was told of both.
    await play.query(`update vendor_staff set status = 'inactive' where user_id = $1`, [
      idOf('vendor_manager'),
    ]);
    const toldOf = async (leave: string | undefined) =>
      (
        await play.query(
          `select from notifications where type = 'leave_requested' and data ->> 'leaveId' = $1`,
          [leave],
        )
      ).rowCount;
    expect([await toldOf(withdrawn), await toldOf(kept)]).toEqual([4, 4]);
    const remove = `delete from ${kind}_leaves where id = $1`;
    expect(await play.ends(claims, remove, [withdrawn])).toBe('ok');
    expect([await toldOf(withdrawn), await toldOf(kept)]).toEqual([0, 4]);
  });

  it('is requested by the provider, and the desk is told', async () => {
    const ask = `insert into ${kind}_leaves (${kind}_id, leave_type, start_date, end_date, reason)
      values ('${one}', 'vacation', $1, $2, 'A wedding')`;
    expect(await play.ends(claimsOf('vendor'), ask, ['2026-03-01', '2026-03-02'])).toBe('42501');
    expect(await play.ends(claimsOf(provider), ask, ['2026-03-01', '2026-03-02'])).toBe('ok');
    const { rows } = await play.query<{ user_id: string }>(
      `select user_id from notifications where type = 'leave_requested' and created_at = now()`,
    );
    expect(rows.map(({ user_id: id }) => id).sort()).toEqual(
      (['vendor', 'vendor_admin', 'vendor_manager', 'receptionist'] as const).map(idOf).sort(),
    );
    // Neither backwards nor over another that is asked for or granted.
    expect(await play.ends(claimsOf(provider), ask, ['2026-04-02', '2026-04-01'])).toBe('23514');
    expect(await play.ends(claimsOf(provider), ask, ['2026-03-02', '2026-03-05'])).toBe('23P01');
    expect(await play.ends(claimsOf(provider), ask, ['2025-02-02', '2025-02-03'])).toBe('23P01');
  });

  it('is withdrawn while it is undecided', async () => {
    const withdraw = `delete from ${kind}_leaves where id = '${one}' returning id`;
    expect(await decide('vendor', one, true)).toBe('ok');
    expect(await play.as(claimsOf(provider), withdraw)).toEqual([]);
    await play.query(`update ${kind}_leaves set status = 'pending' where id = $1`, [one]);
    expect(await play.as(claimsOf(provider), withdraw)).toHaveLength(1);
  });

  it('is decided once when two decide at once', async () => {
    let second: Promise<string> = Promise.resolve('');
    await database.asUser(
      claimsOf('vendor'),
      async (client) => {
        await client.query(decision, [one, true, null]);
        second = database
          .asUser(claimsOf('vendor_manager'), (other) => other.query(decision, [one, false, 'No']))
          .then(() => 'ok', codeOf);
        await untilBlocked(database.owner);
      },
      { commit: true },
    );
    expect(await second).toBe('OB030');
    const { rows } = await database.owner.query(read, [one]);
    expect(rows).toMatchObject([{ status: 'approved', approved_by: idOf('vendor') }]);
  });
});
