import type { Express, Request, Response } from 'express';
import { randomNonce, randomPKCECodeVerifier } from 'openid-client';
import type { Logger } from 'pino';
import { type ErrorCode, errorCodes } from '../../errors/error-codes.ts';
import { codeOf } from '../../errors/errors.ts';
import { sendFailure } from '../../http/failure.ts';
import { Refusal, requireMethod } from '../../http/refusal.ts';
import { hashSecret, makeSecret } from '../../lib/secrets.ts';
import { scopeOf } from '../../requests/scope.ts';
import { originOf } from '../origin.ts';
import { readFlowRequest } from './flow-request.ts';
import type { SocialProvider } from './provider.ts';
import type { SocialAccount } from './social-account.ts';
import type { Flow, SocialSignIns } from './social-sign-ins.ts';
import { makeStateCookie, type StateCookie } from './state-cookie.ts';

export type SocialSignInOptions = {
  readonly providers: readonly SocialProvider[];
  readonly signIns: SocialSignIns;
  /** Where people may be sent afterwards, letter for letter. */
  readonly redirects: readonly string[];
  /** Where browsers find us, without a slash at its end; known once the server listens. */
  readonly publicUrl: () => string;
};

/** How long an app has to take away what the person comes back with, in seconds. */
const takeAwaySeconds = 60;

/**
 * `GET /auth/<provider>` sends a person to the provider, and `GET /auth/<provider>/callback` is where they
 * come back to: signed in, or with a proof of the account at the provider that the app then links.
 */
export function installSocialSignIn(app: Express, options: SocialSignInOptions): void {
  const { providers, publicUrl } = options;
  const cookie = makeStateCookie(publicUrl);
  for (const provider of providers) {
    const path = `/auth/${provider.name}`;
    const callbackPath = `${path}/callback`;
    // As the provider gets to see it, so that it is the same both times.
    const callbackUrl = () => new URL(`${publicUrl()}${callbackPath}`);
    const loggerFor = (request: Request) =>
      scopeOf(request).logger.child({ provider: provider.name });
    const get = (at: string, act: (request: Request, response: Response) => Promise<void>) => {
      app.all(at, async (request, response) => {
        response.setHeader('cache-control', 'no-store');
        try {
          requireMethod(
            'GET',
            'This address accepts only GET. Open it in a browser.',
            request,
            response,
          );
          await act(request, response);
        } catch (error) {
          const { code, message } = explain(error, loggerFor(request));
          sendFailure(response, code, message);
        }
      });
    };

    get(path, async (request, response) => {
      const flow = readFlowRequest(request, options.redirects);
      const { secret: state, hash } = makeSecret();
      const secrets = { state, nonce: randomNonce(), codeVerifier: randomPKCECodeVerifier() };
      const address = await provider.addressFor(secrets, callbackUrl().href);
      await options.signIns.begin(scopeOf(request), hash, provider.name, secrets, flow);
      cookie.set(response, hash, state);
      redirect(response, address.href);
    });

    get(callbackPath, async (request, response) => {
      const { state, flow } = await takeFlow(request, response, provider, options, cookie);
      const answer = callbackUrl();
      answer.search = new URL(request.originalUrl, answer).search;
      try {
        const account = await provider.accountOf(answer, { ...flow, state });
        await finish(request, response, flow, account, options);
      } catch (error) {
        if (flow.redirectTo === null) {
          throw error;
        }
        const { code, message } = explain(error, loggerFor(request));
        redirect(response, flow.redirectTo, { error: code, error_description: message });
      }
    });
  }
}

/** The flow that began in this browser; it is finished once. */
async function takeFlow(
  request: Request,
  response: Response,
  provider: SocialProvider,
  { signIns }: SocialSignInOptions,
  cookie: StateCookie,
): Promise<{ state: string; flow: Flow }> {
  const { state } = request.query;
  if (typeof state !== 'string') {
    throw new Refusal('OB093');
  }
  const hash = hashSecret(state);
  if (!cookie.has(request, hash, state)) {
    throw new Refusal('OB093');
  }
  const flow = await signIns.take(scopeOf(request), hash, provider.name);
  cookie.clear(response, hash);
  if (flow === null) {
    throw new Refusal('OB093');
  }
  return { state, flow };
}

async function finish(
  request: Request,
  response: Response,
  { purpose, redirectTo, signUpAs }: Flow,
  account: SocialAccount,
  { signIns }: SocialSignInOptions,
): Promise<void> {
  const scope = scopeOf(request);
  const { secret, hash } = makeSecret();
  if (purpose === 'link') {
    await signIns.prove(scope, hash, account);
    if (redirectTo === null) {
      response.json({ link_proof: secret, expires_in: takeAwaySeconds });
    } else {
      redirect(response, redirectTo, { link_proof: secret });
    }
    return;
  }
  const origin = originOf(request);
  const signedIn = await signIns.signIn(scope, account, signUpAs, hash, origin, takeAwaySeconds);
  const { userId, isNew, refreshSeconds } = signedIn;
  if (redirectTo === null) {
    const user = { id: userId, is_new: isNew };
    response.json({ refresh_token: secret, expires_in: refreshSeconds, user });
  } else {
    redirect(response, redirectTo, { refresh_token: secret, is_new: String(isNew) });
  }
}

/** Not Express's: it rewrites addresses, and repeats them in the body. A fragment reaches no server and no log. */
function redirect(response: Response, address: string, fragment?: Record<string, string>): void {
  const hash = fragment === undefined ? '' : `#${new URLSearchParams(fragment)}`;
  response.status(302).setHeader('location', `${address}${hash}`).end();
}

/** What the person is told. Ours, and what a provider does wrong, is logged. */
function explain(error: unknown, logger: Logger): { code: ErrorCode; message: string } {
  const code = codeOf(error);
  if (code === undefined) {
    logger.error({ err: error }, 'a sign-in failed');
    return { code: 'OB099', message: errorCodes.OB099.message };
  }
  if (code === 'OB094' || code === 'OB095') {
    logger.warn({ err: error, code }, 'a sign-in failed at its provider');
  }
  return { code, message: (error as Error).message };
}
