import { createHmac, createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeVerifyToken } from '../../../src/auth/verify-token.ts';
import { isSignatureGood, type KeySetServer, rulesWith, silent, startKeySet } from './support.ts';

/** {"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true} */
const claims =
  'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

/** RFC 7515, A.1: HS256. The same is in RFC 7519, 3.1. */
const a1 = {
  secret: Buffer.from(
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'base64url',
  ),
  token: `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${claims}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`,
};

type Example = {
  key: JsonWebKey;
  hash: 'sha256' | 'sha512';
  token: string;
};

/** RFC 7515, A.2: RS256. */
const a2: Example = {
  key: {
    kty: 'RSA',
    n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
    e: 'AQAB',
  },
  hash: 'sha256',
  token: `eyJhbGciOiJSUzI1NiJ9.${claims}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
};

/** RFC 7515, A.3: ES256. */
const a3: Example = {
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
  hash: 'sha256',
  token: `eyJhbGciOiJFUzI1NiJ9.${claims}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
};

/** RFC 7515, A.4: ES512, over "Payload". */
const a4: Example = {
  key: {
    kty: 'EC',
    crv: 'P-521',
    x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
    y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
  },
  hash: 'sha512',
  token:
    'eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
};

/** RFC 7515, A.5, and RFC 7519, 6.1: not secured. */
const a5 = `eyJhbGciOiJub25lIn0.${claims}.`;

const signatureIn = (token: string) => token.split('.')[2] ?? '';

/** RFC 7515, A.6: general JSON serialisation, with the signatures of A.2 and A.3. */
const a6 = {
  payload: claims,
  signatures: [
    {
      protected: 'eyJhbGciOiJSUzI1NiJ9',
      header: { kid: '2010-12-29' },
      signature: signatureIn(a2.token),
    },
    {
      protected: 'eyJhbGciOiJFUzI1NiJ9',
      header: { kid: 'e9bc097a-ce51-4036-9562-d2ade882db0d' },
      signature: signatureIn(a3.token),
    },
  ],
};

/** RFC 7515, A.7: flattened JSON serialisation. */
const a7 = { payload: claims, ...a6.signatures[1] };

/** RFC 7519, A.1: encrypted. */
const encrypted =
  'eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.QR1Owv2ug2WyPBnbQrRARTeEk9kDO2w8qDcjiHnSJflSdv1iNqhWXaKH4MqAkQtMoNfABIPJaZm0HaA415sv3aeuBWnD8J-Ui7Ah6cWafs3ZwwFKDFUUsWHSK-IPKxLGTkND09XyjORj_CHAgOPJ-Sd8ONQRnJvWn_hXV1BNMHzUjPyYwEsRhDhzjAD26imasOTsgruobpYGoQcXUwFDn7moXPRfDE8-NoQX7N7ZYMmpUDkR-Cx9obNGwJQ3nM52YCitxoQVPzjbl7WBuB7AohdBoZOdZ24WlN1lVIeh8v1K4krB8xgKvRU8kgFrEn_a1rZgN5TiysnmzTROF869lQ.AxY8DCtDaGlsbGljb3RoZQ.MKOle7UQrG6nSxTLX6Mqwt0orbHvAKeWnDYvpIAeZ72deHxz3roJDXQyhxx0wKaMHDjUEOKIwrtkHthpqEanSBNYHZgmNOV7sln1Eu9g3J8.fiK51VwhsxJ-siBMR-YFiA';

