import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { idOf } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

/** By default. */
const perHour = 5;
const perDay = 20;

describe('opening tickets', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const open = async (person: Parameters<typeof idOf>[0], aliases = 1) =>
    api.graphql(
      `mutation { ${Array.from(
        { length: aliases },
        (_, index) => `a${index}: createSupportTicket(input: { supportTicket: {
          category: other, subject: "Help", description: "Please" } }) { supportTicket { id } }`,
      ).join('\n')} }`,
      { token: await tokenFor(idOf(person)) },
    );
  const countOf = async (person: Parameters<typeof idOf>[0]) => {
    const { rows } = await database.owner.query<{ count: number }>(
      'select count(*)::int as count from support_tickets where user_id = $1',
      [idOf(person)],
    );
    return rows[0]?.count;
  };

  test('a user who asks for 100 in one request opens no more than five, and is told what to do', async () => {
    const { errors } = await open('nobody', 100);
    expect(await countOf('nobody')).toBeLessThanOrEqual(perHour);
    expect(errors?.at(-1)).toMatchObject({
      extensions: { code: 'OB049' },
      message:
        'You have opened 5 tickets within an hour. Write to one of them, or open another in an hour.',
    });
  });

  test('ten requests at once open no more than five', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => open('vendor')));
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(perHour);
    expect(
      answers.filter(({ errors }) => errors !== undefined).map((answer) => codeIn(answer)),
    ).toEqual(Array.from({ length: 5 }, () => 'OB049'));
    expect(await countOf('vendor')).toBe(perHour);
    // Each user has an own limit.
    expect((await open('vendor2')).errors).toBeUndefined();
  });

  test('an hour later there are more, up to twenty a day', async () => {
    // No one changes when a ticket was opened: only time does.
    const age = async (interval: string) => {
      const client = await database.administrator.connect();
      try {
        await client.query(`set session_replication_role = 'replica'`);
        await client.query(
          'update support_tickets set created_at = created_at - $2::interval where user_id = $1',
          [idOf('therapist'), interval],
        );
      } finally {
        client.release(true);
      }
    };
    for (let hour = 0; hour < perDay / perHour; hour += 1) {
      for (let index = 0; index < perHour; index += 1) {
        expect((await open('therapist')).errors).toBeUndefined();
      }
      expect(codeIn(await open('therapist'))).toBe('OB049');
      await age('61 minutes');
    }
    expect(codeIn(await open('therapist'))).toBe('OB049');
    await age('1 day');
    expect((await open('therapist')).errors).toBeUndefined();
  });
});
