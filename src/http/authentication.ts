import type { Express } from 'express';
import type { Logger } from 'pino';
import { codeOf } from '../api/errors.ts';
import { type Identify, rememberIdentity } from '../api/identity.ts';
import { sendFailure } from './failure.ts';

/** Decides who sends a GraphQL request before anything of it is read. */
export function installAuthentication(app: Express, identify: Identify, logger: Logger): void {
  app.use('/graphql', async (request, response, next) => {
    try {
      rememberIdentity(request, await identify(request.headers.authorization));
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) {
        logger.error({ err: error }, 'tokens cannot be verified');
      }
      sendFailure(response, code ?? 'OB099');
      return;
    }
    next();
  });
}
