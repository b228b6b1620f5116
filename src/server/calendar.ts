import { createHash } from 'node:crypto';
import type { Express } from 'express';
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

const read = {
  name: 'ombaro_read_calendar_feed',
  text: 'select app_private.read_calendar_feed($1) as text',
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
        requireMethod('GET', 'Calendars are read by GET.', request, response);
      }
      const retryAfter = countRequest(scope.origin.address, undefined);
      if (retryAfter !== undefined) {
        sendTooManyRequests(response, retryAfter);
        return;
      }
      const { key } = request.query;
      const [feed] =
        typeof key === 'string'
          ? await call<{ text: string | null }>(scope, read, [hashSecret(key)])
          : [];
      if (feed === undefined || feed.text === null) {
        throw new Refusal('OB003', 'There is no such calendar, or its address was made new.');
      }
      // Whoever sits between must not keep it: it ends at once when its person says so.
      response.setHeader('cache-control', 'private, no-cache');
      response.setHeader('etag', `"${createHash('sha256').update(feed.text).digest('base64url')}"`);
      response.setHeader('content-disposition', 'inline; filename="ombaro.ics"');
      response.type('text/calendar').send(feed.text);
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
