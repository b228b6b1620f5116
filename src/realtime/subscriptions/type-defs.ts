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
        The \`eventId\` of the last event received, or the \`eventCursor\` from before the first one. The events
        after it are sent first. Without it only new events are sent. Raises OB075 when the events after it are no
        longer stored.
        """
        after: BigInt
      ): ${payloadTypeOf(field)}
    }

    """${payload}"""
    type ${payloadTypeOf(field)} {
      """What happened, such as \`booking.updated\`."""
      event: String!
      """Event cursor: later events have higher values. To continue from here, pass it as \`after\`."""
      eventId: BigInt!
      """When it happened."""
      time: Datetime!
      """Names of the changed fields."""
      changedFields: [String!]!
      ${rows
        .map(
          (row) => `"""${row.description}"""\n      ${row.name}: ${typeOf(row.table)}${required}`,
        )
        .join('\n      ')}
      ${rows.length === 0 ? '"""Id of the row that changed."""\n      subjectId: UUID!' : ''}
    }
  `;
}

/** \`BookingUpdatedPayload\`, for \`bookingUpdated\`. */
export function payloadTypeOf({ name }: SubscriptionField): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Payload`;
}
