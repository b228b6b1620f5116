import { isErrorCode } from '../errors/error-codes.ts';
import { Refusal } from '../http/refusal.ts';
import type { CodeAddress } from '../lib/code-address.ts';
import type { OwnCall } from '../requests/own-call.ts';
import type { RequestScope } from '../requests/scope.ts';
import type { Origin } from './origin.ts';

/** The kind of account that a new user gets; null: a customer. A known user's account stays as it is. */
export type SignUpAs = 'customer' | 'vendor' | null;

/** The user who is signed in now, and until when. */
export type SignedIn = {
  readonly userId: string;
  readonly sessionId: string;
  readonly isNew: boolean;
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
};

export type CodeSending = {
  /** Null when the code may be sent now. */
  readonly retrySeconds: number | null;
  readonly validSeconds: number;
  readonly resendSeconds: number;
  /** With which the code is tried; null when no code may be sent now. */
  readonly challenge: string | null;
};

/** The functions of `migrations/…-sign-in.sql`, which hold the rules. Refusals are thrown as Refusal. */
export type SignIns = {
  /** `block`: the addresses that count as one requester. */
  sendCode(
    scope: RequestScope,
    address: CodeAddress,
    codeHash: Buffer,
    block: string,
  ): Promise<CodeSending>;
  signInWithCode(
    scope: RequestScope,
    address: CodeAddress,
    codeHash: Buffer,
    challenge: string,
    signUpAs: SignUpAs,
    tokenHash: Buffer,
    origin: Origin,
  ): Promise<SignedIn>;
  /** `claims`: of a verified access token, as JSON. */
  linkWithCode(
    scope: RequestScope,
    claims: string,
    address: CodeAddress,
    codeHash: Buffer,
    challenge: string,
    signUpAs: SignUpAs,
  ): Promise<void>;
  linkSocialAccount(scope: RequestScope, claims: string, proofHash: Buffer): Promise<void>;
  refresh(
    scope: RequestScope,
    tokenHash: Buffer,
    newTokenHash: Buffer,
    address: string,
  ): Promise<SignedIn>;
  signOut(scope: RequestScope, tokenHash: Buffer): Promise<void>;
  /**
   * Seconds to wait; null when the request may go on. `block`: the addresses that count as one. `isCode`: it asks for
   * a code, which is counted beside all requests.
   */
  countRequest(scope: RequestScope, block: string, isCode: boolean): Promise<number | null>;
  /** Marks sessions as used now; no request asks for it. */
  touchSessions(sessionIds: readonly string[]): Promise<void>;
};

/** Of `app_private.signed_in`. */
export const signedInColumns = `refusal, user_id as "userId", session_id as "sessionId", is_new as "isNew",
  access_seconds as "accessSeconds", refresh_seconds as "refreshSeconds"`;

const statements = {
  sendCode: {
    name: 'ombaro_send_code',
    text: `select retry_seconds as "retrySeconds", valid_seconds as "validSeconds",
      resend_seconds as "resendSeconds", challenge from app_private.send_code($1, $2, $3, $4)`,
  },
  signInWithCode: {
    name: 'ombaro_sign_in_with_code',
    text: `select ${signedInColumns} from app_private.sign_in_with_code($1, $2, $3, $4, $5,
      row($6, $7, $8, $9)::app_private.session_start)`,
  },
  linkWithCode: {
    name: 'ombaro_link_with_code',
    text: 'select app_private.link_with_code($1::jsonb, $2, $3, $4, $5, $6) as refusal',
  },
  linkSocialAccount: {
    name: 'ombaro_link_social_account',
    text: 'select app_private.link_social_account($1::jsonb, $2) as refusal',
  },
  refresh: {
    name: 'ombaro_refresh_session',
    text: `select ${signedInColumns} from app_private.refresh_session($1, $2, $3)`,
  },
  signOut: { name: 'ombaro_sign_out', text: 'select app_private.sign_out($1) as refusal' },
  countRequest: {
    name: 'ombaro_count_sign_in_request',
    text: 'select app_private.count_sign_in_request($1, $2) as wait',
  },
  touchSessions: {
    name: 'ombaro_touch_sessions',
    text: 'select app_private.touch_sessions($1)',
  },
} as const;

export function makeSignIns(call: OwnCall): SignIns {
  const signedIn = async (
    scope: RequestScope,
    statement: (typeof statements)['signInWithCode' | 'refresh'],
    values: readonly unknown[],
  ): Promise<SignedIn> => {
    const { refusal, ...rest } = only(
      await call<SignedIn & { refusal: string | null }>(scope, statement, values),
    );
    throwRefusal(refusal);
    return rest;
  };
  const act = async (
    scope: RequestScope,
    statement: (typeof statements)['linkWithCode' | 'linkSocialAccount' | 'signOut'],
    values: readonly unknown[],
  ): Promise<void> => {
    throwRefusal(only(await call<{ refusal: string | null }>(scope, statement, values)).refusal);
  };
  return {
    async sendCode(scope, { mobile, email }, codeHash, block) {
      return only(
        await call<CodeSending & object>(scope, statements.sendCode, [
          mobile,
          email,
          codeHash,
          block,
        ]),
      );
    },
    signInWithCode(scope, { mobile, email }, codeHash, challenge, signUpAs, tokenHash, origin) {
      return signedIn(scope, statements.signInWithCode, [
        mobile,
        email,
        codeHash,
        challenge,
        signUpAs,
        tokenHash,
        origin.device && JSON.stringify(origin.device),
        origin.address,
        origin.userAgent,
      ]);
    },
    linkWithCode(scope, claims, { mobile, email }, codeHash, challenge, signUpAs) {
      return act(scope, statements.linkWithCode, [
        claims,
        mobile,
        email,
        codeHash,
        challenge,
        signUpAs,
      ]);
    },
    linkSocialAccount: (scope, claims, proofHash) =>
      act(scope, statements.linkSocialAccount, [claims, proofHash]),
    refresh: (scope, tokenHash, newTokenHash, address) =>
      signedIn(scope, statements.refresh, [tokenHash, newTokenHash, address]),
    signOut: (scope, tokenHash) => act(scope, statements.signOut, [tokenHash]),
    async countRequest(scope, block, isCode) {
      const values = [block, isCode];
      return only(await call<{ wait: number | null }>(scope, statements.countRequest, values)).wait;
    },
    async touchSessions(sessionIds) {
      await call(null, statements.touchSessions, [sessionIds]);
    },
  };
}

/** Throws the refusal that a function of the sign-in gave; `null` is none. */
export function throwRefusal(refusal: string | null): void {
  if (refusal === null) {
    return;
  }
  if (!isErrorCode(refusal)) {
    throw new Error(`The database refuses with ${refusal}, which is not registered.`);
  }
  throw new Refusal(refusal);
}

/** The one row of a function that gives one. */
export function only<Row>([row]: readonly Row[]): Row {
  if (row === undefined) {
    throw new Error('A function of the sign-in gave no row.');
  }
  return row;
}
