import type { Express } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is read at the moment that someone asks for the metrics. */
export interface Gauges {
  poolConnections: () => { idle: number; used: number; waiting: number };
  sockets: () => number;
  subscriptions: () => number;
  /** Seconds that the oldest event waits to be published. */
  relayLag: () => Promise<number>;
  deliveries: () => Promise<DeliveryFigures>;
}

/** Of `app_private.delivery_figures`. */
export interface DeliveryFigures {
  waiting: number;
  failed: number;
  dead: number;
  sentLastHour: number;
  oldestSeconds: number;
}

export interface Metrics {
  registry: Registry;
  onRequest: (request: { method: string; path: string; status: number; seconds: number }) => void;
  onOperation: (operation: { type: string; seconds: number; failed: boolean }) => void;
  onEvent: () => void;
  onReplay: (events: number) => void;
  onSlowReader: () => void;
}

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
  addDeliveries(registers, gauges.deliveries);
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

/** Read from the database, where all workers' deliveries are; left out while it does not answer. */
function addDeliveries(registers: Registry[], read: Gauges['deliveries']): void {
  // Both gauges are collected at the same time.
  let reading: Promise<DeliveryFigures | null> | undefined;
  const readOnce = (): Promise<DeliveryFigures | null> => {
    reading ??= read()
      .catch(() => null)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  new Gauge({
    name: 'notification_deliveries_oldest_seconds',
    help: 'Age of the oldest delivery that is not finished.',
    registers,
    async collect() {
      const figures = await readOnce();
      this.reset();
      if (figures !== null) {
        this.set(figures.oldestSeconds);
      }
    },
  });
  new Gauge({
    name: 'notification_deliveries',
    help: 'Deliveries that wait, failed and will be tried again, are dead, or were sent in the last hour.',
    labelNames: ['status'],
    registers,
    async collect() {
      const figures = await readOnce();
      this.reset();
      if (figures !== null) {
        this.set({ status: 'waiting' }, figures.waiting);
        this.set({ status: 'failed' }, figures.failed);
        this.set({ status: 'dead' }, figures.dead);
        this.set({ status: 'sent_last_hour' }, figures.sentLastHour);
      }
    },
  });
}

const knownPaths = new Set([
  '/',
  '/graphql',
  '/healthz',
  '/readyz',
  '/metrics',
  '/webhooks/payments/razorpay',
]);

/** `/metrics`, and the measuring of requests. Unknown paths count as one, as there is no end of them. */
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
