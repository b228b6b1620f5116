import type { SubscriptionField } from './fields.ts';

/** The GraphQL of one subscription. `typeOf` gives the type that a table has in GraphQL. */
export function typeDefsOf(field: SubscriptionField, typeOf: (table: string) => string): string {
  const { name, description, argument, rows, payload } = field;
  const asked = argument ? `${argument.name}: ${argument.type}, ` : '';
  const required = rows.length === 1 ? '!' : '';
  return /* GraphQL */ `
    extend type Subscription {
      """${description}"""
      ${name}(
        ${asked}
        """
        The \`eventId\` of the last event that was received, or \`eventCursor\` from before the first:
        what came after it is given first. Without it, only what comes from now on. Raises OB075
        when so much is not kept.
        """
        after: BigInt
      ): ${payloadTypeOf(field)}
    }

    """${payload}"""
    type ${payloadTypeOf(field)} {
      """What happened, such as \`booking.updated\`."""
      event: String!
      """The event's place among all: later events have higher ones. To go on from here, give it as \`after\`."""
      eventId: BigInt!
      """When it happened."""
      time: Datetime!
      """Which fields have changed."""
      changedFields: [String!]!
      ${rows
        .map(
          (row) => `"""${row.description}"""\n      ${row.name}: ${typeOf(row.table)}${required}`,
        )
        .join('\n      ')}
      ${rows.length === 0 ? '"""The row that it happened to."""\n      subjectId: UUID!' : ''}
    }
  `;
}

/** \`BookingUpdatedPayload\`, for \`bookingUpdated\`. */
export function payloadTypeOf({ name }: SubscriptionField): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Payload`;
}
