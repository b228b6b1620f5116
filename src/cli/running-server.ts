import type { Config } from '../config/config.ts';

/** An answer on this machine comes within milliseconds; a program that accepts and says nothing holds us up for this. */
const timeoutMs = 1_000;

/** Where a server with these settings is reached from this machine. */
export function addressOf({ host, port }: Pick<Config['http'], 'host' | 'port'>): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** Whether an OMBARO server answers at `url`. */
export async function isServing(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(timeoutMs) });
    const { status } = (await response.json()) as { status?: unknown };
    return status === 'ok' && response.headers.has('x-request-id');
  } catch {
    return false;
  }
}

/** Whether a server answers at `url` that takes this token for one that it did not sign. */
export async function isRefusing(url: string, token: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: 'query CheckToken { __typename }' }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return response.status === 401 && (await response.text()).includes('"OB004"');
  } catch {
    return false;
  }
}
