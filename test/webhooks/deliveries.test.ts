import { withClient } from '../../src/lib/postgres.ts';
import { startApi } from '../api/support.ts';
import { untilBlocked } from '../db/concurrency.ts';
import { beginPlay, type Play } from '../db/play.ts';
import { claimsOf } from '../fixtures/people.ts';
import { rupees } from '../fixtures/terms.ts';
import { worldPrice } from '../fixtures/two-worlds.ts';
import type { TestDatabase } from '../helpers/database.ts';
import {
  act,
  all,
  change,
  createEndpoint,
  type Delivery,
  deliveriesOf,
  note,
  one,
  openWebhooks,
  set,
  two,
} from './support.ts';

const url = 'https://shop.example.com/hooks';
const waits = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400];

let database: TestDatabase;
let play: Play;

beforeAll(async () => {
  database = await openWebhooks();
  await set(database.owner, 'webhooks.waits_seconds', waits);
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

/** An endpoint of the first world, within the play. */
async function endpoint(types: readonly string[] = all, vendor = one): Promise<string> {
  const [made] = await play.as<{ id: string }>(
    claimsOf(vendor === one ? 'vendor' : 'vendor2'),
    'select endpoint_id as id from create_webhook_endpoint($1, $2, $3)',
    [vendor, url, types],
  );
  return made?.id as string;
}

const typesOf = async (id: string) => (await deliveriesOf(play, id)).map(({ type }) => type);

type Taken = {
  readonly id: string;
  readonly attempt: number;
  readonly body: string;
};

async function take(most = 100): Promise<readonly Taken[]> {
  const { rows } = await play.query<Taken>(
    `select delivery_id as id, attempt, body from app_private.lease_webhooks($1, '1 minute')`,
    [most],
  );
  return rows;
}

async function finish(
  { id, attempt }: Pick<Taken, 'id' | 'attempt'>,
  outcome: string,
  retrySeconds: number | null = null,
): Promise<string> {
  const { rows } = await play.query<{ status: string }>(
    `select app_private.finish_webhook($1, $2, $3, case $3 when 'sent' then null else 'No' end, 200, '', $4)
      as status`,
    [id, attempt, outcome, retrySeconds],
  );
  return rows[0]?.status as string;
}

const dueNow = () =>
  play.query(
    `update webhook_deliveries set next_attempt_at = now(), leased_until = case when leased_until is not null then now() end
    where next_attempt_at is not null`,
  );

/** The only thing that is open, leased, by any worker before. */
async function takeOne(): Promise<Taken> {
  await dueNow();
  const taken = await take();
  expect(taken).toHaveLength(1);
  return taken[0] as Taken;
}

describe('an event for webhooks', () => {
  it('is queued once for each endpoint that has subscribed to it, in its order', async () => {
    const everything = await endpoint();
    const ends = await endpoint(['booking.completed', 'booking.cancelled']);
    const other = await endpoint(all, two);
    await change(play);
    for (const status of ['in_progress', 'completed']) {
      await play.query('update bookings set status = $2 where id = $1', [one, status]);
    }
    await play.query(`update therapist_assignments set notes = 'x' where id = $1`, [one]);
    await play.query(`update beautician_assignments set notes = 'x' where id = $1`, [one]);
    await note(play);
    await note(play);
    expect(await typesOf(everything)).toEqual([
      'booking.updated',
      'booking.in_progress',
      'booking.completed',
      'assignment.updated',
      'assignment.updated',
    ]);
    expect(await typesOf(ends)).toEqual(['booking.completed']);
    expect(await typesOf(other)).toEqual([]);
    await change(play, two);
    await note(play);
    expect(await typesOf(other)).toEqual(['booking.updated']);
  });

  it('before the endpoint was made, or while it is disabled, is not queued', async () => {
    await change(play);
    const id = await endpoint();
    await play.query(`update app_private.events set created_at = created_at - interval '1 minute'`);
    await note(play);
    expect(await typesOf(id)).toEqual([]);
    await play.query(`select app_private.disable_webhook_endpoint($1, 'failing')`, [id]);
    await change(play);
    await note(play);
    expect(await typesOf(id)).toEqual([]);
    await play.as(claimsOf('vendor'), 'select enable_webhook_endpoint($1)', [id]);
    await change(play);
    await note(play);
    expect(await typesOf(id)).toEqual(['booking.updated']);
  });

  it('that was rolled back is not queued', async () => {
    const id = await endpoint();
    await play.query('savepoint before');
    await change(play);
    await play.query('rollback to savepoint before');
    await note(play);
    expect(await typesOf(id)).toEqual([]);
  });

  it('among a thousand is queued without gaps, however few at a time', async () => {
    const id = await endpoint();
    await play.query(
      `select app_private.emit_event(array['vendor:' || $1], 'booking.updated', $1::uuid)
      from generate_series(1, 100)`,
      [one],
    );
    await play.query('select app_private.publish_events(100000)');
    let looked = 0;
    for (;;) {
      const { rows } = await play.query<{ count: number }>(
        'select app_private.queue_webhooks(7) as count',
      );
      if (rows[0]?.count === 0) {
        break;
      }
      expect(rows[0]?.count).toBeLessThanOrEqual(7);
      looked += rows[0]?.count ?? 0;
    }
    expect(looked).toBeGreaterThanOrEqual(100);
    expect(await typesOf(id)).toHaveLength(100);
  });
});

describe('delivery of webhooks', () => {
  afterEach(async () => {
    await database.owner.query('delete from webhook_endpoints');
    await database.owner.query(`delete from notifications where type = 'webhook_disabled'`);
  });

  it('one process reads on at a time, and nothing is queued twice or left out', async () => {
    const { id } = await createEndpoint(database, url);
    await note(database.owner);
    for (let n = 0; n < 50; n += 1) {
      await change(database.owner);
    }
    await database.owner.query('select app_private.publish_events(100000)');
    const read = async () => {
      for (let n = 0; n < 30; n += 1) {
        await database.owner.query('select app_private.queue_webhooks(3)');
      }
    };
    await Promise.all([read(), read(), read()]);
    await note(database.owner);
    expect(await deliveriesOf(database.owner, id)).toHaveLength(50);
  });

  it('an endpoint that is deleted meanwhile keeps no other from being told', async () => {
    const gone = await createEndpoint(database, url);
    const { id } = await createEndpoint(database, url);
    await change(database.owner);
    await database.owner.query('select app_private.publish_events(100000)');
    await withClient(database.ownerUrl, async (client) => {
      await client.query('begin');
      await client.query('delete from webhook_endpoints where id = $1', [gone.id]);
      const queued = database.owner.query('select app_private.queue_webhooks(1000)');
      await untilBlocked(database.owner);
      await client.query('commit');
      await queued;
    });
    expect(await deliveriesOf(database.owner, id)).toHaveLength(1);
  });

  it('to one endpoint has five requests under way at most, over all workers; to a failing one, one', async () => {
    const { id } = await createEndpoint(database, url);
    const other = await createEndpoint(database, url);
    for (let n = 0; n < 20; n += 1) {
      await change(database.owner);
    }
    await note(database.owner);
    await database.owner.query('update webhook_endpoints set failing_since = now() where id = $1', [
      other.id,
    ]);
    const take = () =>
      database.owner.query(`select from app_private.lease_webhooks(50, '1 minute')`);
    await Promise.all([take(), take(), take()]);
    await take();
    const underWay = async (endpoint: string) => {
      const { rows } = await database.owner.query<{ count: number }>(
        `select count(*)::integer from webhook_deliveries where endpoint_id = $1 and leased_until is not null`,
        [endpoint],
      );
      return rows[0]?.count;
    };
    expect(await underWay(id)).toBe(5);
    expect(await underWay(other.id)).toBe(1);
  });

  it('the log of events is not trimmed before webhooks have read it', async () => {
    const { id } = await createEndpoint(database, url);
    await note(database.owner);
    await change(database.owner);
    await database.owner.query('select app_private.publish_events(100000)');
    // A day that is still to come is over.
    const keep = (days: number) => set(database.owner, 'events.keep_days', days);
    await keep(-1);
    const events = async () => {
      const { rows } = await database.owner.query<{ count: number }>(
        `select count(*)::integer from app_private.events where event = 'booking.updated' and id =
          (select max(id) from app_private.events where event = 'booking.updated')`,
      );
      return rows[0]?.count;
    };
    // Another worker reads on, and does not come to an end.
    await withClient(database.ownerUrl, async (client) => {
      await client.query('begin');
      await client.query('select from app_private.webhook_cursor for update');
      await database.owner.query('select app_private.trim_events()');
      expect(await events()).toBe(1);
      await client.query('rollback');
    });
    await database.owner.query('select app_private.trim_events()');
    expect(await events()).toBe(0);
    await keep(7);
    expect(await deliveriesOf(database.owner, id)).toHaveLength(1);
  });

  it('the metrics count what waits, failed, died and was sent, and the disabled endpoints', async () => {
    const { id } = await createEndpoint(database, url);
    const disabled = await createEndpoint(database, url);
    for (let n = 0; n < 5; n += 1) {
      await change(database.owner);
    }
    await note(database.owner);
    await database.owner.query(
      `update webhook_deliveries d
      set status = s.status, next_attempt_at = case when s.n < 3 then now() end,
        finished_at = case when s.n >= 3 then now() end, created_at = now() - interval '90 seconds'
      from (select id, n, (array['waiting', 'waiting', 'failed', 'dead', 'sent'])[n + 1] as status
        from (select id, row_number() over (order by event_id)::integer - 1 as n
          from webhook_deliveries where endpoint_id = $1) o) s
      where d.id = s.id`,
      [id],
    );
    await database.owner.query(`select app_private.disable_webhook_endpoint($1, 'gone')`, [
      disabled.id,
    ]);
    const api = await startApi(database);
    try {
      const text = await (await fetch(`${api.url}/metrics`)).text();
      const value = (name: string) =>
        Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1]);
      expect(value('webhook_deliveries{status="waiting"}')).toBe(2);
      expect(value('webhook_deliveries{status="failed"}')).toBe(1);
      expect(value('webhook_deliveries{status="dead"}')).toBe(1);
      expect(value('webhook_deliveries{status="sent_last_hour"}')).toBe(1);
      expect(value('webhook_deliveries_oldest_seconds')).toBeGreaterThanOrEqual(90);
      expect(value('webhook_endpoints_disabled')).toBe(1);
      expect(value('notification_deliveries{status="waiting"}')).toBeGreaterThanOrEqual(0);
    } finally {
      await api.close();
    }
  });
});

