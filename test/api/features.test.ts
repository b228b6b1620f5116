import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { makeLogger } from '../../src/lib/logger.ts';
import { type Relay, startRelay } from '../../src/realtime/relay.ts';
import { idOf, type Person, people } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { connect, until } from '../realtime/support.ts';
import { codeIn, startApi, type TestApi, tokenFor } from './support.ts';

describe('features', () => {
  let database: TestDatabase;
  let api: TestApi;
  let relay: Relay;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    api = await startApi(database);
    relay = startRelay({
      connectionString: database.workerUrl,
      logger: makeLogger('silent'),
    });
  });
  afterAll(async () => {
    await relay?.close();
    await api?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.owner.query('delete from feature_flags');
  });

  const ask = async (person: Person, visitorId?: string, server = api) =>
    server.graphql('query ($id: String) { enabledFeatures(visitorId: $id) }', {
      variables: { id: visitorId },
      ...(person === 'visitor' ? {} : { token: await tokenFor(idOf(person)) }),
    });
  const featuresOf = async (person: Person, visitorId?: string, server = api) =>
    (await ask(person, visitorId, server)).data.enabledFeatures as string[];
  const makeFlag = (name: string, percentage: number, roles: string[] | null = null, on = true) =>
    database.owner.query(
      `insert into feature_flags (name, is_enabled, rollout_percentage, target_roles)
      values ($1, $2, $3, $4)`,
      [name, on, percentage, roles],
    );

  test('one that is switched off, or for 0 % of users, is on for no user', async () => {
    await makeFlag('switched_off', 100, null, false);
    await makeFlag('at_zero', 0);
    await makeFlag('for_all', 100);
    for (const person of people) {
      expect(await featuresOf(person, 'visitor-0001')).toEqual(['for_all']);
    }
  });

  test('one for roles is for the users who hold them, and for no others', async () => {
    await makeFlag('for_sellers', 100, ['vendor', 'finance']);
    await makeFlag('for_customers', 100, ['customer']);
    const seen = await Promise.all(
      people.map(async (person) => [person, await featuresOf(person)] as const),
    );
    const holders = (name: string) =>
      seen.filter(([, features]) => features.includes(name)).map(([person]) => person);
    expect(holders('for_sellers').sort()).toEqual(['finance', 'vendor', 'vendor2']);
    expect(holders('for_customers')).toEqual(expect.arrayContaining(['customer', 'customer2']));
    expect(holders('for_customers')).not.toContain('finance');
    expect(holders('for_customers')).not.toContain('visitor');
  });

  test('every process gives the same person the same answer', async () => {
    for (let n = 0; n < 20; n += 1) {
      await makeFlag(`half_${String.fromCharCode(97 + n)}`, 50);
    }
    const other = await startApi(database);
    try {
      const answers = new Set<string>();
      for (const person of ['customer', 'vendor', 'admin', 'visitor'] as const) {
        const first = await featuresOf(person, 'visitor-0001');
        expect(await featuresOf(person, 'visitor-0001', other)).toEqual(first);
        expect(await featuresOf(person, 'visitor-0001', api)).toEqual(first);
        expect(first.length).toBeGreaterThan(0);
        expect(first.length).toBeLessThan(20);
        answers.add(first.join());
      }
      // A user who is early for one feature is not so for all.
      expect(answers.size).toBe(4);
      expect(await featuresOf('customer', 'visitor-0002')).toEqual(await featuresOf('customer'));
      expect(await featuresOf('visitor', 'visitor-0002')).not.toEqual(
        await featuresOf('visitor', 'visitor-0001'),
      );
    } finally {
      await other.close();
    }
  });

  test('the answer is the hash of feature and user, and is the same in every release', async () => {
    const { rows } = await database.owner.query(
      `select app_private.rollout_place('new_checkout', '${idOf('customer')}') as one,
        app_private.rollout_place('new_checkout', 'visitor:visitor-0001') as two`,
    );
    const { createHash } = await import('node:crypto');
    const place = (who: string) =>
      createHash('sha256').update(`new_checkout:${who}`).digest().readUIntBE(0, 3) % 100;
    expect(rows).toEqual([{ one: place(idOf('customer')), two: place('visitor:visitor-0001') }]);
  });

  test('ten per cent are a tenth of ten thousand users, give or take a hundred', async () => {
    const names = ['one_tenth', 'another_tenth', 'new_checkout', 'x'];
    for (const name of names) {
      await makeFlag(name, 10);
    }
    const { rows } = await database.asUser(null, (client) =>
      client.query<{ name: string; count: number }>(
        `select f.name, count(*)::integer as count
        from generate_series(1, 10000) n, unnest(enabled_features('visitor-' || n)) f (name)
        group by 1`,
      ),
    );
    expect(rows.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const { name, count } of rows) {
      expect({ name, isTenth: count >= 900 && count <= 1_100, count }).toEqual({
        name,
        isTenth: true,
        count,
      });
    }
    // Of people whose ids follow each other as well.
    const { rows: byId } = await database.owner.query<{ count: number }>(
      `select count(*) filter (where app_private.rollout_place('new_checkout', id) < 10)::integer as count
      from (select format('10000000-0000-4000-8000-%s', lpad(n::text, 12, '0')) as id
        from generate_series(1, 10000) n) p`,
    );
    expect(byId[0]?.count).toBeGreaterThanOrEqual(900);
    expect(byId[0]?.count).toBeLessThanOrEqual(1_100);
  });

  test('a higher percentage takes it from no user', async () => {
    await makeFlag('growing', 0);
    let before: readonly string[] = [];
    for (const percentage of [1, 2, 5, 10, 33, 50, 99, 100]) {
      await database.owner.query('update feature_flags set rollout_percentage = $1', [percentage]);
      const { rows } = await database.asUser(null, (client) =>
        client.query<{ id: string }>(
          `select 'visitor-' || n as id from generate_series(1000, 1999) n
          where 'growing' = any (enabled_features('visitor-' || n))`,
        ),
      );
      const now = rows.map(({ id }) => id);
      expect(before.filter((id) => !now.includes(id))).toEqual([]);
      expect(now.length).toBeGreaterThan(before.length);
      before = now;
    }
    expect(before).toHaveLength(1_000);
  });

  test('an anonymous user gets what everyone has, whatever id is sent', async () => {
    await makeFlag('for_all', 100);
    await makeFlag('for_nearly_all', 99);
    expect(await featuresOf('visitor')).toEqual(['for_all']);
    for (const bad of ['', 'short', 'x'.repeat(101), 'with blanks in it', `'; drop table x`]) {
      expect(codeIn(await ask('visitor', bad))).toBe('OB020');
    }
  });

  test('an administrator makes, changes and removes flags, and the audit log says so', async () => {
    const token = await tokenFor(idOf('admin'));
    const made = await api.graphql(
      `mutation { createFeatureFlag(input: { featureFlag: { name: "new_checkout", isEnabled: true,
        rolloutPercentage: 100, targetRoles: ["customer"] } }) { featureFlag { id } } }`,
      { token },
    );
    const id = made.data.createFeatureFlag.featureFlag.id;
    expect(await featuresOf('customer')).toEqual(['new_checkout']);
    const update = (patch: string) =>
      `mutation { updateFeatureFlag(input: { id: "${id}", patch: { ${patch} } }) { clientMutationId } }`;
    expect((await api.graphql(update('isEnabled: false'), { token })).errors).toBeUndefined();
    expect(await featuresOf('customer')).toEqual([]);
    for (const patch of ['targetRoles: ["custmer"]', 'targetRoles: []', 'targetRoles: [null]']) {
      expect(codeIn(await api.graphql(update(patch), { token }))).toBe('OB020');
    }
    expect(codeIn(await api.graphql(update('rolloutPercentage: 101'), { token }))).toBe('23514');
    const remove = `mutation { deleteFeatureFlag(input: { id: "${id}" }) { clientMutationId } }`;
    const finance = await tokenFor(idOf('finance'));
    expect(codeIn(await api.graphql(update('isEnabled: true'), { token: finance }))).toBe('OB003');
    expect(codeIn(await api.graphql(remove, { token: finance }))).toBe('OB003');
    expect(codeIn(await api.graphql(remove, { token: await tokenFor(idOf('customer')) }))).toBe(
      '42501',
    );
    expect((await api.graphql(remove, { token })).errors).toBeUndefined();
    const { rows } = await database.owner.query(
      `select action, user_id from audit_logs where resource_id = $1 order by created_at`,
      [id],
    );
    expect(rows).toEqual(
      ['insert', 'update', 'delete'].map((action) => ({ action, user_id: idOf('admin') })),
    );
  });

  test('a change reaches every subscriber, and nothing else does', async () => {
    await makeFlag('new_checkout', 0);
    await database.owner.query(`delete from app_private.events`);
    const follower = connect(api, { token: await tokenFor(idOf('customer')) });
    const followed = follower.follow('subscription { enabledFeaturesUpdated { event } }');
    const plain = follower.follow('subscription { listen(topic: "features:all") { event } }');
    // Until the server follows, too.
    await until(async () => {
      await database.owner.query(
        `update feature_flags set description = clock_timestamp()::text where name = 'new_checkout'`,
      );
      return followed.messages.length > 0 && plain.messages.length > 0;
    }, 20_000);
    expect((await followed.next()).data.enabledFeaturesUpdated.event).toBe('features.updated');
    expect((await plain.next()).data.listen.event).toBe('features.updated');
    follower.dispose();
    const count = async () =>
      (
        await database.owner.query(
          `select from app_private.events where event = 'features.updated'`,
        )
      ).rowCount;
    const before = await count();
    await database.owner.query('update feature_flags set rollout_percentage = rollout_percentage');
    expect(await count()).toBe(before);
    await database.owner.query('update feature_flags set rollout_percentage = 7');
    expect(await count()).toBe(Number(before) + 1);
  });

  test('a change of roles reaches its user, who then has other features, and no one else', async () => {
    await makeFlag('for_marketing', 100, ['marketing']);
    const token = await tokenFor(idOf('nobody'));
    const follower = connect(api, { token });
    const followed = follower.follow('subscription { enabledFeaturesUpdated { event subjectId } }');
    const other = connect(api, { token: await tokenFor(idOf('customer')) });
    const otherFollowed = other.follow(
      'subscription { enabledFeaturesUpdated { event subjectId } }',
    );
    const stranger = other.follow(
      `subscription { listen(topic: "features:${idOf('nobody')}") { event } }`,
    );
    expect((await stranger.next()).errors?.[0]?.extensions?.code).toBe('OB015');
    // Until the server follows both.
    await until(async () => {
      await database.owner.query(
        `update feature_flags set description = clock_timestamp()::text where name = 'for_marketing'`,
      );
      return followed.messages.length > 0 && otherFollowed.messages.length > 0;
    }, 20_000);
    const grant = `mutation ($user: UUID!) {
      grantRole(input: { userId: $user, roleCode: "marketing" }) { result { status } }
    }`;
    const revoke = `mutation ($user: UUID!) {
      revokeRole(input: { userId: $user, roleCode: "marketing" }) { result { status } }
    }`;
    const admin = await tokenFor(idOf('admin'));
    const received = () =>
      JSON.stringify(followed.messages).split(`"subjectId":"${idOf('nobody')}"`).length - 1;
    expect(await featuresOf('nobody')).toEqual([]);
    for (const [act, features] of [
      [grant, ['for_marketing']],
      [revoke, []],
    ] as const) {
      const sofar = received();
      const done = await api.graphql(act, { token: admin, variables: { user: idOf('nobody') } });
      expect(done.errors).toBeUndefined();
      await until(async () => received() > sofar, 20_000);
      expect(await featuresOf('nobody')).toEqual(features);
    }
    expect(JSON.stringify(otherFollowed.messages)).not.toContain(idOf('nobody'));
    follower.dispose();
    other.dispose();
  });
});
