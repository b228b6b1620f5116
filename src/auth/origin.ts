import type { Request } from 'express';
import { scopeOf } from '../requests/scope.ts';

/** What a request says of where it comes from, for the list of sessions. */
export type Origin = {
  /** As the app says, such as platform and model. */
  readonly device: Readonly<Record<string, string>> | null;
  /** Network address. */
  readonly address: string;
  readonly userAgent: string | null;
};

export function originOf(request: Request, device: Origin['device'] = null): Origin {
  const { address } = scopeOf(request).origin;
  return { device, address, userAgent: request.get('user-agent') ?? null };
}
