import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type pg from 'pg';
import { wait } from '../src/lib/retry.ts';
import { instruct, make, type Statement, turn, turns, writeForATurn } from './live.ts';
import type { Benchmark, Figure } from './support/benchmark.ts';
import { openLiveWorld, untilPublished } from './support/live-world.ts';

const customers = 500;
const events = 10_000;
const partnerScript = path.join(import.meta.dirname, 'support', 'sms-gateway.ts');

/**
 * What it costs those who write bookings that a vendor's endpoint is told of all of them, with sender and
 * partner on the same machine; and how fast one endpoint is told of ten thousand events that wait.
 */
export const webhooks: Benchmark = async () => {
  const partner = spawn(process.execPath, [partnerScript], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const world = await openLiveWorld(customers);
  try {
    const [line] = await once(partner.stdout as NodeJS.ReadableStream, 'data');
    const url = String(line).trim();
    const ids = world.followers.map(({ subject }) => subject);
    const bookings = world.followers.map(({ bookingId }) => bookingId);
    return [
      ...(await compare(world.owner, url, 'bookings made', make, ids)),
      ...(await compare(world.owner, url, 'instructions changed', instruct, bookings)),
      ...(await drain(world.owner, url)),
    ];
  } finally {
    partner.kill('SIGKILL');
    await world.close();
  }
};

async function compare(
  owner: pg.Pool,
  url: string,
  what: string,
  statement: Statement,
  ids: readonly string[],
): Promise<Figure[]> {
  const count = { without: 0, with: 0 };
  for (let n = 0; n < turns * 2; n += 1) {
    const which = n % 2 === 0 ? 'with' : 'without';
    await owner.query('delete from webhook_endpoints');
    if (which === 'with') {
      await addEndpoint(owner, url);
    }
    count[which] += await writeForATurn(owner, statement, ids);
    await untilPublished(owner);
  }
  const perSecond = (writes: number) => writes / (turns * turn);
  return [
    { what: `${what}, with an endpoint`, value: perSecond(count.with), unit: '/s' },
    { what: `${what}, without`, value: perSecond(count.without), unit: '/s' },
    { what: `${what}: rate without by rate with`, value: count.without / count.with, unit: '×' },
  ];
}

async function drain(owner: pg.Pool, url: string): Promise<Figure[]> {
  await owner.query('delete from webhook_endpoints');
  await addEndpoint(owner, url);
  const before = await taken(url);
  await owner.query(
    `select app_private.emit_event(array['vendor:' || b.vendor_id], 'booking.updated', b.id)
    from (select id, vendor_id from bookings limit 1) b, generate_series(1, $1)`,
    [events],
  );
  const start = performance.now();
  for (let sent = 0; sent < events; ) {
    await wait(100, new AbortController().signal);
    const { rows } = await owner.query<{ count: number }>(
      `select count(*)::integer from webhook_deliveries where status = 'sent'`,
    );
    sent = rows[0]?.count ?? 0;
  }
  const seconds = (performance.now() - start) / 1000;
  return [
    {
      what: `telling one endpoint of ${events} events (${Math.round(events / seconds)} a second)`,
      value: seconds,
      unit: 's',
    },
    {
      what: 'told twice, or not at all',
      value: Math.abs((await taken(url)) - before - events),
      unit: 'rows',
      bound: 0,
    },
  ];
}

async function taken(url: string): Promise<number> {
  return Number(await (await fetch(`${url}/count`)).text());
}

async function addEndpoint(owner: pg.Pool, url: string): Promise<void> {
  await owner.query(
    `with made as (
      insert into webhook_endpoints (vendor_id, url, event_types)
      select id, $1, '{booking.created,booking.updated}' from vendors returning id
    )
    select app_private.make_webhook_secret(id) from made`,
    [url],
  );
}