describe('a webhook contains', () => {
  const told = async (type: string): Promise<Record<string, unknown>> => {
    const found = (await take()).map(({ body }) => JSON.parse(body));
    return found.find((payload) => payload.type === type);
  };

  it('of a booking its number, state, times, services and amounts, and nothing of the customer', async () => {
    await endpoint();
    await change(play);
    await note(play);
    const payload = await told('booking.updated');
    expect(payload).toEqual({
      type: 'booking.updated',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      data: {
        id: one,
        bookingNumber: expect.stringMatching(/^OBO-/),
        bookingType: 'spa_visit',
        status: 'assigned',
        paymentStatus: expect.any(String),
        startsAt: '2025-06-02T04:30:00+00:00',
        endsAt: '2025-06-02T05:30:00+00:00',
        timeZone: 'Asia/Kolkata',
        services: [{ name: 'One', quantity: 1 }],
        totalAmount: rupees(worldPrice),
        discountAmount: rupees(0),
        serviceCharge: rupees(0),
        taxAmount: rupees(0),
        finalAmount: rupees(worldPrice),
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
      },
    });
  });

  it.each([
    'therapist',
    'beautician',
  ])('of an assignment of a %s the provider, the booking and the progress', async (kind) => {
    // In the fixture both have one id.
    const other = kind === 'therapist' ? 'beautician' : 'therapist';
    await play.query(`update ${other}_assignments set id = gen_random_uuid()`);
    await note(play);
    await endpoint();
    await play.query(`update ${kind}_assignments set notes = 'about the customer' where id = $1`, [
      one,
    ]);
    await note(play);
    const payload = await told('assignment.updated');
    expect(payload.data).toMatchObject({
      id: one,
      bookingNumber: expect.stringMatching(/^OBO-/),
      providerKind: kind,
      providerId: one,
    });
    expect(JSON.stringify(payload)).not.toContain('about the customer');
    expect(JSON.stringify(payload)).not.toMatch(/customer|address|location|mobile|notes/i);
  });

  it('the same at every attempt, though the booking has moved on', async () => {
    await endpoint(['booking.updated']);
    await change(play);
    await note(play);
    const first = await takeOne();
    await finish(first, 'failed');
    await play.query(`update bookings set status = 'in_progress' where id = $1`, [one]);
    expect((await takeOne()).body).toBe(first.body);
  });

  it('nothing of what no longer belongs to the vendor', async () => {
    const id = await endpoint(['booking.updated']);
    await change(play);
    await note(play);
    await play.query('update bookings set vendor_id = $2 where id = $1', [one, two]);
    expect(await take()).toEqual([]);
    expect(await deliveriesOf(play, id)).toMatchObject([{ status: 'dropped', attempts: 0 }]);
  });
});

