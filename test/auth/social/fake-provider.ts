import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export const client = { clientId: 'ombaro', clientSecret: 'a client secret of the tests' };

/** As RFC 6749 has it: both encoded as in a form, then joined. */
const basic = `Basic ${btoa(
  Object.values(client)
    .map((part) => new URLSearchParams([['', part]]).toString().slice(1))
    .join(':'),
)}`;

type Claims = Record<string, unknown>;

/** What the provider does with one code. */
export type Approval = {
  /** On top of a right ID token's; `undefined` takes one away. */
  readonly claims?: Claims;
  /** In place of the right signature. */
  readonly sign?: (claims: Claims) => Promise<string>;
  /** What the userinfo endpoint says. */
  readonly userinfo?: Claims;
  /** In place of the token endpoint's answer. */
  readonly answer?: {
    readonly status: number;
    readonly body: unknown;
    readonly headers?: Record<string, string>;
  };
};

export type FakeProvider = {
  readonly issuer: string;
  /** Where a person comes back to who agrees to what they are asked at `address`. */
  readonly approve: (address: URL, approval?: Approval) => URL;
  /** Signs as the provider does. */
  readonly sign: (claims: Claims) => Promise<string>;
  /** How often each path was asked for. */
  readonly asked: ReadonlyMap<string, number>;
  /** How clients say who they are; where it is unset, the provider does not tell and takes the body. */
  clientAuth?: 'client_secret_post' | 'client_secret_basic';
  /** While true, every answer is 503. */
  isDown: boolean;
  readonly close: () => Promise<void>;
};

type Grant = {
  readonly query: URLSearchParams;
  readonly approval: Approval;
  readonly accessToken: string;
};

/** An OpenID provider that does as a test says, right or wrong. It holds on to PKCE and to codes of one use. */
export async function openFakeProvider(): Promise<FakeProvider> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const grants = new Map<string, Grant>();
  const spent = new Map<string, Grant>();
  const asked = new Map<string, number>();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const sign = (claims: Claims) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(privateKey);

  const answers: Record<
    string,
    (request: IncomingMessage, body: URLSearchParams) => Promise<Reply>
  > = {
    '/.well-known/openid-configuration': async () =>
      json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/jwks`,
        id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
        ...(provider.clientAuth && {
          token_endpoint_auth_methods_supported: [provider.clientAuth],
        }),
      }),
    '/jwks': async () => json({ keys: [key] }),
    '/token': async (request, body) => {
      const code = body.get('code') ?? '';
      const grant = grants.get(code);
      const { authorization = null } = request.headers;
      const isInHeader = provider.clientAuth === 'client_secret_basic';
      if (
        authorization !== (isInHeader ? basic : null) ||
        body.get('client_secret') !== (isInHeader ? null : client.clientSecret)
      ) {
        return json({ error: 'invalid_client' }, 401);
      }
      const challenge = createHash('sha256')
        .update(body.get('code_verifier') ?? '')
        .digest('base64url');
      if (
        grant === undefined ||
        grant.query.get('code_challenge') !== challenge ||
        grant.query.get('redirect_uri') !== body.get('redirect_uri')
      ) {
        return json({ error: 'invalid_grant' }, 400);
      }
      grants.delete(code);
      spent.set(grant.accessToken, grant);
      const { query, approval, accessToken } = grant;
      if (approval.answer !== undefined) {
        return approval.answer;
      }
      const now = Math.floor(Date.now() / 1000);
      const claims: Claims = {
        iss: issuer,
        sub: 'subject-1',
        aud: client.clientId,
        iat: now,
        exp: now + 300,
        nonce: query.get('nonce'),
        ...approval.claims,
      };
      const idToken = await (approval.sign ?? sign)(claims);
      return json({ access_token: accessToken, token_type: 'Bearer', id_token: idToken });
    },
    '/userinfo': async (request) => {
      const grant = spent.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
      return json({ sub: grant?.approval.claims?.sub ?? 'subject-1', ...grant?.approval.userinfo });
    },
  };

  const provider: FakeProvider = {
    issuer,
    approve: ({ searchParams: query }, approval = {}) => {
      const code = `code-${randomUUID()}`;
      grants.set(code, { query, approval, accessToken: `access-${randomUUID()}` });
      const back = new URL(query.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', query.get('state') ?? '');
      return back;
    },
    sign,
    asked,
    isDown: false,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };

  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '', issuer);
    asked.set(pathname, (asked.get(pathname) ?? 0) + 1);
    const body = await text(request);
    const reply = provider.isDown
      ? json({ error: 'temporarily_unavailable' }, 503)
      : await answers[pathname]?.(request, new URLSearchParams(body));
    response.writeHead(reply?.status ?? 404, {
      'content-type': 'application/json',
      ...reply?.headers,
    });
    response.end(JSON.stringify(reply?.body ?? {}));
  });
  return provider;
}

type Reply = NonNullable<Approval['answer']>;

function json(body: unknown, status = 200): Reply {
  return { status, body };
}
