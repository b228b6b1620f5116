import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { Refusal } from '../../http/refusal.ts';
import { ProviderUnavailable } from './provider-fetch.ts';

/**
 * What a person is told of an error of openid-client's: OB097 who declined at the provider, OB095 where
 * the provider refuses the code, OB094 where its answer fails a check or it cannot be reached.
 *
 * The library's errors have tokens and claims in their causes, and logs must not: the cause is told in
 * words only.
 */
export function refusalOf(error: unknown): Refusal {
  const cause = new Error(describe(error));
  if (error instanceof AuthorizationResponseError) {
    return error.error === 'access_denied'
      ? new Refusal('OB097')
      : new Refusal('OB095', undefined, { cause });
  }
  if (chainOf(error).some((part) => part instanceof ProviderUnavailable)) {
    const message = 'The sign-in provider cannot be reached at the moment. Try again in a minute.';
    return new Refusal('OB094', message, { cause });
  }
  return new Refusal(isRefused(error) ? 'OB095' : 'OB094', undefined, { cause });
}

/** Facebook refuses in a shape of its own, with a challenge or without. */
function isRefused(error: unknown): boolean {
  return (
    error instanceof ResponseBodyError ||
    error instanceof WWWAuthenticateChallengeError ||
    (error instanceof ClientError && error.code === 'OAUTH_RESPONSE_IS_NOT_CONFORM')
  );
}

function describe(error: unknown): string {
  const named =
    error instanceof ResponseBodyError || error instanceof AuthorizationResponseError
      ? [error.error].filter((name) => /^[a-z_]{1,50}$/.test(name))
      : [];
  // A syntax error quotes what it could not read.
  const messages = chainOf(error)
    .filter(({ name }) => name !== 'SyntaxError')
    .map(({ message }) => message);
  return [...messages, ...named].join(': ');
}

function chainOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...chainOf(error.cause)] : [];
}
