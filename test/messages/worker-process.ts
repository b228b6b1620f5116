import { makeLogger } from '../../src/lib/logger.ts';
import { makeTwilio } from '../../src/work/channels/twilio.ts';
import { makeRefused } from '../../src/work/channels/unconfigured.ts';
import { startDeliveries } from '../../src/work/deliveries.ts';
import { allBy } from '../helpers/channels.ts';

/** A worker in a process of its own, to be killed: database, gateway, and lease in milliseconds. */
const [connectionString = '', url = '', leaseMs = ''] = process.argv.slice(2);
startDeliveries({
  connectionString,
  logger: makeLogger('silent'),
  channels: {
    ...allBy(makeRefused('this test', 'do not')),
    sms: makeTwilio({ gateway: 'twilio', url, accountSid: 'AC1', authToken: 'a', sender: '+1' }),
  },
  intervalMs: 20,
  leaseMs: Number(leaseMs),
});
