import { codeIn, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { beginPlay, type Play } from '../db/play.ts';
import { claimsOf, idOf, type Person } from '../fixtures/people.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { act, all, createEndpoint, one, openWebhooks, set, two } from './support.ts';

const url = 'https://shop.example.com/hooks';

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await openWebhooks();
});

afterAll(async () => {
  await database?.drop();
});

beforeEach(async () => {
  play = await beginPlay(database);
});

afterEach(async () => {
  await play.end();
});

const create = (person: Person, address: string | null = url, vendor = one, types = all) =>
  play.ends(claimsOf(person), 'select create_webhook_endpoint($1, $2, $3)', [
    vendor,
    address,
    types,
  ]);

describe('the address of an endpoint', () => {
  it.each([
    'https://shop.example.com',
    'https://shop.example.com/hooks?token=a@b',
    'https://Shop.Example.com:443/',
    'https://shop.example.com:8443/hooks',
    'https://xn--bcher-kva.example:65535?x',
  ])('%s is accepted', async (address) => {
    expect(await create('vendor', address)).toBe('ok');
  });

  it.each([
    null,
    '',
    'shop.example.com',
    'http://shop.example.com/',
    'ftp://shop.example.com/',
    'https://user:password@shop.example.com/',
    'https://user@shop.example.com/',
    'https://shop.example.com/#part',
    'https://shop.example.com:22/',
    'https://shop.example.com:80/',
    'https://shop.example.com:65536/',
    'https://shop.example.com:99999999999/',
    'https://shop.example.com\\@10.0.0.1/',
    'https://shop.example.com/a b',
    'https://shop.example.com/\n',
    'https://localhost/',
    'https://metadata.google.internal/',
    'https://printer.local/',
    'https://x.localhost/',
    'https://127.0.0.1/',
    'https://8.8.8.8/',
    'https://169.254.169.254/latest/meta-data',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://a.0x7f/',
    'https://017700000001/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://shop.example.com./',
    `https://shop.example.com/${'a'.repeat(2_000)}`,
  ])('%j is refused', async (address) => {
    expect(await create('vendor', address)).toBe('OB052');
  });

  it('of this machine is accepted in development alone', async () => {
    expect(await create('vendor', 'http://localhost:3000/hooks')).toBe('ok');
    expect(await create('vendor', 'http://localhost.example.com:3000/hooks')).toBe('OB052');
    await set(play, 'webhooks.allow_loopback', false);
    expect(await create('vendor', 'http://localhost:3000/hooks')).toBe('OB052');
    expect(await create('vendor')).toBe('ok');
  });
});

it('an endpoint subscribes to at least one event, and only to events that exist', async () => {
  const ask = (types: unknown) =>
    play.ends(claimsOf('vendor'), 'select create_webhook_endpoint($1, $2, $3)', [one, url, types]);
  for (const types of [null, [], ['booking.read'], ['webhook.test'], ['booking.created', null]]) {
    expect(await ask(types)).toBe('OB020');
  }
  for (const type of all) {
    expect(await ask([type])).toBe('ok');
  }
});

it('owner, managers and admins of the vendor make endpoints; others who work there may not, nor anyone else', async () => {
  for (const person of ['vendor', 'vendor_admin', 'vendor_manager'] as const) {
    expect(await create(person)).toBe('ok');
  }
  for (const person of ['receptionist', 'accountant'] as const) {
    expect(await create(person)).toBe('OB002');
  }
  for (const person of ['vendor2', 'customer', 'therapist', 'nobody'] as const) {
    expect(await create(person)).toBe('OB003');
  }
  expect(await create('vendor2', url, two)).toBe('ok');
  for (const person of ['visitor', 'admin'] as const) {
    expect(await create(person)).toBe('42501');
  }
});

