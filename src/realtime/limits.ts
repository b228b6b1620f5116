/**
 * How much one person may ask of one process for live updates, and how much may wait for them. Who is
 * refused hears OB076 or OB077, or is sent away to come back with their cursor.
 */

/** A screen follows a handful of things; a desk that follows each of its bookings follows the vendor instead. */
export const subscriptionsPerSocket = 50;

/** A person has a few devices with a few windows each. */
export const socketsPerPerson = 20;

/** Four sockets that are full, or twenty with ten each. */
export const subscriptionsPerPerson = 200;

/**
 * To begin to follow asks the database: may they, and what did they miss? So many of a person's
 * questions are asked at once, and the others wait, so that a client that opens and closes thousands of
 * subscriptions waits for their own and leaves most of the pool's twenty connections to the others.
 */
export const questionsPerPerson = 4;

/** Events that wait for one subscription. A client that is this far behind comes back with the cursor. */
export const queueCapacity = 1_000;

/** Events that are read at once of those that were missed. */
export const replayPage = 200;
