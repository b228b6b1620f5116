import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A gateway of Twilio's shape that takes everything, and tells at /count how much it took. */
let taken = 0;
const server = createServer((request, response) => {
  if (request.url === '/count') {
    response.end(String(taken));
    return;
  }
  taken += 1;
  request.resume();
  request.on('end', () => response.writeHead(201).end(`{"sid":"SM${taken}"}`));
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
