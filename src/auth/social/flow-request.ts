import type { Request } from 'express';
import { z } from 'zod';
import { aboutField } from '../../errors/errors.ts';
import { Refusal } from '../../http/refusal.ts';
import { faultIn } from '../../http/schema-fault.ts';
import type { FlowRequest } from './social-sign-ins.ts';

const query = z.strictObject({
  redirect_to: z.string().optional(),
  sign_up_as: z.enum(['customer', 'vendor']).optional(),
  purpose: z.enum(['sign_in', 'link']).default('sign_in'),
});

/**
 * Reads what the browser asks for from its query.
 *
 * @param redirects where people may be sent afterwards, letter for letter.
 * @throws Refusal OB020 or OB092.
 */
export function readFlowRequest(request: Request, redirects: readonly string[]): FlowRequest {
  const parsed = query.safeParse(request.query);
  if (!parsed.success) {
    const { field, words } = faultIn(parsed.error, request.query);
    throw new Refusal('OB020', aboutField(field, words), { field });
  }
  const { redirect_to: redirectTo, sign_up_as: signUpAs, purpose } = parsed.data;
  if (redirectTo !== undefined && !redirects.includes(redirectTo)) {
    throw new Refusal('OB092');
  }
  return { redirectTo: redirectTo ?? null, signUpAs: signUpAs ?? null, purpose };
}
