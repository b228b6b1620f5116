import { z } from 'zod';

/** The one channel that the relay notifies and every API process listens to. */
export const eventChannel = 'ombaro_events';

const eventSchema = z.object({
  /** Position in the order of publication, without gaps; where to go on from. */
  sequence: z.number(),
  id: z.number(),
  /** Whom it concerns, such as `booking:<uuid>`. */
  topics: z.array(z.string()).min(1),
  event: z.string(),
  subjectId: z.string(),
  time: z.string(),
  /** Names of the columns that changed, as in the database. */
  changed: z.array(z.string()),
});

/** A pointer to what happened; never a value, since each subscriber re-reads under its own rights. */
export type PublishedEvent = z.infer<typeof eventSchema>;

/** Reads a notification's payload; throws when it is not one of `app_private.publish_events`. */
export function parseEvent(payload: string): PublishedEvent {
  return eventSchema.parse(JSON.parse(payload));
}
