import express, { type Express, type Request, type Response } from 'express';
import { z } from 'zod';
import { aboutField, codeOf } from '../errors/errors.ts';
import { addressBlock } from '../http/client-address.ts';
import { sendFailure } from '../http/failure.ts';
import { bodyRefusal, Refusal, requireMethod } from '../http/refusal.ts';
import { faultIn } from '../http/schema-fault.ts';
import { hashSecret, makeSecret } from '../lib/secrets.ts';
import { fieldName, findUnstorable, unstorableWords } from '../lib/storable-text.ts';
import type { Identify } from '../requests/identity.ts';
import { scopeOf } from '../requests/scope.ts';
import { readAddress } from './addresses.ts';
import { hashCode, makeCode } from './codes.ts';
import { originOf } from './origin.ts';
import type { SendCode } from './send-code.ts';
import type { SignedIn, SignIns } from './sign-ins.ts';
import type { TokenSigner } from './token-signer.ts';

export type SignInKeys = {
  readonly signer: TokenSigner;
  /** The key of the codes' hashes. */
  readonly codeKey: string;
};

export type SignInOptions = {
  signIns: SignIns;
  /** Null where we have nothing to sign with: then no user signs in here. */
  keys: SignInKeys | null;
  identify: Identify;
  sendCode: SendCode;
};

/** The longest body, in bytes: an address, a code, and a few words about a device. */
const maxBodyLength = 10_240;

const bodyWords = {
  tooLong: 'The body is too long. It must have at most 10 kB.',
  unreadable: 'The body must be a JSON object. Correct it.',
};

const deviceSchema = z
  .record(z.string().min(1).max(50), z.string().max(200))
  .refine((device) => Object.keys(device).length <= 20, { error: 'must have at most 20 entries' });
const addressShape = {
  mobile: z.string().max(50).optional(),
  email: z.string().max(300).optional(),
  /** Two letters; where a number without its country's code is from. */
  country: z.string().optional(),
};
const codeShape = {
  ...addressShape,
  code: z.string().max(20),
  /** What the request for the code was answered with. */
  challenge: z.uuid('This must be the challenge that the request for the code was answered with'),
};
const signUpAs = z.enum(['customer', 'vendor']).optional();

const bodies = {
  otp: z.strictObject(addressShape),
  verify: z.strictObject({ ...codeShape, sign_up_as: signUpAs, device: deviceSchema.optional() }),
  refresh: z.strictObject({ refresh_token: z.string().max(200) }),
  signOut: z.strictObject({ refresh_token: z.string().max(200) }),
  link: z.union([
    z.strictObject({ ...codeShape, sign_up_as: signUpAs }),
    z.strictObject({ link_proof: z.string().max(200) }),
  ]),
};

/**
 * Counts every request to the sign-in, by address and across processes. Before all that it does, so
 * that guessing costs. Requests for codes have a lower limit besides.
 */
export function installSignInLimit(
  app: Express,
  { signIns }: Pick<SignInOptions, 'signIns'>,
): void {
  app.use('/auth', async (request, response, next) => {
    try {
      await requireWithinLimit(signIns, request, false);
    } catch (error) {
      refuse(request, response, error);
      return;
    }
    // Tokens are in the answers.
    response.setHeader('cache-control', 'no-store');
    next();
  });
}

async function requireWithinLimit(
  signIns: SignIns,
  request: Request,
  isCode: boolean,
): Promise<void> {
  const scope = scopeOf(request);
  const wait = await signIns.countRequest(scope, addressBlock(scope.origin.address), isCode);
  if (wait !== null) {
    throw new Refusal('OB083', undefined, { retrySeconds: wait });
  }
}

