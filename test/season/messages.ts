import { startMailServer, startProvider } from '../messages/providers.ts';

/** What reached people's telephones and mailboxes. */
export type Messages = {
  /** What `ombaro serve` is told to send by. */
  readonly environment: Readonly<Record<string, string>>;
  /** The texts sent to a number or address so far, oldest first. */
  readonly to: (contact: string) => readonly string[];
  readonly close: () => Promise<void>;
};

/** A local SMTP server, and a gateway for text messages in Twilio's shape. */
export async function startMessages(): Promise<Messages> {
  const mail = await startMailServer();
  const sms = await startProvider();
  sms.behave({ status: 201, body: { sid: 'SM00000000000000000000000000000000' } });
  return {
    environment: {
      SMTP_URL: mail.url,
      MAIL_FROM: 'OMBARO <no-reply@ombaro.example>',
      SMS_GATEWAY: 'twilio',
      SMS_GATEWAY_URL: sms.url,
      SMS_SENDER: 'OMBARO',
      TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000000',
      TWILIO_AUTH_TOKEN: 'a token of the season',
    },
    to: (contact) => [
      ...sms.received
        .map(({ body }) => new URLSearchParams(body.toString()))
        .filter((form) => form.get('To') === contact)
        .map((form) => form.get('Body') ?? ''),
      ...mail.mails.filter(({ to }) => to === contact).map(({ text }) => text),
    ],
    close: async () => {
      await mail.close();
      await sms.close();
    },
  };
}
