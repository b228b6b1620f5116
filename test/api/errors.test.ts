import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { errorCodes, sqlStateMessages } from '../../src/errors/error-codes.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { codeIn, seedBookings, startApi, type TestApi } from './support.ts';

describe('what a client is told about an error', () => {
  let database: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.owner.query(`
      create table app_private.secret_things (
        id integer constraint secret_key primary key,
        size integer constraint secret_size check (size > 0),
        comment text not null default ''
      );
      comment on constraint secret_size on app_private.secret_things is 'A secret must have a size.';
      create table public.things (
        id integer primary key,
        size integer constraint things_size check (size > 0)
      );
      create unique index things_one_size on public.things (size);
      comment on constraint things_size on public.things is E'@name size\\nA thing has a size.';
      comment on index public.things_one_size is 'There is a thing of this size already.';
      create function public.fail(code text) returns boolean language plpgsql volatile as $$
        begin raise exception 'words of the function' using errcode = code, detail = 'secret_detail'; end $$;
      create function public.make_thing(id integer, size integer) returns boolean
        language plpgsql volatile security definer as
        $$ begin insert into public.things values (id, size); return true; end $$;
      create function public.make_secret(id integer, size integer) returns boolean
        language plpgsql volatile security definer as
        $$ begin insert into app_private.secret_things values (id, size); return true; end $$;
      grant execute on function public.fail(text), public.make_thing(integer, integer),
        public.make_secret(integer, integer) to anon, authenticated`);
    await seedBookings(database.owner, 1);
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const fail = (code: string) =>
    api.graphql('mutation($code: String!) { fail(input: { code: $code }) { clientMutationId } }', {
      variables: { code },
    });
  const make = (kind: 'Thing' | 'Secret', id: number, size: number) =>
    api.graphql(
      `mutation { make${kind}(input: { id: ${id}, size: ${size} }) { clientMutationId } }`,
    );

  test('a registered code is passed on with its message', async () => {
    const answer = await fail('OB020');
    expect(answer.errors?.[0]).toMatchObject({
      message: 'words of the function',
      path: ['fail'],
      extensions: { code: 'OB020' },
    });
  });

  const ofPeople = Object.keys(sqlStateMessages).filter((state) => state !== '42501');
  test.each(ofPeople)('%s is passed on with a message of ours', async (state) => {
    const answer = await fail(state);
    expect(codeIn(answer)).toBe(state);
    expect(answer.errors?.[0]?.message).toBe(sqlStateMessages[state]);
  });

  test('42501 reaches a user who is signed in, and asks no one to sign in who is', async () => {
    const mutation = 'mutation { fail(input: { code: "42501" }) { clientMutationId } }';
    const refused = await api.as('ann', mutation);
    expect([codeIn(refused), refused.errors?.[0]?.message]).toEqual([
      '42501',
      sqlStateMessages['42501'],
    ]);
    expect(codeIn(await fail('42501'))).toBe('OB001');
  });

  test('a row that is still referred to is refused alike by every version of PostgreSQL', async () => {
    const answer = await fail('23001');
    expect([codeIn(answer), answer.errors?.[0]?.message]).toEqual([
      '23503',
      sqlStateMessages['23503'],
    ]);
  });

  test('a cancelled statement counts as one that took too long', async () => {
    expect(codeIn(await fail('57014'))).toBe('OB013');
  });

  test('a constraint or unique index with a comment is explained by it', async () => {
    expect((await make('Thing', 1, 1)).errors).toBeUndefined();
    const tooSmall = await make('Thing', 2, 0);
    expect([codeIn(tooSmall), tooSmall.errors?.[0]?.message]).toEqual([
      '23514',
      'A thing has a size.',
    ]);
    const taken = await make('Thing', 2, 1);
    expect([codeIn(taken), taken.errors?.[0]?.message]).toEqual([
      '23505',
      'There is a thing of this size already.',
    ]);
  });

  test('a constraint without one names its fields, and out of sight nothing but its message', async () => {
    const taken = await make('Thing', 1, 9);
    expect(taken.errors?.[0]).toMatchObject({
      message: 'Id is already in use. Choose another value.',
      extensions: { code: '23505', field: 'input.id' },
    });
    const tooSmall = await make('Secret', 1, 0);
    expect(tooSmall.errors?.[0]?.message).toBe('A secret must have a size.');
    expect((await make('Secret', 1, 1)).errors).toBeUndefined();
    expect((await make('Secret', 1, 1)).errors?.[0]?.message).toBe(sqlStateMessages['23505']);
  });

  test.each([
    'P0001',
    'XX000',
    '42P01',
    'OB000',
    'OB999',
  ])('%s is masked, and logged under the id that the client gets', async (code) => {
    const answer = await fail(code);
    const [error] = answer.errors ?? [];
    expect(error?.extensions.code).toBe('OB099');
    expect(error?.message).toContain(error?.extensions.errorId);
    expect(JSON.stringify(answer)).not.toMatch(/words of|secret|plpgsql|\.ts|node_modules|select/i);
    const logged = api.log.find(({ errorId }) => errorId === error?.extensions.errorId);
    expect(logged).toMatchObject({ err: { message: 'words of the function', code } });
    expect(logged?.requestId).toBe(answer.headers.get('x-request-id'));
  });

  test('every code is explained in docs/error-codes.md, and no other', async () => {
    const page = await readFile(new URL('../../docs/error-codes.md', import.meta.url), 'utf8');
    const explained = [...page.matchAll(/^\| `(\w{5})`/gm)].map(([, code]) => code);
    const registered = [...Object.keys(errorCodes), ...Object.keys(sqlStateMessages)];
    expect(explained.toSorted()).toEqual(registered.toSorted());
  });
});
