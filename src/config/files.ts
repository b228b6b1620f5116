import { createHmac } from 'node:crypto';
import path from 'node:path';
import type { Config, DatabaseConfig, S3Config } from './config.ts';
import type { Environment } from './environment.ts';
import { projectRoot } from './project.ts';
import { findMissingOf, type Names } from './together.ts';

const s3Names = [
  'S3_ENDPOINT',
  'S3_BUCKET',
  'S3_REGION',
  'S3_ACCESS_KEY_ID',
  'S3_SECRET_ACCESS_KEY',
];

/** A bucket that is half set up. */
export function findIncompleteStore(set: Names): string[] {
  return findMissingOf(set, s3Names);
}

export function assembleFiles(
  environment: Environment,
  { embedded }: DatabaseConfig,
): Config['files'] {
  const { FILES_DIR } = environment;
  const fallback = embedded === null ? 'files' : path.join(embedded.data.path, 'files');
  return {
    addressSecret: addressSecretOf(environment, embedded),
    directory: path.resolve(projectRoot, FILES_DIR ?? fallback),
    s3: assembleS3(environment),
  };
}

/** Every process must know the addresses that another has signed. */
function addressSecretOf(
  { FILES_SECRET, JWT_SECRET }: Environment,
  embedded: DatabaseConfig['embedded'],
): string | null {
  if (FILES_SECRET !== undefined || embedded !== null) {
    return FILES_SECRET ?? embedded?.data.secretFor('files') ?? null;
  }
  return JWT_SECRET === undefined
    ? null
    : createHmac('sha256', JWT_SECRET).update('addresses of files').digest('base64url');
}

function assembleS3(environment: Environment): S3Config | null {
  const { S3_ENDPOINT, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = environment;
  return S3_ENDPOINT && S3_BUCKET && S3_REGION && S3_ACCESS_KEY_ID && S3_SECRET_ACCESS_KEY
    ? {
        endpoint: S3_ENDPOINT.replace(/\/+$/, ''),
        bucket: S3_BUCKET,
        region: S3_REGION,
        accessKeyId: S3_ACCESS_KEY_ID,
        secretAccessKey: S3_SECRET_ACCESS_KEY,
      }
    : null;
}
