import { makeLogger } from '../../src/lib/logger.ts';
import { makeTwilio } from '../../src/work/channels/twilio.ts';
import { makeRefused } from '../../src/work/channels/unconfigured.ts';
import { startDeliveries } from '../../src/work/deliveries.ts';

/** A worker in a process of its own, to be killed: database, gateway, and lease in milliseconds. */
const [connectionString = '', url = '', leaseMs = ''] = process.argv.slice(2);
const none = makeRefused('this test', 'do not');
startDeliveries({
  connectionString,
  logger: makeLogger('silent'),
  channels: {
    email: none,
    webPush: none,
    expo: none,
    sms: makeTwilio({ gateway: 'twilio', url, accountSid: 'AC1', authToken: 'a', sender: '+1' }),
  },
  intervalMs: 20,
  leaseMs: Number(leaseMs),
});
