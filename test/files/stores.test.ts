import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeS3Store } from '../../src/files/s3-store.ts';
import type { FileStore } from '../../src/files/store.ts';
import { makeFileStore } from '../../src/files/stores.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { startFileRemovals } from '../../src/work/file-removals.ts';
import { until } from '../messages/support.ts';
import { type Bucket, startBucket } from './bucket.ts';
import { decorated, pictures, secret } from './pictures.ts';
import { type Files, get, put, startFiles } from './support.ts';

describe.each(['disk', 'bucket'] as const)('files in a %s', (kind) => {
  let bucket: Bucket | undefined;
  let files: Files;

  beforeAll(async () => {
    bucket = kind === 'bucket' ? await startBucket() : undefined;
    files = await startFiles(bucket?.config);
  });
  afterAll(async () => {
    await files?.close();
    await bucket?.close();
  });

  const addressOf = async (id: string): Promise<string> => {
    const { data } = await files.ask(
      'customer',
      'query ($id: UUID!) { file(id: $id) { downloadUrl } }',
      { id },
    );
    return data.file.downloadUrl;
  };
  const keys = (): readonly string[] =>
    bucket?.keys() ??
    readdirSync(path.join(files.directory, 'kept'), { recursive: true, encoding: 'utf8' });
  const keyOf = (id: string, attempt = 1) => `${id.slice(0, 2)}/${id}.${attempt}`;

  test('an upload is read back, cleaned, with its own type', async () => {
    const upload = await files.send('customer', 'profile_image', 'image/png', decorated('png'));
    const read = await get(await addressOf(upload.id));
    expect(read.status).toBe(200);
    expect(read.body).toEqual(pictures.png);
    expect(read.body.includes(secret)).toBe(false);
    expect(read.headers.get('content-type')).toBe('image/png');
    expect(read.headers.get('content-disposition')).toContain(`${upload.id}.png`);
    expect(keys()).toContain(keyOf(upload.id));
    expect(readdirSync(path.join(files.directory, 'incoming'))).toEqual([]);
  });

  test('a large file arrives whole', async () => {
    const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(9_000_000, 'a page ')]);
    const upload = await files.send('customer', 'user_document', 'application/pdf', pdf);
    const read = await get(await addressOf(upload.id));
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(hash(read.body)).toBe(hash(pdf));
  });

  test('of several uploads to one address at once, one is accepted and is what is read', async () => {
    const bytes = decorated('webp');
    const upload = await files.announce('customer', 'profile_image', 'image/webp', bytes.length);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => put(upload.uploadUrl, 'image/webp', bytes)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    expect((await get(await addressOf(upload.id))).body).toEqual(pictures.webp);
    expect(keys().filter((key) => key.includes(upload.id))).toHaveLength(1);
  });

  test('a process that was killed while storing is waited for, and then another stores it', async () => {
    const size = pictures.png.length;
    const upload = await files.announce('customer', 'profile_image', 'image/png', size);
    const { owner } = files.database;
    // As one that died there has left it: claimed, half stored.
    await owner.query(`select app_private.claim_upload($1, '1 hour')`, [upload.id]);
    const store = makeFileStore({ directory: files.directory, s3: bucket?.config ?? null });
    await store.put(keyOf(upload.id), Buffer.from('half'), 'image/png');
    const early = await put(upload.uploadUrl, 'image/png', pictures.png);
    expect([early.status, early.code]).toEqual([409, 'OB030']);
    await owner.query(
      'update app_private.file_storage set claimed_until = now() where file_id = $1',
      [upload.id],
    );
    expect((await put(upload.uploadUrl, 'image/png', pictures.png)).status).toBe(201);
    expect((await get(await addressOf(upload.id))).body).toEqual(pictures.png);
    // The one that was thought dead comes back.
    await expect(
      owner.query('select app_private.finish_upload($1, $2, 4, $3)', [
        upload.id,
        keyOf(upload.id),
        'a'.repeat(64),
      ]),
    ).rejects.toMatchObject({ code: 'OB030' });
    expect((await get(await addressOf(upload.id))).body).toEqual(pictures.png);
  });

  test('a deleted file is removed from the store, with every attempt of it', async () => {
    const { owner, workerUrl } = files.database;
    const [gone, stays] = [
      await files.send('customer', 'profile_image', 'image/png', pictures.png),
      await files.send('customer', 'profile_image', 'image/png', pictures.png),
    ];
    const store = makeFileStore({ directory: files.directory, s3: bucket?.config ?? null });
    await store.put(keyOf(gone.id, 2), Buffer.from('half'), 'image/png');
    await owner.query('update app_private.file_storage set attempts = 3 where file_id = $1', [
      gone.id,
    ]);
    const address = await addressOf(gone.id);
    expect((await get(address)).status).toBe(200);
    await owner.query(`update files set unused_since = now() - interval '25 hours' where id = $1`, [
      gone.id,
    ]);
    await owner.query('select app_private.retire_files(100)');
    // At once, before the bytes are gone.
    const deleted = await get(address);
    expect([deleted.status, deleted.code]).toEqual([404, 'OB003']);
    const removals = startFileRemovals({
      connectionString: workerUrl,
      logger: makeLogger('silent'),
      remove: store.remove,
      intervalMs: 20,
    });
    try {
      await until(async () => {
        const { rows } = await owner.query(
          'select from app_private.file_storage where file_id = $1 and removed_at is not null',
          [gone.id],
        );
        return rows.length === 1;
      });
    } finally {
      await removals.close();
    }
    expect(keys().filter((key) => key.includes(gone.id))).toEqual([]);
    expect((await get(await addressOf(stays.id))).body).toEqual(pictures.png);
  });

  test('a store that fails is an internal error, and the file can be sent again', async () => {
    const size = pictures.png.length;
    const upload = await files.announce('customer', 'profile_image', 'image/png', size);
    const { owner } = files.database;
    // The row cannot be finished; as if the store had failed, nothing may be read.
    await owner.query(
      `alter table files add constraint broken check (status <> 'stored' or id <> '${upload.id}')`,
    );
    try {
      const failed = await put(upload.uploadUrl, 'image/png', pictures.png);
      expect([failed.status, failed.code]).toEqual([500, 'OB099']);
    } finally {
      await owner.query('alter table files drop constraint broken');
    }
    expect((await put(upload.uploadUrl, 'image/png', pictures.png)).status).toBe(201);
  });
});

