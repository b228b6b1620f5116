import type { DataDirectory } from '../database/embedded/data-directory.ts';

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
    /** The HS256 secret. At least one of it and `jwksUrl` is there. */
    readonly secret?: string;
    readonly jwksUrl?: string;
    /** Our own first, then the external one. */
    readonly issuers: readonly [string, ...string[]];
    readonly audience: string;
    /** Whether `ombaro token` may sign for the personas of the demo data. */
    readonly demo: boolean;
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
  /** Whether a database without it gets demo data. */
  readonly demo: boolean;
};

export type DatabaseConfig = {
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  readonly shadowUrl: string | null;
  /** An administrator's connection; `null` where there is none. */
  readonly rootUrl: string | null;
  /** `null`: the database is somebody else's server. */
  readonly embedded: { readonly data: DataDirectory; readonly port: number } | null;
};
