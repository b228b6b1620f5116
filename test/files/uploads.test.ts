import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { idOf } from '../fixtures/people.ts';
import { until } from '../messages/support.ts';
import { decorated, pdf, pictures, secret } from './pictures.ts';
import { type Files, get, put, refusalOf, startFiles } from './support.ts';

let files: Files;

beforeAll(async () => {
  files = await startFiles();
});
afterAll(async () => {
  await files?.close();
});

const mine = `query ($id: UUID!) { file(id: $id) {
  status size sha256 contentType uploadUrl downloadUrl unusedSince uploadHeaders { name value } } }`;

/** Names of all files in the folders of the store. */
function onDisk(): readonly string[] {
  return readdirSync(files.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

async function rowOf(id: string) {
  const { rows } = await files.database.owner.query(
    'select status, size, sha256 from files where id = $1',
    [id],
  );
  return rows[0];
}

async function makeOld(id: string): Promise<void> {
  await files.database.owner.query(
    `update files set upload_expires_at = now() - interval '1 second' where id = $1`,
    [id],
  );
}

describe('sending a file', () => {
  test('a picture is announced, sent, and read by its owner without its place', async () => {
    const bytes = decorated('jpeg');
    const upload = await files.announce('customer', 'profile_image', 'image/jpeg', bytes.length);
    expect(upload).toMatchObject({
      status: 'pending',
      reference: `file:${upload.id}`,
      uploadHeaders: [{ name: 'content-type', value: 'image/jpeg' }],
    });
    const answer = await put(upload.uploadUrl, 'image/jpeg', bytes);
    expect(answer.status).toBe(201);
    const { data } = await files.ask('customer', mine, { id: upload.id });
    expect(data.file).toMatchObject({
      status: 'stored',
      size: pictures.jpeg.length,
      uploadUrl: null,
      uploadHeaders: null,
    });
    const read = await get(data.file.downloadUrl);
    expect(read.body).toEqual(pictures.jpeg);
    expect(read.body.includes(secret)).toBe(false);
    expect(Object.fromEntries(read.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': String(pictures.jpeg.length),
      'content-disposition': `inline; filename="${upload.id}.jpeg"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'cache-control': expect.stringMatching(/^private, max-age=\d+$/),
    });
    expect(onDisk()).toContain(`${upload.id}.1`);
  });

  test('a PDF is offered as a download and not shown', async () => {
    const { id } = await files.send('customer', 'user_document', 'application/pdf', pdf);
    const { data } = await files.ask('customer', mine, { id });
    const read = await get(data.file.downloadUrl);
    expect(read.headers.get('content-disposition')).toBe(`attachment; filename="${id}.pdf"`);
    expect(read.body).toEqual(pdf);
  });

  test('a page of a listed origin may send it', async () => {
    const { uploadUrl } = await files.announce('customer', 'profile_image', 'image/png', 10);
    const { headers } = await fetch(uploadUrl, {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example.com', 'access-control-request-method': 'PUT' },
    });
    expect(headers.get('access-control-allow-methods')).toContain('PUT');
  });

  test.each<[string, string, number, string]>([
    ['profile_image', 'application/pdf', 100, 'OB054'],
    ['profile_image', 'image/svg+xml', 100, 'OB054'],
    ['user_document', 'text/html', 100, 'OB054'],
    ['user_document', 'application/pdf', 10 * 1024 * 1024 + 1, 'OB055'],
    ['user_document', 'application/pdf', 0, 'OB020'],
    ['user_document', 'application/pdf', -1, 'OB020'],
  ])('%s of type %s and %i bytes is refused before anything is sent', async (...announced) => {
    const [purpose, type, size, code] = announced;
    expect(await refusalOf(files, 'customer', purpose, type, size)).toBe(code);
    // Positive control.
    expect(await refusalOf(files, 'customer', purpose, 'image/png', 1000)).toBeUndefined();
  });

  test('visitors cannot announce a file', async () => {
    expect(await refusalOf(files, null, 'profile_image', 'image/png', 10)).toBe('OB001');
  });

  test('the accepted types are rows that an administrator changes, and HTML is never among them', async () => {
    const { data } = await files.ask(
      null,
      '{ fileRules(filter: { purpose: { equalTo: review_photo } }) { nodes { id contentTypes maximumBytes } } }',
    );
    const [rule] = data.fileRules.nodes;
    expect(rule.maximumBytes).toBe(10 * 1024 * 1024);
    const change = (patch: object) =>
      files.ask(
        'admin',
        `mutation ($input: UpdateFileRuleInput!) { updateFileRule(input: $input) { clientMutationId } }`,
        { input: { id: rule.id, patch } },
      );
    expect((await change({ contentTypes: ['text/html'] })).errors?.[0]?.extensions.code).toBe(
      '23514',
    );
    expect((await change({ maximumBytes: 50 })).errors).toBeUndefined();
    expect(await refusalOf(files, 'customer', 'review_photo', 'image/png', 51)).toBe('OB055');
    expect(await refusalOf(files, 'customer', 'review_photo', 'image/png', 50)).toBeUndefined();
  });

  test('no user piles up files that nothing refers to', async () => {
    await files.database.owner.query(
      `update system_settings set value = '3' where key = 'files.unused_maximum'`,
    );
    try {
      const attempts = await Promise.all(
        Array.from({ length: 8 }, () =>
          refusalOf(files, 'beautician', 'profile_image', 'image/png', 10),
        ),
      );
      expect(attempts.filter((code) => code === undefined)).toHaveLength(3);
      expect(attempts.filter((code) => code === 'OB030')).toHaveLength(5);
    } finally {
      await files.database.owner.query(
        `update system_settings set value = '50' where key = 'files.unused_maximum'`,
      );
    }
  });
});

describe('a file that differs from what was announced is refused', () => {
  /** Sends other bytes than announced; then the right ones, which must still be taken. */
  async function sendWrong(
    bytes: Buffer,
    { type = 'image/png', hasLength = true } = {},
  ): Promise<[number, string | undefined]> {
    const upload = await files.announce(
      'customer',
      'profile_image',
      'image/png',
      pictures.png.length,
    );
    const { status, code } = await put(upload.uploadUrl, type, bytes, { hasLength });
    expect(await rowOf(upload.id)).toMatchObject({ status: 'pending', sha256: null });
    expect(onDisk().filter((name) => name.startsWith(upload.id))).toEqual([]);
    const right = await put(upload.uploadUrl, 'image/png', pictures.png);
    expect(right.status).toBe(201);
    return [status, code];
  }

  test('more bytes', async () => {
    const more = Buffer.concat([pictures.png, Buffer.from('more')]);
    expect(await sendWrong(more)).toEqual([413, 'OB055']);
    expect(await sendWrong(more, { hasLength: false })).toEqual([413, 'OB055']);
  });

  test('far more bytes: they are not read to their end', async () => {
    const upload = await files.announce('customer', 'profile_image', 'image/png', 100);
    const socket = connect(Number(new URL(files.api.url).port), '127.0.0.1');
    const { pathname, search } = new URL(upload.uploadUrl);
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    let answer = '';
    socket.on('data', (part) => {
      answer += part.toString();
    });
    socket.on('error', () => undefined);
    // Goes on as long as it is let.
    const part = `1000\r\n${'x'.repeat(0x1000)}\r\n`;
    const sending = setInterval(() => socket.write(part), 5);
    try {
      await until(() => socket.closed);
    } finally {
      clearInterval(sending);
      socket.destroy();
    }
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('OB055');
  });

  test('fewer bytes', async () => {
    const fewer = pictures.png.subarray(0, -4);
    expect(await sendWrong(fewer)).toEqual([415, 'OB056']);
    expect(await sendWrong(fewer, { hasLength: false })).toEqual([415, 'OB056']);
  });

  test('as many of another type, whatever it is called', async () => {
    const size = pictures.png.length;
    const page = Buffer.from('<!doctype html><script>alert(1)</script>'.padEnd(size));
    const jpeg = Buffer.concat([pictures.jpeg, Buffer.alloc(size)]).subarray(0, size);
    const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'.padEnd(size));
    for (const bytes of [page, jpeg, drawing]) {
      expect(await sendWrong(bytes)).toEqual([415, 'OB056']);
    }
    expect(await sendWrong(pictures.png, { type: 'text/html' })).toEqual([415, 'OB056']);
  });

  test('a damaged picture', async () => {
    const damaged = Buffer.from(pictures.png);
    damaged[45] = (damaged[45] as number) ^ 1;
    expect(await sendWrong(damaged)).toEqual([415, 'OB056']);
  });

  test('one that breaks off leaves nothing', async () => {
    const size = pictures.png.length;
    const upload = await files.announce('customer', 'profile_image', 'image/png', size);
    const socket = connect(Number(new URL(files.api.url).port), '127.0.0.1');
    const { pathname, search } = new URL(upload.uploadUrl);
    socket.write(
      `PUT ${pathname}${search} HTTP/1.1\r\nhost: x\r\ncontent-type: image/png\r\ncontent-length: ${size}\r\n\r\n`,
    );
    socket.write(pictures.png.subarray(0, 50));
    const waiting = () => readdirSync(path.join(files.directory, 'incoming'));
    await until(() => waiting().length === 1);
    socket.destroy();
    await until(() => waiting().length === 0);
    expect(await rowOf(upload.id)).toMatchObject({ status: 'pending' });
    expect((await put(upload.uploadUrl, 'image/png', pictures.png)).status).toBe(201);
  });
});

describe('addresses of files', () => {
  test('a second upload to an address is refused, and the first stays', async () => {
    const upload = await files.send('customer', 'profile_image', 'image/png', pictures.png);
    const again = await put(upload.uploadUrl, 'image/png', pictures.png);
    expect([again.status, again.code]).toEqual([409, 'OB030']);
    expect(await rowOf(upload.id)).toMatchObject({ status: 'stored' });
  });

  test('of several uploads to one address at once, one is taken', async () => {
    // Of the same type and size, and not the same.
    const other = Buffer.from(decorated('jpeg'));
    const one = decorated('jpeg');
    const quantisation = other.lastIndexOf(Buffer.from([0xff, 0xdb])) + 6;
    other[quantisation] = (other[quantisation] as number) + 1;
    for (let round = 0; round < 5; round += 1) {
      const upload = await files.announce('vendor', 'profile_image', 'image/jpeg', one.length);
      const answers = await Promise.all(
        [one, other, one, other].map((bytes) => put(upload.uploadUrl, 'image/jpeg', bytes)),
      );
      const taken = answers.filter(({ status }) => status === 201);
      expect(taken).toHaveLength(1);
      for (const { status, code } of answers.filter((answer) => answer.status !== 201)) {
        expect([status, code]).toEqual([409, 'OB030']);
      }
      const { sha256 } = JSON.parse(taken[0]?.body.toString() ?? '');
      expect(await rowOf(upload.id)).toMatchObject({ status: 'stored', sha256 });
      const { data } = await files.ask('vendor', mine, { id: upload.id });
      const { body } = await get(data.file.downloadUrl);
      expect(createHash('sha256').update(body).digest('hex')).toBe(sha256);
      expect(onDisk().filter((name) => name.startsWith(upload.id))).toHaveLength(1);
    }
  });

  test('an expired address takes no file', async () => {
    const upload = await files.announce('customer', 'profile_image', 'image/png', 10);
    await makeOld(upload.id);
    const late = await put(upload.uploadUrl, 'image/png', pictures.png);
    expect([late.status, late.code]).toEqual([403, 'OB057']);
  });

  test('the time to send, and the time to read, are settings', async () => {
    // Also to less than a minute, which no one else may.
    const set = (key: string, value: number) =>
      files.database.owner.query(
        `begin;
        alter table system_settings disable trigger _200_validate;
        update system_settings set value = '${value}' where key = '${key}';
        alter table system_settings enable trigger _200_validate;
        commit`,
      );
    const { id } = await files.send('customer', 'profile_image', 'image/png', pictures.png);
    const { data } = await files.ask('customer', mine, { id });
    await set('files.upload_minutes', 3);
    await set('files.link_minutes', 0);
    try {
      const { rows } = await files.database.owner.query<{ minutes: number }>(
        `select extract(epoch from upload_expires_at - created_at)::integer / 60 as minutes
        from files where id = $1`,
        [(await files.announce('customer', 'profile_image', 'image/png', 10)).id],
      );
      expect(rows).toEqual([{ minutes: 3 }]);
      const read = await get(data.file.downloadUrl);
      expect([read.status, read.code]).toEqual([403, 'OB057']);
    } finally {
      await set('files.upload_minutes', 10);
      await set('files.link_minutes', 10);
    }
    expect((await get(data.file.downloadUrl)).status).toBe(200);
  });

  test('an address that was not signed here is refused: changed, of another file or another time', async () => {
    const { id } = await files.send('customer', 'profile_image', 'image/png', pictures.png);
    const other = await files.send('customer2', 'profile_image', 'image/png', pictures.png);
    const waiting = await files.announce('customer', 'profile_image', 'image/png', 10);
    const { data } = await files.ask('customer', mine, { id });
    const good = new URL(data.file.downloadUrl);
    expect((await get(good.href)).status).toBe(200);
    const changed = (change: (url: URL) => void): string => {
      const url = new URL(good);
      change(url);
      return url.href;
    };
    const upload = new URL(waiting.uploadUrl).searchParams.get('signature') ?? '';
    for (const address of [
      changed((url) => url.searchParams.set('at', String(Number(url.searchParams.get('at')) + 60))),
      changed((url) => url.searchParams.delete('signature')),
      changed((url) => url.searchParams.append('signature', 'x')),
      changed((url) => url.searchParams.set('signature', 'x'.repeat(43))),
      changed((url) => url.searchParams.set('signature', '')),
      changed((url) => {
        url.pathname = `/files/${other.id}`;
      }),
      changed((url) => {
        url.pathname = '/files/..%2f..%2fetc%2fpasswd';
      }),
      changed((url) => {
        url.pathname = `/files/${waiting.id}`;
        url.searchParams.set('signature', upload);
      }),
    ]) {
      const { status, code } = await get(address);
      expect({ address, status, code }).toEqual({ address, status: 403, code: 'OB057' });
    }
    const read = await put(good.href, 'image/png', pictures.png);
    expect([read.status, read.code]).toEqual([403, 'OB057']);
    const deleted = await get(good.href, { method: 'DELETE' });
    expect([deleted.status, deleted.code]).toEqual([405, 'OB016']);
  });

  test('a suspended user sends no more files', async () => {
    const upload = await files.announce('therapist2', 'profile_image', 'image/png', 10);
    const set = `update user_profiles set status = $2 where id = $1`;
    await files.database.owner.query(set, [idOf('therapist2'), 'suspended']);
    const { code } = await put(upload.uploadUrl, 'image/png', pictures.png);
    expect(code).toBe('OB057');
  });

  test('signatures are in no line of the log', async () => {
    const { uploadUrl, id } = await files.send(
      'customer',
      'profile_image',
      'image/png',
      pictures.png,
    );
    const signature = new URL(uploadUrl).searchParams.get('signature') ?? 'none';
    const lines = files.api.log.map((line) => JSON.stringify(line));
    expect(lines.some((line) => line.includes(id))).toBe(true);
    expect(lines.some((line) => line.includes(signature))).toBe(false);
  });
});