describe('an attempt that failed', () => {
  let id: string;

  beforeEach(async () => {
    id = await endpoint(['booking.updated']);
    await change(play);
    await note(play);
  });

  const delivery = async () => (await deliveriesOf(play, id))[0] as Delivery;

  it('is followed by others over three days, with jitter, and then it is dead', async () => {
    for (const wait of waits) {
      expect(await finish(await takeOne(), 'failed')).toBe('failed');
      const found = (await delivery()).wait ?? Number.NaN;
      expect(found).toBeGreaterThanOrEqual(wait * 0.75 - 1);
      expect(found).toBeLessThanOrEqual(wait * 1.25 + 1);
      expect(found).not.toBe(wait);
    }
    expect(await finish(await takeOne(), 'failed')).toBe('dead');
    expect(await delivery()).toMatchObject({ status: 'dead', attempts: 10, wait: null });
  });

  it.each([
    [null, 3, 7],
    [1, 3, 7],
    [600, 599, 601],
    [10_000_000, 86_399, 86_401],
  ])('and asks for %j s is repeated after %d to %d s', async (asked, least, most) => {
    await finish(await takeOne(), 'failed', asked);
    const wait = (await delivery()).wait;
    expect(wait).toBeGreaterThanOrEqual(least);
    expect(wait).toBeLessThanOrEqual(most);
  });

  it('is no other worker’s until its lease is over, and then counts as one', async () => {
    const taken = await takeOne();
    expect(await take()).toEqual([]);
    const { rows } = await play.query<{ seconds: number }>(
      `select extract(epoch from leased_until - now())::float8 as seconds
      from webhook_deliveries where id = $1`,
      [taken.id],
    );
    expect(rows[0]?.seconds).toBeGreaterThan(50);
    const again = await takeOne();
    expect(again).toMatchObject({ id: taken.id, attempt: 2 });
    // What the first says now is of no interest, unless it was sent after all.
    expect(await finish(taken, 'failed')).toBe('waiting');
    expect(await finish(taken, 'gone')).toBe('waiting');
    expect(await finish(taken, 'sent')).toBe('sent');
    expect(await finish(again, 'failed')).toBe('sent');
  });

  it('because its worker was killed each time is given up', async () => {
    for (let n = 1; n <= 10; n += 1) {
      expect(await takeOne()).toMatchObject({ attempt: n });
    }
    await dueNow();
    expect(await take()).toEqual([]);
    expect(await delivery()).toMatchObject({ status: 'dead' });
  });

  it('for five days without a success disables the endpoint, and tells the owner once', async () => {
    const state = async () =>
      (
        await play.query<{ reason: string | null; failing: boolean }>(
          `select disabled_reason as reason, failing_since is not null as failing
          from webhook_endpoints where id = $1`,
          [id],
        )
      ).rows[0];
    await change(play);
    await change(play);
    await note(play);
    await play.query(
      `update webhook_endpoints set failing_since = now() - interval '4 days 23 hours'`,
    );
    const next = async () => {
      await dueNow();
      return (await take(1))[0] as Taken;
    };
    await finish(await next(), 'failed');
    expect(await state()).toEqual({ reason: null, failing: true });
    // A success begins the count anew.
    await finish(await next(), 'sent');
    expect(await state()).toEqual({ reason: null, failing: false });
    await finish(await next(), 'failed');
    expect(await state()).toEqual({ reason: null, failing: true });
    await play.query(`update webhook_endpoints set failing_since = now() - interval '5 days'`);
    await finish(await next(), 'failed');
    expect(await state()).toEqual({ reason: 'failing', failing: true });
    const { rows } = await play.query(
      `select u.email, n.message from notifications n join user_profiles u on u.id = n.user_id
      where n.type = 'webhook_disabled'`,
    );
    expect(rows).toEqual([
      { email: 'vendor@example.com', message: expect.stringContaining('shop.example.com') },
    ]);
    // What waits stays, and goes out when it is enabled.
    await dueNow();
    expect(await take()).toEqual([]);
    await play.as(claimsOf('vendor'), 'select enable_webhook_endpoint($1)', [id]);
    expect((await take()).length).toBeGreaterThan(0);
    expect(await state()).toEqual({ reason: null, failing: false });
  });

  it('is reported in Hindi to an owner who reads Hindi', async () => {
    await play.query(
      `insert into user_preferences (user_id, language)
      select user_id, 'hi' from vendors where id = $1`,
      [one],
    );
    await play.query(`select app_private.disable_webhook_endpoint($1, 'gone')`, [id]);
    const { rows } = await play.query(
      `select title from notifications where type = 'webhook_disabled'`,
    );
    expect(rows).toEqual([{ title: 'shop.example.com के वेबहुक रुक गए हैं' }]);
    const { rows: errors } = await play.query(
      `select from error_logs where error_type = 'notification'`,
    );
    expect(errors).toEqual([]);
  });
});

