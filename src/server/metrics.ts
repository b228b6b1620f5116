import type { Express } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { addOperationMetrics, type ReadOperationFigures } from './operation-metrics.ts';

const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is read at the moment that someone asks for the metrics. */
export type Gauges = {
  poolConnections: () => { idle: number; used: number; waiting: number };
  sockets: () => number;
  subscriptions: () => number;
  /** Seconds that the oldest event waits to be published. */
  relayLag: () => Promise<number>;
  deliveries: () => Promise<DeliveryFigures>;
  webhooks: () => Promise<WebhookFigures>;
  operation: ReadOperationFigures;
};

/** Of `app_private.delivery_figures`. */
export type DeliveryFigures = {
  waiting: number;
  failed: number;
  dead: number;
  sentLastHour: number;
  oldestSeconds: number;
};

/** Of `app_private.webhook_figures`. */
export type WebhookFigures = DeliveryFigures & {
  disabledEndpoints: number;
};

export type Metrics = {
  registry: Registry;
  onRequest: (request: { method: string; path: string; status: number; seconds: number }) => void;
  onOperation: (operation: { type: string; seconds: number; failed: boolean }) => void;
  onEvent: () => void;
  onReplay: (events: number) => void;
  onSlowReader: () => void;
};

/** Makes the Prometheus metrics of one server, in a registry of its own. */
export function makeMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of HTTP requests.',
    labelNames: ['method', 'path', 'status'],
    buckets,
    registers,
  });
  const operations = new Histogram({
    name: 'graphql_operation_duration_seconds',
    help: 'Duration of GraphQL operations.',
    labelNames: ['type'],
    buckets,
    registers,
  });
  const failures = new Counter({
    name: 'graphql_operation_failures_total',
    help: 'GraphQL operations that had errors.',
    labelNames: ['type'],
    registers,
  });
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const events = counter('events_received_total', 'Events that the relay has published.');
  const replayed = counter(
    'events_replayed_total',
    'Missed events that were read for subscribers.',
  );
  const slow = counter(
    'slow_readers_closed_total',
    'Clients sent away because they read too slowly.',
  );
  new Gauge({
    name: 'event_relay_lag_seconds',
    help: 'How long the oldest event waits to be published; NaN when the database does not say.',
    registers,
    async collect() {
      this.set(await gauges.relayLag().catch(() => Number.NaN));
    },
  });
  new Gauge({
    name: 'database_pool_connections',
    help: 'Connections of the API to the database, and requests that wait for one.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(gauges.poolConnections())) {
        this.set({ state }, count);
      }
    },
  });
  addGauge(registers, 'websocket_connections', 'Open websockets.', gauges.sockets);
  addGauge(registers, 'subscriptions', 'Running subscriptions.', gauges.subscriptions);
  addDeliveries(registers, 'notification_deliveries', 'notifications', gauges.deliveries);
  addWebhooks(registers, gauges.webhooks);
  addOperationMetrics(registers, gauges.operation);
  return {
    registry,
    onEvent: () => events.inc(),
    onReplay: (count) => replayed.inc(count),
    onSlowReader: () => slow.inc(),
    onRequest: ({ seconds, ...labels }) => requests.observe(labels, seconds),
    onOperation: ({ type, seconds, failed }) => {
      operations.observe({ type }, seconds);
      if (failed) {
        failures.inc({ type });
      }
    },
  };
}

function addGauge(registers: Registry[], name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}

function addWebhooks(registers: Registry[], read: Gauges['webhooks']): void {
  const readOnce = makeReadOnce(read);
  addDeliveries(registers, 'webhook_deliveries', 'webhooks', readOnce);
  addFigures(registers, readOnce, {
    name: 'webhook_endpoints_disabled',
    help: 'Endpoints that failed for days or are gone, and get no webhooks.',
    set: (gauge, { disabledEndpoints }) => gauge.set(disabledEndpoints),
  });
}

function addDeliveries(
  registers: Registry[],
  name: string,
  what: string,
  read: () => Promise<DeliveryFigures | null>,
): void {
  const readOnce = makeReadOnce(read);
  addFigures(registers, readOnce, {
    name: `${name}_oldest_seconds`,
    help: `Age of the oldest of the ${what} that wait.`,
    set: (gauge, { oldestSeconds }) => gauge.set(oldestSeconds),
  });
  addFigures(registers, readOnce, {
    name,
    help: `Of ${what}: those that wait, failed and will be tried again, are dead, or were sent in the last hour.`,
    labelNames: ['status'],
    set(gauge, figures) {
      gauge.set({ status: 'waiting' }, figures.waiting);
      gauge.set({ status: 'failed' }, figures.failed);
      gauge.set({ status: 'dead' }, figures.dead);
      gauge.set({ status: 'sent_last_hour' }, figures.sentLastHour);
    },
  });
}

type FiguresGauge<Figures> = {
  name: string;
  help: string;
  labelNames?: readonly string[];
  set: (gauge: Gauge, figures: Figures) => void;
};

/** Read from the database, where those of all workers are; left out while it does not answer. */
function addFigures<Figures>(
  registers: Registry[],
  read: () => Promise<Figures | null>,
  { name, help, labelNames = [], set }: FiguresGauge<Figures>,
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers,
    async collect() {
      const figures = await read();
      this.reset();
      if (figures !== null) {
        set(this, figures);
      }
    },
  });
}

/** Gauges are collected at the same time: those that ask while it is read get the same. Null when it cannot be read. */
function makeReadOnce<Figures>(read: () => Promise<Figures | null>): () => Promise<Figures | null> {
  let reading: Promise<Figures | null> | undefined;
  return () => {
    reading ??= read()
      .catch(() => null)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
}

const knownPaths = new Set([
  '/',
  '/graphql',
  '/healthz',
  '/readyz',
  '/metrics',
  '/webhooks/payments/razorpay',
]);

/** `/metrics`, and the measuring of requests. Unknown paths count as one, as their number is unlimited. */
export function installMetrics(app: Express, { registry, onRequest }: Metrics): void {
  app.use((request, response, next) => {
    const start = performance.now();
    const { method } = request;
    const path = knownPaths.has(request.path) ? request.path : 'other';
    response.once('close', () => {
      const seconds = (performance.now() - start) / 1000;
      onRequest({ method, path, status: response.statusCode, seconds });
    });
    next();
  });
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
}
