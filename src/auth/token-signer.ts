import { SignJWT } from 'jose';
import { signingKeyOf, type TokenRules } from './keys.ts';

export type AccessTokenSubject = {
  /** A UUID: a token for anything else is not believed. */
  readonly userId: string;
  /** A UUID. With it, the token ends with the session. */
  readonly sessionId?: string;
  /** From now on; whole seconds. */
  readonly lifetimeSeconds: number;
};

export type TokenSigner = {
  signAccessToken(subject: AccessTokenSubject): Promise<string>;
};

/** Makes the one way to an access token of ours; `null` when there is nothing to sign with. */
export function makeTokenSigner(rules: TokenRules): TokenSigner | null {
  const signing = signingKeyOf(rules);
  if (signing === null) {
    return null;
  }
  return {
    signAccessToken({ userId, sessionId, lifetimeSeconds }) {
      const nowSeconds = Math.floor(Date.now() / 1000);
      return new SignJWT({
        role: 'authenticated',
        ...(sessionId === undefined ? {} : { session_id: sessionId }),
      })
        .setProtectedHeader(signing.header)
        .setSubject(userId)
        .setIssuer(rules.issuers[0])
        .setAudience(rules.audience)
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + lifetimeSeconds)
        .sign(signing.key);
    },
  };
}
