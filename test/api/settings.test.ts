import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { idOf } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

type Setting = {
  key: string;
  value: unknown;
  value_type: string;
  minimum: number | null;
  maximum: number | null;
};

/** By type: what no setting of it takes. */
const wrong: Readonly<Record<string, (setting: Setting) => readonly unknown[]>> = {
  integer: ({ minimum, maximum }) => [
    'many',
    '5',
    null,
    true,
    [5],
    { n: 5 },
    Number(minimum) + 0.5,
    Number(minimum) - 1,
    Number(maximum) + 1,
  ],
  number: ({ minimum, maximum }) => [
    'many',
    '5',
    null,
    [5],
    Number(minimum) - 0.001,
    Number(maximum) + 0.001,
  ],
  optional_integer: ({ minimum, maximum }) => [
    'many',
    '5',
    true,
    [5],
    Number(minimum) + 0.5,
    Number(minimum) - 1,
    Number(maximum) + 1,
  ],
  boolean: () => ['true', 1, null],
  text: () => ['', 5, null, ['INR'], 'rupees; and more'],
  time_zone: () => ['Mars/Olympus', '', 5, null, 'now()'],
  integer_list: ({ minimum, maximum }) => [
    5,
    'many',
    null,
    {},
    ['5'],
    [5, 5],
    [[5]],
    [null],
    [Number(minimum) - 1],
    [Number(maximum) + 1],
    Array.from({ length: 11 }, (_, n) => n + 1),
  ],
};

const right: Readonly<Record<string, (setting: Setting) => readonly unknown[]>> = {
  integer: ({ minimum, maximum }) => [minimum, maximum],
  number: ({ minimum, maximum }) => [minimum, maximum, Number(minimum) + 0.5],
  optional_integer: ({ minimum, maximum }) => [null, minimum, maximum],
  boolean: () => [true, false],
  text: ({ value }) => [value],
  time_zone: () => ['UTC', 'Asia/Kolkata'],
  integer_list: ({ minimum, maximum }) => [[], [minimum], [maximum, minimum]],
};

