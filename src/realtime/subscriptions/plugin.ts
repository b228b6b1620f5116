import {
  coalesce,
  context,
  type FieldArgs,
  get,
  inhibitOnNull,
  lambda,
  list,
  listen,
  type ObjectStep,
  object,
  type Step,
} from 'postgraphile/grafast';
import { extendSchema } from 'postgraphile/utils';
import type { PublishedEvent } from '../event.ts';
import type { SubscriptionRequest } from '../subscriber.ts';
import { type PayloadRow, type SubscriptionField, subscriptionFields } from './fields.ts';
import { payloadTypeOf, typeDefsOf } from './type-defs.ts';

type EventStep = Step<PublishedEvent>;
type PayloadStep = ObjectStep<Record<string, Step>>;
type Build = GraphileBuild.Build;

/** The subscription fields of the table in `fields.ts`. */
export const SubscriptionFieldsPlugin = extendSchema((build) => ({
  typeDefs: subscriptionFields
    .map((field) =>
      typeDefsOf(field, (table) => build.inflection.tableType(resourceOf(build, table).codec)),
    )
    .join('\n'),
  objects: {
    Subscription: {
      plans: Object.fromEntries(
        subscriptionFields.map((field) => [
          field.name,
          {
            subscribePlan: (_$root: Step, args: FieldArgs) => follow(field, args),
            plan: ($event: EventStep) => payload(build, field, $event),
          },
        ]),
      ),
    },
    ...Object.fromEntries(
      subscriptionFields.map((field) => [
        payloadTypeOf(field),
        { plans: payloadPlans(build, field) },
      ]),
    ),
  },
}));

function resourceOf(build: Build, table: string) {
  const resource = build.pgResources[table];
  if (!resource) {
    throw new Error(`The table ${table} is not exposed, so its rows cannot be followed.`);
  }
  return resource;
}

function follow(field: SubscriptionField, args: FieldArgs) {
  const $argument = field.argument && args.getRaw(field.argument.name);
  const $request = lambda(
    list($argument ? [args.getRaw('after'), $argument] : [args.getRaw('after')]),
    ([after, argument]) => requestOf(field, after ?? null, argument ?? ''),
    true,
  );
  const $pubSub = lambda(context().get('subscriber'), (subscriber) => subscriber.pubSub, true);
  // Grafast's type wants a name here; what it passes on is what it gets.
  return listen($pubSub, $request as unknown as Step<string>);
}

function requestOf(
  field: SubscriptionField,
  after: string | null,
  argument: string,
): SubscriptionRequest {
  const { topics, rows, refusal } = field;
  return {
    topics: (subject) => topics({ subject, argument }),
    tables: rows.map(({ table }) => table),
    kinds: rows.flatMap(({ kinds }) => kinds),
    after,
    refusal,
  };
}

/**
 * The event and its rows. The whole payload is null when none of them can be seen (any more),
 * whatever fields were asked for.
 */
function payload(build: Build, { rows }: SubscriptionField, $event: EventStep): PayloadStep {
  const $rows = rows.map((row) => readRow(build, row, $event, rows.length > 1));
  const steps: Record<string, Step> = { event: $event };
  rows.forEach(({ name }, n) => {
    steps[name] = $rows[n] as Step;
  });
  if (rows.length > 0) {
    steps.visible = inhibitOnNull(coalesce($rows.map(($row) => $row.get('id'))));
  }
  return object(steps);
}

function readRow(
  build: Build,
  { table, kinds }: PayloadRow,
  $event: EventStep,
  isOneOfMany: boolean,
) {
  // Without an id there is no row, and no query for it.
  const $id = isOneOfMany
    ? lambda($event, ({ event, subjectId }) =>
        kinds.includes(event.slice(0, event.indexOf('.'))) ? subjectId : null,
      )
    : get($event, 'subjectId');
  return resourceOf(build, table).get({ id: $id });
}

function payloadPlans({ inflection }: Build, { rows }: SubscriptionField) {
  const fieldNames = (columns: readonly string[]) =>
    columns.map((column) => inflection.camelCase(column));
  const eventOf = ($payload: PayloadStep) => $payload.getStepForKey('event') as EventStep;
  return {
    event: ($payload: PayloadStep) => get(eventOf($payload), 'event'),
    eventId: ($payload: PayloadStep) => get(eventOf($payload), 'sequence'),
    time: ($payload: PayloadStep) => get(eventOf($payload), 'time'),
    changedFields: ($payload: PayloadStep) => lambda(get(eventOf($payload), 'changed'), fieldNames),
    ...(rows.length === 0
      ? { subjectId: ($payload: PayloadStep) => get(eventOf($payload), 'subjectId') }
      : {}),
    ...Object.fromEntries(
      rows.map(({ name }) => [name, ($payload: PayloadStep) => $payload.getStepForKey(name)]),
    ),
  };
}
