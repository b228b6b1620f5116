/**
 * Days are whole numbers since 1970-01-01 and moments seconds since that day's midnight, both on
 * Indian clocks, where all demo vendors are. India has no summer time, so a day has 86,400 seconds.
 */
export type Day = number;
export type Moment = number;

export const minute = 60;
export const hour = 3600;
export const secondsPerDay = 86_400;
const indianOffset = 5.5 * hour;

/** The day that it is in India at this instant. */
export function indianDayOf(instant: Date): Day {
  return Math.floor((instant.getTime() / 1000 + indianOffset) / secondsPerDay);
}

/** SQL for the date in India at an instant: as `app_private.day_of`, which is too slow for a million rows. */
export function indianDayInSql(instant: string): string {
  return `(${instant} at time zone 'Asia/Kolkata')::date`;
}

/** 0 is Sunday. */
export function weekdayOf(day: Day): number {
  return (day + 4) % 7;
}

export function dayOf(moment: Moment): Day {
  return Math.floor(moment / secondsPerDay);
}

export function momentOf(day: Day, minuteOfDay = 0): Moment {
  return day * secondsPerDay + minuteOfDay * minute;
}

/** `2026-01-31` */
export function formatDay(day: Day): string {
  let text = dayTexts.get(day);
  if (text === undefined) {
    text = new Date(day * secondsPerDay * 1000).toISOString().slice(0, 10);
    dayTexts.set(day, text);
  }
  return text;
}

/** `31 Jan 2026` */
export function formatDayInWords(day: Day): string {
  const [year, month, dayOfMonth] = formatDay(day).split('-');
  return `${dayOfMonth} ${months[Number(month) - 1]} ${year}`;
}

/** `09:30` */
export function formatTime(minuteOfDay: number): string {
  return `${twoDigits(Math.floor(minuteOfDay / 60))}:${twoDigits(minuteOfDay % 60)}`;
}

/** `2026-01-31 09:30:00+05:30` */
export function formatMoment(moment: Moment): string {
  const day = dayOf(moment);
  const second = moment - day * secondsPerDay;
  return `${formatDay(day)} ${formatTime(Math.floor(second / 60))}:${twoDigits(second % 60)}+05:30`;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayTexts = new Map<Day, string>();
const twoDigitTexts = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'));

function twoDigits(number: number): string {
  return twoDigitTexts[number] ?? String(number);
}