/** RFC 7519, A.2: signed as in A.2 of RFC 7515, then encrypted. */
const nested =
  'eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiY3R5IjoiSldUIn0.g_hEwksO1Ax8Qn7HoN-BVeBoa8FXe0kpyk_XdcSmxvcM5_P296JXXtoHISr_DD_MqewaQSH4dZOQHoUgKLeFly-9RI11TG-_Ge1bZFazBPwKC5lJ6OLANLMd0QSL4fYEb9ERe-epKYE3xb2jfY1AltHqBO-PM6j23Guj2yDKnFv6WO72tteVzm_2n17SBFvhDuR9a2nHTE67pe0XGBUS_TK7ecA-iVq5COeVdJR4U4VZGGlxRGPLRHvolVLEHx6DYyLpw30Ay9R6d68YCLi9FYTq3hIXPK_-dmPlOUlKvPr1GgJzRoeC9G5qCvdcHWsqJGTO_z3Wfo5zsqwkxruxwA.UmVkbW9uZCBXQSA5ODA1Mg.VwHERHPvCNcHHpTjkoigx3_ExK0Qc71RMEParpatm0X_qpg-w8kozSjfNIPPXiTBBLXR65CIPkFqz4l1Ae9w_uowKiwyi9acgVztAi-pSL8GQSXnaamh9kX1mdh3M_TT-FZGQFQsFhu0Z72gJKGdfGE-OE7hS1zuBD5oEUfk0Dmb0VzWEzpxxiSSBbBAzP10l56pPfAtrjEYw-7ygeMkwBl6Z_mLS6w6xUgKlvW6ULmkV-uLC4FUiyKECK4e3WZYKw1bpgIqGYsw2v_grHjszJZ-_I5uM-9RA8ycX9KqPRp9gc6pXmoU_-27ATs9XCvrZXUtK2902AUzqpeEUJYjWWxSNsS-r1TJ1I-FMJ4XyAiGrfmo9hQPcNBYxPz3GQb28Y5CLSQfNgKSGt0A4isp1hBUXBHAndgtcslt7ZoQJaKe_nNJgNliWtWpJ_ebuOpEl8jdhehdccnRMIwAmU1n7SPkmhIl1HlSOpvcvDfhUN5wuqU955vOBvfkBOh5A11UzBuo2WlgZ6hYi9-e3w29bR0C2-pp3jbqxEDw3iWaf2dc5b-LnR0FEYXvI_tYk5rd_J9N0mg0tQ6RbpxNEMNoA9QWk5lgdPvbh9BaO195abQ.AVO9iT5AV4CzvDJCdhSFlQ';

describe('the examples of RFC 7515 and RFC 7519', () => {
  let keySet: KeySetServer;
  let isBelieved: (token: string) => Promise<boolean>;

  beforeAll(async () => {
    keySet = await startKeySet([a2.key, a3.key, a4.key]);
    const rules = rulesWith({ secret: a1.secret, jwksUrl: keySet.url, issuers: ['joe'] });
    const verifyToken = makeVerifyToken(rules, silent);
    isBelieved = (token) => isSignatureGood(verifyToken, token);
  });
  afterAll(async () => {
    await keySet?.close();
  });

  test('are copied without a mistake: node:crypto finds the signatures of A.1 to A.4 good', () => {
    const [header = '', payload = '', mac] = a1.token.split('.');
    expect(createHmac('sha256', a1.secret).update(`${header}.${payload}`).digest('base64url')).toBe(
      mac,
    );
    for (const { key, hash, token } of [a2, a3, a4]) {
      const signed = Buffer.from(token.slice(0, token.lastIndexOf('.')));
      const signature = Buffer.from(signatureIn(token), 'base64url');
      const publicKey = createPublicKey({ key, format: 'jwk' });
      expect(verify(hash, signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)).toBe(
        true,
      );
    }
  });

  test.each([
    ['RFC 7515 A.1 and RFC 7519 3.1, HS256', a1.token],
    ['RFC 7515 A.2, RS256', a2.token],
    ['RFC 7515 A.3, ES256', a3.token],
  ])('signature believed: %s; and not with another payload', async (_name, token) => {
    expect(await isBelieved(token)).toBe(true);
    expect(await isBelieved(token.replace(claims, `${claims.slice(0, -1)}R`))).toBe(false);
    expect(await isBelieved(token.replace(claims, 'e30'))).toBe(false);
  });

  test.each([
    ['RFC 7515 A.4, ES512, which is not allowed here', a4.token],
    ['RFC 7515 A.5 and RFC 7519 6.1, unsecured', a5],
    ['RFC 7515 A.6, general JSON serialisation', JSON.stringify(a6)],
    ['RFC 7515 A.7, flattened JSON serialisation', JSON.stringify(a7)],
    ['RFC 7519 A.1, encrypted', encrypted],
    ['RFC 7519 A.2, nested', nested],
  ])('refused: %s', async (_name, token) => {
    expect(await isBelieved(token)).toBe(false);
    expect(await isBelieved(a3.token)).toBe(true);
  });
});
