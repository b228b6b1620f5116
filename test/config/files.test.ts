import path from 'node:path';
import { ConfigError, makeConfig } from '../../src/config/load.ts';
import { projectRoot } from '../../src/config/project.ts';
import { makeTemporaryDirectory } from '../helpers/temporary-directory.ts';

const external = {
  DATABASE_URL: 'postgres://ombaro_owner:a@db.example.com/ombaro',
  API_DATABASE_URL: 'postgres://ombaro_api:b@db.example.com/ombaro',
  WORKER_DATABASE_URL: 'postgres://ombaro_worker:c@db.example.com/ombaro',
};
const JWT_SECRET = 'x'.repeat(32);
const s3 = {
  S3_ENDPOINT: 'https://s3.example.com/',
  S3_BUCKET: 'ombaro-files',
  S3_REGION: 'ap-south-1',
  S3_ACCESS_KEY_ID: 'an id',
  S3_SECRET_ACCESS_KEY: 'a key',
};

it('files are with the embedded server’s data', () => {
  const { path: OMBARO_DATA_DIR, remove } = makeTemporaryDirectory();
  try {
    const { database, files } = makeConfig({ OMBARO_DATA_DIR });
    expect(files.directory).toBe(path.join(database.embedded?.data.path ?? '', 'files'));
    expect(files.addressSecret).toHaveLength(43);
    expect(files.addressSecret).not.toBe(makeConfig({ OMBARO_DATA_DIR }).tokens.secret);
    expect(files).toEqual(makeConfig({ OMBARO_DATA_DIR }).files);
    expect(files.s3).toBeNull();
  } finally {
    remove();
  }
});

it('with a PostgreSQL of one’s own they are in a folder of the program, or where FILES_DIR says', () => {
  const directoryOf = (variables: Record<string, string>) =>
    makeConfig({ ...external, JWT_SECRET, ...variables }).files.directory;
  expect(directoryOf({})).toBe(path.join(projectRoot, 'files'));
  expect(directoryOf({ FILES_DIR: 'kept' })).toBe(path.join(projectRoot, 'kept'));
  expect(directoryOf({ FILES_DIR: '/srv/files' })).toBe('/srv/files');
});

it('the secret of file addresses is derived from JWT_SECRET, or set, or missing', () => {
  const secretOf = (variables: Record<string, string>) =>
    makeConfig({ ...external, ...variables }).files.addressSecret;
  const JWKS_URL = 'https://id.example.com/keys';
  const FILES_SECRET = 'y'.repeat(32);
  expect(secretOf({ JWT_SECRET })).toHaveLength(43);
  expect(secretOf({ JWT_SECRET })).toBe(secretOf({ JWT_SECRET }));
  expect(secretOf({ JWT_SECRET, FILES_SECRET })).toBe(FILES_SECRET);
  expect(secretOf({ JWKS_URL, FILES_SECRET })).toBe(FILES_SECRET);
  expect(secretOf({ JWKS_URL })).toBeNull();
});

it('a bucket is set up by five settings, and each missing one is named', () => {
  expect(makeConfig({ ...external, JWT_SECRET, ...s3 }).files.s3).toEqual({
    endpoint: 'https://s3.example.com',
    bucket: 'ombaro-files',
    region: 'ap-south-1',
    accessKeyId: 'an id',
    secretAccessKey: 'a key',
  });
  for (const name of Object.keys(s3)) {
    const variables = { ...external, JWT_SECRET, ...s3, [name]: '' };
    expect(() => makeConfig(variables)).toThrow(`${name} is not set, but `);
  }
});

it('a malformed name of a bucket is a mistake', () => {
  const variables = { ...external, JWT_SECRET, ...s3, S3_BUCKET: '../other' };
  expect(() => makeConfig(variables)).toThrow(ConfigError);
  expect(() => makeConfig(variables)).toThrow('S3_BUCKET must be the name of a bucket');
});
