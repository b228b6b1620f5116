import type { UserInfoResponse } from 'openid-client';
import type { ProviderName } from './provider.ts';

/** What a provider says of an account, as `app_private.social_account` takes it. */
export type SocialAccount = {
  readonly provider: ProviderName;
  /** The provider's own name for the person (subject). */
  readonly providerUserId: string;
  readonly email: string | null;
  /** Null where the provider does not say. */
  readonly emailVerified: boolean | null;
  readonly name: string | null;
  readonly picture: string | null;
};

/** Claims of an ID token, or of the userinfo endpoint. */
export type ProviderClaims = Pick<
  UserInfoResponse,
  'sub' | 'email' | 'email_verified' | 'name' | 'picture'
>;

/** @throws Error when the claims name no subject. */
export function readAccount(provider: ProviderName, claims: ProviderClaims): SocialAccount {
  const providerUserId = textOf(claims.sub);
  if (providerUserId === null) {
    throw new Error('The subject is no text');
  }
  return {
    provider,
    providerUserId,
    email: textOf(claims.email),
    emailVerified: truthOf(claims.email_verified),
    name: textOf(claims.name),
    picture: textOf(claims.picture),
  };
}

/** PostgreSQL's text has no NUL. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? value : null;
}

/** Some providers write truth as text. */
function truthOf(value: unknown): boolean | null {
  if (value === true || value === 'true') {
    return true;
  }
  return value === false || value === 'false' ? false : null;
}
