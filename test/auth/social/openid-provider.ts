import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration } from 'oidc-provider';

/** A person's claims at the provider, by the name under which they sign in there. */
export type People = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export type OpenidProvider = {
  readonly issuer: string;
  readonly close: () => Promise<void>;
};

export const clients = {
  google: {
    clientId: 'ombaro-at-google',
    clientSecret: 'a client secret of the tests, for google',
  },
  facebook: {
    clientId: 'ombaro-at-facebook',
    clientSecret: 'a client secret of the tests, for facebook',
  },
} as const;

/**
 * A real OpenID provider, at `localhost`: another site than the API's 127.0.0.1, as it would be. It insists
 * on PKCE, and has e-mail addresses at its userinfo endpoint only.
 */
export async function openOpenidProvider(apiUrl: string, people: People): Promise<OpenidProvider> {
  const server = createServer();
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, await configurationFor(apiUrl, people));
  const handle = provider.callback();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const [, uid, act] = /^\/interaction\/([\w-]+)(\/\w+)?/.exec(request.url ?? '') ?? [];
    if (uid === undefined) {
      handle(request, response);
      return;
    }
    interact(provider, request, response, act).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  return {
    issuer,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function configurationFor(apiUrl: string, people: People): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const clientOf = (name: keyof typeof clients) => ({
    client_id: clients[name].clientId,
    client_secret: clients[name].clientSecret,
    redirect_uris: [`${apiUrl}/auth/${name}/callback`],
    token_endpoint_auth_method: 'client_secret_post' as const,
  });
  return {
    clients: [clientOf('google'), clientOf('facebook')],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['a key of the tests'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, ...people[id] }),
    }),
    // Who signs in agrees.
    loadExistingGrant: async ({ oidc }) => {
      const { client, session } = oidc;
      const grant = new oidc.provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  };
}

async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  act: string | undefined,
): Promise<void> {
  if (act === '/decline') {
    await provider.interactionFinished(request, response, { error: 'access_denied' });
    return;
  }
  if (request.method === 'POST') {
    const body = await text(request);
    const accountId = new URLSearchParams(body).get('login') ?? '';
    await provider.interactionFinished(request, response, { login: { accountId } });
    return;
  }
  response.setHeader('content-type', 'text/html');
  response.end(`<!doctype html><title>Provider</title>
    <form method="post"><input name="login"><button>Sign in</button></form>
    <a href="${request.url}/decline">Decline</a>`);
}
