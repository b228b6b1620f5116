import { inHours, localTime, type Market, massage, vendor } from '../fixtures/market.ts';

/** Days that no other test of the file takes, and what can be booked on them. */
export function makeDays(market: () => Market) {
  let days = 2;
  return {
    /** Ten in the morning of a day to come, by the market's clock. */
    nextMorning(): Date {
      days += 3;
      const at = inHours(24 * days);
      const { new_time: time } = localTime(at);
      return new Date(at.getTime() + (10 - Number(time.slice(0, 2))) * 3_600_000);
    },
    /** Starts on a day of a vendor's slots for a massage, as its clock shows them. */
    async slotsOn(day: string, provider: string | null = null): Promise<readonly string[]> {
      const { rows } = await market().owner.query<{ start: string }>(
        `select to_char(start_time, 'HH24:MI') as start
        from available_slots($1, $2, null, $3, $3, provider_id => $4)`,
        [vendor, [massage], day, provider],
      );
      return rows.map(({ start }) => start);
    },
  };
}

export function dayOf(at: Date): string {
  return localTime(at).new_date;
}

export function later(at: Date, hours: number): Date {
  return new Date(at.getTime() + hours * 3_600_000);
}
