import type { Request, Response } from 'express';

/** As long as the database remembers the state, in milliseconds. */
const lifetimeMs = 600_000;

/**
 * Ties a sign-in to the browser in which it began. Each state has a cookie of its own, so that two tabs do
 * not disturb each other.
 */
export type StateCookie = {
  readonly set: (response: Response, stateHash: Buffer, state: string) => void;
  readonly has: (request: Request, stateHash: Buffer, state: string) => boolean;
  readonly clear: (response: Response, stateHash: Buffer) => void;
};

/** @param publicUrl where browsers find us. */
export function makeStateCookie(publicUrl: () => string): StateCookie {
  const attributes = () => {
    const { pathname, protocol } = new URL(publicUrl());
    return {
      path: `${pathname.replace(/\/$/, '')}/auth`,
      httpOnly: true,
      sameSite: 'lax',
      secure: protocol === 'https:',
    } as const;
  };
  return {
    set(response, stateHash, state) {
      response.cookie(nameFor(stateHash), state, { ...attributes(), maxAge: lifetimeMs });
    },
    has(request, stateHash, state) {
      // A state is base64url: there is nothing to decode.
      const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
      return cookies.includes(`${nameFor(stateHash)}=${state}`);
    },
    clear(response, stateHash) {
      response.clearCookie(nameFor(stateHash), attributes());
    },
  };
}

function nameFor(stateHash: Buffer): string {
  return `ombaro_sign_in_${stateHash.toString('hex', 0, 8)}`;
}
