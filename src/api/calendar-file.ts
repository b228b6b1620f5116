import {
  foldLines,
  ICalCalendar,
  ICalEvent,
  type ICalEventData,
  ICalEventStatus,
  ICalEventTransparency,
} from 'ical-generator';

/** A booking as `app_private.calendar_event` gives it; instants are in ISO 8601. */
export type CalendarEvent = {
  readonly uid: string;
  /** Rises with every change that is written into the booking's history. */
  readonly sequence: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly status: keyof typeof ICalEventStatus;
  readonly summary: string;
  /** Null where there is none, or the reader is no longer told. */
  readonly location: string | null;
  readonly description: string;
};

/** Octets, as RFC 5545 has it. */
const longestLine = 75;

/** How often, in seconds, calendars read a feed. */
const feedRefreshSeconds = 3600;

/**
 * An iCalendar file (RFC 5545) of these events; one with a name is a feed that is read again and again.
 *
 * All times are instants in UTC, so that no time zone has to be explained to the calendar.
 */
export function writeCalendar(events: readonly CalendarEvent[], name?: string): string {
  const calendar = new ICalCalendar({
    prodId: { company: 'OMBARO', product: 'Bookings' },
    scale: 'gregorian',
    ...(name === undefined ? {} : { name, ttl: feedRefreshSeconds }),
  });
  // Not as events of the calendar, whose toString looks at each character for its place in the line: of a
  // thousand events for 400 ms. Most lines are short.
  const lines = events
    .map((event) => new ICalEvent(toEvent(event), calendar).toString())
    .join('')
    .split('\r\n')
    .map((line) => (Buffer.byteLength(line) > longestLine ? foldLines(line) : line));
  return `${calendar.toString().replace(/END:VCALENDAR$/, '')}${lines.join('\r\n')}END:VCALENDAR\r\n`;
}

function toEvent(event: CalendarEvent): ICalEventData {
  const isCancelled = event.status === 'CANCELLED';
  return {
    id: event.uid,
    sequence: event.sequence,
    stamp: new Date(event.updated_at),
    created: new Date(event.created_at),
    lastModified: new Date(event.updated_at),
    start: new Date(event.starts_at),
    end: new Date(event.ends_at),
    status: ICalEventStatus[event.status],
    transparency: isCancelled ? ICalEventTransparency.TRANSPARENT : ICalEventTransparency.OPAQUE,
    summary: printable(event.summary),
    description: printable(event.description),
    location: event.location === null ? null : printable(event.location),
  };
}

/** Without control characters, which the format does not allow; line ends stay, and are escaped. */
function printable(text: string): string {
  return text.replace(/(?![\r\n])\p{Cc}/gu, '');
}
