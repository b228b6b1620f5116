import type { Config } from '../config/config.ts';
import type { PaymentGateway } from './gateway.ts';
import { makeRazorpay } from './razorpay.ts';

/** The gateways whose secret is known. */
export function makeGateways({ razorpay }: Config['payments']): readonly PaymentGateway[] {
  return razorpay === null ? [] : [makeRazorpay(razorpay.webhookSecret)];
}
