import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Express, Request, Response } from 'express';
import { sendFailure } from '../http/failure.ts';
import { Refusal } from '../http/refusal.ts';
import type { CountRequest } from '../http/request-limit.ts';
import { scopeOf } from '../requests/scope.ts';
import type { FileAddresses } from './addresses.ts';
import type { FileRows } from './file-rows.ts';
import { sweepBodies } from './receive.ts';
import type { FileHeaders, FileStore } from './store.ts';
import { makeTakeIn } from './take-in.ts';

export type FileOptions = {
  rows: FileRows;
  store: FileStore;
  /** Null: there is nothing to sign with, and so no address. */
  addresses: FileAddresses | null;
  /** Where files wait until they are looked at. */
  directory: string;
  countRequest: CountRequest;
};

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** How long a client that is refused may go on sending before it is cut off, in milliseconds. */
const lingerMs = 1_000;

/**
 * `PUT` and `GET /files/<id>`. The signature of the address gives the right, so no token is needed. What is sent is
 * counted by the address as a visitor's requests are; a page may show more pictures than that.
 */
export function installFiles(app: Express, options: FileOptions): void {
  const { rows, store, addresses, directory, countRequest } = options;
  if (addresses === null) {
    return;
  }
  const incoming = path.join(directory, 'incoming');
  const takeIn = makeTakeIn({ rows, store, incoming });
  let swept: Promise<void> | undefined;
  const put = async (id: string, request: Request, response: Response) => {
    if (!uuid.test(id) || !addresses.isUpload(id, textOf(request, 'signature'))) {
      throw new Refusal('OB057');
    }
    const retryAfter = countRequest(scopeOf(request).origin.address, undefined);
    if (retryAfter !== undefined) {
      response.setHeader('retry-after', String(retryAfter));
      throw new Refusal('OB083');
    }
    swept ??= sweepBodies(incoming).catch((error: unknown) => {
      swept = undefined;
      throw error;
    });
    await swept;
    response.status(201).json({ reference: `file:${id}`, ...(await takeIn(id, request)) });
  };
  const get = async (id: string, request: Request, response: Response) => {
    const [at, signature] = [textOf(request, 'at'), textOf(request, 'signature')];
    const signedAt = uuid.test(id) ? addresses.downloadSignedAt(id, at, signature) : null;
    if (signedAt === null) {
      throw new Refusal('OB057');
    }
    const { key, contentType, size, secondsLeft } = await rows.stored(
      scopeOf(request),
      id,
      signedAt,
    );
    const headers = { contentType, disposition: dispositionOf(id, contentType) };
    const found = await store.read(key, headers);
    if (found === null) {
      throw new Error(`The bytes of the file ${id} are missing.`);
    }
    if (found instanceof URL) {
      response.setHeader('cache-control', 'no-store');
      response.redirect(302, found.href);
      return;
    }
    setHeaders(response, headers, secondsLeft);
    response.setHeader('content-length', size);
    await pipeline(found, response);
  };
  app.all('/files/:id', async (request, response) => {
    try {
      const { id } = request.params;
      if (request.method === 'PUT') {
        await put(id, request, response);
      } else if (request.method === 'GET') {
        await get(id, request, response);
      } else {
        response.setHeader('allow', 'GET, PUT');
        throw new Refusal(
          'OB016',
          'This address accepts only PUT and GET. Use PUT to upload a file and GET to read it.',
        );
      }
    } catch (error) {
      refuse(request, response, error);
    }
  });
}

function textOf(request: Request, name: string): string {
  const value = request.query[name];
  return typeof value === 'string' ? value : '';
}

/** Pictures are shown, everything else is saved: a PDF can hold more than a page. */
function dispositionOf(id: string, contentType: string): string {
  const [kind, ending] = contentType.split('/');
  return `${kind === 'image' ? 'inline' : 'attachment'}; filename="${id}.${ending}"`;
}

/** A user made the bytes: a browser gives them no rights, whatever it takes them for. */
function setHeaders(response: Response, headers: FileHeaders, secondsLeft: number): void {
  response.setHeader('content-type', headers.contentType);
  response.setHeader('content-disposition', headers.disposition);
  response.setHeader(
    'content-security-policy',
    "default-src 'none'; frame-ancestors 'none'; sandbox",
  );
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
  response.setHeader('cache-control', `private, max-age=${secondsLeft}`);
}

function refuse(request: Request, response: Response, error: unknown): void {
  const { logger } = scopeOf(request);
  if (response.headersSent || response.destroyed) {
    logger.warn({ err: error }, 'a file was not sent to its end');
    response.destroy();
    return;
  }
  if (!request.complete) {
    cutOff(request, response);
  }
  if (error instanceof Refusal) {
    sendFailure(response, error.code, error.message);
    return;
  }
  logger.error({ err: error }, 'a file failed');
  sendFailure(response, 'OB099');
}

/**
 * Cuts off a client that goes on sending after the answer. Not at once: what arrives at a closed connection takes the answer
 * with it before the client has read it.
 */
function cutOff(request: Request, response: Response): void {
  response.once('finish', () => {
    const cut = setTimeout(() => request.socket.destroy(), lingerMs);
    request.once('close', () => clearTimeout(cut));
  });
}