describe('replaying', () => {
  const replay = (id: string) =>
    play.ends(claimsOf('vendor'), 'select replay_webhook_delivery($1)', [id]);

  it('sends what was sent or is dead, under the same id; what is open is not', async () => {
    const id = await endpoint(['booking.updated']);
    await change(play);
    await note(play);
    const taken = await takeOne();
    expect(await replay(taken.id)).toBe('OB030');
    await finish(taken, 'sent');
    expect(await replay(taken.id)).toBe('ok');
    const again = await takeOne();
    expect(again).toEqual({ ...taken, attempt: 1 });
    await play.query(
      `update webhook_deliveries
      set status = 'dead', leased_until = null, next_attempt_at = null, finished_at = now()`,
    );
    expect(await replay(taken.id)).toBe('ok');
    expect(await deliveriesOf(play, id)).toMatchObject([{ status: 'waiting', attempts: 0 }]);
    expect(await replay(one)).toBe('OB003');
  });

  it('sends all that are dead since a time, and no others', async () => {
    const id = await endpoint(['booking.updated']);
    for (let n = 0; n < 4; n += 1) {
      await change(play);
    }
    await note(play);
    const found = await deliveriesOf(play, id);
    await play.query(
      `update webhook_deliveries d
      set status = (array['dead', 'dead', 'sent', 'dead'])[n], next_attempt_at = null, finished_at = now(),
        created_at = now() - n * interval '1 day'
      from unnest($1::uuid[]) with ordinality o (id, n) where o.id = d.id`,
      [found.map((delivery) => delivery.id)],
    );
    const [answer] = await play.as<{ count: number }>(
      claimsOf('vendor'),
      `select replay_webhook_deliveries($1, now() - interval '3 days') as count`,
      [id],
    );
    expect(answer?.count).toBe(2);
    const statuses = (await deliveriesOf(play, id)).map(({ status }) => status);
    expect(statuses).toEqual(['waiting', 'waiting', 'sent', 'dead']);
    const nothing = 'select replay_webhook_deliveries($1, null)';
    expect(await play.ends(claimsOf('vendor'), nothing, [id])).toBe('OB020');
  });

  it('sends nothing to a disabled endpoint', async () => {
    const id = await endpoint(['booking.updated']);
    await change(play);
    await note(play);
    const taken = await takeOne();
    await finish(taken, 'gone');
    const since = `select replay_webhook_deliveries($1, now() - interval '1 day')`;
    expect(await replay(taken.id)).toBe('OB030');
    expect(await play.ends(claimsOf('vendor'), since, [id])).toBe('OB030');
    const test = 'select send_test_webhook($1)';
    expect(await play.ends(claimsOf('vendor'), test, [id])).toBe('OB030');
    await play.as(claimsOf('vendor'), 'select enable_webhook_endpoint($1)', [id]);
    expect(await play.ends(claimsOf('vendor'), since, [id])).toBe('ok');
    expect(await deliveriesOf(play, id)).toMatchObject([{ status: 'waiting' }]);
  });
});

