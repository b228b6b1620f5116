import type { Logger } from 'pino';
import type { PublishedEvent } from '../realtime/event.ts';
import { EventRouter } from '../realtime/event-router.ts';
import { createWithPgClient } from '../requests/adaptor.ts';
import type { ApiPool } from '../requests/pool.ts';
import type { RequestScope } from '../requests/scope.ts';
import { settingsFor } from '../requests/transaction.ts';

/** Whether a connected user may stay, for connections that outlive a request. */
export type AccessWatch = {
  /** Throws what the database says (OB006, OB007) when it does not let the person in any more. */
  admit(scope: RequestScope): Promise<void>;
  /** Gives something each time that a person's account or one of their sessions changes. */
  changesOf(subject: string): AsyncIterableIterator<PublishedEvent, undefined>;
  deliver(event: PublishedEvent): void;
};

export type AccessWatchOptions = {
  connections: ApiPool;
  statementTimeoutMs: number;
  logger: Logger;
};

/** What the triggers of user_profiles and user_sessions record. */
const isAboutAccess = /^(account|session)\./;

export function makeAccessWatch(options: AccessWatchOptions): AccessWatch {
  const { connections, statementTimeoutMs, logger } = options;
  const router = new EventRouter();
  const withPgClient = createWithPgClient({
    pool: connections,
    onError: (error, { requestId }) =>
      logger.error({ err: error, requestId }, 'database connection failed'),
  });
  return {
    async admit(scope) {
      const settings = settingsFor(scope, 'read only', statementTimeoutMs);
      await withPgClient(settings, (client) => client.query({ text: 'select' }));
    },
    changesOf: (subject) => router.subscribe([`user:${subject.toLowerCase()}`]),
    deliver(event) {
      if (isAboutAccess.test(event.event)) {
        router.deliver(event);
      }
    },
  };
}
