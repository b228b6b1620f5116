import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findFreePort } from '../helpers/server.ts';
import { until } from '../messages/support.ts';
import { pictures } from './pictures.ts';
import { addressSecret, type Files, get, put, startFiles } from './support.ts';

let files: Files;
let child: ChildProcess | undefined;
let port: number;

beforeAll(async () => {
  files = await startFiles();
  port = await findFreePort();
});
afterAll(async () => {
  child?.kill('SIGKILL');
  await files?.close();
});

/** An API beside that of the test, with the same files. */
async function startProcess(): Promise<ChildProcess> {
  const script = path.join(import.meta.dirname, 'api-process.ts');
  const { apiUrl } = files.database;
  child = spawn(process.execPath, [script, apiUrl, files.directory, addressSecret, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return child;
}

test('of an upload whose server is killed nothing can be read, and the same address takes it again', async () => {
  const size = pictures.png.length;
  const upload = await files.announce('customer', 'profile_image', 'image/png', size);
  const process = await startProcess();
  const { pathname, search } = new URL(upload.uploadUrl);
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `PUT ${pathname}${search} HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: ${size}\r\n\r\n`,
  );
  socket.write(pictures.png.subarray(0, size - 1));
  const incoming = () => readdirSync(path.join(files.directory, 'incoming'));
  await until(() => {
    try {
      return incoming().length === 1;
    } catch {
      return false;
    }
  });
  process.kill('SIGKILL');
  await once(process, 'exit');
  socket.destroy();
  // Positive control: it has left something behind, which is not what is read.
  expect(incoming()).toHaveLength(1);
  const { rows } = await files.database.owner.query('select status from files where id = $1', [
    upload.id,
  ]);
  expect(rows).toEqual([{ status: 'pending' }]);
  expect((await put(upload.uploadUrl, 'image/png', pictures.png)).status).toBe(201);
  const { data } = await files.ask(
    'customer',
    'query ($id: UUID!) { file(id: $id) { downloadUrl } }',
    { id: upload.id },
  );
  expect((await get(data.file.downloadUrl)).body).toEqual(pictures.png);
});
