import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** How a provider behaves at one request; `cut` reads the request, and then hangs up. */
export type Behaviour =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | 'hang'
  | 'cut';

export type Received = {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};

/** A provider over HTTP that does what a test says. */
export type Provider = {
  readonly url: string;
  readonly received: Received[];
  /** At each request: the next of these, and the last of them from then on. */
  behave(...behaviours: (Behaviour | ((request: Received) => Behaviour))[]): void;
  close(): Promise<void>;
};

export async function startProvider(
  makeServer: (listener: RequestListener) => Server = createServer,
): Promise<Provider> {
  const received: Received[] = [];
  let coming: (Behaviour | ((request: Received) => Behaviour))[] = [{ status: 200 }];
  const server = makeServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) {
      parts.push(part);
    }
    const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) };
    received.push(one);
    const next = coming.length > 1 ? coming.shift() : coming[0];
    const behaviour = typeof next === 'function' ? next(one) : next;
    if (behaviour === 'cut') {
      request.socket.destroy();
    } else if (behaviour !== 'hang' && behaviour !== undefined) {
      response.writeHead(behaviour.status, behaviour.headers);
      response.end(behaviour.body === undefined ? '' : JSON.stringify(behaviour.body));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const scheme = makeServer === createServer ? 'http' : 'https';
  return {
    url: `${scheme}://localhost:${port}`,
    received,
    behave(...behaviours) {
      coming = behaviours;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type MailServer = {
  readonly url: string;
  readonly mails: { readonly to: string; readonly text: string }[];
  /** The answer to each recipient: null takes it, a number refuses it. `hang` never answers. */
  answer: (address: string) => number | null | 'hang';
  close(): Promise<void>;
};

/** A real SMTP server. */
export async function startMailServer(port = 0): Promise<MailServer> {
  const mails: MailServer['mails'][number][] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    onRcptTo({ address }, _session, done) {
      const answer = mailServer.answer(address);
      if (answer === 'hang') {
        return;
      }
      done(
        answer === null
          ? null
          : Object.assign(new Error(`No: ${address}`), { responseCode: answer }),
      );
    },
    onData(stream, session, done) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const to = session.envelope.rcptTo[0]?.address ?? '';
        mails.push({ to, text: Buffer.concat(parts).toString('utf8') });
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.server.address() as AddressInfo;
  const mailServer: MailServer = {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    answer: () => null,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return mailServer;
}
