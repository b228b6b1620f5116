import { randomUUID } from 'node:crypto';
import { makeSteps } from '../booking/steps.ts';
import { inHours, type Market, massage, openMarket, vendor } from '../fixtures/market.ts';
import { longOrShort } from '../helpers/long-form.ts';

/** How often two meet; which of them is first is left to chance. */
const tries = longOrShort(50, 12);

let market: Market;
const { freeHour } = makeSteps(() => market);

beforeAll(async () => {
  market = await openMarket();
});

afterAll(async () => {
  await market?.close();
});

const on = (who: 'vendor' | 'admin' | 'super_admin', act: string, more = {}) =>
  market.ends(who, act, { vendor_id: vendor, ...more });
const pause = () => on('vendor', 'pause_vendor');
const suspend = (who: 'admin' | 'super_admin' = 'admin') =>
  on(who, 'suspend_vendor', { reason: 'A complaint' });
const reinstate = (who: 'admin' | 'super_admin' = 'admin') => on(who, 'reinstate_vendor');

async function reopen(): Promise<void> {
  await market.owner.query('delete from vendor_states');
  await market.owner.query('delete from provider_private_details');
  await market.owner.query(`update vendors set status = 'active', is_active = true`);
}

const openHolds = async () =>
  (
    await market.one(
      `select count(*)::integer as n from app_private.open_holds('{}', array[$1::uuid])`,
      [vendor],
    )
  ).n;

const confirming = async (startsAt = freeHour()) => {
  const who = await market.newCustomer();
  const { id } = await market.hold(who, { startsAt });
  return () => market.ends(who, 'confirm_booking', { hold_id: id, payment_method: 'cash' });
};

const holding = async () => {
  const who = await market.newCustomer();
  const startsAt = freeHour();
  return () => market.holdEnds(who, { startsAt, services: [massage], key: randomUUID() });
};

it.each([
  ['paused', 'confirms', pause, confirming],
  ['suspended', 'confirms', suspend, confirming],
  ['paused', 'holds', pause, holding],
  ['suspended', 'holds', suspend, holding],
] as const)(
  'a vendor that is %s while a customer %s has no hold afterwards, however often it is tried',
  async (_, __, stop, prepare) => {
    const others: string[] = [];
    for (let n = 0; n < tries; n++) {
      const act = await prepare();
      const [stopped, other] = await Promise.all([stop(), act()]);
      expect(stopped).toBe('ok');
      others.push(other);
      expect(await openHolds()).toBe(0);
      await reopen();
    }
    expect(others.filter((code) => !['ok', 'OB003', 'OB061', 'OB062'].includes(code))).toEqual([]);
  },
  240_000,
);

it('of two who suspend at once one does, and of two who reinstate', async () => {
  for (let n = 0; n < tries; n++) {
    expect((await Promise.all([suspend(), suspend('super_admin')])).sort()).toEqual([
      'OB030',
      'ok',
    ]);
    expect((await Promise.all([reinstate(), reinstate('super_admin')])).sort()).toEqual([
      'OB030',
      'ok',
    ]);
  }
}, 240_000);

it('suspending and reinstating at once leaves one of both states, with what belongs to it', async () => {
  expect(await suspend()).toBe('ok');
  for (let n = 0; n < tries; n++) {
    const [lifted, again] = await Promise.all([reinstate(), suspend('super_admin')]);
    expect(lifted).toBe('ok');
    const { status, has_reason } = await market.one(
      `select v.status, s.suspension_reason is not null as has_reason
      from vendors v join vendor_states s on s.vendor_id = v.id where v.id = $1`,
      [vendor],
    );
    expect({ status, has_reason }).toEqual(
      again === 'ok'
        ? { status: 'suspended', has_reason: true }
        : { status: 'active', has_reason: false },
    );
    if (again !== 'ok') {
      expect(again).toBe('OB030');
      expect(await suspend()).toBe('ok');
    }
  }
  await reopen();
}, 240_000);

it('a vendor that closes while a booking after its last day is made keeps no such booking', async () => {
  const others: string[] = [];
  for (let n = 0; n < tries; n++) {
    const act = await confirming(inHours(24 * 20 + 6 * n));
    const { day } = await market.one('select (app_private.vendor_day($1) + 8)::text as day', [
      vendor,
    ]);
    const [closed, other] = await Promise.all([
      on('vendor', 'close_vendor', { last_day: day, reason: 'Moves away' }),
      act(),
    ]);
    expect(closed).toBe('ok');
    others.push(other);
    expect(await openHolds()).toBe(0);
    // One that was first is cancelled by the clock within a minute.
    await market.owner.query('select app_private.cancel_unavailable_bookings(100)');
    expect(
      await market.one(
        'select count(*)::integer as n from app_private.coming_bookings($1, $2::date)',
        [vendor, day],
      ),
    ).toEqual({ n: 0 });
    await reopen();
  }
  expect(others.filter((code) => !['ok', 'OB061'].includes(code))).toEqual([]);
}, 240_000);
