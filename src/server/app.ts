import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Logger } from 'pino';
import type { GrafservBase } from 'postgraphile/grafserv';
import { installKeySet } from '../auth/key-set.ts';
import { installSignIn, installSignInLimit, type SignInOptions } from '../auth/routes.ts';
import { installSocialSignIn, type SocialSignInOptions } from '../auth/social/routes.ts';
import type { PublicJwk } from '../config/private-keys.ts';
import { type FileOptions, installFiles } from '../files/routes.ts';
import type { ClientAddress } from '../http/client-address.ts';
import { sendFailure } from '../http/failure.ts';
import { installCors, installSecurityHeaders } from '../http/headers.ts';
import type { CountRequest } from '../http/request-limit.ts';
import { installPaymentWebhooks, type PaymentWebhookOptions } from '../payments/webhooks.ts';
import type { Identify } from '../requests/identity.ts';
import { scopeOf } from '../requests/scope.ts';
import { installAuthentication } from './authentication.ts';
import { type CalendarOptions, installCalendar } from './calendar.ts';
import { installHealth, type ReadinessCheck } from './health.ts';
import { installMetrics, type Metrics } from './metrics.ts';
import { installRequestLog, installScopes } from './requests.ts';

/** The part of grafserv's Express adaptor that is used here. */
export type GraphqlServer = GrafservBase & {
  addTo(app: Express, server: null, addsWebsockets: false): Promise<void>;
};

export type AppOptions = {
  graphql: GraphqlServer;
  identify: Identify;
  /** What our tokens are verified with; none when they are signed with a secret. */
  publicKeys: readonly PublicJwk[];
  clientAddress: ClientAddress;
  countRequest: CountRequest;
  logger: Logger;
  metrics: Metrics;
  corsOrigins: readonly string[];
  /** Express's `trust proxy`: whose `X-Forwarded-For` counts. */
  trustProxy: boolean | number | readonly string[];
  readiness: Readonly<Record<string, ReadinessCheck>>;
  files: Omit<FileOptions, 'countRequest'>;
  webhooks: PaymentWebhookOptions;
  signIn: Omit<SignInOptions, 'identify'>;
  social: SocialSignInOptions;
  calendar: Pick<CalendarOptions, 'call'>;
};

/** The Express app, top to bottom in the order in which a request passes. */
export async function makeApp(options: AppOptions): Promise<Express> {
  const { graphql, identify, clientAddress, countRequest, logger, metrics } = options;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', options.trustProxy);
  installScopes(app, { clientAddress, logger });
  installRequestLog(app);
  installMetrics(app, metrics);
  installSecurityHeaders(app);
  installCors(app, options.corsOrigins);
  installHealth(app, options.readiness);
  installKeySet(app, options.publicKeys);
  installPaymentWebhooks(app, options.webhooks);
  installFiles(app, { ...options.files, countRequest });
  const signIn = { ...options.signIn, identify };
  installSignInLimit(app, signIn);
  installSignIn(app, signIn);
  installSocialSignIn(app, options.social);
  installCalendar(app, { ...options.calendar, countRequest });
  installAuthentication(app, { identify, countRequest });
  await graphql.addTo(app, null, false);
  installNotFound(app);
  installFailure(app);
  return app;
}

function installNotFound(app: Express): void {
  app.use((_request, response) => {
    sendFailure(response, 'OB003', 'This page was not found. Check the address.');
  });
}

function installFailure(app: Express): void {
  const onError: ErrorRequestHandler = (error, request, response, next) => {
    scopeOf(request).logger.error({ err: error }, 'request failed');
    if (response.headersSent) {
      next(error);
      return;
    }
    sendFailure(response, 'OB099');
  };
  app.use(onError);
}
