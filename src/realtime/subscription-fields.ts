import {
  context,
  get,
  inhibitOnNull,
  lambda,
  listen,
  type ObjectStep,
  object,
  type Step,
} from 'postgraphile/grafast';
import { extendSchema } from 'postgraphile/utils';
import type { PublishedEvent } from './event.ts';

const typeDefs = /* GraphQL */ `
  extend type Subscription {
    """
    Follows one booking. Gives nothing at first; then the booking, read anew, each time it has
    changed, for as long as the subscriber may see it.
    """
    bookingUpdated(bookingId: UUID!): BookingUpdatedPayload

    """
    Follows one topic, such as \`booking:<id>\`: that something happened, and to which row.
    """
    listen(topic: String!): ListenPayload
  }

  """A booking has changed."""
  type BookingUpdatedPayload {
    """What happened, such as \`booking.updated\`."""
    event: String!
    """The event's number; later events have higher ones."""
    eventId: BigInt!
    """When it happened."""
    time: Datetime!
    """Which fields have changed."""
    changedFields: [String!]!
    """The booking as it is now."""
    booking: Booking!
  }

  """Something has happened on a topic."""
  type ListenPayload {
    """What happened, such as \`booking.updated\`."""
    event: String!
    """The event's number; later events have higher ones."""
    eventId: BigInt!
    """When it happened."""
    time: Datetime!
    """The row that it happened to."""
    subjectId: UUID!
    """Which fields have changed."""
    changedFields: [String!]!
  }
`;

/** The subscription fields: `bookingUpdated`, re-read at each event, and the plain `listen`. */
export const SubscriptionFieldsPlugin = extendSchema((build) => {
  const { inflection } = build;
  const { bookings } = build.pgResources;
  if (!bookings) {
    throw new Error('The table bookings is not exposed, so nobody can subscribe to a booking.');
  }
  const fieldNames = (columns: readonly string[]) =>
    columns.map((column) => inflection.camelCase(column));

  /** The fields that every payload has, from the step of its event. */
  const eventPlans = <TPayload extends Step>(eventOf: ($payload: TPayload) => EventStep) => ({
    event: ($payload: TPayload) => get(eventOf($payload), 'event'),
    eventId: ($payload: TPayload) => get(eventOf($payload), 'sequence'),
    time: ($payload: TPayload) => get(eventOf($payload), 'time'),
    changedFields: ($payload: TPayload) => lambda(get(eventOf($payload), 'changed'), fieldNames),
  });

  return {
    typeDefs,
    objects: {
      Subscription: {
        plans: {
          bookingUpdated: {
            subscribePlan(_$root, args) {
              const $topic = lambda(
                args.getRaw('bookingId'),
                (id: string) => `booking:${id.toLowerCase()}`,
              );
              return listen(context().get('bookingEvents'), $topic);
            },
            plan($event: EventStep) {
              const $booking = bookings.get({ id: get($event, 'subjectId') });
              // Makes the whole payload null when the booking cannot be seen (any more), whatever
              // fields were asked for: that ends the subscription.
              const $visible = inhibitOnNull($booking.get('id'));
              return object({ event: $event, booking: $booking, visible: $visible });
            },
          },
          listen: {
            subscribePlan(_$root, args) {
              return listen(context().get('topicEvents'), args.getRaw('topic'));
            },
            plan($event: EventStep) {
              return $event;
            },
          },
        },
      },
      BookingUpdatedPayload: {
        plans: {
          ...eventPlans(($payload: PayloadStep) => $payload.getStepForKey('event')),
          booking: ($payload: PayloadStep) => $payload.getStepForKey('booking'),
        },
      },
      ListenPayload: {
        plans: {
          ...eventPlans(($event: EventStep) => $event),
          subjectId: ($event: EventStep) => get($event, 'subjectId'),
        },
      },
    },
  };
});

type EventStep = Step<PublishedEvent>;
type PayloadStep = ObjectStep<{ event: EventStep; booking: Step }>;
