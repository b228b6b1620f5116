import { vendor, type Who } from '../fixtures/market.ts';
import { openProviders, type Providers } from '../providers/support.ts';

export type Vendors = Providers & {
  readonly pause: (who: Who | null, reason?: string) => Promise<string>;
  readonly resume: (who: Who | null) => Promise<string>;
  readonly suspend: (who: Who | null, reason?: string | null) => Promise<string>;
  readonly reinstate: (who: Who | null) => Promise<string>;
  readonly closeOn: (who: Who | null, lastDay: string | null, reason?: string) => Promise<string>;
  /** The day of the vendor that many days from now. */
  readonly day: (days: number) => Promise<string>;
  readonly vendorState: () => Promise<string>;
  /** What visitors find of the vendor. */
  readonly found: () => Promise<Found>;
  /** Lets the clock do what is due each minute and each hour. */
  readonly runClock: () => Promise<void>;
  /** The vendor trades, and its people work, as at the start. */
  readonly reopen: () => Promise<void>;
};

export type Found = {
  readonly vendor: boolean;
  readonly inSearch: boolean;
  readonly suggested: boolean;
  readonly providers: number;
  readonly services: number;
  readonly reviews: number;
  /** Whether a slot is offered, or the code of the refusal. */
  readonly slot: string;
};

const foundQuery = `query ($id: UUID!) {
  vendor(id: $id) { id }
  searchVendors(query: "Lotus", first: 10) { nodes { vendor { id } } }
  suggest(query: "Lotus") { id }
  therapists(filter: { vendorId: { equalTo: $id } }) { totalCount }
  beauticians(filter: { vendorId: { equalTo: $id } }) { totalCount }
  vendorServices(filter: { vendorId: { equalTo: $id } }) { totalCount }
  vendorReviews(filter: { vendorId: { equalTo: $id } }) { totalCount }
}`;

export async function openVendors(): Promise<Vendors> {
  const world = await openProviders();
  const { market } = world;
  const onVendor =
    (mutation: string) =>
    (who: Who | null, more: Record<string, unknown> = {}) =>
      world.act(who, mutation, { vendorId: vendor, ...more });
  return {
    ...world,
    pause: (who, reason) => onVendor('pauseVendor')(who, { reason }),
    resume: (who) => onVendor('resumeVendor')(who),
    suspend: (who, reason = 'A complaint') => onVendor('suspendVendor')(who, { reason }),
    reinstate: (who) => onVendor('reinstateVendor')(who),
    closeOn: (who, lastDay, reason = 'Moves away') =>
      onVendor('closeVendor')(who, { lastDay, reason }),
    day: async (days) =>
      String(
        (
          await market.one('select (app_private.vendor_day($1) + $2::integer)::text as day', [
            vendor,
            days,
          ])
        ).day,
      ),
    vendorState: async () =>
      String((await market.one('select status from vendors where id = $1', [vendor])).status),
    async found() {
      await market.owner.query('select app_private.refresh_search(500)');
      const { data, errors } = await world.ask(null, foundQuery, { id: vendor });
      if (errors !== undefined) {
        throw new Error(JSON.stringify(errors));
      }
      const slot = await world.ask(
        null,
        `query ($id: UUID!, $services: [UUID]!) { nextAvailable(vendorId: $id, serviceIds: $services) { startsAt } }`,
        { id: vendor, services: [await anyService(world)] },
      );
      return {
        vendor: data.vendor !== null,
        inSearch: data.searchVendors.nodes.some(
          (found: { vendor: { id: string } }) => found.vendor.id === vendor,
        ),
        suggested: data.suggest.some(({ id }: { id: string }) => id === vendor),
        providers: data.therapists.totalCount + data.beauticians.totalCount,
        services: data.vendorServices.totalCount,
        reviews: data.vendorReviews.totalCount,
        slot:
          slot.errors?.[0]?.extensions.code ??
          (slot.data.nextAvailable === null ? 'none' : 'offered'),
      };
    },
    async runClock() {
      await market.owner.query('select app_private.cancel_unavailable_bookings(100)');
      await market.owner.query('select app_private.close_due_vendors(20)');
      await market.owner.query('select app_private.end_due_providers(20)');
    },
    async reopen() {
      await market.owner.query('delete from vendor_states');
      await market.owner.query(
        `update vendors set status = 'active', is_active = true, verification_status = 'verified'`,
      );
      await world.reset();
    },
  };
}

async function anyService({ market }: Providers): Promise<string> {
  const { id } = await market.one(
    'select service_id as id from vendor_services where vendor_id = $1 order by 1 limit 1',
    [vendor],
  );
  return String(id);
}
