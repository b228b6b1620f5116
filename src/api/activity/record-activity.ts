import { context, type FieldArgs, list, object, type Step, sideEffect } from 'postgraphile/grafast';
import { extendSchema } from 'postgraphile/utils';
import type { ReportedActivity } from './activity-queue.ts';

/** The mutation by which front ends report what is done; it asks the database nothing. */
export const RecordActivityPlugin = extendSchema(() => ({
  typeDefs: /* GraphQL */ `
    """A page that was shown or an action of the user."""
    input ActivityInput {
      """Kind of activity."""
      kind: ActivityKind!
      """Id of the visit, created by the app: 8 to 100 letters, digits, dots, dashes or underscores."""
      sessionId: String!
      """Path of the page, without its query; at most 500 characters."""
      pagePath: String
      """Object with details, at most 2000 characters of JSON, without secrets."""
      metadata: JSON
      """How many seconds before sending it happened, at most 3600; 0 by default."""
      secondsAgo: Int
    }

    """Activities that the app reports."""
    input RecordActivityInput {
      """Any text; the answer repeats it."""
      clientMutationId: String
      """Activities in the order in which they happened, at most 50."""
      events: [ActivityInput!]!
    }

    """Result of the report."""
    type RecordActivityPayload {
      """The text of the input."""
      clientMutationId: String
      """How many activities were accepted. They are stored within a second."""
      recorded: Int!
    }

    extend type Mutation {
      """
      Reports activities of the signed-in or an anonymous user in the app. The answer does not wait until they are
      stored; a crash of the server may lose the last second. Raises OB020, OB059.
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