describe('a bucket', () => {
  const key = '00/file.1';
  const headers = { contentType: 'image/png', disposition: 'inline; filename="a b.png"' };
  let bucket: Bucket;

  beforeAll(async () => {
    bucket = await startBucket();
  });
  afterAll(async () => {
    await bucket?.close();
  });

  const readFrom = async (store: FileStore): Promise<URL> => {
    const address = await store.read(key, headers);
    if (!(address instanceof URL)) {
      throw new TypeError('A bucket gives an address.');
    }
    return address;
  };

  test('is reached under its key alone', async () => {
    const wrong = makeS3Store({ ...bucket.config, secretAccessKey: 'not the key' });
    await expect(wrong.put(key, pictures.png, 'image/png')).rejects.toThrow(
      'SignatureDoesNotMatch',
    );
    expect(bucket.keys()).toEqual([]);
    const right = makeS3Store(bucket.config);
    await right.put(key, pictures.png, 'image/png');
    expect(bucket.keys()).toEqual([key]);
    await expect(wrong.remove(key)).rejects.toThrow('SignatureDoesNotMatch');
    expect((await get((await readFrom(wrong)).href)).status).toBe(403);
    expect((await get((await readFrom(right)).href)).body).toEqual(pictures.png);
    await right.remove(key);
    expect(bucket.keys()).toEqual([]);
    // Also where nothing is.
    await right.remove(key);
  });

  test('refuses an address that was changed, or that is older than a minute', async () => {
    const store = makeS3Store(bucket.config);
    await store.put(key, pictures.png, 'image/png');
    const address = await readFrom(store);
    const { headers: given, status } = await get(address.href);
    expect(status).toBe(200);
    expect(given.get('content-disposition')).toBe(headers.disposition);
    expect(address.searchParams.get('X-Amz-Expires')).toBe('60');
    address.searchParams.set('X-Amz-Expires', '604800');
    expect((await get(address.href)).status).toBe(403);
  });

  test('that does not exist is an error that names it', async () => {
    const store = makeS3Store({ ...bucket.config, bucket: 'another' });
    await expect(store.put(key, pictures.png, 'image/png')).rejects.toThrow('NoSuchBucket');
  });
});