it('no user changes the endpoints of another vendor, nor a receptionist those of their own', async () => {
  const [made] = await play.as<{ id: string }>(
    claimsOf('vendor'),
    'select endpoint_id as id from create_webhook_endpoint($1, $2, $3)',
    [one, url, all],
  );
  const [tested] = await play.as<{ id: string }>(
    claimsOf('vendor'),
    'select id from send_test_webhook($1)',
    [made?.id],
  );
  await play.query(
    `update webhook_deliveries set status = 'dead', next_attempt_at = null, finished_at = now()`,
  );
  const acts: [string, unknown[]][] = [
    ['select update_webhook_endpoint($1)', [made?.id]],
    ['select rotate_webhook_secret($1)', [made?.id]],
    ['select replay_webhook_deliveries($1, now() - interval $$1 day$$)', [made?.id]],
    ['select send_test_webhook($1)', [made?.id]],
    ['select delete_webhook_endpoint($1)', [made?.id]],
  ];
  const replay: [string, unknown[]] = ['select replay_webhook_delivery($1)', [tested?.id]];
  for (const [sql, values] of [...acts, replay]) {
    expect([sql, await play.ends(claimsOf('vendor2'), sql, values)]).toEqual([sql, 'OB003']);
    expect([sql, await play.ends(claimsOf('receptionist'), sql, values)]).toEqual([sql, 'OB002']);
    expect([sql, await play.ends(claimsOf('vendor'), sql, [two])]).toEqual([sql, 'OB003']);
  }
  const enable = 'select enable_webhook_endpoint($1)';
  expect(await play.ends(claimsOf('vendor2'), enable, [made?.id])).toBe('OB003');
  expect(await play.ends(claimsOf('receptionist'), enable, [made?.id])).toBe('OB002');
  expect(await play.ends(claimsOf('vendor'), enable, [made?.id])).toBe('OB030');
  // Positive control: who manages it may do all of it.
  expect(await play.ends(claimsOf('vendor_manager'), ...replay)).toBe('ok');
  await play.query('delete from webhook_deliveries');
  for (const [sql, values] of acts) {
    expect([sql, await play.ends(claimsOf('vendor_manager'), sql, values)]).toEqual([sql, 'ok']);
  }
});

it('only its maker reads a secret, and no one signs or sends in its place', async () => {
  await create('vendor');
  const { rows } = await play.query('select from app_private.webhook_secrets');
  expect(rows).toHaveLength(1);
  for (const person of ['vendor', 'receptionist', 'customer', 'admin', 'super_admin'] as const) {
    for (const sql of [
      'select * from app_private.webhook_secrets',
      `select * from app_private.lease_webhooks(1, interval '1 minute')`,
      'select app_private.make_webhook_secret(id) from webhook_endpoints',
      `select app_private.finish_webhook(id, 1, 'sent', null, 200, '', null) from webhook_deliveries`,
    ]) {
      expect([person, sql, await play.ends(claimsOf(person), sql)]).toEqual([person, sql, '42501']);
    }
  }
  await play.query('set local role ombaro_worker');
  await play.query('savepoint reading');
  await expect(play.query('select * from app_private.webhook_secrets')).rejects.toMatchObject({
    code: '42501',
  });
  await play.query('rollback to savepoint reading');
  await play.query(`select * from app_private.lease_webhooks(1, interval '1 minute')`);
});

