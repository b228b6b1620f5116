import type { CustomFetch } from 'openid-client';

/** A provider that cannot be reached, does not answer in time, or has an error of its own. */
export class ProviderUnavailable extends Error {}

/** `fetch` for openid-client, which cannot tell an outage from an answer that is wrong. */
export const fetchFromProvider: CustomFetch = async (url, options) => {
  const { origin, pathname } = new URL(url);
  let answer: Response;
  let body: ArrayBuffer;
  try {
    answer = await fetch(url, options as RequestInit);
    body = await answer.arrayBuffer();
  } catch (cause) {
    throw new ProviderUnavailable(`Nothing answers at ${origin}${pathname}`, { cause });
  }
  const { status, headers } = answer;
  if (status >= 500) {
    throw new ProviderUnavailable(`${origin}${pathname} answers with ${status}`);
  }
  return new Response(body.byteLength === 0 ? null : body, { status, headers });
};
