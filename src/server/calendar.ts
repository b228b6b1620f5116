import { createHash } from 'node:crypto';
import type { Express } from 'express';
import { type CalendarEvent, writeCalendar } from '../api/calendar-file.ts';
import { sendFailure, sendTooManyRequests } from '../http/failure.ts';
import { Refusal, requireMethod } from '../http/refusal.ts';
import type { CountRequest } from '../http/request-limit.ts';
import { hashSecret } from '../lib/secrets.ts';
import type { OwnCall } from '../requests/own-call.ts';
import { scopeOf } from '../requests/scope.ts';

export type CalendarOptions = {
  call: OwnCall;
  countRequest: CountRequest;
};

type Feed = { readonly last_modified: Date; readonly events: readonly CalendarEvent[] };

const read = {
  name: 'ombaro_read_calendar_feed',
  text: 'select last_modified, events from app_private.read_calendar_feed($1)',
};

/**
 * `GET /calendar.ics?key=…`: a provider's bookings for the calendars that subscribe to them. The key is in the
 * query, which is not logged. Counted by the address as a visitor's requests are.
 */
export function installCalendar(app: Express, { call, countRequest }: CalendarOptions): void {
  app.all('/calendar.ics', async (request, response) => {
    const scope = scopeOf(request);
    try {
      if (request.method !== 'HEAD') {
        requireMethod(
          'GET',
          'This address accepts only GET. Read the calendar with GET.',
          request,
          response,
        );
      }
      const retryAfter = countRequest(scope.origin.address, undefined);
      if (retryAfter !== undefined) {
        sendTooManyRequests(response, retryAfter);
        return;
      }
      const { key } = request.query;
      const [feed] =
        typeof key === 'string' ? await call<Feed>(scope, read, [hashSecret(key)]) : [];
      if (feed === undefined) {
        throw new Refusal(
          'OB003',
          'This calendar was not found, or its address was renewed. Copy the address again from the app.',
        );
      }
      const text = writeCalendar(feed.events, 'OMBARO');
      // No proxy may keep it: it ends at once when its person says so.
      response.setHeader('cache-control', 'private, no-cache');
      // Express answers 304 by these. The tag is exact and goes before the date, which has whole seconds.
      response.setHeader('etag', `"${createHash('sha256').update(text).digest('base64url')}"`);
      response.setHeader('last-modified', feed.last_modified.toUTCString());
      response.setHeader('content-disposition', 'inline; filename="ombaro.ics"');
      response.type('text/calendar').send(text);
    } catch (error) {
      if (error instanceof Refusal) {
        response.setHeader('cache-control', 'no-store');
        sendFailure(response, error.code, error.message);
        return;
      }
      scope.logger.error({ err: error }, 'a calendar could not be read');
      sendFailure(response, 'OB099');
    }
  });
}
