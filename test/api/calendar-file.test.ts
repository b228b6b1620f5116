import { describe, expect, test } from '@jest/globals';
import ical from 'ical.js';
import { type CalendarEvent, writeCalendar } from '../../src/api/calendar-file.ts';

const event: CalendarEvent = {
  uid: '1@ombaro',
  sequence: 2,
  created_at: '2026-01-01T10:00:00+05:30',
  updated_at: '2026-01-02T10:00:00+05:30',
  starts_at: '2026-01-03T10:00:00+05:30',
  ends_at: '2026-01-03T11:00:00+05:30',
  status: 'CONFIRMED',
  summary: 'Massage',
  location: null,
  description: 'OMBARO 1',
};

describe('a calendar file', () => {
  test('keeps every text, but for characters that the format does not allow', () => {
    const text = writeCalendar([
      {
        ...event,
        summary: 'Bell\u0007, beam\u007f; \\ back\tslash',
        location: 'One\r\nTwo\nThree',
      },
    ]);
    const [vevent] = new ical.Component(ical.parse(text)).getAllSubcomponents('vevent');
    expect(vevent?.getFirstPropertyValue('summary')).toBe('Bell, beam; \\ backslash');
    expect(vevent?.getFirstPropertyValue('location')).toBe('One\nTwo\nThree');
    expect(text).not.toMatch(/[^\P{Cc}\r\n]/u);
  });

  test('is the same, byte for byte, for the same events, and names the status of each', () => {
    expect(writeCalendar([event])).toBe(
      [
        'BEGIN:VCALENDAR',
        'VERSION:2.0',
        'PRODID:-//OMBARO//Bookings//EN',
        'CALSCALE:GREGORIAN',
        'BEGIN:VEVENT',
        'UID:1@ombaro',
        'SEQUENCE:2',
        'DTSTAMP:20260102T043000Z',
        'DTSTART:20260103T043000Z',
        'DTEND:20260103T053000Z',
        'SUMMARY:Massage',
        'TRANSP:OPAQUE',
        'DESCRIPTION:OMBARO 1',
        'STATUS:CONFIRMED',
        'CREATED:20260101T043000Z',
        'LAST-MODIFIED:20260102T043000Z',
        'END:VEVENT',
        'END:VCALENDAR',
        '',
      ].join('\r\n'),
    );
  });

  test('of a feed has a name, and says how often to read it', () => {
    const hints = ['NAME:OMBARO', 'X-WR-CALNAME:OMBARO', 'X-PUBLISHED-TTL:PT1H'];
    const feed = writeCalendar([], 'OMBARO').split('\r\n');
    expect(feed).toEqual(expect.arrayContaining(hints));
    expect(feed).toContain('REFRESH-INTERVAL;VALUE=DURATION:PT1H');
    expect(writeCalendar([event])).not.toContain('OMBARO\r\nX-WR');
  });
});
