import { sendNoCode } from '../../src/auth/send-code.ts';
import { makeLogger } from '../../src/lib/logger.ts';
import { startServer } from '../../src/server/server.ts';

/** An API in a process of its own, to be killed: database, folder of the files, secret of their addresses, port. */
const [apiUrl = '', directory = '', addressSecret = '', port = ''] = process.argv.slice(2);
await startServer({
  config: {
    http: {
      host: '127.0.0.1',
      port: Number(port),
      publicUrl: null,
      corsOrigins: [],
      trustProxy: false,
      graphiql: false,
    },
    tokens: { secret: 'x'.repeat(32), issuers: ['ombaro'], audience: 'authenticated', demo: false },
    limits: { statementTimeoutMs: 60_000, maxQueryDepth: 12, maxQueryRows: 20_000 },
    payments: { razorpay: null },
    signIn: { codeKey: null },
    social: { google: null, facebook: null, redirects: [] },
    files: { addressSecret, directory, s3: null },
    database: { apiUrl },
  },
  logger: makeLogger('silent'),
  checkMigrations: async () => undefined,
  sendCode: sendNoCode,
});
process.stdout.write('listening\n');
