import nodemailer from 'nodemailer';
import type { Config } from '../../config/config.ts';
import { type Channel, DeliveryError, type Message } from './channel.ts';

type EmailConfig = NonNullable<Config['messages']['email']>;

/** What nodemailer adds to its errors. */
type MailError = Error & {
  code?: string;
  command?: string;
  responseCode?: number;
};

/**
 * Sends e-mail by SMTP, over connections that are kept. The Message-ID is the same at every attempt, so
 * that mailboxes which drop repeats can.
 *
 * @param timeoutMs for each step of the conversation.
 */
export function makeEmail({ smtpUrl, from }: EmailConfig, timeoutMs = 15_000): Channel {
  const transport = nodemailer.createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 10,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^@>\s]+)>?$/.exec(from)?.[1] ?? 'localhost';
  return {
    async send(message) {
      try {
        const { response, messageId } = await transport.sendMail({
          from,
          to: { name: '', address: message.address },
          subject: message.title,
          text: textOf(message),
          messageId: `<${message.deliveryId}@${domain}>`,
          // Out-of-office answers stay at home (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return { providerMessageId: (response || messageId).slice(0, 200), hasReceipt: false };
      } catch (cause) {
        throw mailFailure(cause as MailError);
      }
    },
    close: () => transport.close(),
  };
}

function textOf({ body, actionUrl }: Message): string {
  // A path is for the app; only a full address leads somewhere from a mailbox.
  return actionUrl !== null && /^https?:/.test(actionUrl)
    ? `${body}\n\n${actionUrl}\n`
    : `${body}\n`;
}

/** A mailbox that does not exist, or does not want this, will not another time. All else may. */
function mailFailure(cause: MailError): DeliveryError {
  const { responseCode = 0, command = '' } = cause;
  const isFinal = responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA');
  return new DeliveryError(isFinal ? 'dead' : 'failed', cause.message, { cause });
}
