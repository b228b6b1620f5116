import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
} from 'openid-client';
import { refusalOf } from './provider-refusal.ts';
import { readAccount, type SocialAccount, textOf } from './social-account.ts';

/** As in the addresses, and in `enums.social_provider`. */
export type ProviderName = 'google' | 'facebook';

/** What the provider's answer must match. */
export type FlowSecrets = {
  readonly state: string;
  readonly nonce: string;
  /** PKCE: only its hash goes along with the person. */
  readonly codeVerifier: string;
};

/** An identity provider, by OpenID Connect. */
export type SocialProvider = {
  readonly name: ProviderName;
  /**
   * Where the person is sent, to come back to `callbackUrl`.
   *
   * @throws Refusal OB094 while the provider cannot be reached.
   */
  readonly addressFor: (secrets: FlowSecrets, callbackUrl: string) => Promise<URL>;
  /**
   * Whose account the person has come back with.
   *
   * @param answer the callback's address, with the query that the person came with.
   * @throws Refusal OB094, OB095 or OB097, see `refusalOf`.
   */
  readonly accountOf: (answer: URL, secrets: FlowSecrets) => Promise<SocialAccount>;
};

export type ProviderOptions = {
  readonly name: ProviderName;
  /** After blanks. */
  readonly scope: string;
  /** Gives the same each time; throws while the provider cannot be reached. */
  readonly configure: () => Promise<Configuration>;
};

export function makeProvider({ name, scope, configure }: ProviderOptions): SocialProvider {
  return {
    name,
    addressFor: async ({ state, nonce, codeVerifier }, callbackUrl) => {
      const configuration = await configure().catch((error: unknown) => {
        throw refusalOf(error);
      });
      return buildAuthorizationUrl(configuration, {
        redirect_uri: callbackUrl,
        scope,
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      });
    },
    accountOf: async (answer, secrets) => {
      try {
        return readAccount(name, await fetchClaims(await configure(), answer, secrets));
      } catch (error) {
        throw refusalOf(error);
      }
    },
  };
}

async function fetchClaims(
  configuration: Configuration,
  answer: URL,
  { state, nonce, codeVerifier }: FlowSecrets,
) {
  const tokens = await authorizationCodeGrant(configuration, answer, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: codeVerifier,
  });
  const claims = tokens.claims();
  if (claims === undefined) {
    throw new Error('There is no ID token');
  }
  if (textOf(claims.email) !== null || !configuration.serverMetadata().userinfo_endpoint) {
    return claims;
  }
  const told = await fetchUserInfo(configuration, tokens.access_token, claims.sub);
  // Whether an address is verified must not come from elsewhere than the address.
  return { ...claims, ...told, email: told.email, email_verified: told.email_verified };
}
