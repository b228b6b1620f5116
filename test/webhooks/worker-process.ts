import { makeLogger } from '../../src/lib/logger.ts';
import { startRelay } from '../../src/realtime/relay.ts';
import { startWebhooks } from '../../src/work/webhooks/webhooks.ts';

/** A worker in a process of its own, to be killed: database, and lease in milliseconds. */
const [connectionString = '', leaseMs = ''] = process.argv.slice(2);
const logger = makeLogger('silent');
startRelay({ connectionString, logger });
startWebhooks({
  connectionString,
  logger,
  allowsLoopback: true,
  intervalMs: 20,
  leaseMs: Number(leaseMs),
});
