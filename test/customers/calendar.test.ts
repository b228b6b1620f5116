import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ical from 'ical.js';
import nodeIcal, { type VEvent } from 'node-ical';
import { codeIn, limitRequests, startApi, type TestApi, tokenFor } from '../api/support.ts';
import { makeSteps } from '../booking/steps.ts';
import * as at from '../fixtures/market.ts';
import { idOf, type Person } from '../fixtures/people.ts';

const phone = '+919812345678';
/** Long, with all that must be escaped, and with characters of several octets. */
const street = 'Flat 7; “Rose, Lily”, back\\side, महात्मा गांधी मार्ग, behind the old post office 🪷';

const london = 'Europe/London';

type Entry = {
  readonly uid: string;
  readonly sequence: number;
  readonly status: string;
  readonly summary: string;
  readonly location: string;
  readonly starts: number;
  readonly ends: number;
};

let market: at.Market;
let api: TestApi;
const { assigned, freeHour } = makeSteps(() => market);

beforeAll(async () => {
  market = await at.openMarket();
  api = await startApi(market.database);
});
afterAll(async () => {
  await api?.close();
  await market?.close();
});

async function as(who: Person | { sub: string }, query: string, variables = {}) {
  return api.graphql(query, { token: await tokenFor(at.idFor(who)), variables });
}

/** What both parsers make of a file: the same. */
function parsed(text: string): readonly Entry[] {
  const component = new ical.Component(ical.parse(text));
  const byFirst = component.getAllSubcomponents('vevent').map((vevent): Entry => {
    const event = new ical.Event(vevent);
    return {
      uid: event.uid,
      sequence: event.sequence,
      status: String(vevent.getFirstPropertyValue('status')),
      summary: event.summary,
      location: event.location ?? '',
      starts: event.startDate.toJSDate().getTime(),
      ends: event.endDate.toJSDate().getTime(),
    };
  });
  const bySecond = Object.values(nodeIcal.sync.parseICS(text))
    .filter((entry): entry is VEvent => entry?.type === 'VEVENT')
    .map(
      (event): Entry => ({
        uid: event.uid,
        sequence: Number(event.sequence),
        status: String(event.status),
        summary: String(event.summary),
        location: String(event.location ?? ''),
        starts: event.start.getTime(),
        ends: event.end?.getTime() ?? 0,
      }),
    );
  expect(byFirst).toEqual(bySecond);
  return byFirst;
}

async function calendarOf(who: Person | { sub: string }, id: unknown): Promise<string | null> {
  const { data } = await as(who, 'query ($id: UUID!) { booking(id: $id) { calendar } }', { id });
  return data.booking?.calendar ?? null;
}

async function entryOf(who: Person | { sub: string }, id: unknown): Promise<Entry> {
  const [entry] = parsed((await calendarOf(who, id)) ?? '');
  if (entry === undefined) {
    throw new TypeError('There is no entry.');
  }
  return entry;
}

async function renew(who: Person): Promise<string> {
  const { data } = await as(
    who,
    'mutation { renewCalendarFeed(input: {}) { result { path createdAt } } }',
  );
  return data.renewCalendarFeed.result.path;
}

const read = (path: string, init?: RequestInit) => fetch(`${api.url}${path}`, init);

async function feedAt(path: string): Promise<readonly Entry[]> {
  const response = await read(path);
  expect(response.status).toBe(200);
  return parsed(await response.text());
}

const longAhead = Date.parse('2031-12-31');
const dayMs = 86_400_000;

async function showDaysAhead(days: number): Promise<void> {
  await market.owner.query(
    `update system_settings set value = $1 where key = 'calendar.future_days'`,
    [days],
  );
}

/** The day so many days from now. */
const dayIn = (days: number) => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);

/** A booking at home that is done, on this day by the clock of this zone, by the therapist. */
async function doneIn(zone: string, day: string, time: string, minutes: number): Promise<string> {
  const { id } = await market.one(
    `insert into bookings (customer_id, vendor_id, booking_type, booking_date, booking_time, time_zone, duration_minutes, total_amount,
      final_amount, status, special_instructions)
    values ($1, $2, 'home_service', $4, $5, $7, $6, 100, 100, 'completed', 'Ring ' || $3::text)
    returning id`,
    [idOf('customer'), at.vendor, phone, day, time, minutes, zone],
  );
  await market.owner.query(
    `insert into booking_contacts (booking_id, service_location, contact_name, contact_mobile)
    values ($1, jsonb_build_object('address_line1', $2::text, 'city', 'London'), 'Zubeida', $3)`,
    [id, street, phone],
  );
  await market.owner.query(
    `insert into booking_items (booking_id, service_id, service_name, service_duration, service_price, subtotal)
    values ($1, $2, 'Massage, deep', $3, 100, 100)`,
    [id, at.massage, minutes],
  );
  await market.owner.query(
    `insert into therapist_assignments (booking_id, therapist_id, vendor_id, customer_id, service_id,
      assignment_date, assignment_time, status, estimated_duration)
    values ($1, $2, $3, $4, $5, $6, $7, 'completed', $8)`,
    [id, at.therapist, at.vendor, idOf('customer'), at.massage, day, time, minutes],
  );
  return String(id);
}

