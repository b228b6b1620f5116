import type { DataDirectory } from './data-directory.ts';
import type { PrivateKey } from './private-keys.ts';

/** Everything that can be set from outside, checked and complete. */
export type Config = {
  readonly isProduction: boolean;
  readonly logLevel: string;
  readonly http: {
    readonly host: string;
    /** 0 lets the system choose a free one. */
    readonly port: number;
    /** Without a slash at its end. `null`: wherever the API listens. */
    readonly publicUrl: string | null;
    readonly corsOrigins: readonly string[];
    /** As Express takes it. */
    readonly trustProxy: boolean | number | readonly string[];
    readonly graphiql: boolean;
  };
  readonly database: DatabaseConfig;
  readonly tokens: {
    /** For HS256. At least one of it, `privateKeys` and `jwksUrl` is there. */
    readonly secret?: string;
    /** For HS256; verifies and never signs. */
    readonly additionalSecret?: string;
    /** The first signs, all verify. They sign rather than the secret. */
    readonly privateKeys?: readonly [PrivateKey, ...PrivateKey[]];
    /** Where `privateKeys` come from: an absolute path. */
    readonly privateKeysFile?: string;
    /** Address of the last issuer's JSON Web Key Set. */
    readonly jwksUrl?: string;
    /** Our own first, then the external one. */
    readonly issuers: readonly [string, ...string[]];
    readonly audience: string;
    /** Whether `ombaro token` may sign for the personas of the demo data. */
    readonly demo: boolean;
  };
  readonly signIn: {
    /** Key of the hashes of one-time codes. `null` where nothing signs tokens, and so no user signs in. */
    readonly codeKey: string | null;
  };
  readonly limits: {
    readonly statementTimeoutMs: number;
    readonly maxQueryDepth: number;
    readonly maxQueryRows: number;
  };
  readonly payments: {
    /** `null`: no webhook of this gateway is taken in. */
    readonly razorpay: { readonly webhookSecret: string } | null;
  };
  readonly files: {
    /** Key of the signatures of files' addresses. `null` where there is no secret: no file is sent or read. */
    readonly addressSecret: string | null;
    /** Where files wait until they are looked at and, without `s3`, stay. An absolute path. */
    readonly directory: string;
    /** `null`: they stay in `directory`. */
    readonly s3: S3Config | null;
  };
  readonly social: {
    /** `null`: no user signs in with Google. */
    readonly google: SocialClient | null;
    /** `null`: no user signs in with Facebook. */
    readonly facebook: SocialClient | null;
    /** Where people may be sent after that, letter for letter. */
    readonly redirects: readonly string[];
  };
  readonly messages: {
    /** `null`: no e-mail is sent. */
    readonly email: { readonly smtpUrl: string; readonly from: string } | null;
    /** `null`: no text message is sent. */
    readonly sms: TwilioConfig | Msg91Config | null;
    /** VAPID keys, base64url. `null`: browsers get no push messages. */
    readonly webPush: {
      readonly publicKey: string;
      readonly privateKey: string;
      readonly subject: string;
    } | null;
    /** `null`: the mobile app gets no push messages. */
    readonly expo: { readonly url: string; readonly accessToken: string | null } | null;
  };
  readonly operations: {
    /** Where backups go: an absolute path. */
    readonly backupDirectory: string;
    /** Whether the scheduled maintenance makes backups: not where no folder is set. */
    readonly isBackupScheduled: boolean;
    /** Where old log rows go: an absolute path. `null`: they stay in the database. */
    readonly archiveDirectory: string | null;
  };
  /** Whether a database without it gets demo data. */
  readonly demo: boolean;
};

/** A bucket of Amazon S3, or of what speaks like it. */
export type S3Config = {
  /** Without a slash at its end; the bucket's name follows it. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
};

/** How a provider knows us. */
export type SocialClient = {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly issuer: string;
};

export type TwilioConfig = {
  readonly gateway: 'twilio';
  /** Without a slash at its end. */
  readonly url: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** A number, a name, or the id of a messaging service. */
  readonly sender: string;
};

export type Msg91Config = {
  readonly gateway: 'msg91';
  /** Without a slash at its end. */
  readonly url: string;
  readonly authKey: string;
  readonly sender: string;
  /** DLT number of the text in which one-time codes are sent. */
  readonly codeTemplateId: string;
};

export type DatabaseConfig = {
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  readonly shadowUrl: string | null;
  /** An administrator's connection; `null` where there is none. */
  readonly rootUrl: string | null;
  /** `null`: the database is on a server of your own. */
  readonly embedded: { readonly data: DataDirectory; readonly port: number } | null;
};
