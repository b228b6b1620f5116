import type { PoolClient } from 'pg';
import type { PgClient, PgClientQuery, PgClientResult } from 'postgraphile/@dataplan/pg';
import { rememberStatement } from './prepared-statements.ts';

/** A connection inside a request's transaction, as PostGraphile's executor wants one. */
export class RequestClient implements PgClient {
  readonly #client: PoolClient;
  readonly #entered: Promise<void>;
  #lastSavepoint: Promise<unknown> = Promise.resolve();

  constructor(client: PoolClient, entered: Promise<void>) {
    this.#client = client;
    this.#entered = entered;
  }

  /**
   * Sends at once and awaits the identity first: when that is refused, the statement behind it
   * only says that the transaction is aborted.
   */
  async query<TData>(query: PgClientQuery): Promise<PgClientResult<TData>> {
    const { text, values, name, arrayMode } = query;
    if (name !== undefined) {
      rememberStatement(this.#client, name);
    }
    const answer = this.#client.query({
      text,
      values: values ?? [],
      ...(name === undefined ? {} : { name }),
      ...(arrayMode ? { rowMode: 'array' as const } : {}),
    });
    answer.catch(() => undefined);
    await this.#entered;
    const { rows, rowCount } = await answer;
    return { rows: rows as readonly TData[], rowCount };
  }

  /** A savepoint: the request is one transaction already. Several run one after the other. */
  withTransaction<T>(callback: (client: this) => Promise<T>): Promise<T> {
    const run = this.#lastSavepoint.then(() => this.#inSavepoint(callback));
    this.#lastSavepoint = run.catch(() => undefined);
    return run;
  }

  async #inSavepoint<T>(callback: (client: this) => Promise<T>): Promise<T> {
    // A savepoint inside it hides the name until it is released, so that one name is enough; the
    // client of its own keeps an inner savepoint from waiting for the outer one.
    const inner = new RequestClient(this.#client, this.#entered) as this;
    await this.query({ text: 'savepoint request' });
    try {
      const result = await callback(inner);
      await this.query({ text: 'release savepoint request' });
      return result;
    } catch (error) {
      await this.query({ text: 'rollback to savepoint request' });
      await this.query({ text: 'release savepoint request' });
      throw error;
    }
  }
}