describe('a booking as a file', () => {
  test('its times are right on both sides of a change of summer time, and across it', async () => {
    // Summer time begins on 30 March 2031 at 01:00 UTC and ends on 26 October 2031 at 01:00 UTC.
    const expected = [
      [london, '2031-03-29', '10:00', 60, '2031-03-29T10:00Z', '2031-03-29T11:00Z'],
      [london, '2031-03-30', '00:30', 120, '2031-03-30T00:30Z', '2031-03-30T02:30Z'],
      [london, '2031-03-30', '10:00', 60, '2031-03-30T09:00Z', '2031-03-30T10:00Z'],
      ['Asia/Kolkata', '2031-03-31', '10:00', 60, '2031-03-31T04:30Z', '2031-03-31T05:30Z'],
      [london, '2031-10-25', '10:00', 60, '2031-10-25T09:00Z', '2031-10-25T10:00Z'],
      [london, '2031-10-26', '00:30', 120, '2031-10-25T23:30Z', '2031-10-26T01:30Z'],
      [london, '2031-10-26', '10:00', 60, '2031-10-26T10:00Z', '2031-10-26T11:00Z'],
    ] as const;
    for (const [zone, day, time, minutes, starts, ends] of expected) {
      const id = await doneIn(zone, day, time, minutes);
      expect(await entryOf('customer', id)).toMatchObject({
        uid: `${id}@ombaro`,
        status: 'CONFIRMED',
        summary: 'Massage, deep · Lotus Spa',
        location: `${street}, London`,
        starts: Date.parse(starts),
        ends: Date.parse(ends),
      });
    }
    // In a calendar all of them are where they were.
    await showDaysAhead(Math.ceil((longAhead - Date.now()) / dayMs));
    const all = await feedAt(await renew('therapist'));
    expect(all.map(({ starts }) => starts)).toEqual(
      expected.map(([, , , , starts]) => Date.parse(starts)),
    );
    await showDaysAhead(365);
  });

  test('it keeps to RFC 5545: lines of 75 octets at most that end in CRLF', async () => {
    const id = await doneIn(london, '2031-05-01', '10:00', 60);
    const text = (await calendarOf('customer', id)) ?? '';
    const lines = text.split('\r\n');
    expect(lines.pop()).toBe('');
    expect(lines.some((line) => line.startsWith(' '))).toBe(true);
    for (const line of lines) {
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
      expect(line).not.toMatch(/[\r\n�]/);
    }
    await market.owner.query('delete from bookings where booking_date >= $1', ['2031-01-01']);
  });

  test('it is for the customer, the vendor’s desk and the provider, and contains no number or name of a person', async () => {
    const { who, id } = await assigned();
    await market.owner.query(
      `with instructed as (update bookings set special_instructions = $2::text where id = $1)
      update booking_contacts set contact_name = 'Zubeida', contact_mobile = $2::text where booking_id = $1`,
      [id, phone],
    );
    for (const party of [who, 'vendor', 'receptionist', 'therapist'] as const) {
      const text = await calendarOf(party, id);
      expect(parsed(text ?? '')).toHaveLength(1);
      expect(text).not.toMatch(/Zubeida|9812345678/);
    }
    for (const other of ['customer2', 'accountant', 'therapist2', 'admin'] as const) {
      expect(await calendarOf(other, id)).toBeNull();
    }
    // Nor by a row that is made up.
    const asked = `select bookings_calendar(jsonb_populate_record(null::bookings,
      jsonb_build_object('id', $1::text, 'customer_id', auth.uid()))) as event`;
    const answers = await Promise.all(
      [at.claimsFor('customer2'), at.claimsFor(who)].map((claims) =>
        market.database.asUser(claims, async (client) => {
          const { rows } = await client.query<{ event: unknown }>(asked, [id]);
          return rows[0]?.event ?? null;
        }),
      ),
    );
    expect(answers).toEqual([null, expect.objectContaining({ uid: `${id}@ombaro` })]);
  });

  test('a move keeps its uid and raises its sequence, and so does a cancellation', async () => {
    const { who, id } = await assigned();
    const first = await entryOf(who, id);
    const later = freeHour();
    await market.call(who, 'reschedule_booking', { booking_id: id, ...at.localTime(later) });
    const moved = await entryOf(who, id);
    expect(moved).toMatchObject({ uid: first.uid, starts: later.getTime(), status: 'CONFIRMED' });
    expect(moved.sequence).toBeGreaterThan(first.sequence);
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Ill' });
    const cancelled = await entryOf(who, id);
    expect(cancelled).toMatchObject({ uid: first.uid, status: 'CANCELLED' });
    expect(cancelled.sequence).toBeGreaterThan(moved.sequence);
  });

  test('an unpaid booking is tentative', async () => {
    const who = await market.newCustomer();
    const { id } = await market.book(who, { startsAt: freeHour() }, { payment: null });
    expect((await entryOf(who, id)).status).toBe('TENTATIVE');
  });
});

