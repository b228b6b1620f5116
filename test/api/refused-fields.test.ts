import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildSchema, isInputObjectType } from 'graphql';
import { projectRoot } from '../../src/config/project.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Answer, people, seedBookings, startApi, type TestApi } from './support.ts';

const unknownId = '10000000-0000-4000-8000-0000000000ff';

/** A table with one column for each kind of rule. Each value breaks the rule of its column. */
const kinds = [
  ['a range', 'price', '-1', '23514', 'Price must be a number from 0 to 10,00,000.'],
  ['a length', 'title', '', '23514', 'Title must have at least 1 character.'],
  [
    'the format of a domain',
    'homePincode',
    '012345',
    '23514',
    'Pincode must have six digits and must not begin with 0.',
  ],
  ['uniqueness', 'slug', 'taken', '23505', 'Slug is already in use. Choose another value.'],
  ['a reference', 'shelfId', unknownId, '23503', 'The shelf was not found. Check the id.'],
  [
    'a check without a message',
    'weightKg',
    -1,
    '23514',
    'Weight kg must be one of the values that are allowed for this field. Correct it.',
  ],
] as const;

const fine = { price: '1', title: 'Oil', homePincode: '400001', slug: 'oil', colour: 'red' };

describe('the field of a value that the database refuses', () => {
  let database: TestDatabase;
  let api: TestApi;
  let bookingId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.owner.query(`
      create table public.shelves (id uuid primary key);
      create table public.goods (
        id uuid primary key default gen_random_uuid(),
        price numeric(12, 2),
        title text constraint goods_title_length check (length(title) > 0),
        home_pincode public.pincode,
        office_pincode public.pincode,
        slug text unique,
        shelf_id uuid references public.shelves (id) on delete restrict,
        colour text not null,
        weight_kg integer check (weight_kg > 0),
        valid_from date,
        valid_until date,
        constraint goods_period check (valid_until >= valid_from),
        constraint goods_once unique (title, colour)
      );
      select app_private.limit_numbers('public.goods', '{"price": "amount"}');
      comment on constraint goods_title_length on public.goods is 'Title must have at least 1 character.';
      grant select, insert, update, delete on public.goods, public.shelves to anon, authenticated;
      insert into public.shelves values ('${people.ann}');
      insert into public.goods (title, slug, shelf_id, colour)
        values ('Taken', 'taken', '${people.ann}', 'blue');
      create function public.make_good(title text, colour text, weight_kg integer) returns boolean
        language plpgsql volatile as $$
        begin
          if title = 'none' then
            raise exception 'Title must be another one.' using errcode = 'OB020', column = 'title';
          end if;
          insert into public.goods (title, colour, weight_kg)
          values (make_good.title, make_good.colour, make_good.weight_kg);
          return true;
        end $$;
      create function public.send_good(good_title text, home_pincode text) returns boolean
        language plpgsql volatile as $$
        begin
          update public.goods set home_pincode = send_good.home_pincode;
          return true;
        end $$;
      grant execute on function public.make_good(text, text, integer),
        public.send_good(text, text) to anon, authenticated`);
    const bookings = await seedBookings(database.owner, 1);
    bookingId = bookings.ann[0]?.id ?? '';
    api = await startApi(database);
  });
  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const told = ({ errors }: Answer) => {
    const { code, field } = errors?.[0]?.extensions ?? {};
    return { code, field, message: errors?.[0]?.message };
  };
  const create = (good: Record<string, unknown>) =>
    api.graphql(
      'mutation ($good: GoodInput!) { createGood(input: { good: $good }) { good { id } } }',
      { variables: { good } },
    );

  test('is absent where nothing is wrong', async () => {
    expect((await create({ ...fine, title: 'Fine', slug: 'fine' })).errors).toBeUndefined();
  });

  test.each(kinds)('%s', async (_kind, name, value, code, message) => {
    const answer = await create({ ...fine, [name]: value });
    expect(told(answer)).toEqual({ code, message, field: `input.good.${name}` });
  });

  test('is that of the patch where a row is changed, by any spelling of the request', async () => {
    const { data } = await create({ ...fine, title: 'Patched', slug: 'patched' });
    const { id } = data.createGood.good;
    const expected = {
      code: '23514',
      field: 'input.patch.price',
      message: 'Price must be a number from 0 to 10,00,000.',
    };
    const asked = await Promise.all([
      api.graphql(
        'mutation ($i: UpdateGoodInput!) { mine: updateGood(input: $i) { clientMutationId } }',
        { variables: { i: { id, patch: { price: '99999999' } } } },
      ),
      api.graphql(
        `mutation { ...one }
        fragment one on Mutation {
          updateGood(input: { id: "${id}", patch: { price: "99999999" } }) { clientMutationId }
        }`,
      ),
    ]);
    expect(asked.map(told)).toEqual([expected, expected]);
  });

  test('is that of the operation that failed, where a request has several', async () => {
    const { errors } = await api.graphql(
      `mutation {
        one: createGood(input: { good: { colour: "a", title: "A1" } }) { clientMutationId }
        two: createGood(input: { good: { colour: "a", title: "" } }) { clientMutationId }
        three: makeGood(input: { colour: "b", title: "B1", weightKg: -1 }) { clientMutationId }
      }`,
    );
    expect(errors?.map(({ path: [name] = [], extensions }) => [name, extensions.field])).toEqual([
      ['two', 'input.good.title'],
      ['three', 'input.weightKg'],
    ]);
  });

  test('is that of the argument of a function, given or not', async () => {
    const call = async (input: string) =>
      told(await api.graphql(`mutation { makeGood(input: { ${input} }) { clientMutationId } }`));
    expect(await call('title: "T", colour: "red", weightKg: 0')).toMatchObject({
      code: '23514',
      field: 'input.weightKg',
    });
    expect(await call('title: "T", weightKg: 1')).toEqual({
      code: '23502',
      field: 'input.colour',
      message: 'Colour is required. Enter a value.',
    });
    expect(await call('title: "none", colour: "red", weightKg: 1')).toEqual({
      code: 'OB020',
      field: 'input.title',
      message: 'Title must be another one.',
    });
  });

  test('is absent where several could be meant, and the message names them', async () => {
    expect(told(await create({ ...fine, homePincode: '0', officePincode: '400001' }))).toEqual({
      code: '23514',
      field: undefined,
      message: 'Pincode must have six digits and must not begin with 0.',
    });
    const period = { slug: 'p', validFrom: '2026-02-01', validUntil: '2026-01-01' };
    expect(told(await create({ ...fine, ...period }))).toEqual({
      code: '23514',
      field: undefined,
      message: 'Valid until and valid from must fit together. Correct one of them.',
    });
    expect(told(await create({ title: 'Taken', colour: 'blue' }))).toEqual({
      code: '23505',
      field: undefined,
      message: 'An entry with the same title and colour already exists. Change that entry instead.',
    });
  });

  test('is found by the name of a domain where the argument is any text', async () => {
    const answer = await api.graphql(
      'mutation { sendGood(input: { goodTitle: "x", homePincode: "012345" }) { clientMutationId } }',
    );
    expect(told(answer)).toMatchObject({ code: '23514', field: 'input.homePincode' });
  });

  test('what others still refer to says what those are', async () => {
    const answer = await api.graphql(
      `mutation { deleteShelf(input: { id: "${people.ann}" }) { clientMutationId } }`,
    );
    expect(told(answer)).toMatchObject({
      code: '23503',
      message: 'This is still in use by goods. Change or delete those first.',
    });
  });

  test('a customer who names no reason, a wrong day or an odd currency is told where', async () => {
    const ask = async (query: string) => told(await api.as('ann', query));
    expect(
      await ask(
        `mutation { cancelBooking(input: { bookingId: "${bookingId}", reason: " " }) { clientMutationId } }`,
      ),
    ).toEqual({
      code: 'OB036',
      field: 'input.reason',
      message: 'Reason must not be empty. Enter some text.',
    });
    expect(
      await ask(
        `mutation { updateUserProfile(input: { id: "${people.ann}", patch: { dateOfBirth: "2999-01-01" } }) { clientMutationId } }`,
      ),
    ).toEqual({
      code: '23514',
      field: 'input.patch.dateOfBirth',
      message: 'Date of birth must be a day in the past, from 1900 on.',
    });
    expect(
      await ask(
        `mutation { updateUserProfile(input: { id: "${people.ann}", patch: { name: "" } }) { clientMutationId } }`,
      ),
    ).toEqual({
      code: '23514',
      field: 'input.patch.name',
      message: 'Name must have 1 to 200 characters.',
    });
  });

  test('is found for every column that a client may write', async () => {
    const sdl = await readFile(path.join(projectRoot, 'schema/schema.graphql'), 'utf8');
    const inputs = Object.values(buildSchema(sdl).getTypeMap()).filter(isInputObjectType);
    const { rows } = await database.owner.query<{ type: string; column: string }>(
      `select distinct initcap(replace(c.relname, '_', ' ')) as type, a.attname as "column"
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and c.relname not in ('goods', 'shelves')
        and (has_column_privilege('authenticated', c.oid, a.attnum, 'insert')
          or has_column_privilege('staff', c.oid, a.attnum, 'insert'))`,
    );
    const missing = rows.filter(({ type, column }) => {
      const name = type
        .replaceAll(' ', '')
        .replace(/ies$/, 'y')
        .replace(/(?<=ss|x|ch)es$|s$/, '');
      const input = inputs.find((each) => each.name === `${name}Input`);
      const field = column.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
      return input !== undefined && input.getFields()[field] === undefined;
    });
    expect(missing).toEqual([]);
    expect(rows.length).toBeGreaterThan(150);
  });
});
