import type { Request } from 'express';
import type { ClientAddress } from '../http/client-address.ts';

/** What a request says of where it comes from, for the list of sessions. */
export type Origin = {
  /** As the app says, such as platform and model. */
  readonly device: Readonly<Record<string, string>> | null;
  /** Network address. */
  readonly address: string;
  readonly userAgent: string | null;
};

export function originOf(
  request: Request,
  clientAddress: ClientAddress,
  device: Origin['device'] = null,
): Origin {
  return { device, address: clientAddress(request), userAgent: request.get('user-agent') ?? null };
}
