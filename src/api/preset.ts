import { fileURLToPath } from 'node:url';
import { PgAggregatesPreset } from '@graphile/pg-aggregates';
import { PgSimplifyInflectionPreset } from '@graphile/simplify-inflection';
import type { Logger } from 'pino';
import { makePgService } from 'postgraphile/adaptors/pg';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { pgSmartTagsFromFile } from 'postgraphile/utils';
import { PostGraphileConnectionFilterPreset } from 'postgraphile-plugin-connection-filter';
import type { FileAddresses } from '../files/addresses.ts';
import type { EventRouter } from '../realtime/event-router.ts';
import type { ReadMissed } from '../realtime/replay.ts';
import { SubscriptionFieldsPlugin } from '../realtime/subscriptions/plugin.ts';
import { createWithPgClient } from '../requests/adaptor.ts';
import type { ApiPool } from '../requests/pool.ts';
import type { RequestScope } from '../requests/scope.ts';
import type { RequestSettings } from '../requests/transaction.ts';
import type { ActivityQueue } from './activity/activity-queue.ts';
import { RecordActivityPlugin } from './activity/record-activity.ts';
import { AnswersPlugin } from './answers.ts';
import { ArgumentEnumsPlugin } from './argument-enums.ts';
import { BehaviorAnswersPlugin } from './behavior-answers.ts';
import { CalendarFieldPlugin } from './calendar-field.ts';
import { makeContext } from './context.ts';
import { DescriptionsPlugin } from './descriptions.ts';
import { FileAddressesPlugin, FileReferencesPlugin } from './file-fields.ts';
import { FiltersPlugin } from './filters.ts';
import { HiddenTypesPlugin } from './hidden-types.ts';
import { MutationsPlugin } from './mutations.ts';
import { NamingPlugin } from './naming.ts';
import { NumbersPlugin } from './numbers.ts';
import { makeOperationsPlugin, type OperationsOptions } from './operations.ts';
import { PageSizePlugin } from './page-size.ts';
import { ScalarsPlugin } from './scalars.ts';
import { SimpleAggregatesPlugin } from './simple-aggregates.ts';
import { SortOrdersPlugin } from './sort-orders.ts';
import { TimesOfDayPlugin } from './times-of-day.ts';

/** The schemas that GraphQL is made from; `enums` appears as enum types only. */
export const exposedSchemas = ['public', 'enums'];

const tagsFile = fileURLToPath(new URL('./postgraphile.tags.json5', import.meta.url));

export type PresetOptions = OperationsOptions & {
  pool: ApiPool;
  logger: Logger;
  router: EventRouter;
  /** Reads the events that a subscriber has missed. */
  readMissed: ReadMissed;
  /** Signs addresses of files; null where nothing can. */
  fileAddresses: FileAddresses | null;
  /** How long one statement may take, in milliseconds. */
  statementTimeoutMs: number;
  /** The longest request body, in bytes. */
  maxBodyLength: number;
  /** Whether `GET /` serves Ruru. */
  ruru: boolean;
  /** Ends a websocket: its client comes back, unless the reason is that it may not. */
  interrupt: (socket: object, reason: unknown, scope: RequestScope) => void;
  /** Is told of every use of a session. */
  onSession: (sessionId: string) => void;
  /** Where reported activities wait to be written. */
  activities: ActivityQueue;
};

