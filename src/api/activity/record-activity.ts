import { context, type FieldArgs, list, object, type Step, sideEffect } from 'postgraphile/grafast';
import { extendSchema } from 'postgraphile/utils';
import type { ReportedActivity } from './activity-queue.ts';

/** The mutation by which front ends report what is done; it asks the database nothing. */
export const RecordActivityPlugin = extendSchema(() => ({
  typeDefs: /* GraphQL */ `
    """One page seen, or one thing done."""
    input ActivityInput {
      """What was done."""
      kind: ActivityKind!
      """The visit, by an id that the app makes for it: 8 to 100 letters, digits, dots, dashes or underscores."""
      sessionId: String!
      """Path of the page, without its query; at most 500 characters."""
      pagePath: String
      """An object with details, at most 2000 characters of JSON; nothing secret."""
      metadata: JSON
      """How many seconds before sending it was done, at most an hour; 0 unless said."""
      secondsAgo: Int
    }

    """What the app reports."""
    input RecordActivityInput {
      """Comes back as it is."""
      clientMutationId: String
      """In the order in which they were done, at most 50."""
      events: [ActivityInput!]!
    }

    """What was taken."""
    type RecordActivityPayload {
      """As it was sent."""
      clientMutationId: String
      """How many activities were taken. They are written within a second."""
      recorded: Int!
    }

    extend type Mutation {
      """
      Reports what the signed-in person, or a visitor, has done in the app. Nobody has to wait for it to
      be written; a crash of the server may lose the last second. Raises OB020, OB059.
      """
      recordActivity(input: RecordActivityInput!): RecordActivityPayload
    }
  `,
  objects: {
    Mutation: {
      plans: {
        recordActivity(_$root: Step, args: FieldArgs) {
          const $events = args.getRaw(['input', 'events']);
          const $recorded = sideEffect(
            list([context().get('recordActivity'), $events]),
            ([record, events]) => record(events as readonly ReportedActivity[]),
          );
          return object({
            clientMutationId: args.getRaw(['input', 'clientMutationId']),
            recorded: $recorded,
          });
        },
      },
    },
  },
}));
