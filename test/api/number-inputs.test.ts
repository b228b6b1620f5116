import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInputObjectType,
  isRequiredArgument,
} from 'graphql';
import { isAmountName, otherNumbers } from '../../src/api/numbers.ts';
import { projectRoot } from '../../src/config/project.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { type Answer, codeIn, people, startApi, type TestApi, tokenFor } from './support.ts';

const scalars = ['BigFloat', 'Latitude', 'Longitude', 'BigInt', 'Float'];

/** One place of the schema that takes a number: how a request reaches it. */
type Place = {
  /** The input type, or the root field, that it belongs to. */
  readonly owner: string;
  readonly root: 'query' | 'mutation';
  readonly field: GraphQLField<unknown, unknown>;
  readonly path: readonly string[];
  readonly scalar: string;
  readonly leaf: string;
};

const notNumbers = ['NaN', 'Infinity', '-Infinity', '1e400000'];

describe('inputs of numbers', () => {
  let database: TestDatabase;
  let api: TestApi;
  let token: string;
  let places: readonly Place[];

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.owner.query('insert into auth.users (id) values ($1)', [people.ann]);
    api = await startApi(database);
    token = await tokenFor(people.ann);
    // Another test keeps this file as the API is.
    const sdl = await readFile(path.join(projectRoot, 'schema/schema.graphql'), 'utf8');
    places = placesOf(buildSchema(sdl));
  });

  afterAll(async () => {
    await api?.close();
    await database?.drop();
  });

  const asVariable = (place: Place, value: unknown): Promise<Answer> => {
    const [argument = '', ...inner] = place.path;
    const nested = inner.reduceRight((item, name) => ({ [name]: item }), value);
    return api.graphql(documentOf(place), { token, variables: { [argument]: nested } });
  };
  const asLiteral = (place: Place, literal: string): Promise<Answer> =>
    api.graphql(documentOf(place, literal), { token });

  /** What is wrong with the answers to these values; each is refused by the name of the field. */
  async function faultsOf(
    place: Place,
    values: readonly unknown[],
    message: RegExp,
  ): Promise<readonly string[]> {
    const answers = [
      ...values.map((value) => asVariable(place, value)),
      asLiteral(place, JSON.stringify(values[0])),
    ];
    return (await Promise.all(answers))
      .map(({ errors }) => errors?.[0])
      .filter(
        (error) =>
          error?.extensions.code !== 'OB020' ||
          error.extensions.field !== place.path.join('.') ||
          !message.test(error.message),
      )
      .map((error) => `${place.owner}.${place.leaf}: ${JSON.stringify(error)}`);
  }

  it('refuse what is not a number, in every field and argument of the schema, and name it', async () => {
    const faults: string[] = [];
    for (const place of places) {
      faults.push(...(await faultsOf(place, notNumbers, / must be a /)));
    }
    expect(faults).toEqual([]);
    expect(places.length).toBeGreaterThan(60);
  });

  it('refuse a third decimal in amounts, and take it elsewhere', async () => {
    const twoDecimals = await readColumnsWithTwoDecimals(database);
    const faults: string[] = [];
    let amounts = 0;
    for (const place of places) {
      const isAmount = isArgument(place)
        ? isAmountName(place.leaf)
        : twoDecimals.has(`${place.owner}.${place.leaf}`);
      if (isAmount) {
        amounts += 1;
        faults.push(...(await faultsOf(place, ['1.005', 1005e-3], /at most two decimals/)));
      } else if (place.scalar !== 'BigInt') {
        const answer = await asVariable(place, '1.005');
        if (/two decimals/.test(answer.errors?.[0]?.message ?? '')) {
          faults.push(`${place.owner}.${place.leaf} takes no third decimal`);
        }
      }
    }
    expect(faults).toEqual([]);
    expect(amounts).toBeGreaterThan(25);
  });

  it('take a number as a literal, as a text and in a variable', async () => {
    const faults: string[] = [];
    for (const place of places) {
      const answers = await Promise.all([
        asLiteral(place, '4'),
        asVariable(place, 4),
        ...(place.scalar === 'BigInt' ? [] : [asLiteral(place, '4.5')]),
        ...(place.scalar === 'Float' ? [] : [asLiteral(place, '"4"'), asVariable(place, '4')]),
      ]);
      for (const answer of answers) {
        // Other values that the field needs are missing.
        const isAboutNumber = answer.errors?.some(
          ({ message, extensions }) =>
            /must be a|can only parse|cannot represent/.test(message) ||
            extensions.code === 'OB099',
        );
        if (isAboutNumber) {
          faults.push(`${place.owner}.${place.leaf}: ${JSON.stringify(answer.errors)}`);
        }
      }
    }
    expect(faults).toEqual([]);
  });

  it('are rupees or not by a list that names every argument of a function', () => {
    const names = places
      .filter((place) => isArgument(place) && place.scalar !== 'BigInt')
      .map(({ leaf }) => leaf);
    expect(names.filter((name) => isAmountName(name) === otherNumbers.includes(name))).toEqual([]);
    expect(names).toContain('cashCollected');
  });

  it('are refused however they are misspelt', async () => {
    const refused = async (radius: unknown) => {
      const query = `query ($r: BigFloat) { vendorsNear(latitude: 19.07, longitude: 72.87, radiusKm: $r) { totalCount } }`;
      return codeIn(await api.graphql(query, { token, variables: { r: radius } }));
    };
    const spellings = [
      'nan',
      'inf',
      '',
      ' ',
      '1,000',
      '0x10',
      '1_000',
      ' 1',
      '1\n',
      '١',
      'abc',
      '1e',
      '--1',
      true,
      {},
    ];
    for (const radius of [...spellings, '1e999', '9'.repeat(100), `0.${'0'.repeat(100)}1`]) {
      expect([radius, await refused(radius)]).toEqual([radius, 'OB020']);
    }
    for (const radius of [5, 5.5, '5', '+5', '5.', '.5e1', '50e-1', '5.000', null]) {
      expect([radius, await refused(radius)]).toEqual([radius, undefined]);
    }
  });

  it('find a number anywhere: in lists, defaults, fragments and at the end of a long way', async () => {
    const near = 'vendorsNear(latitude: 19.07, longitude: 72.87';
    const refused = async (query: string, variables?: Record<string, unknown>) => {
      const { errors } = await api.graphql(query, { token, ...(variables && { variables }) });
      return [errors?.[0]?.extensions.code, errors?.[0]?.extensions.field];
    };
    expect(
      await refused(`{ ${near}, filter: {price: {in: ["1", "NaN"]}}) { totalCount } }`),
    ).toEqual(['OB020', 'filter.price.in.1']);
    expect(
      await refused(
        `query ($r: BigFloat = "NaN") { ${near}, filter: {price: {equalTo: $r}}) { totalCount } }`,
      ),
    ).toEqual(['OB020', 'filter.price.equalTo']);
    expect(
      await refused(
        `query ($f: NearbyVendorFilter) { ...all }
        fragment all on Query { ${near}, filter: $f) { totalCount } }`,
        { f: { or: [{ not: { price: { lessThan: 'Infinity' } } }] } },
      ),
    ).toEqual(['OB020', 'filter.or.0.not.price.lessThan']);
    expect(
      await refused('subscription { listen(topic: "booking:x", after: "NaN") { event } }'),
    ).toEqual(['OB020', 'after']);
    // What the same filters are for.
    expect(
      codeIn(
        await api.graphql(`{ ${near}, filter: {price: {in: ["1", 2.5, 3]}}) { totalCount } }`),
      ),
    ).toBeUndefined();
  });
});

