import type { Market, Row, Who } from '../../fixtures/market.ts';

/** Does something, mostly to one booking. Returns `ok`, the code of the error, or `nothing` where there is nothing to do it to. */
export type Act = (booking: Row | undefined) => Promise<string>;

export type People = {
  readonly customers: readonly Who[];
  /** Who acts now and then where another user should. */
  readonly strays: readonly Who[];
};

export type Walk = People & {
  readonly market: Market;
  /** From 0 up to 1, the same for the same seed. */
  readonly chance: () => number;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** Calls a function of the API for a booking, mostly as a user who may, so that bookings get somewhere. */
  readonly act: (name: string, more?: (booking: Row) => Record<string, unknown>) => Act;
};

/** Who does it, where it is not the management of the vendor; `null` for the customer of the booking. */
const usual: Readonly<Record<string, readonly (Who | null)[]>> = {
  acknowledge_assignment: ['therapist', 'therapist2', 'beautician'],
  start_travel: ['therapist', 'therapist2', 'beautician'],
  arrive: ['therapist', 'therapist2', 'beautician'],
  start_service: ['therapist', 'therapist2', 'beautician', 'vendor'],
  dispute_booking: [null, null, 'vendor'],
  report_vendor_no_show: [null],
  end_service_early: ['therapist', 'therapist2', 'vendor'],
  agree_on_amount: [null],
  complete_service: ['therapist', 'therapist2', 'beautician', 'vendor'],
  reschedule_booking: [null],
  pay_from_wallet: [null],
  start_payment: [null],
  add_tip: [null],
  tip_from_wallet: [null],
  cancel_booking: [null, null, 'vendor'],
};

export function makeWalk(market: Market, seed: number, people: People): Walk {
  const chance = makeChance(seed);
  const pick: Walk['pick'] = (items) =>
    items[Math.floor(chance() * items.length)] as (typeof items)[number];

  async function whoFor(name: string, { id }: Row): Promise<Who> {
    if (chance() < 0.1) {
      return pick(people.strays);
    }
    const who = pick<Who | null>(usual[name] ?? ['vendor', 'receptionist']);
    if (who !== null) {
      return who;
    }
    const { sub } = await market.one('select customer_id as sub from bookings where id = $1', [id]);
    return sub === null ? pick(people.customers) : { sub: String(sub) };
  }

  return {
    ...people,
    market,
    chance,
    pick,
    act:
      (name, more = () => ({})) =>
      async (booking) =>
        booking === undefined
          ? 'nothing'
          : market.ends(await whoFor(name, booking), name, {
              booking_id: booking.id,
              ...more(booking),
            }),
  };
}

/** mulberry32. */
function makeChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export type Weighted = readonly (readonly [weight: number, act: Act])[];

/** So many steps, each an act by its weight, mostly on a booking that is not over; how often each end came. */
export async function take(
  walk: Walk,
  acts: Weighted,
  steps: number,
  afterStep: (step: number, end: string) => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>();
  const total = acts.reduce((sum, [weight]) => sum + weight, 0);
  for (let step = 0; step < steps; step += 1) {
    let left = walk.chance() * total;
    const [, act] = acts.find(([weight]) => {
      left -= weight;
      return left < 0;
    }) as Weighted[number];
    const end = await act(await anyBooking(walk));
    ends.set(end, (ends.get(end) ?? 0) + 1);
    await afterStep(step, end);
  }
  return ends;
}

async function anyBooking({ market, chance }: Walk): Promise<Row | undefined> {
  const { rows } = await market.owner.query(
    `select b.id, b.booking_date, b.time_zone, app_private.amount_due(b.id) as due from bookings b
    where b.status not in ('completed', 'cancelled') or b.booking_number like '%' || $1
    order by md5(b.booking_number || $2) limit 1`,
    [Math.floor(chance() * 10), String(chance())],
  );
  return rows[0];
}

/** What the clock does. */
export function job(market: Market, name: string): Act {
  return async () => {
    await market.owner.query(`select app_private.${name}(10)`);
    return 'ok';
  };
}
