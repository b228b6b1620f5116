import { request as beginRequest } from 'node:http';
import path from 'node:path';
import type { Config } from '../../src/config/config.ts';
import type { PersonaName } from '../../src/demo/personas.ts';
import { startApi, type TestApi, tokenFor } from '../api/support.ts';
import { idOf, seedPeople } from '../fixtures/people.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { makeTemporaryDirectory } from '../helpers/temporary-directory.ts';

export const addressSecret = 'a secret of the tests, for addresses of files';

export type Upload = {
  readonly id: string;
  readonly reference: string;
  readonly uploadUrl: string;
};

export type Answered = {
  readonly status: number;
  readonly body: Buffer;
  /** What a refusal says; undefined where it is none. */
  readonly code: string | undefined;
  readonly headers: Headers;
};

export type Files = {
  readonly database: TestDatabase;
  readonly api: TestApi;
  /** Where the API keeps what is not in a bucket. */
  readonly directory: string;
  ask(
    person: PersonaName | null,
    query: string,
    variables?: Record<string, unknown>,
  ): ReturnType<TestApi['graphql']>;
  /** Announces a file; fails where that is refused. */
  announce(
    person: PersonaName,
    purpose: string,
    contentType: string,
    size: number,
  ): Promise<Upload>;
  /** Announces a file and sends it; gives its reference. */
  send(person: PersonaName, purpose: string, contentType: string, bytes: Buffer): Promise<Upload>;
  close(): Promise<void>;
};

const createUpload = `mutation ($input: CreateUploadInput!) { createUpload(input: $input) {
  result { id reference uploadUrl uploadExpiresAt status uploadHeaders { name value } } } }`;

/** A database with all personas, and the API with files in a folder of the test, or in a bucket. */
export async function startFiles(s3: Config['files']['s3'] = null): Promise<Files> {
  const database = await createTestDatabase();
  await seedPeople(database.owner);
  const temporary = makeTemporaryDirectory();
  const directory = path.join(temporary.path, 'files');
  const api = await startApi(database, {
    files: { addressSecret, directory, s3 },
    http: { corsOrigins: ['https://app.example.com'] },
  });
  const ask: Files['ask'] = async (person, query, variables = {}) =>
    api.graphql(query, {
      variables,
      ...(person === null ? {} : { token: await tokenFor(idOf(person)) }),
    });
  const announce: Files['announce'] = async (person, purpose, contentType, size) => {
    const input = { purpose, contentType, size };
    const { data, errors } = await ask(person, createUpload, { input });
    if (errors) {
      throw new Error(JSON.stringify(errors));
    }
    return data.createUpload.result;
  };
  return {
    database,
    api,
    directory,
    ask,
    announce,
    async send(person, purpose, contentType, bytes) {
      const upload = await announce(person, purpose, contentType, bytes.length);
      const answer = await put(upload.uploadUrl, contentType, bytes);
      if (answer.status !== 201) {
        throw new Error(`${answer.status} ${answer.body.toString()}`);
      }
      return upload;
    },
    async close() {
      await api.close();
      await database.drop();
      temporary.remove();
    },
  };
}

/** What `createUpload` is refused with. */
export async function refusalOf(
  files: Files,
  person: PersonaName | null,
  purpose: string,
  contentType: string,
  size: number,
): Promise<string | undefined> {
  const input = { purpose, contentType, size };
  const { errors } = await files.ask(person, createUpload, { input });
  return errors?.[0]?.extensions.code;
}

/**
 * Sends bytes as a device would; without a length it says nothing of how many come. Not with `fetch`, which gives
 * up when the server answers before it has everything.
 */
export function put(
  address: string,
  contentType: string,
  bytes: Buffer,
  { hasLength = true } = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const request = beginRequest(address, {
      method: 'PUT',
      agent: false,
      headers: {
        'content-type': contentType,
        ...(hasLength ? { 'content-length': bytes.length } : {}),
      },
    });
    let isAnswered = false;
    request.on('response', (response) => {
      isAnswered = true;
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(parts);
        const headers = new Headers(
          Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
        );
        resolve(answered(response.statusCode ?? 0, body, headers));
      });
    });
    request.on('error', (error) => {
      // After the answer the server hangs up on who still sends.
      if (!isAnswered) {
        reject(error);
      }
    });
    request.end(bytes);
  });
}

export async function get(address: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(address, init);
  return answered(response.status, Buffer.from(await response.arrayBuffer()), response.headers);
}

function answered(status: number, body: Buffer, headers: Headers): Answered {
  let code: string | undefined;
  try {
    code = JSON.parse(body.toString()).errors?.[0]?.extensions.code;
  } catch {
    code = undefined;
  }
  return { status, body, code, headers };
}