describe('a provider’s feed', () => {
  const uidsAt = async (path: string) => (await feedAt(path)).map(({ uid }) => uid);

  test('shows their own bookings and no others', async () => {
    const path = await renew('therapist');
    const { id } = await assigned();
    expect(await uidsAt(path)).toContain(`${id}@ombaro`);
    expect(await uidsAt(await renew('therapist2'))).not.toContain(`${id}@ombaro`);
  });

  test('shows bookings that others have now as cancelled, without service and place', async () => {
    const path = await renew('therapist');
    const off = await assigned();
    await market.call(off.who, 'cancel_booking', { booking_id: off.id, reason: 'Ill' });
    const taken = await assigned();
    await market.call('vendor', 'assign_therapist', {
      booking_id: taken.id,
      therapist_id: at.therapist2,
    });
    const entries = await feedAt(path);
    expect(entries.find(({ uid }) => uid === `${off.id}@ombaro`)).toMatchObject({
      status: 'CANCELLED',
      summary: expect.stringMatching(/^OBO-/),
      location: '',
    });
    expect(entries.map(({ uid }) => uid)).not.toContain(`${taken.id}@ombaro`);
    expect(await uidsAt(await renew('therapist2'))).toContain(`${taken.id}@ombaro`);
  });

  test('contains no number and no name of a person', async () => {
    const { id } = await assigned();
    await market.owner.query(
      `with instructed as (update bookings set special_instructions = $2::text where id = $1)
      update booking_contacts set contact_name = 'Zubeida', contact_mobile = $2::text where booking_id = $1`,
      [id, phone],
    );
    const text = await (await read(await renew('therapist'))).text();
    expect(text).toContain(`${id}@ombaro`);
    expect(text).not.toMatch(/Zubeida|9812345678/);
  });

  test('is not sent again while unchanged, and no cache keeps it', async () => {
    const path = await renew('therapist');
    const first = await read(path);
    expect(first.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    const etag = first.headers.get('etag') ?? '';
    const again = () => read(path, { headers: { 'if-none-match': etag, 'cache-control': '' } });
    expect((await again()).status).toBe(304);
    await assigned();
    expect((await again()).status).toBe(200);
    expect((await read(path, { method: 'HEAD' })).status).toBe(200);
    expect((await read(path, { method: 'POST' })).status).toBe(405);
  });

  test('is sent again only when something in it has changed since the given date', async () => {
    const path = await renew('therapist');
    await assigned();
    const newest = async () => {
      const { changed } = await market.one(
        `select max(greatest(b.updated_at, a.updated_at, v.updated_at)) as changed
        from bookings b
        join therapist_assignments a on a.booking_id = b.id and a.therapist_id = $1
        join vendors v on v.id = b.vendor_id`,
        [at.therapist],
      );
      return Math.floor(Number(changed) / 1000) * 1000;
    };
    const sent = (await read(path)).headers.get('last-modified') ?? '';
    expect(sent).toBe(new Date(await newest()).toUTCString());
    const since = async (date: string) => {
      const headers = { 'if-modified-since': date, 'cache-control': '' };
      return (await read(path, { headers })).status;
    };
    expect(await since(sent)).toBe(304);
    expect(await since(new Date(Date.parse(sent) - 1000).toUTCString())).toBe(200);
    expect(await since('not a date')).toBe(200);
    // The date has whole seconds.
    await wait(1100);
    const { who, id } = await assigned();
    expect(await since(sent)).toBe(200);
    const later = (await read(path)).headers.get('last-modified') ?? '';
    expect(Date.parse(later)).toBeGreaterThan(Date.parse(sent));
    // What is taken from them is shown no more, and that is a change as well.
    await wait(1100);
    await market.call('vendor', 'assign_therapist', {
      booking_id: id,
      therapist_id: at.therapist2,
    });
    expect(await since(later)).toBe(200);
    expect(await uidsAt(path)).not.toContain(`${id}@ombaro`);
    await market.call(who, 'cancel_booking', { booking_id: id, reason: 'Ill' });
  });

  test('shows what is within a year from now, and of what is over the last 30 days', async () => {
    const shown = [
      await doneIn(london, dayIn(363), '10:00', 60),
      await doneIn(london, dayIn(-28), '10:00', 60),
    ];
    const hidden = [
      await doneIn(london, dayIn(367), '10:00', 60),
      await doneIn(london, dayIn(-32), '10:00', 60),
    ];
    const path = await renew('therapist');
    const uids = await uidsAt(path);
    expect(uids).toEqual(expect.arrayContaining(shown.map((id) => `${id}@ombaro`)));
    for (const id of hidden) {
      expect(uids).not.toContain(`${id}@ombaro`);
    }
    await showDaysAhead(370);
    expect(await uidsAt(path)).toContain(`${hidden[0]}@ombaro`);
    await showDaysAhead(365);
    await market.owner.query('delete from bookings where id = any ($1)', [[...shown, ...hidden]]);
  });

  test('a new address ends the old one at once, and closing it ends it', async () => {
    const old = await renew('beautician');
    expect((await read(old)).status).toBe(200);
    const path = await renew('beautician');
    expect([(await read(old)).status, (await read(path)).status]).toEqual([404, 200]);
    const since = '{ calendarFeedSince }';
    expect((await as('beautician', since)).data.calendarFeedSince).not.toBeNull();
    const close = 'mutation { closeCalendarFeed(input: {}) { result } }';
    expect((await as('beautician', close)).data.closeCalendarFeed.result).toBe(true);
    expect((await read(path)).status).toBe(404);
    expect((await as('beautician', close)).data.closeCalendarFeed.result).toBe(false);
    expect((await as('beautician', since)).data.calendarFeedSince).toBeNull();
  });

  test('of two addresses made at once one works', async () => {
    const paths = await Promise.all([renew('therapist'), renew('therapist')]);
    const statuses = await Promise.all(paths.map(async (path) => (await read(path)).status));
    expect(statuses.sort()).toEqual([200, 404]);
  });

  test('a suspended provider has none', async () => {
    const path = await renew('therapist2');
    expect((await read(path)).status).toBe(200);
    const status = `update user_profiles set status = $2 where id = $1`;
    await market.owner.query(status, [idOf('therapist2'), 'suspended']);
    expect((await read(path)).status).toBe(404);
    await market.owner.query(status, [idOf('therapist2'), 'active']);
    expect((await read(path)).status).toBe(200);
  });

  test('other users have none, and a made-up key opens nothing', async () => {
    const make = 'mutation { renewCalendarFeed(input: {}) { result { path } } }';
    expect(codeIn(await as('customer', make))).toBe('OB002');
    expect(codeIn(await as('vendor', make))).toBe('OB002');
    expect(codeIn(await api.graphql(make))).toBe('OB001');
    for (const query of ['', '?key=', '?key=abc', '?key=a&key=b', `?key=${'x'.repeat(5000)}`]) {
      expect((await read(`/calendar.ics${query}`)).status).toBe(404);
    }
  });

  test('its key is stored nowhere: not in the tables, the audit log or the log of requests', async () => {
    const path = await renew('therapist');
    await read(path);
    const key = path.split('=')[1] ?? '';
    expect(key).toHaveLength(43);
    const { rows } = await market.owner.query<{ row: string }>(
      `select to_jsonb(f)::text as row from app_private.calendar_feeds f
      union all select to_jsonb(a)::text from audit_logs a where a.resource_type = 'calendar_feeds'`,
    );
    expect(rows.length).toBeGreaterThan(2);
    expect(JSON.stringify(rows)).not.toContain(key);
    const hash = await market.one(
      `select encode(key_hash, 'hex') as hex from app_private.calendar_feeds where user_id = $1`,
      [idOf('therapist')],
    );
    const audited = rows.filter(({ row }) => row.includes('"resource_type"'));
    expect(JSON.stringify(audited)).not.toContain(String(hash.hex));
    expect(JSON.stringify(api.log)).toContain('/calendar.ics');
    expect(JSON.stringify(api.log)).not.toContain(key);
  });

  test('requests for it are counted like any visitor’s', async () => {
    const path = await renew('therapist');
    const limited = await startApi(market.database, { requestsAMinute: 2 });
    try {
      const statuses: number[] = [];
      for (let n = 0; n < 3; n += 1) {
        statuses.push((await fetch(`${limited.url}${path}`)).status);
      }
      expect(statuses).toEqual([200, 200, 429]);
    } finally {
      await limited.close();
      await limitRequests(market.owner, 1_000_000);
    }
  });
});
