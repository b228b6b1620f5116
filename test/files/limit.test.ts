import { expect, test } from '@jest/globals';
import { startApi, type TestApi } from '../api/support.ts';
import { pictures } from './pictures.ts';
import { addressSecret, put, startFiles } from './support.ts';

test('too many uploads are told when to come back, and nothing is lost', async () => {
  const files = await startFiles();
  const started: TestApi[] = [];
  try {
    const upload = await files.announce(
      'customer',
      'profile_image',
      'image/png',
      pictures.png.length,
    );
    const { pathname, search } = new URL(upload.uploadUrl);
    const start = async (requestsAMinute: number) => {
      const api = await startApi(files.database, {
        requestsAMinute,
        files: { addressSecret, directory: files.directory, s3: null },
      });
      started.push(api);
      return api;
    };
    const limited = await start(2);
    for (let n = 0; n < 2; n += 1) {
      const wrong = await put(`${limited.url}${pathname}${search}`, 'image/jpeg', pictures.png);
      expect(wrong.code).toBe('OB056');
    }
    const refused = await put(`${limited.url}${pathname}${search}`, 'image/png', pictures.png);
    expect([refused.status, refused.code]).toEqual([429, 'OB083']);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    const later = await start(100);
    expect((await put(`${later.url}${pathname}${search}`, 'image/png', pictures.png)).status).toBe(
      201,
    );
  } finally {
    for (const api of started) {
      await api.close();
    }
    await files.close();
  }
});
