import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { withClient } from '../../src/lib/postgres.ts';
import { codeOf } from '../db/attempt.ts';
import { claimsOf, idOf, roleOf } from '../fixtures/people.ts';
import { seedTwoWorlds, worldIds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { connect } from '../realtime/support.ts';
import { guardedChanges } from './audit.data.ts';
import { startApi, type TestApi, tokenFor } from './support.ts';

const userAgent = 'Ombaro Android/3.1';

type AuditRow = {
  user_id: string | null;
  action: string;
  resource_type: string;
  old_values: Record<string, unknown> | null;
  new_values: Record<string, unknown> | null;
  ip_address: string | null;
  user_agent: string | null;
  request_id: string | null;
};

describe('the audit log', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    await database.owner.query(
      `insert into zones (city_id, name) select id, 'A Quarter' from cities limit 1;
      insert into pincode_master (pincode) values ('999999');
      insert into app_private.calendar_feeds (user_id, key_hash)
        values ('${idOf('therapist')}', sha256('one'));
      create function public.seen_while_reading() returns text language sql stable as
        $$ select coalesce(current_setting('request.id', true), '') $$;
      create function public.seen_while_writing() returns text language sql volatile as
        $$ select coalesce(current_setting('request.id', true), '') $$;
      grant execute on function seen_while_reading(), seen_while_writing() to anon`,
    );
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });
  beforeEach(async () => {
    await database.owner.query('delete from audit_logs');
  });

  const log = async (table: string) => {
    const { rows } = await database.owner.query<AuditRow>(
      'select * from audit_logs where resource_type = $1 order by created_at',
      [table],
    );
    return rows;
  };

  test('records changes of every guarded table', async () => {
    const { rows } = await database.owner.query<{ name: string }>(
      `select distinct c.relname as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where t.tgfoid = 'app_private.tg__audit()'::regprocedure and t.tgenabled = 'O'
        and t.tgparentid = 0`,
    );
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(guardedChanges).sort());
  });

  test.each(
    Object.entries(guardedChanges),
  )('%s: an update leaves one row that says who, what and from where', async (table, change) => {
    const { by, mutation, sql, column, row = `'${worldIds.one}'` } = change;
    const { rows } = await database.owner.query<{ id: string }>(`select ${row}::uuid as id`);
    const id = rows[0]?.id ?? '';
    let requestId = 'by-hand-1';
    if (mutation === undefined) {
      const client = await database.owner.connect();
      await client.query('begin');
      await client.query(
        `select set_config('request.jwt.claims', $1, true), set_config('request.id', $2, true),
          set_config('request.address', '127.0.0.1', true), set_config('request.agent', $3, true)`,
        [JSON.stringify(claimsOf(by)), requestId, userAgent],
      );
      expect((await client.query(sql ?? '', [id])).rowCount).toBe(1);
      await client.query('commit');
      client.release();
    } else {
      const answer = await api.graphql(mutation, {
        token: await tokenFor(idOf(by)),
        variables: { id },
        headers: { 'user-agent': userAgent },
      });
      expect(answer.errors).toBeUndefined();
      requestId = answer.headers.get('x-request-id') ?? '';
    }
    const written = await log(table);
    expect(written).toHaveLength(1);
    expect(written[0]).toMatchObject({
      user_id: idOf(by),
      action: 'update',
      ip_address: '127.0.0.1',
      user_agent: userAgent,
      request_id: requestId,
    });
    expect(Object.keys(written[0]?.new_values ?? {})).toContain(column);
    expect(written[0]?.new_values?.[column]).not.toBe(undefined);
  });

  const rename = (name: string) =>
    `mutation { updateVendor(input: { id: "${worldIds.one}", patch: { description: "${name}" } }) { clientMutationId } }`;

  test('takes the id of a request from its caller, unless it is malformed', async () => {
    const token = await tokenFor(idOf('vendor'));
    const good = await api.graphql(rename('a'), {
      token,
      headers: { 'x-request-id': 'trace.42-abc' },
    });
    expect(good.headers.get('x-request-id')).toBe('trace.42-abc');
    for (const bad of ['short', 'a b c d e f g', `${'x'.repeat(65)}`, `12345678'; select`]) {
      const answer = await api.graphql(rename(bad.slice(0, 5)), {
        token,
        headers: { 'x-request-id': bad },
      });
      expect(answer.headers.get('x-request-id')).toMatch(
        /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      );
    }
    const written = await log('vendors');
    expect(written).toHaveLength(5);
    expect(written.filter(({ request_id }) => request_id === 'trace.42-abc')).toHaveLength(1);
    expect(api.log.some(({ requestId }) => requestId === 'trace.42-abc')).toBe(true);
  });

  test('cuts a long user agent, and keeps none where none was sent', async () => {
    const token = await tokenFor(idOf('vendor'));
    await api.graphql(rename('long'), { token, headers: { 'user-agent': 'x'.repeat(5_000) } });
    expect((await log('vendors'))[0]?.user_agent).toBe('x'.repeat(300));
  });

  test('records the origin of a change over a websocket too', async () => {
    const follower = connect(api, {
      token: await tokenFor(idOf('vendor')),
      headers: { 'user-agent': userAgent, 'x-request-id': 'socket-0001' },
    });
    const { ended, messages } = follower.follow(rename('by socket'));
    expect(await ended).toBe('complete');
    expect(messages[0]?.errors).toBeUndefined();
    follower.dispose();
    expect(await log('vendors')).toMatchObject([
      {
        user_id: idOf('vendor'),
        ip_address: '127.0.0.1',
        user_agent: userAgent,
        request_id: 'socket-0001',
      },
    ]);
  });

  test('forgets the origin of a request with its transaction', async () => {
    await api.graphql(rename('first'), { token: await tokenFor(idOf('vendor')) });
    await database.owner.query(`update vendors set description = 'by hand' where id = $1`, [
      worldIds.one,
    ]);
    const written = await log('vendors');
    expect(written.map(({ request_id, ip_address }) => [request_id !== null, ip_address])).toEqual([
      [true, '127.0.0.1'],
      [false, null],
    ]);
  });

  test('adds nothing to reads: they carry no origin', async () => {
    const headers = { 'x-request-id': 'trace-0002' };
    const written = await api.graphql('mutation { seenWhileWriting(input: {}) { result } }', {
      headers,
    });
    expect(written.data.seenWhileWriting.result).toBe('trace-0002');
    for (let n = 0; n < 5; n += 1) {
      const read = await api.graphql('{ seenWhileReading }', { headers });
      expect(read.data.seenWhileReading).toBe('');
    }
  });

  test('is filtered by those who may read it; others see nothing', async () => {
    const answer = await api.graphql(rename('seen'), { token: await tokenFor(idOf('vendor')) });
    const requestId = answer.headers.get('x-request-id');
    const query = `query ($id: String!) { auditLogs(first: 10, filter: {
      requestId: { equalTo: $id }, resourceType: { equalTo: "vendors" }, userId: { equalTo: "${idOf('vendor')}" } }) {
        nodes { action newValues requestId ipAddress userAgent } } }`;
    const ask = async (person: 'admin' | 'finance' | 'vendor') =>
      api.graphql(query, { token: await tokenFor(idOf(person)), variables: { id: requestId } });
    expect((await ask('admin')).data.auditLogs.nodes).toEqual([
      {
        action: 'update',
        newValues: { description: 'seen' },
        requestId,
        ipAddress: '127.0.0.1',
        userAgent: 'node',
      },
    ]);
    expect((await ask('finance')).data.auditLogs.nodes).toEqual([]);
    expect((await ask('vendor')).errors?.[0]?.extensions.code).toBe('42501');
  });

  test('no role but the owner adds, changes or removes a row', async () => {
    await api.graphql(rename('kept'), { token: await tokenFor(idOf('vendor')) });
    const acts = [
      `insert into public.audit_logs (action, resource_type) values ('update', 'vendors')`,
      'update public.audit_logs set user_id = null',
      'delete from public.audit_logs',
      'truncate public.audit_logs',
      'alter table public.audit_logs disable trigger user',
      'drop table public.audit_logs',
      'alter table public.vendors disable trigger _800_audit',
    ];
    const roles = ['anon', 'authenticated', 'staff', 'service_role', 'ombaro_api', 'ombaro_worker'];
    const ends = await withClient(database.rootUrl, async (client) => {
      const tried: string[] = [];
      for (const role of [...roles, 'ombaro_owner']) {
        for (const act of acts) {
          await client.query(`begin; set local role ${role}`);
          tried.push(
            `${role} ${await client.query(act).then(
              () => 'ok',
              (error) => codeOf(error),
            )}`,
          );
          await client.query('rollback');
        }
      }
      return tried;
    });
    expect([...new Set(ends)].sort()).toEqual(
      [...roles.map((role) => `${role} 42501`), 'ombaro_owner ok'].sort(),
    );
    expect(roleOf('admin')).toBe('staff');
    expect(await log('vendors')).toHaveLength(1);
  });

  test('is written by its trigger and the end of an account alone', async () => {
    const { rows } = await database.owner.query<{ name: string }>(
      `select p.proname as name from pg_proc p
      where p.pronamespace in ('public'::regnamespace, 'app_private'::regnamespace)
        and p.prosrc ~* '(insert into|update|delete from|truncate)\\s+(public\\.)?audit_logs'`,
    );
    // Who deletes an account takes what tells of them out of it, and nothing else.
    expect(rows.map(({ name }) => name).sort()).toEqual(['forget_in_audit_log', 'tg__audit']);
  });
});
