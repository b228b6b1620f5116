import { lambda } from 'postgraphile/grafast';
import { type CalendarEvent, writeCalendar } from './calendar-file.ts';

/** `Booking.calendar`: the event that the database gives, written as an iCalendar file. */
export const CalendarFieldPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroCalendarFieldPlugin',
  version: '1.0.0',
  schema: {
    hooks: {
      GraphQLObjectType_fields_field(field, build, { scope, Self }) {
        const { plan } = field;
        if (!plan || Self.name !== 'Booking' || scope.fieldName !== 'calendar') {
          return field;
        }
        return {
          ...field,
          type: build.graphql.GraphQLString,
          description:
            "The booking as an iCalendar file (RFC 5545, text/calendar), for its customer, the vendor's staff and its provider; null for others. Importing it again after a change updates the existing entry.",
          plan: ($booking, args, info) =>
            lambda(plan($booking, args, info), (event: unknown) =>
              event === null ? null : writeCalendar([event as CalendarEvent]),
            ),
        };
      },
    },
  },
};
