import { type ErrorCode, errorCodes, isErrorCode } from '../errors/error-codes.ts';

type Result = Awaited<ReturnType<NonNullable<GraphileConfig.GrafservMiddleware['processRequest']>>>;

type ErrorBody = {
  data?: unknown;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
};

/**
 * Gives every request that failed as a whole a registered code and the HTTP status of that code,
 * whatever media type the client prefers. grafserv answers 200 to clients of the old media type,
 * and refuses bodies, methods and media types itself, without codes.
 */
export const AnswersPlugin: GraphileConfig.Plugin = {
  name: 'OmbaroAnswersPlugin',
  version: '1.0.0',
  grafserv: {
    middleware: {
      async processRequest(next, { resolvedPreset, requestDigest }) {
        const result = await next();
        const { graphqlPath } = resolvedPreset.grafserv ?? {};
        return requestDigest.path === graphqlPath ? withCodes(result) : result;
      },
    },
  },
};

function withCodes(result: Result): Result {
  if (result?.type !== 'buffer' || !mayHaveFailed(result.statusCode, result.buffer)) {
    return result;
  }
  const body = JSON.parse(result.buffer.toString('utf8')) as ErrorBody;
  if (body.data !== undefined || body.errors === undefined) {
    return result;
  }
  const errors = body.errors.map(({ message, extensions, ...rest }) => {
    const code = isErrorCode(extensions?.code) ? extensions.code : codeOfStatus(result.statusCode);
    const { errorId, field } = extensions ?? {};
    const told = { code, ...(errorId ? { errorId } : {}), ...(field ? { field } : {}) };
    return { message, ...rest, extensions: told };
  });
  const code = errors[0]?.extensions.code ?? 'OB099';
  const statusCode = [200, 400, 500].includes(result.statusCode)
    ? errorCodes[code].status
    : result.statusCode;
  const buffer = Buffer.from(JSON.stringify({ ...body, errors }));
  return {
    ...result,
    statusCode,
    buffer,
    headers: { ...result.headers, 'content-length': String(buffer.length) },
  };
}

/** Without parsing what succeeded: a body without data begins with its errors. */
function mayHaveFailed(statusCode: number, buffer: Buffer): boolean {
  return statusCode >= 400 || buffer.subarray(0, 10).toString('latin1').startsWith('{"errors"');
}

function codeOfStatus(status: number): ErrorCode {
  const codes: Record<number, ErrorCode> = {
    413: 'OB014',
    405: 'OB016',
    406: 'OB016',
    415: 'OB016',
  };
  return codes[status] ?? (status < 500 ? 'OB010' : 'OB099');
}
