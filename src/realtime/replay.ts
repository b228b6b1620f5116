import type { OwnCall } from '../requests/own-call.ts';
import type { PublishedEvent } from './event.ts';
import { replayPage } from './limits.ts';

/** Where to read: events of these topics after one place in the sequence, up to another. */
export type Stretch = {
  topics: readonly string[];
  after: number;
  upTo: number;
};

/** The next events of a stretch. */
export type MissedEvents = {
  events: readonly PublishedEvent[];
  /** How far they go: up to here nothing of the stretch is missing. */
  place: number;
};

/** Reads what was missed; rejects with OB075 for a place that is no longer kept or was never reached. */
export type ReadMissed = (stretch: Stretch) => Promise<MissedEvents>;

type EventRow = {
  readonly sequence: string;
  readonly id: string;
  readonly topics: string[];
  readonly event: string;
  readonly subjectId: string;
  readonly time: string;
  readonly changed: string[];
};

const statement = {
  name: 'ombaro_events_since',
  text: `select sequence, id, topics, event, subject_id as "subjectId", changed,
      to_jsonb(created_at) #>> '{}' as "time"
    from app_private.events_since($1, $2, $3)`,
};

/** Makes the reading of missed events; the right to them is asked for elsewhere. */
export function makeReadMissed(call: OwnCall, onReplay: (events: number) => void): ReadMissed {
  return async ({ topics, after, upTo }) => {
    const pages = await Promise.all(
      topics.map(async (topic) => {
        const rows = await call<EventRow>(null, statement, [topic, after, replayPage]);
        return rows.map((row) => ({ ...row, sequence: Number(row.sequence), id: Number(row.id) }));
      }),
    );
    // Beyond the end of a full page there may be more of its topic, before what another page has.
    const ends = pages
      .filter((page) => page.length === replayPage)
      .map((page) => page.at(-1)?.sequence ?? after);
    // Nor is it certain beyond `upTo`, since each topic was read at a moment of its own.
    const place = Math.min(upTo, ...ends);
    const events = new Map(pages.flat().map((event) => [event.sequence, event]));
    const missed = [...events.values()]
      .filter(({ sequence }) => sequence <= place)
      .sort((one, other) => one.sequence - other.sequence);
    onReplay(missed.length);
    return { events: missed, place };
  };
}
