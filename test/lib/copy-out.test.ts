import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { copyOut } from '../../src/lib/copy-out.ts';
import { withClient } from '../../src/lib/postgres.ts';
import { testUrls } from '../helpers/urls.ts';

/** The message of the protocol that says that there are no more rows. */
const copyDone = Buffer.from([0x63, 0, 0, 0, 4]);

/** Lets through what the server sends, but what follows the last row only a moment later. */
async function listenBefore({ hostname, port }: URL): Promise<net.Server> {
  const server = net.createServer((client) => {
    const database = net.connect(Number(port), hostname);
    client.pipe(database);
    let sent = Promise.resolve();
    database.on('data', (bytes) => {
      const end = bytes.indexOf(copyDone);
      const first = end === -1 ? bytes.length : end + copyDone.length;
      sent = sent.then(async () => {
        client.write(bytes.subarray(0, first));
        if (first < bytes.length) {
          await sleep(50);
          client.write(bytes.subarray(first));
        }
      });
    });
    for (const socket of [client, database]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        database.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

it('counts the rows also where the server says how many they were after the last of them', async () => {
  const url = new URL(testUrls().root);
  const server = await listenBefore(url);
  url.port = String((server.address() as AddressInfo).port);
  try {
    await withClient(url.href, async (client) => {
      let sent = '';
      const rows = await copyOut(
        client,
        'copy (select generate_series(1, 100)) to stdout',
        async (bytes) => {
          sent = await text(bytes);
        },
      );
      expect(sent.trim().split('\n')).toHaveLength(100);
      expect(rows).toBe(100);
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });
  } finally {
    server.close();
  }
});
