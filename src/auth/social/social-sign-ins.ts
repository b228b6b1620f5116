import type { OwnCall } from '../../requests/own-call.ts';
import type { RequestScope } from '../../requests/scope.ts';
import type { Origin } from '../origin.ts';
import { only, type SignedIn, type SignUpAs, signedInColumns, throwRefusal } from '../sign-ins.ts';
import type { FlowSecrets, ProviderName } from './provider.ts';
import type { SocialAccount } from './social-account.ts';

/** What a user asks for before the browser is sent to a provider. */
export type FlowRequest = {
  readonly purpose: 'sign_in' | 'link';
  /** Where to go afterwards; null: the answer is shown as it is. */
  readonly redirectTo: string | null;
  readonly signUpAs: SignUpAs;
};

/** A browser that was sent to a provider and has come back. */
export type Flow = FlowRequest & Pick<FlowSecrets, 'nonce' | 'codeVerifier'>;

/** The functions of `migrations/…-sign-in.sql`, which hold the rules. */
export type SocialSignIns = {
  readonly begin: (
    scope: RequestScope,
    stateHash: Buffer,
    provider: ProviderName,
    secrets: FlowSecrets,
    flow: FlowRequest,
  ) => Promise<void>;
  /** Once for each state: `null` for one that is unknown, used or too old. */
  readonly take: (
    scope: RequestScope,
    stateHash: Buffer,
    provider: ProviderName,
  ) => Promise<Flow | null>;
  /**
   * @param validSeconds for how long the first refresh token is valid.
   * @throws Refusal OB006, OB089 or OB096.
   */
  readonly signIn: (
    scope: RequestScope,
    account: SocialAccount,
    signUpAs: FlowRequest['signUpAs'],
    tokenHash: Buffer,
    origin: Origin,
    validSeconds: number,
  ) => Promise<SignedIn>;
  /** Records for a minute that the holder of the proof owns the account. */
  readonly prove: (scope: RequestScope, proofHash: Buffer, account: SocialAccount) => Promise<void>;
};

const account = 'row($1, $2, $3, $4, $5, $6)::app_private.social_account';

const statements = {
  begin: {
    name: 'ombaro_begin_social_sign_in',
    text: 'select app_private.begin_social_sign_in($1, $2, $3, $4, $5, $6, $7)',
  },
  take: {
    name: 'ombaro_take_social_sign_in',
    text: `select purpose, redirect_to as "redirectTo", sign_up_as as "signUpAs", nonce,
      code_verifier as "codeVerifier" from app_private.take_social_sign_in($1, $2)`,
  },
  signIn: {
    name: 'ombaro_sign_in_with_provider',
    text: `select ${signedInColumns} from app_private.sign_in_with_provider(${account}, $7,
        row($8, $9, $10, $11)::app_private.session_start, $12)`,
  },
  prove: {
    name: 'ombaro_prove_social_account',
    text: `select app_private.prove_social_account($7, ${account})`,
  },
} as const;

export function makeSocialSignIns(call: OwnCall): SocialSignIns {
  return {
    begin: async (scope, stateHash, provider, { nonce, codeVerifier }, flow) => {
      const { redirectTo, purpose, signUpAs } = flow;
      const values = [stateHash, provider, nonce, codeVerifier, redirectTo, purpose, signUpAs];
      await call(scope, statements.begin, values);
    },
    take: async (scope, stateHash, provider) => {
      const [flow] = await call<Flow>(scope, statements.take, [stateHash, provider]);
      return flow ?? null;
    },
    signIn: async (
      scope,
      account,
      signUpAs,
      tokenHash,
      { device, address, userAgent },
      validSeconds,
    ) => {
      const values = [
        ...valuesOf(account),
        signUpAs,
        tokenHash,
        device && JSON.stringify(device),
        address,
        userAgent,
        validSeconds,
      ];
      const { refusal, ...rest } = only(
        await call<SignedIn & { refusal: string | null }>(scope, statements.signIn, values),
      );
      throwRefusal(refusal);
      return rest;
    },
    prove: async (scope, proofHash, account) => {
      await call(scope, statements.prove, [...valuesOf(account), proofHash]);
    },
  };
}

function valuesOf(account: SocialAccount): unknown[] {
  const { provider, providerUserId, email, emailVerified, name, picture } = account;
  return [provider, providerUserId, email, emailVerified, name, picture];
}