/** Of a function, and not of a row (`input.patch.…`) or a filter: the catalogue keeps no scale of it. */
function isArgument({ owner, path }: Place): boolean {
  return path.length <= 2 && !owner.endsWith('Filter');
}

/** Columns that keep two decimals, as `VendorServicePatch.customPrice` and `VendorServiceInput.customPrice`. */
async function readColumnsWithTwoDecimals(database: TestDatabase): Promise<ReadonlySet<string>> {
  const { rows } = await database.owner.query<{ table: string; column: string }>(
    `select c.relname as "table", a.attname as "column"
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      and format_type(a.atttypid, a.atttypmod) ~ '^numeric.*,2.$'`,
  );
  return new Set(
    rows.flatMap(({ table, column }) => {
      const type = camelCase(`_${table.replace(/ies$/, 'y').replace(/s$/, '')}`);
      return ['Input', 'Patch'].map((kind) => `${type}${kind}.${camelCase(column)}`);
    }),
  );
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Asks for nothing but the place; with variables for what else must be there, which get no value. */
function documentOf({ root, field, path }: Place, literal?: string): string {
  const [argument, ...inner] = path;
  const nested = inner.reduceRight((item, name) => `{${name}: ${item}}`, literal ?? '');
  const used = field.args.filter((arg) => arg.name === argument || isRequiredArgument(arg));
  const isVariable = ({ name }: GraphQLArgument) => literal === undefined || name !== argument;
  const variables = used.filter(isVariable).map(({ name, type }) => `$${name}: ${type}`);
  const values = used.map((arg) => `${arg.name}: ${isVariable(arg) ? `$${arg.name}` : nested}`);
  const fields = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
  const declared = variables.length > 0 ? `(${variables.join(', ')})` : '';
  return `${root}${declared} { ${field.name}(${values.join(', ')})${fields} }`;
}

/** Each input field and argument once, by the shortest way that leads there. */
function placesOf(schema: GraphQLSchema): readonly Place[] {
  const places = new Map<string, Place>();
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
  ] as const;
  for (const [root, type] of roots) {
    for (const field of Object.values(type?.getFields() ?? {})) {
      const owner = `${type?.name}.${field.name}`;
      const open: {
        owner: string;
        inputs: readonly (GraphQLArgument | GraphQLInputField)[];
        path: readonly string[];
      }[] = [{ owner, inputs: field.args, path: [] }];
      const seen = new Set<string>();
      for (let next = open.shift(); next; next = open.shift()) {
        for (const input of next.inputs) {
          const named = getNamedType(input.type);
          const path = [...next.path, input.name];
          const name = `${next.owner}.${input.name}`;
          if (scalars.includes(named.name) && !places.has(name)) {
            places.set(name, {
              owner: next.owner,
              root,
              field,
              path,
              scalar: named.name,
              leaf: input.name,
            });
          } else if (isInputObjectType(named) && !seen.has(named.name)) {
            seen.add(named.name);
            open.push({ owner: named.name, inputs: Object.values(named.getFields()), path });
          }
        }
      }
    }
  }
  return [...places.values()];
}
