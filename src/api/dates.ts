/** What a scalar of dates and times takes: ISO 8601 and nothing else that PostgreSQL would guess at. */
export type Shape = {
  /** Whether a text is such a value. */
  readonly accepts: (text: string) => boolean;
  /** What it must be, with an example. */
  readonly words: string;
};

const day = String.raw`(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})`;
const time = String.raw`(?<hour>\d{2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:\.\d{1,9})?)?`;
const offset = String.raw`(?:Z|[+-](?<offsetHour>\d{2}):?(?<offsetMinute>\d{2}))`;

/** Before it no one was born who could book; a year of five digits is no longer ISO 8601. */
const firstYear = 1900;
/** The clocks of no place are further from UTC, in hours. */
const furthestOffset = 14;

function parts(pattern: string, text: string): Record<string, number> | undefined {
  const groups = new RegExp(`^${pattern}$`, 'i').exec(text)?.groups;
  return (
    groups &&
    Object.fromEntries(Object.entries(groups).map(([name, digits = '0']) => [name, Number(digits)]))
  );
}

function isDay({ year = 0, month = 0, day: dayOfMonth = 0 }: Record<string, number>): boolean {
  return (
    year >= firstYear &&
    month >= 1 &&
    month <= 12 &&
    dayOfMonth >= 1 &&
    // The day before the first of the next month.
    dayOfMonth <= new Date(Date.UTC(year, month, 0)).getUTCDate()
  );
}

function isTime({ hour = 0, minute = 0, second = 0 }: Record<string, number>): boolean {
  return hour <= 23 && minute <= 59 && second <= 59;
}

function isOffset({ offsetHour = 0, offsetMinute = 0 }: Record<string, number>): boolean {
  return offsetHour <= furthestOffset && offsetMinute <= 59;
}

export const dates: Shape = {
  accepts(text) {
    const found = parts(day, text);
    return found !== undefined && isDay(found);
  },
  words: `This must be a day from ${firstYear} to 9999, such as "2026-11-30".`,
};

export const instants: Shape = {
  accepts(text) {
    const found = parts(`${day}T${time}${offset}`, text);
    return found !== undefined && isDay(found) && isTime(found) && isOffset(found);
  },
  words: `This must be a time from ${firstYear} to 9999 with its offset from UTC, such as "2026-11-30T11:00:00+05:30".`,
};

export const timesOfDay: Shape = {
  accepts(text) {
    const found = parts(time, text);
    return found !== undefined && (isTime(found) || /^24:00(:00(\.0+)?)?$/.test(text));
  },
  words: 'This must be a time of day from "00:00" to "24:00", such as "09:30", without an offset.',
};
