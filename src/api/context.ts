import type { WithPgClient } from 'postgraphile/@dataplan/pg';
import type { ExecutionArgs } from 'postgraphile/graphql';
import type { FileAddresses } from '../files/addresses.ts';
import type { EventRouter } from '../realtime/event-router.ts';
import { PeopleFollowing } from '../realtime/people-following.ts';
import type { ReadMissed } from '../realtime/replay.ts';
import { type Rights, Subscriber } from '../realtime/subscriber.ts';
import { identityOf, type RequestScope, scopeOfOperation } from '../requests/scope.ts';
import { type RequestSettings, settingsFor } from '../requests/transaction.ts';
import type { ActivityQueue, ReportedActivity } from './activity/activity-queue.ts';
import { isMutation } from './operations.ts';

declare global {
  namespace Grafast {
    // biome-ignore lint/style/useConsistentTypeDefinitions: it adds to the library's own.
    interface Context {
      /** Of the request that the operation came in, or of the one that opened its websocket. */
      scope: RequestScope;
      subscriber: Subscriber;
      /** Takes what the person reports of themselves; gives how many. */
      recordActivity: (reported: readonly ReportedActivity[]) => number;
      /** Signs addresses of files; null where nothing can. */
      fileAddresses: FileAddresses | null;
    }
  }
}

export type ContextOptions = {
  router: EventRouter;
  readMissed: ReadMissed;
  withPgClient: WithPgClient;
  /** How long one statement may take, in milliseconds. */
  statementTimeoutMs: number;
  /** Ends a websocket: its client comes back, unless the reason is that it may not. */
  interrupt: (socket: object, reason: unknown, scope: RequestScope) => void;
  /** Is told of every use of a session. */
  onSession: (sessionId: string) => void;
  activities: ActivityQueue;
  fileAddresses: FileAddresses | null;
};

/** A table of which the user may read nothing at all would fail at each event. */
const rightsStatement = {
  name: 'ombaro_may_listen',
  text: `select public.event_cursor() as cursor, array(
      select t from unnest($1::text[]) t where app_private.may_listen(t)
        and not exists (
          select from unnest($2::text[]) r
          where not has_table_privilege(format('public.%I', r), 'select')
        )
    ) as topics`,
};

/** Makes the function that gives an operation its context: the user, and what they may listen to. */
export function makeContext(options: ContextOptions) {
  const {
    router,
    readMissed,
    withPgClient,
    statementTimeoutMs,
    interrupt,
    onSession,
    activities,
    fileAddresses,
  } = options;
  const people = new PeopleFollowing();
  const askRights = async (
    settings: RequestSettings,
    topics: readonly string[],
    tables: readonly string[],
  ): Promise<Rights> => {
    const { rows } = await withPgClient(settings, (client) =>
      client.query<{ topics: string[]; cursor: string }>({
        ...rightsStatement,
        values: [topics, tables],
      }),
    );
    const [row] = rows;
    return { topics: row?.topics ?? [], cursor: Number(row?.cursor) };
  };

  return (
    requestContext: Partial<Grafast.RequestContext>,
    args: Partial<ExecutionArgs>,
  ): Partial<Grafast.Context> => {
    const scope = scopeOfOperation(requestContext);
    const identity = identityOf(scope);
    if (identity.sessionId !== undefined) {
      onSession(identity.sessionId);
    }
    const reading = settingsFor(scope, 'read only', statementTimeoutMs);
    const socket = requestContext.ws?.socket;
    const subscriber = new Subscriber({
      router,
      people,
      readMissed,
      askRights: (topics, tables) => askRights(reading, topics, tables),
      subject: identity.subject,
      socket,
      interrupt: (reason) => socket && interrupt(socket, reason, scope),
    });
    return {
      scope,
      pgSettings: isMutation(args) ? settingsFor(scope, 'read write', statementTimeoutMs) : reading,
      subscriber,
      recordActivity: (reported) => activities.add(identity.subject, reported),
      fileAddresses,
    };
  };
}