it('secrets are whsec_ and 32 bytes, and never the same', async () => {
  const secrets = new Set<string>();
  for (let n = 0; n < 5; n += 1) {
    const [made] = await play.as<{ secret: string }>(
      claimsOf('vendor'),
      'select secret from create_webhook_endpoint($1, $2, $3)',
      [one, url, all],
    );
    expect(made?.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(Buffer.from(made?.secret.slice(6) ?? '', 'base64')).toHaveLength(32);
    secrets.add(made?.secret ?? '');
  }
  expect(secrets.size).toBe(5);
});

it('there is one current secret, and five at most', async () => {
  await create('vendor');
  const { rows } = await play.query<{ id: string }>('select id from webhook_endpoints');
  const rotate = () =>
    play.ends(claimsOf('vendor'), 'select rotate_webhook_secret($1)', [rows[0]?.id]);
  for (let n = 0; n < 4; n += 1) {
    expect(await rotate()).toBe('ok');
  }
  expect(await rotate()).toBe('OB030');
  const { rows: present } = await play.query(
    'select from app_private.webhook_secrets where expires_at is null',
  );
  expect(present).toHaveLength(1);
  await play.query(
    `update app_private.webhook_secrets set expires_at = now() where expires_at is not null`,
  );
  expect(await rotate()).toBe('ok');
  const { rows: left } = await play.query('select from app_private.webhook_secrets');
  expect(left).toHaveLength(2);
});

it('a change keeps what is not given', async () => {
  await create('vendor');
  const { rows } = await play.query<{ id: string }>('select id from webhook_endpoints');
  const id = rows[0]?.id;
  const update = (rest: string) =>
    play.as(
      claimsOf('vendor'),
      `select url, event_types as types, description from update_webhook_endpoint($1, ${rest})`,
      [id],
    );
  expect(await update(`description => 'The till'`)).toMatchObject([
    { url, types: [...all].sort(), description: 'The till' },
  ]);
  expect(await update(`event_types => '{booking.created,booking.created}'`)).toMatchObject([
    { url, types: ['booking.created'], description: 'The till' },
  ]);
  await play.query('update webhook_endpoints set failing_since = now()');
  expect(await update(`url => 'https://other.example.com/', description => ''`)).toMatchObject([
    { url: 'https://other.example.com/', types: ['booking.created'], description: null },
  ]);
  const { rows: well } = await play.query(
    'select from webhook_endpoints where failing_since is null',
  );
  expect(well).toHaveLength(1);
  const bad = `select update_webhook_endpoint($1, url => 'https://10.0.0.1/')`;
  expect(await play.ends(claimsOf('vendor'), bad, [id])).toBe('OB052');
});

it('changes are audited, without secrets', async () => {
  await play.query('delete from audit_logs');
  await create('vendor_manager');
  const { rows: made } = await play.query<{ id: string }>('select id from webhook_endpoints');
  for (const name of ['rotate_webhook_secret', 'delete_webhook_endpoint']) {
    await play.as(claimsOf('vendor_manager'), `select ${name}($1)`, [made[0]?.id]);
  }
  const { rows } = await play.query<{ action: string; user_id: string; text: string }>(
    `select action, user_id, audit_logs::text as text from audit_logs
    where resource_type = 'webhook_endpoints' order by created_at, action desc`,
  );
  expect(rows.map(({ action }) => action).sort()).toEqual(['delete', 'insert', 'update']);
  expect(new Set(rows.map(({ user_id }) => user_id))).toEqual(new Set([idOf('vendor_manager')]));
  expect(rows.map(({ text }) => text).join()).not.toContain('whsec_');
});

describe('the number of endpoints', () => {
  afterEach(async () => {
    await set(database.owner, 'webhooks.endpoints_maximum', 10);
    await database.owner.query('delete from webhook_endpoints');
  });

  it('is ten for a vendor at most, also when several are made at once; another vendor has its own', async () => {
    await set(database.owner, 'webhooks.endpoints_maximum', 3);
    const attempts = await Promise.allSettled(
      Array.from({ length: 4 }, () => createEndpoint(database, url)),
    );
    const codes = attempts.map((attempt) =>
      attempt.status === 'fulfilled' ? 'ok' : attempt.reason.code,
    );
    expect(codes.sort()).toEqual(['OB053', 'ok', 'ok', 'ok']);
    await createEndpoint(database, url, { person: 'vendor2', vendor: two });
    // Positive control: when one is deleted, there is room again.
    await act(
      database,
      'vendor',
      'select delete_webhook_endpoint((select id from webhook_endpoints limit 1))',
    );
    await createEndpoint(database, url);
  });

  it('a deleted endpoint leaves nothing', async () => {
    const { id } = await createEndpoint(database, url);
    await act(database, 'vendor', 'select send_test_webhook($1)', [id]);
    await act(database, 'vendor', 'select delete_webhook_endpoint($1)', [id]);
    const { rows } = await database.owner.query(
      `select from app_private.webhook_secrets union all select from webhook_deliveries`,
    );
    expect(rows).toEqual([]);
  });
});

describe('endpoints in the API', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startApi(database);
  });

  afterAll(async () => {
    await api?.close();
    await database.owner.query('delete from webhook_endpoints');
  });

  const as = async (person: Person, query: string, variables: Record<string, unknown> = {}) =>
    api.graphql(query, { token: await tokenFor(idOf(person as 'customer')), variables });

  it('an endpoint lives from its creation to its deletion, and shows its secret once', async () => {
    const made = await as(
      'vendor',
      `mutation ($vendor: UUID!, $url: String!) {
        createWebhookEndpoint(input: {
          vendorId: $vendor, url: $url, eventTypes: ["booking.created"], description: "The till"
        }) { result { secret endpointId endpoint { id url eventTypes description disabledAt } } }
      }`,
      { vendor: one, url },
    );
    const { result } = made.data.createWebhookEndpoint;
    expect(result).toMatchObject({
      secret: expect.stringMatching(/^whsec_/),
      endpoint: { url, eventTypes: ['booking.created'], description: 'The till', disabledAt: null },
    });
    const id = result.endpointId;
    const type = await as('vendor', '{ __type(name: "WebhookEndpoint") { fields { name } } }');
    const fields = type.data.__type.fields.map(({ name }: { name: string }) => name);
    expect(fields).toContain('url');
    expect(fields.filter((name: string) => /secret/i.test(name))).toEqual(['secretCreatedAt']);

    const call = (name: string, field: string, rest = '') =>
      as(
        'vendor',
        `mutation ($id: UUID!) { ${name}(input: { endpointId: $id${rest} }) { result ${field} } }`,
        { id },
      );
    const test = await call('sendTestWebhook', '{ id type status }');
    expect(test.data.sendTestWebhook.result).toMatchObject({
      type: 'webhook.test',
      status: 'waiting',
    });
    const log = await as(
      'vendor',
      '{ webhookDeliveries { nodes { id type status payload endpoint { id } } } }',
    );
    expect(log.errors ?? log.data.webhookDeliveries.nodes).toMatchObject([
      { type: 'webhook.test', payload: null },
    ]);
    const rotated = await call('rotateWebhookSecret', '{ secret }');
    expect(rotated.data.rotateWebhookSecret.result.secret).not.toBe(result.secret);
    const updated = await call('updateWebhookEndpoint', '{ description }', ', description: "New"');
    expect(updated.data.updateWebhookEndpoint.result).toEqual({ description: 'New' });
    const replayed = await call('replayWebhookDeliveries', '', ', since: "2020-01-01T00:00:00Z"');
    expect(replayed.data.replayWebhookDeliveries.result).toBe(0);
    expect(codeIn(await call('enableWebhookEndpoint', '{ id }'))).toBe('OB030');

    const list = '{ webhookEndpoints { nodes { id } } }';
    expect((await as('vendor2', list)).data.webhookEndpoints.nodes).toEqual([]);
    expect((await as('receptionist', list)).data.webhookEndpoints.nodes).toEqual([]);
    expect((await as('vendor', list)).data.webhookEndpoints.nodes).toEqual([{ id }]);

    const deleted = await call('deleteWebhookEndpoint', '{ id }');
    expect(deleted.data.deleteWebhookEndpoint.result).toEqual({ id });
    expect(codeIn(await call('deleteWebhookEndpoint', '{ id }'))).toBe('OB003');
  });

  it('a wrong address is refused with its code and a helpful message', async () => {
    const answer = await as(
      'vendor',
      `mutation ($vendor: UUID!) { createWebhookEndpoint(input: {
        vendorId: $vendor, url: "https://10.0.0.1/", eventTypes: ["booking.created"]
      }) { result { secret } } }`,
      { vendor: one },
    );
    expect(codeIn(answer)).toBe('OB052');
    expect(answer.errors?.[0]?.message).toContain('such as https://shop.example.com/hooks');
  });
});
