import { connect as connectSocket, createServer, type Socket } from 'node:net';
import type pg from 'pg';
import { LiveClient, type LiveEvent } from '../../examples/live-client.ts';
import { type PersonName, people, tokenFor } from '../api/support.ts';

/** A line between a client and a server that can be cut. */
export type Line = {
  /** The port of 127.0.0.1 to connect to. */
  readonly port: number;
  /** Cuts everything; what comes is refused until `restore`. */
  cut(): void;
  restore(): void;
  close(): Promise<void>;
};

/** @param target the port of 127.0.0.1 where the server listens now. */
export async function layLine(target: () => number): Promise<Line> {
  const ends = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    const far = connectSocket(target(), '127.0.0.1');
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      end.on('error', () => other.destroy());
      end.once('close', () => {
        ends.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
    if (isCut) {
      near.resetAndDestroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const cut = () => {
    isCut = true;
    for (const end of ends) {
      end.resetAndDestroy();
    }
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    restore: () => {
      isCut = false;
    },
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What one subscription gave to a `LiveClient`. */
export type Watched = {
  readonly sequences: number[];
  readonly refetches: () => number;
  /** Resolves with the error, if any, once it is over. */
  readonly ended: Promise<unknown>;
};

export const followBooking = `subscription($id: UUID!, $after: BigInt) {
  bookingUpdated(bookingId: $id, after: $after) { eventId booking { id specialInstructions } }
}`;

export function watch(
  client: LiveClient,
  query: string,
  variables: Record<string, unknown> = {},
): Watched {
  const sequences: number[] = [];
  const ended = Promise.withResolvers<unknown>();
  let refetches = 0;
  client.follow<LiveEvent>({
    query,
    variables,
    onEvent: ({ eventId }) => void sequences.push(Number(eventId)),
    onRefetch: () => {
      refetches += 1;
    },
    onEnd: ended.resolve,
  });
  return { sequences, refetches: () => refetches, ended: ended.promise };
}

export function liveClientOf(person: PersonName, port: () => number): LiveClient {
  return new LiveClient({
    url: () => `ws://127.0.0.1:${port()}/graphql`,
    token: () => tokenFor(people[person]),
  });
}

/** Changes bookings one after the other, every so many milliseconds, until it is stopped. */
export function startChanging(
  owner: pg.Pool,
  ids: readonly string[],
  interval: number,
): { stop: () => Promise<void>; changes: () => number } {
  let isOn = true;
  let changes = 0;
  const running = (async () => {
    while (isOn) {
      const id = ids[changes % ids.length];
      // A writer tries again while the database restarts.
      await owner
        .query('update bookings set special_instructions = $2 where id = $1', [
          id,
          `${Math.random()}`,
        ])
        .then(() => {
          changes += 1;
        })
        .catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, interval));
    }
  })();
  return {
    changes: () => changes,
    async stop() {
      isOn = false;
      await running;
    },
  };
}

/** The events of a topic after a place, as the log has them, once all are published. */
export async function logOf(owner: pg.Pool, topic: string, after: number): Promise<number[]> {
  for (;;) {
    const { rows } = await owner.query<{ sequence: string | null }>(
      `select sequence from app_private.events
       where topics @> array[$1] and (sequence > $2 or sequence is null) order by sequence`,
      [topic, after],
    );
    if (rows.every(({ sequence }) => sequence !== null)) {
      return rows.map(({ sequence }) => Number(sequence));
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function cursorOf(owner: pg.Pool): Promise<number> {
  const { rows } = await owner.query<{ cursor: string }>(
    'select last_value as cursor from app_private.event_sequence',
  );
  return Number(rows[0]?.cursor);
}
