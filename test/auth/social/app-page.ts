import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type AppPage = {
  readonly url: string;
  /** The addresses that the page's server was asked for. */
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
};

/** The page of an app: it shows what it gets in its fragment. */
export async function openAppPage(): Promise<AppPage> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.referer ?? ''}`);
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>App</title><p></p>
      <script>document.querySelector('p').textContent = location.hash</script>`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed-in`,
    asked,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
