import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  type ServerMetadata,
} from 'openid-client';
import type { Config, SocialClient } from '../../config/config.ts';
import { makeProvider, type SocialProvider } from './provider.ts';
import { fetchFromProvider } from './provider-fetch.ts';

/** How long a provider may take to answer, in seconds. */
const timeoutSeconds = 10;

/** Facebook's discovery document knows of no codes, and so of no token endpoint. */
const facebook: ServerMetadata = {
  issuer: 'https://www.facebook.com',
  authorization_endpoint: 'https://www.facebook.com/v23.0/dialog/oauth',
  token_endpoint: 'https://graph.facebook.com/v23.0/oauth/access_token',
  jwks_uri: 'https://www.facebook.com/.well-known/oauth/openid/jwks/',
  id_token_signing_alg_values_supported: ['RS256'],
};

/** The providers with which we are registered. */
export function makeProviders(config: Config['social']): readonly SocialProvider[] {
  const providers: SocialProvider[] = [];
  if (config.google !== null) {
    providers.push(discovered('google', config.google));
  }
  if (config.facebook !== null) {
    const isFacebook = config.facebook.issuer === facebook.issuer;
    providers.push(
      isFacebook ? makeFacebook(config.facebook) : discovered('facebook', config.facebook),
    );
  }
  return providers;
}

function makeFacebook({ clientId, clientSecret }: SocialClient): SocialProvider {
  const configuration = new Configuration(
    facebook,
    clientId,
    undefined,
    authenticateWith(clientSecret),
  );
  configuration.timeout = timeoutSeconds;
  configuration[customFetch] = fetchFromProvider;
  enableNonRepudiationChecks(configuration);
  return makeProvider({
    name: 'facebook',
    scope: 'openid email public_profile',
    configure: async () => configuration,
  });
}

function discovered(
  name: SocialProvider['name'],
  { issuer, clientId, clientSecret }: SocialClient,
): SocialProvider {
  const configure = () =>
    discovery(new URL(issuer), clientId, undefined, authenticateWith(clientSecret), {
      timeout: timeoutSeconds,
      [customFetch]: fetchFromProvider,
      // Without the first, signatures are not checked at all.
      execute: [
        enableNonRepudiationChecks,
        ...(issuer.startsWith('http:') ? [allowInsecureRequests] : []),
      ],
    });
  return makeProvider({
    name,
    scope: 'openid email profile',
    configure: onceUntilItFails(configure),
  });
}

/** At the first use, so that a provider's outage does not keep the server from starting. */
function onceUntilItFails<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

/** As the provider wants it; in the body where it does not say. */
function authenticateWith(clientSecret: string): ClientAuth {
  const inBody = ClientSecretPost(clientSecret);
  const inHeader = ClientSecretBasic(clientSecret);
  return (server, ...request) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_post'];
    return (methods.includes('client_secret_post') ? inBody : inHeader)(server, ...request);
  };
}