describe('the system settings', () => {
  let database: TestDatabase;
  let api: TestApi;
  let settings: readonly Setting[];

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    const { rows } = await database.owner.query<Setting>(
      `select key, value, value_type, minimum::float, maximum::float from system_settings order by key`,
    );
    settings = rows;
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const change = async (person: Parameters<typeof idOf>[0] | null, key: string, value: unknown) =>
    api.graphql(
      `mutation ($key: String!, $value: JSON!) {
        updateSystemSetting(input: { key: $key, value: $value }) { result { key value } }
      }`,
      {
        variables: { key, value },
        ...(person === null ? {} : { token: await tokenFor(idOf(person)) }),
      },
    );
  const readValue = async (key: string) =>
    (
      await database.owner.query<{ value: unknown }>(
        'select value from system_settings where key = $1',
        [key],
      )
    ).rows[0]?.value;

  test('all have a type, and none can be made without one', async () => {
    expect(settings.length).toBeGreaterThan(45);
    expect(settings.filter(({ value_type }) => !(value_type in wrong))).toEqual([]);
    await expect(
      database.owner.query(
        `insert into system_settings (key, category, value) values ('a.new_one', 'a', '1')`,
      ),
    ).rejects.toMatchObject({ code: '23502', column: 'value_type' });
    await expect(
      database.owner.query(
        `insert into system_settings (key, category, value, value_type) values ('a.new_one', 'a', '1', 'integer')`,
      ),
    ).rejects.toMatchObject({ constraint: 'system_settings_range_fits_type' });
  });

  test('take values of their type and range, and nothing else', async () => {
    const client = await database.owner.connect();
    const take = async ({ key }: Setting, value: unknown) => {
      await client.query('savepoint attempt');
      return await client
        .query('update system_settings set value = $2 where key = $1', [key, JSON.stringify(value)])
        .then(
          () => 'ok',
          async (error) => {
            await client.query('rollback to savepoint attempt');
            return error.code;
          },
        );
    };
    await client.query('begin');
    for (const setting of settings) {
      for (const value of right[setting.value_type]?.(setting) ?? []) {
        const end = await take(setting, value);
        expect({ key: setting.key, value, end }).toEqual({ key: setting.key, value, end: 'ok' });
      }
      for (const value of wrong[setting.value_type]?.(setting) ?? []) {
        const end = await take(setting, value);
        expect({ key: setting.key, value, end }).toEqual({ key: setting.key, value, end: 'OB058' });
      }
    }
    await client.query('rollback');
    client.release();
  });

  test('are changed by an administrator, who is told what is wrong with a value', async () => {
    const answer = await change('admin', 'booking.maximum_holds', 7);
    expect(answer.data).toEqual({
      updateSystemSetting: { result: { key: 'booking.maximum_holds', value: 7 } },
    });
    for (const value of ['many', -5, 2.5, [7], { most: 7 }]) {
      const refused = await change('admin', 'booking.maximum_holds', value);
      expect([codeIn(refused), refused.errors?.[0]?.message]).toEqual([
        'OB058',
        'Value of the setting "booking.maximum_holds" must be a whole number from 1 to 50.',
      ]);
    }
    expect(await readValue('booking.maximum_holds')).toBe(7);
    expect(codeIn(await change('admin', 'no.such_setting', 1))).toBe('OB003');
    expect((await change('admin', 'onboarding.reminder_days', [2, 4])).errors).toBeUndefined();
    expect(await readValue('onboarding.reminder_days')).toEqual([2, 4]);
  });

  test('are changed by no other user', async () => {
    const before = await readValue('booking.hold_minutes');
    expect(codeIn(await change('finance', 'booking.hold_minutes', 20))).toBe('OB002');
    expect(codeIn(await change('vendor', 'booking.hold_minutes', 20))).toBe('42501');
    expect(codeIn(await change(null, 'booking.hold_minutes', 20))).toBe('OB001');
    expect(await readValue('booking.hold_minutes')).toBe(before);
    expect((await change('admin', 'booking.hold_minutes', 20)).errors).toBeUndefined();
  });

  test('keep what they were before and who changed them', async () => {
    await change('admin', 'review.maximum_length', 300);
    await change('super_admin', 'review.maximum_length', 400);
    await change('super_admin', 'review.maximum_length', 400);
    const query = `{ systemSettingByKey(key: "review.maximum_length") {
      value valueType minimum maximum history { changedBy valueBefore valueAfter } } }`;
    const asked = await api.graphql(query, { token: await tokenFor(idOf('admin')) });
    expect(asked.data.systemSettingByKey).toEqual({
      value: 400,
      valueType: 'integer',
      minimum: '1',
      maximum: '500',
      history: [
        { changedBy: idOf('super_admin'), valueBefore: 300, valueAfter: 400 },
        { changedBy: idOf('admin'), valueBefore: 500, valueAfter: 300 },
      ],
    });
    const finance = await api.graphql(query, { token: await tokenFor(idOf('finance')) });
    expect(finance.data.systemSettingByKey).toMatchObject({ value: 400, history: [] });
    const customer = await api.graphql(query, { token: await tokenFor(idOf('customer')) });
    expect(codeIn(customer)).toBe('42501');
  });

  test('are read by visitors only where they are public', async () => {
    const { data } = await api.graphql('{ systemSettings(first: 100) { nodes { key isPublic } } }');
    const keys = data.systemSettings.nodes.map(({ key }: { key: string }) => key);
    expect(keys).toContain('booking.hold_minutes');
    expect(keys).not.toContain('signin.otp_attempts');
    const all = await api.graphql('{ systemSettings { totalCount } }', {
      token: await tokenFor(idOf('admin')),
    });
    expect(all.data.systemSettings.totalCount).toBe(settings.length);
  });
});