it('deliveries are deleted after thirty days, whatever became of them', async () => {
  const id = await endpoint(['booking.updated']);
  for (let n = 0; n < 3; n += 1) {
    await change(play);
  }
  await note(play);
  const [young] = await deliveriesOf(play, id);
  await play.query(
    `update webhook_deliveries set created_at = now() - interval '31 days' where id <> $1`,
    [young?.id],
  );
  await play.query(
    `update webhook_deliveries set created_at = now() - interval '29 days' where id = $1`,
    [young?.id],
  );
  const forget = async (most: number) =>
    (await play.query<{ count: number }>('select app_private.forget_webhooks($1) as count', [most]))
      .rows[0]?.count;
  expect(await forget(1)).toBe(1);
  expect(await forget(10)).toBe(1);
  expect(await forget(10)).toBe(0);
  expect(await deliveriesOf(play, id)).toMatchObject([{ id: young?.id }]);
});

it('staff of a vendor see what its endpoints were sent, others do not', async () => {
  const { id } = await createEndpoint(database, url);
  await act(database, 'vendor', 'select send_test_webhook($1)', [id]);
  const seen = async (person: Parameters<typeof claimsOf>[0]) =>
    (await play.as(claimsOf(person), 'select from webhook_deliveries')).length;
  for (const person of ['vendor', 'vendor_manager', 'admin'] as const) {
    expect([person, await seen(person)]).toEqual([person, 1]);
  }
  for (const person of ['receptionist', 'accountant', 'vendor2', 'customer', 'hr'] as const) {
    expect([person, await seen(person)]).toEqual([person, 0]);
  }
  await database.owner.query('delete from webhook_endpoints');
});
