import type { PoolClient } from 'pg';
import { makeSchema } from 'postgraphile';
import { grafast } from 'postgraphile/grafast';
import type { ExecutionResult, GraphQLSchema } from 'postgraphile/graphql';
import { ActivityQueue } from '../../src/api/activity/activity-queue.ts';
import { makePreset } from '../../src/api/preset.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { EventRouter } from '../../src/realtime/event-router.ts';
import { type ApiPool, makeApiPool } from '../../src/requests/pool.ts';
import type { RequestScope } from '../../src/requests/scope.ts';
import type { Claims } from '../helpers/database.ts';

/** One node of `explain (format json)`. */
export type PlanNode = {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Index Cond'?: string;
  'Plan Rows': number;
  Plans?: PlanNode[];
};

export type Explained = {
  result: ExecutionResult;
  /** The statements that the query became, in order, without those of the transaction. */
  statements: { text: string; plan: PlanNode; nodes: PlanNode[] }[];
};

export type Explainer = {
  readonly schema: GraphQLSchema;
  /** Runs a GraphQL query as a user, and gives the statements that it sent. */
  sendGraphql(
    query: string,
    claims: Claims,
    variables?: Record<string, unknown>,
  ): Promise<{ result: ExecutionResult; sent: readonly Sent[] }>;
  /** Runs a GraphQL query as a user, and explains each statement it sent under the same rights. */
  explainGraphql(
    query: string,
    claims: Claims,
    variables?: Record<string, unknown>,
  ): Promise<Explained>;
  close(): Promise<void>;
};

export type Sent = {
  text: string;
  values: unknown[];
};

/** Makes the API of a database without a server, so that what it sends can be seen. */
export async function makeExplainer(apiUrl: string): Promise<Explainer> {
  const logger = makeLogger('silent');
  const real = makeApiPool({ connectionString: apiUrl, max: 4, logger });
  const sent: Sent[] = [];
  const preset = makePreset({
    fileAddresses: null,
    pool: recording(real, sent),
    logger,
    router: new EventRouter(),
    readMissed: async () => ({ events: [], place: 0 }),
    limits: { maxDepth: 12, maxRows: 20_000 },
    statementTimeoutMs: 60_000,
    maxBodyLength: 0,
    ruru: false,
    maskError: (error) => error,
    onOperation: () => undefined,
    interrupt: () => undefined,
    onSession: () => undefined,
    activities: new ActivityQueue(),
  });
  const { schema, resolvedPreset } = await makeSchema(preset);
  const send: Explainer['sendGraphql'] = async (source, claims, variableValues) => {
    const json = claims === null ? undefined : JSON.stringify(claims);
    const scope: RequestScope = {
      origin: { requestId: 'explained', address: '127.0.0.1', userAgent: undefined },
      identity: { claims: json, subject: undefined, sessionId: undefined, expiresAt: undefined },
      logger,
    };
    sent.length = 0;
    const result = (await grafast({
      schema,
      source,
      resolvedPreset,
      requestContext: { node: { req: { scope }, res: {} } } as never,
      ...(variableValues && { variableValues }),
    })) as ExecutionResult;
    return { result, sent: [...sent] };
  };
  return {
    schema,
    sendGraphql: send,
    async explainGraphql(source, claims, variableValues) {
      const { result, sent } = await send(source, claims, variableValues);
      const json = claims === null ? undefined : JSON.stringify(claims);
      const client = await real.pool.connect();
      try {
        await client.query('begin read only');
        await client.query(
          `select set_config('role', app_private.enter_request($1::text::jsonb), true),
             set_config('request.jwt.claims', coalesce($1::text, ''), true)`,
          [json ?? null],
        );
        const statements = [];
        for (const { text, values } of sent.filter((each) =>
          /^\s*(select|with)\b/i.test(each.text),
        )) {
          const { rows } = await client.query(`explain (format json) ${text}`, values);
          const plan = rows[0]['QUERY PLAN'][0].Plan as PlanNode;
          statements.push({ text, plan, nodes: flatten(plan) });
        }
        return { result, statements };
      } finally {
        await client.query('rollback');
        client.release();
      }
    },
    close: () => real.pool.end(),
  };
}

function recording(pool: ApiPool, sent: Sent[]): ApiPool {
  return {
    ...pool,
    async connect() {
      const client = await pool.connect();
      return new Proxy(client, {
        get(target, property) {
          const value = Reflect.get(target, property);
          if (property === 'query') {
            return (query: string | { text: string; values?: unknown[]; name?: string }) => {
              if (typeof query === 'object' && !query.name?.startsWith('ombaro_enter_')) {
                sent.push({ text: query.text, values: query.values ?? [] });
              }
              return target.query(query as string);
            };
          }
          return typeof value === 'function' ? value.bind(target) : value;
        },
      }) as PoolClient;
    },
  };
}

export function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}
