/** The package has no types; these are of what the tests use. */
declare module '@20minutes/s3rver' {
  // biome-ignore lint/style/noDefaultExport: it has one
  export default class S3rver {
    constructor(options: {
      address: string;
      port: number;
      directory: string;
      silent: boolean;
      vhostBuckets: boolean;
      configureBuckets: readonly { name: string }[];
    });
    readonly httpServer: import('node:http').Server;
    run(): Promise<{ address: string; port: number }>;
    close(): Promise<void>;
  }
}
