import { SignJWT } from 'jose';
import WebSocket from 'ws';

/**
 * Runs in a process of its own: websockets that each follow one booking. Told where over IPC, it says
 * `ready` when all are following, and on `report` what they were given.
 */
export type ClientsOrder = {
  readonly url: string;
  readonly secret: string;
  /** Who follows what. */
  readonly followers: readonly { readonly subject: string; readonly bookingId: string }[];
};

export type ClientsReport = {
  /** How often each booking was told of, in the order of the followers. */
  readonly received: readonly number[];
  /** Events of another's booking, errors, and closed sockets. */
  readonly wrong: number;
  /** From the change to the client, in milliseconds, in ascending order. */
  readonly latencies: readonly number[];
};

const query = `subscription($id: UUID!) { bookingUpdated(bookingId: $id) {
  eventId booking { id specialInstructions }
} }`;
/** So many begin at the same time. */
const atOnce = 50;

const received: number[] = [];
const latencies: number[] = [];
let wrong = 0;

process.on('message', (message: ClientsOrder | 'report') => {
  if (message === 'report') {
    const report: ClientsReport = { received, wrong, latencies: latencies.sort((a, b) => a - b) };
    process.send?.(report);
    return;
  }
  void followAll(message).then(() => process.send?.('ready'));
});
// The process that ordered it is gone.
process.on('disconnect', () => process.exit());

async function followAll(order: ClientsOrder): Promise<void> {
  const waiting = [...order.followers.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      received[next[0]] = 0;
      await follow(order, next[0], next[1]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function follow(
  { url, secret }: ClientsOrder,
  index: number,
  { subject, bookingId }: ClientsOrder['followers'][number],
): Promise<void> {
  const token = await new SignJWT({ role: 'authenticated', iss: 'ombaro', aud: 'authenticated' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret));
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
  const send = (message: object) => socket.send(JSON.stringify(message));
  const following = Promise.withResolvers<void>();
  socket.on('open', () =>
    send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }),
  );
  socket.on('message', (text) => {
    const { type, payload } = JSON.parse(String(text));
    if (type === 'connection_ack') {
      send({ id: '1', type: 'subscribe', payload: { query, variables: { id: bookingId } } });
      // Answered by the same person's turn, so after the subscription has been asked about.
      send({ id: '2', type: 'subscribe', payload: { query: '{ eventCursor }' } });
    } else if (type === 'next' && payload.data?.eventCursor) {
      following.resolve();
    } else if (type === 'next') {
      take(index, bookingId, payload);
    }
  });
  socket.on('error', following.reject);
  socket.on('close', () => {
    wrong += 1;
  });
  await following.promise;
}

function take(
  index: number,
  bookingId: string,
  payload: { data?: { bookingUpdated?: { booking: { id: string; specialInstructions: string } } } },
): void {
  const booking = payload.data?.bookingUpdated?.booking;
  if (booking?.id !== bookingId) {
    wrong += 1;
    return;
  }
  received[index] = (received[index] ?? 0) + 1;
  latencies.push(performance.timeOrigin + performance.now() - Number(booking.specialInstructions));
}