/** `POST /auth/otp`, `/auth/otp/verify`, `/auth/link`, `/auth/refresh`, `/auth/sign-out`. */
export function installSignIn(app: Express, options: SignInOptions): void {
  const { signIns, identify, sendCode } = options;
  const post = <Body>(
    path: string,
    schema: z.ZodType<Body>,
    answer: (body: Body, request: Request) => Promise<object | null>,
  ) => {
    app.all(path, express.json({ limit: maxBodyLength }), async (request, response) => {
      try {
        requireMethod(
          'POST',
          'This address accepts only POST. Send a JSON object with POST.',
          request,
          response,
        );
        const body = await answer(parseBody(schema, request.body), request);
        response.status(body === null ? 204 : 200).json(body ?? undefined);
      } catch (error) {
        refuse(request, response, error);
      }
    });
    app.use(path, ((error, request, response, _next) => {
      refuse(request, response, bodyRefusal(error, bodyWords));
    }) satisfies express.ErrorRequestHandler);
  };
  const session = async (signedIn: SignedIn, refreshToken: string) => ({
    access_token: await requireKeys(options).signer.signAccessToken({
      userId: signedIn.userId,
      sessionId: signedIn.sessionId,
      lifetimeSeconds: signedIn.accessSeconds,
    }),
    token_type: 'Bearer',
    expires_in: signedIn.accessSeconds,
    refresh_token: refreshToken,
    refresh_expires_in: signedIn.refreshSeconds,
    user: { id: signedIn.userId, is_new: signedIn.isNew },
  });

  post('/auth/otp', bodies.otp, async ({ mobile, email, country }, request) => {
    const { codeKey } = requireKeys(options);
    const address = readAddress({ mobile, email }, country);
    await requireWithinLimit(signIns, request, true);
    const code = makeCode();
    const scope = scopeOf(request);
    const sending = await signIns.sendCode(
      scope,
      address,
      hashCode(codeKey, address, code),
      addressBlock(scope.origin.address),
    );
    if (sending.retrySeconds !== null) {
      throw new Refusal('OB084', undefined, { retrySeconds: sending.retrySeconds });
    }
    try {
      await sendCode({ address, code, validSeconds: sending.validSeconds });
    } catch (cause) {
      throw new Refusal('OB090', undefined, { cause, retrySeconds: sending.resendSeconds });
    }
    return {
      challenge: sending.challenge,
      expires_in: sending.validSeconds,
      resend_in: sending.resendSeconds,
    };
  });

  post('/auth/otp/verify', bodies.verify, async (body, request) => {
    const { codeKey } = requireKeys(options);
    const address = readAddress(body, body.country);
    const { secret, hash } = makeSecret();
    const signedIn = await signIns.signInWithCode(
      scopeOf(request),
      address,
      hashCode(codeKey, address, body.code),
      body.challenge,
      body.sign_up_as ?? null,
      hash,
      originOf(request, body.device),
    );
    return session(signedIn, secret);
  });

  post('/auth/link', bodies.link, async (body, request) => {
    const scope = scopeOf(request);
    scope.identity = await identify(request.headers.authorization);
    const { claims } = scope.identity;
    if (claims === undefined) {
      throw new Refusal('OB001');
    }
    if ('link_proof' in body) {
      await signIns.linkSocialAccount(scope, claims, hashSecret(body.link_proof));
      return null;
    }
    const { codeKey } = requireKeys(options);
    const address = readAddress(body, body.country);
    const codeHash = hashCode(codeKey, address, body.code);
    const { challenge, sign_up_as: signUpAs = null } = body;
    await signIns.linkWithCode(scope, claims, address, codeHash, challenge, signUpAs);
    return null;
  });

  post('/auth/refresh', bodies.refresh, async ({ refresh_token }, request) => {
    requireKeys(options);
    const { secret, hash } = makeSecret();
    const scope = scopeOf(request);
    const { address } = scope.origin;
    return session(await signIns.refresh(scope, hashSecret(refresh_token), hash, address), secret);
  });

  post('/auth/sign-out', bodies.signOut, async ({ refresh_token }, request) => {
    await signIns.signOut(scopeOf(request), hashSecret(refresh_token));
    return null;
  });
}

function requireKeys({ keys }: Pick<SignInOptions, 'keys'>): SignInKeys {
  if (keys === null) {
    throw new Refusal('OB091');
  }
  return keys;
}

function parseBody<Body>(schema: z.ZodType<Body>, body: unknown): Body {
  if (body === undefined) {
    throw new Refusal(
      'OB016',
      'The body is missing. Send a JSON object with the content type application/json.',
    );
  }
  const unstorable = findUnstorable(body);
  if (unstorable) {
    refuseValue(fieldName(unstorable), unstorableWords);
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const { field, words } = faultIn(parsed.error, body);
    refuseValue(field, words);
  }
  return parsed.data;
}

function refuseValue(field: string, words: string): never {
  if (field === '') {
    throw new Refusal('OB020', words.replace(/^This/, 'The body'));
  }
  throw new Refusal('OB020', aboutField(field, words), { field });
}

/** Ends a request of the sign-in with what the person is told. */
function refuse(request: Request, response: Response, error: unknown): void {
  const { logger } = scopeOf(request);
  const code = codeOf(error);
  if (code === undefined) {
    logger.error({ err: error }, 'a sign-in failed');
    sendFailure(response, 'OB099');
    return;
  }
  if (code === 'OB090') {
    logger.error({ err: error }, 'a code could not be sent');
  }
  const { retrySeconds, field } = error instanceof Refusal ? error : {};
  if (retrySeconds !== undefined) {
    response.setHeader('retry-after', String(retrySeconds));
  }
  sendFailure(response, code, (error as Error).message, field);
}
