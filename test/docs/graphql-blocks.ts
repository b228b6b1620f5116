import { Kind, type OperationDefinitionNode, parse } from 'graphql';
import { isPersonaName, personas } from '../../src/demo/personas.ts';
import { type Answer, codeIn, type TestApi, tokenFor } from '../api/support.ts';
import { connect, type Followed, type Follower, until } from '../realtime/support.ts';
import type { Block } from './pages.ts';

/** Runs the GraphQL of one page from its first block to its last: what one block keeps the next may use. */
export class PageRunner {
  readonly #api: TestApi;
  /** Variables by name, as `keep` has taken them from answers. */
  readonly kept: Record<string, unknown> = {};
  readonly #followed: { readonly place: string; readonly subscription: Followed }[] = [];
  readonly #followers: Follower[] = [];

  constructor(api: TestApi) {
    this.#api = api;
  }

  async run({ page, line, code, words }: Block): Promise<void> {
    const place = `${page}:${line}`;
    const persona = String(words.as);
    const token = await tokenOf(persona);
    for (const operation of operationsIn(code)) {
      const variables = this.#variablesOf(place, operation);
      if (operation.operation === 'subscription') {
        await this.#follow(place, token, code, variables);
        continue;
      }
      const answer = await this.#send(token, code, operation, variables);
      if (words.fails !== undefined) {
        expect({ place, code: codeIn(answer) }).toEqual({ place, code: words.fails });
        continue;
      }
      expect({ place, errors: answer.errors ?? [] }).toEqual({ place, errors: [] });
      this.#keep(place, String(words.keep ?? ''), answer.data);
    }
  }

  /** That every subscription of the page has been told something by what came after it. */
  async finish(): Promise<void> {
    for (const { place, subscription } of this.#followed) {
      await until(() => subscription.messages.length > 0, 5_000).catch(() => {
        throw new Error(`${place}: Nothing that follows on this page makes an event for it.`);
      });
      expect({ place, errors: subscription.messages[0]?.errors ?? [] }).toEqual({
        place,
        errors: [],
      });
    }
    for (const follower of this.#followers) {
      follower.dispose();
    }
  }

  async #follow(
    place: string,
    token: string | undefined,
    query: string,
    variables: Record<string, unknown>,
  ): Promise<void> {
    const follower = connect(this.#api, token === undefined ? {} : { token });
    const subscription = follower.follow(query, variables);
    this.#followers.push(follower);
    this.#followed.push({ place, subscription });
    const isRefused = await Promise.race([
      subscription.ended,
      new Promise((resolve) => setTimeout(resolve, 300, null)),
    ]);
    expect({ place, ended: isRefused }).toEqual({ place, ended: null });
  }

  async #send(
    token: string | undefined,
    query: string,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): Promise<Answer> {
    const response = await fetch(`${this.#api.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query, variables, operationName: operation.name?.value }),
    });
    return (await response.json()) as Answer;
  }

  #variablesOf(place: string, operation: OperationDefinitionNode): Record<string, unknown> {
    const names = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
    return Object.fromEntries(
      names.map((name) => {
        if (!(name in this.kept)) {
          throw new Error(`${place}: No block before it keeps "${name}".`);
        }
        return [name, this.kept[name]];
      }),
    );
  }

  /** `holdId=holdSlot.result.id,…`: names, and where in the answer their values are. */
  #keep(place: string, keep: string, data: unknown): void {
    for (const pair of keep.split(',').filter((part) => part !== '')) {
      const [name = '', route = ''] = pair.split('=');
      const value = route
        .split('.')
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | null)?.[key], data);
      if (value === undefined || value === null) {
        throw new Error(`${place}: The answer has no ${route}: ${JSON.stringify(data)}`);
      }
      this.kept[name] = value;
    }
  }
}

async function tokenOf(persona: string): Promise<string | undefined> {
  if (persona === 'anonymous') {
    return undefined;
  }
  if (!isPersonaName(persona)) {
    throw new Error(`"${persona}" is no persona of the demo data.`);
  }
  return tokenFor(personas[persona].id);
}

function operationsIn(code: string): OperationDefinitionNode[] {
  return parse(code).definitions.filter(
    (definition): definition is OperationDefinitionNode =>
      definition.kind === Kind.OPERATION_DEFINITION,
  );
}