/** What the plugins offer beyond what is cheap to answer or needed; each with its reason. */
const disabledPlugins = [
  // `filter` says the same and more.
  'PgConditionArgumentPlugin',
  'PgConditionCustomFieldsPlugin',
  // For Relay 1.
  'QueryQueryPlugin',
  // `node(nodeId:)` is enough.
  'NodeAccessorPlugin',
  // Filters through relations and functions become sub-queries that no index serves.
  'PgConnectionArgFilterBackwardRelationsPlugin',
  'PgConnectionArgFilterForwardRelationsPlugin',
  'PgConnectionArgFilterComputedAttributesPlugin',
  'PgConnectionArgFilterRecordFunctionsPlugin',
  'PgConnectionArgFilterCompositeTypeAttributesPlugin',
  // Grouping, and ordering or filtering by aggregates of relations, read whole tables.
  'PgAggregatesAddGroupByAggregateEnumsPlugin',
  'PgAggregatesAddGroupByAggregateEnumValuesForAttributesPlugin',
  'PgAggregatesAddHavingAggregateTypesPlugin',
  'PgAggregatesAddConnectionGroupedAggregatesPlugin',
  'PgAggregatesOrderByAggregatesPlugin',
  'PgAggregatesFilterRelationalAggregatesPlugin',
];

/**
 * What an index can answer. Patterns (`startsWith`, `includes…`) are none of it: under a policy they
 * would be tried on every row. `searchVendors`, `searchServices` and `suggest` look for words.
 */
const filterOperators = [
  'isNull',
  'equalTo',
  'notEqualTo',
  'in',
  'notIn',
  'lessThan',
  'lessThanOrEqualTo',
  'greaterThan',
  'greaterThanOrEqualTo',
];

/** Everything that makes the API of the database: the server and the tests use the same. */
export function makePreset(options: PresetOptions): GraphileConfig.Preset {
  const { pool, logger } = options;
  const onError = (error: unknown, { requestId }: RequestSettings) =>
    logger.error({ err: error, requestId }, 'database connection failed');
  const withPgClient = createWithPgClient({ pool, onError });
  const service = makePgService({
    pool: pool.pool,
    schemas: exposedSchemas,
    // Live updates come through `context.subscriber`, which asks for the right to them.
    pubsub: false,
  });
  return {
    extends: [
      PostGraphileAmberPreset,
      PgSimplifyInflectionPreset,
      PostGraphileConnectionFilterPreset,
      PgAggregatesPreset,
    ],
    plugins: [
      NamingPlugin,
      BehaviorAnswersPlugin,
      CalendarFieldPlugin,
      DescriptionsPlugin,
      NumbersPlugin,
      ArgumentEnumsPlugin,
      FiltersPlugin,
      HiddenTypesPlugin,
      MutationsPlugin,
      PageSizePlugin,
      ScalarsPlugin,
      TimesOfDayPlugin,
      SimpleAggregatesPlugin,
      SortOrdersPlugin,
      SubscriptionFieldsPlugin,
      RecordActivityPlugin,
      FileAddressesPlugin,
      FileReferencesPlugin,
      pgSmartTagsFromFile(tagsFile),
      makeOperationsPlugin(options),
      AnswersPlugin,
    ],
    disablePlugins: disabledPlugins,
    pgServices: [
      {
        ...service,
        adaptor: { ...service.adaptor, createWithPgClient: () => withPgClient as never },
      },
    ],
    schema: {
      // One way to change a row: by its primary key. Connections are read forwards. Aggregates are
      // there where the tags file asks for them: where amounts mean something.
      defaultBehavior:
        '-nodeId:resource:update -nodeId:resource:delete -resource:connection:backwards -resource:aggregates',
      connectionFilterAllowedOperators: filterOperators,
      connectionFilterArrays: false,
      // Null and `{}` are as if not said.
      connectionFilterAllowNullInput: true,
      connectionFilterAllowEmptyObjectInput: true,
    },
    grafast: {
      context: makeContext({ ...options, withPgClient }),
      explain: false,
    },
    grafserv: {
      graphqlPath: '/graphql',
      graphqlOverGET: true,
      graphiql: options.ruru,
      graphiqlOnGraphQLGET: false,
      websockets: true,
      maxRequestLength: options.maxBodyLength,
      // Of what fails before an operation is run; everything else comes masked.
      maskError: (error) => options.maskError(error, logger),
    },
  };
}
