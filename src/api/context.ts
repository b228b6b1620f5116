import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import type { GrafastSubscriber } from 'postgraphile/grafast';
import type { ExecutionArgs } from 'postgraphile/graphql';
import { makeAuthorizedSubscriber } from '../realtime/authorized-subscriber.ts';
import type { PublishedEvent } from '../realtime/event.ts';
import type { EventRouter } from '../realtime/event-router.ts';
import { apiError } from './errors.ts';
import { identityOf } from './identity.ts';
import { isMutation } from './operations.ts';
import { type RequestSettings, settingsFor } from './transaction.ts';

type EventSubscriber = GrafastSubscriber<Record<string, PublishedEvent>>;

declare global {
  namespace Grafast {
    interface Context {
      bookingEvents: EventSubscriber;
      topicEvents: EventSubscriber;
    }
  }
}

export interface ContextOptions {
  router: EventRouter;
  withPgClient: WithPgClient;
  /** How long one statement may take, in milliseconds. */
  statementTimeout: number;
  /** Ends a websocket so that its client comes back. */
  interrupt: (socket: object, reason: unknown) => void;
  /** Is told of every use of a session. */
  onSession: (sessionId: string) => void;
}

/** Makes the function that gives an operation its context: who asks, and what they may listen to. */
export function makeContext(options: ContextOptions) {
  const { router, withPgClient, statementTimeout, interrupt, onSession } = options;
  const mayListen = async (settings: RequestSettings, topic: string): Promise<boolean> => {
    if (settings.claims === undefined) {
      throw apiError('OB001');
    }
    const text = 'select app_private.may_listen($1) as allowed';
    const { rows } = await withPgClient(settings, (client) =>
      client.query<{ allowed: boolean }>({ text, values: [topic], name: 'ombaro_may_listen' }),
    );
    return rows[0]?.allowed === true;
  };

  return (
    requestContext: Partial<Grafast.RequestContext>,
    args: Partial<ExecutionArgs>,
  ): Partial<Grafast.Context> => {
    const identity = identityOf(requestContext);
    if (identity.sessionId !== undefined) {
      onSession(identity.sessionId);
    }
    const reading = settingsFor(identity, 'read only', statementTimeout);
    const socket = requestContext.ws?.socket;
    const listening = {
      router,
      mayListen: (topic: string) => mayListen(reading, topic),
      interrupt: (reason: unknown) => socket && interrupt(socket, reason),
    };
    return {
      pgSettings: isMutation(args)
        ? settingsFor(identity, 'read write', statementTimeout)
        : reading,
      bookingEvents: makeAuthorizedSubscriber({ ...listening, refusal: 'OB003', asksAgain: false }),
      topicEvents: makeAuthorizedSubscriber({ ...listening, refusal: 'OB015', asksAgain: true }),
    };
  };
}
