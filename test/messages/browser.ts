import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { importJWK, jwtVerify } from 'jose';
import type { Received } from './providers.ts';

/** Of localhost, and of nothing else that is trusted. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBk4FdSUQQlE9Iv9Q
8cdTDfASemf9kspFAvLm22zQd8qhRANCAASIgODPmyTXzRkv4ge5Axsh9fxER+vs
V0fp7qWcFpYTLWd1GxfA7/E9lKz40jPeR01btwoqlJKcg3wWYt2izCqT
-----END PRIVATE KEY-----
`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBlTCCATugAwIBAgIUTBDV1UtVNe7poTga7l1AAM9aovkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTA0MTIwN1oYDzIxMjYxMTAx
MDQxMjA3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASIgODPmyTXzRkv4ge5Axsh9fxER+vsV0fp7qWcFpYTLWd1GxfA7/E9
lKz40jPeR01btwoqlJKcg3wWYt2izCqTo2kwZzAdBgNVHQ4EFgQU3U2bvObf40yF
LROoRr/J6Uch0uowHwYDVR0jBBgwFoAU3U2bvObf40yFLROoRr/J6Uch0uowDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SAAwRQIhAJAj5PD4/z209xonwk6rABGnKTNS/WOnCEgX7o29kj2VAiA6uwdh3+IF
WQTNDYvrr7Ca5qfqTfqyrF/5NMR/WtEiWg==
-----END CERTIFICATE-----
`;

export const makeSecureServer = (listener: RequestListener) =>
  createServer({ key, cert }, listener);

/** A browser with a subscription, which reads what a push service hands it. */
export type Browser = {
  readonly p256dh: string;
  readonly auth: string;
  /** What was pushed (RFC 8188, RFC 8291). Throws when it was not encrypted for this browser. */
  read(request: Received): Record<string, unknown>;
};

export function makeBrowser(): Browser {
  const own = createECDH('prime256v1');
  const publicKey = own.generateKeys();
  const auth = randomBytes(16);
  return {
    p256dh: publicKey.toString('base64url'),
    auth: auth.toString('base64url'),
    read({ body, headers }) {
      expect(headers['content-encoding']).toBe('aes128gcm');
      const salt = body.subarray(0, 16);
      const length = body.readUInt8(20);
      const sender = body.subarray(21, 21 + length);
      const content = body.subarray(21 + length);
      const derive = (secret: Buffer, by: Buffer, info: Buffer | string, size: number) =>
        Buffer.from(hkdfSync('sha256', secret, by, info, size));
      const info = Buffer.concat([Buffer.from('WebPush: info\0'), publicKey, sender]);
      const secret = derive(own.computeSecret(sender), auth, info, 32);
      const contentKey = derive(secret, salt, 'Content-Encoding: aes128gcm\0', 16);
      const nonce = derive(secret, salt, 'Content-Encoding: nonce\0', 12);
      const decipher = createDecipheriv('aes-128-gcm', contentKey, nonce);
      decipher.setAuthTag(content.subarray(-16));
      const text = Buffer.concat([decipher.update(content.subarray(0, -16)), decipher.final()]);
      // One record, which ends with the byte 2.
      return JSON.parse(text.subarray(0, text.lastIndexOf(2)).toString('utf8'));
    },
  };
}

/** Who signed a push message, as the push service sees it (RFC 8292). */
export async function signerOf({ headers }: Received, vapidPublicKey: string) {
  const match = /^vapid t=([^,]+), ?k=(.+)$/.exec(headers.authorization ?? '');
  expect(match?.[2]).toBe(vapidPublicKey);
  const point = Buffer.from(vapidPublicKey, 'base64url');
  const x = point.subarray(1, 33).toString('base64url');
  const y = point.subarray(33).toString('base64url');
  const jwk = await importJWK({ kty: 'EC', crv: 'P-256', x, y }, 'ES256');
  const { payload } = await jwtVerify(match?.[1] ?? '', jwk);
  return payload;
}
