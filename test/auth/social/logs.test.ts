import { app, openSocialTest, type SocialTest } from './support.ts';

let social: SocialTest;

beforeAll(async () => {
  social = await openSocialTest();
});

afterAll(async () => {
  await social?.close();
});

it('no code, token, state, verifier or address is in a log line, whatever happens', async () => {
  const { api, provider, database } = social;
  const secrets = new Set<string>();
  const note = (...words: (string | null | undefined)[]) => {
    for (const word of words) {
      secrets.add(word ?? 'missing');
    }
  };
  const email = 'kept-quiet@example.com';
  const claims = { sub: 'kept quiet', email, email_verified: true };
  const approvals = [
    { claims },
    { claims: { ...claims, nonce: 'another nonce' } },
    { claims, sign: async () => `${email}.is.no-token` },
    { claims, sign: async () => email },
    { claims, sign: async () => `${Buffer.from(email).toString('base64url')}.e30.x` },
    { claims: { ...claims, email_verified: false, sub: 'kept quiet too' } },
    { answer: { status: 400, body: { error: 'invalid_grant', error_description: email } } },
    { answer: { status: 200, body: { access_token: 'an-access-token', note: email } } },
    { answer: { status: 403, body: { error: email } } },
  ];
  const codes: (string | null)[] = [];
  for (const query of [{}, { redirect_to: app }, { purpose: 'link' }]) {
    for (const approval of approvals) {
      const { address, cookie, state } = await social.begin(query);
      const { rows } = await database.owner.query(
        `select code_verifier as verifier, nonce from app_private.social_sign_ins
         where state_hash = sha256(convert_to($1, 'UTF8'))`,
        [state],
      );
      const back = provider.approve(address, approval);
      const ended = await social.comeBack(back, cookie);
      note(state, rows[0].verifier, rows[0].nonce, back.searchParams.get('code'));
      for (const name of ['refresh_token', 'link_proof']) {
        const token = ended.body?.[name] ?? ended.fragment.get(name);
        if (token !== null && token !== undefined) {
          note(token);
        }
      }
      codes.push(ended.code);
      await social.comeBack(back, null);
    }
  }
  note(
    email,
    'kept-quiet',
    'an-access-token',
    'access-',
    'another nonce',
    'a client secret of the tests',
  );
  // All of it did happen, and was logged.
  expect(new Set(codes)).toEqual(new Set([null, 'OB094', 'OB095', 'OB096']));
  const log = JSON.stringify(api.log);
  expect(log).toContain('/auth/google/callback');
  expect(log).toContain('a sign-in failed at its provider');
  expect(log).toContain('invalid_grant');
  expect(secrets.size).toBeGreaterThan(100);
  expect([...secrets].filter((secret) => log.includes(secret))).toEqual([]);
});
