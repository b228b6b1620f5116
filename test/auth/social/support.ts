import { hashSecret } from '../../../src/lib/secrets.ts';
import { type ApiOptions, startApi, type TestApi } from '../../api/support.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { client, type FakeProvider, openFakeProvider } from './fake-provider.ts';

export const app = 'https://app.example.com/signed-in?tab=1';
export const mobileApp = 'com.ombaro.app://signed-in';

/** A browser on its way to a provider. */
export type Begun = {
  /** Where at the provider. */
  readonly address: URL;
  /** As the browser sends it. */
  readonly cookie: string;
  readonly state: string;
};

export type Ended = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the test's to know
  readonly body: any;
  /** The registered code, of the body or of the fragment. */
  readonly code: string | null;
  readonly location: URL | null;
  readonly fragment: URLSearchParams;
  readonly headers: Headers;
};

/** Signing in by fetch, in a browser that one keeps oneself. */
export type SocialApi = {
  readonly api: TestApi;
  readonly begin: (query?: Record<string, string>, provider?: string) => Promise<Begun>;
  /** Comes back from the provider; with no cookie when `cookie` is null. */
  readonly comeBack: (address: URL, cookie: string | null) => Promise<Ended>;
};

export function browse(api: TestApi): SocialApi {
  return {
    api,
    begin: async (query = {}, provider = 'google') => {
      const url = `${api.url}/auth/${provider}?${new URLSearchParams(query)}`;
      const response = await fetch(url, { redirect: 'manual' });
      const location = response.headers.get('location');
      if (location === null) {
        throw new Error(`The sign-in does not begin: ${await response.text()}`);
      }
      const address = new URL(location);
      const [cookie = ''] = (response.headers.get('set-cookie') ?? '').split(';');
      return { address, cookie, state: address.searchParams.get('state') ?? '' };
    },
    comeBack: async (address, cookie) =>
      read(
        await fetch(address, {
          redirect: 'manual',
          headers: { 'user-agent': 'Browser of the tests', ...(cookie === null ? {} : { cookie }) },
        }),
      ),
  };
}

export async function read(response: Response): Promise<Ended> {
  const text = await response.text();
  const body = text === '' ? null : JSON.parse(text);
  const location = URL.parse(response.headers.get('location') ?? '');
  const fragment = new URLSearchParams(location?.hash.slice(1));
  const code = body?.errors?.[0].extensions.code ?? fragment.get('error');
  return { status: response.status, body, code, location, fragment, headers: response.headers };
}

export type SocialTest = SocialApi & {
  readonly database: TestDatabase;
  readonly provider: FakeProvider;
  readonly start: (options?: ApiOptions) => Promise<SocialApi>;
  readonly close: () => Promise<void>;
};

/** The API with a provider that does as it is told, as Google and as Facebook. */
export async function openSocialTest(): Promise<SocialTest> {
  const database = await createTestDatabase();
  await allowMany(database);
  const provider = await openFakeProvider();
  const { issuer } = provider;
  const apis: TestApi[] = [];
  const start = async (options: ApiOptions = {}) => {
    const api = await startApi(database, {
      social: {
        google: { ...client, issuer },
        facebook: { ...client, issuer },
        redirects: [app, mobileApp],
      },
      ...options,
    });
    apis.push(api);
    return browse(api);
  };
  return {
    ...(await start()),
    database,
    provider,
    start,
    close: async () => {
      await Promise.all(apis.map((api) => api.close()));
      await provider.close();
      await database.drop();
    },
  };
}

/** More sign-ins from one address than a person makes. */
export async function allowMany({ owner }: TestDatabase): Promise<void> {
  await owner.query(
    `update system_settings set value = '100000'
     where key in ('limits.signin_requests_a_minute', 'limits.signin_codes_a_minute')`,
  );
}

/** How many rows there are of all that a sign-in can leave behind. */
export async function countRows({ owner }: TestDatabase): Promise<Record<string, number>> {
  const { rows } = await owner.query<Record<string, number>>(
    `select (select count(*)::integer from auth.users) as accounts,
      (select count(*)::integer from user_profiles) as profiles,
      (select count(*)::integer from customers) as customers,
      (select count(*)::integer from vendor_social_auth) as links,
      (select count(*)::integer from user_sessions) as sessions,
      (select count(*)::integer from app_private.refresh_tokens) as tokens,
      (select count(*)::integer from app_private.social_proofs) as proofs,
      (select count(*)::integer from app_private.social_sign_ins) as begun`,
  );
  return rows[0] ?? {};
}

/** Spends a refresh token as `POST /auth/refresh` does; gives the code of the refusal, or the person. */
export async function refresh(
  { owner }: TestDatabase,
  token: string,
): Promise<{ refusal: string | null; user_id: string | null }> {
  const { rows } = await owner.query(
    'select refusal, user_id from app_private.refresh_session($1, $2, null)',
    [hashSecret(token), hashSecret(`${token} and another`)],
  );
  return rows[0];
}

/** Makes an account with a profile, as another way of signing in has. */
export async function addPerson(
  { owner }: TestDatabase,
  email: string,
  { status = 'active' } = {},
): Promise<string> {
  const { rows } = await owner.query<{ id: string }>(
    'insert into auth.users (email) values ($1) returning id',
    [email],
  );
  const id = rows[0]?.id ?? '';
  await owner.query(
    `insert into user_profiles (id, name, email, status) values ($1, 'Asha', $2, $3)
     on conflict (id) do update set name = 'Asha', email = excluded.email, status = excluded.status`,
    [id, email, status],
  );
  return id;
}
