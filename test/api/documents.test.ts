import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  type GraphQLError,
  getIntrospectionQuery,
  getOperationAST,
  OverlappingFieldsCanBeMergedRule,
  parse,
  validate,
} from 'graphql';
import { makeDocumentReader } from '../../src/api/limits/documents.ts';
import { FieldsMergeRule } from '../../src/api/limits/fields-merge.ts';
import { makeAnswerIntrospection } from '../../src/api/limits/introspection.ts';
import { Dice } from '../booking/slots-worlds.ts';
import { adversarialShapes } from './adversarial-documents.ts';

const schema = buildSchema(
  readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8'),
);
const maxDepth = 12;

const run = promisify(execFile);

describe('the time that reading a document takes', () => {
  const allowedMs = 50;

  // In a process of its own: what Jest runs looks up every global name, which takes the longest here.
  test('a document under 1 MB is accepted or refused within 50 ms, whatever is in it', async () => {
    const script = fileURLToPath(new URL('./reading-times.ts', import.meta.url));
    const { stdout } = await run(process.execPath, [script]);
    const times = JSON.parse(stdout) as [string, number, number][];
    expect(times.length).toBeGreaterThan(Object.keys(adversarialShapes).length * 5);
    expect(times.filter(([, , ms]) => ms > allowedMs)).toEqual([]);
  }, 240_000);
});

describe('what a document may ask for', () => {
  const { read } = makeDocumentReader(schema, maxDepth);
  const codeOf = (text: string): unknown => {
    const { errors } = read(text);
    const [error] = (errors ?? []) as GraphQLError[];
    return error === undefined ? 'accepted' : (error.extensions.code ?? 'not understood');
  };
  const times = (count: number, text: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => text(n)).join(' ');
  const doubling = (levels: number, on: string, end: string): string =>
    `${times(levels, (n) => `fragment f${n} on ${on}{...f${n + 1} ...f${n + 1}}`)}
    fragment f${levels} on ${on}{${end}}`;

  const limits: [string, string, string][] = [
    [
      'fields, 2,000',
      `{${times(2_000, (n) => `a${n}:__typename`).slice(0, 20_000)}}`,
      `{${'__typename '.repeat(2_001)}}`,
    ],
    [
      'fields that fragments repeat',
      `{...f0} ${doubling(8, 'Query', '__typename')}`,
      `{...f0} ${doubling(24, 'Query', '__typename')}`,
    ],
    [
      'fields that fragments repeat within an inline fragment',
      `{...{...f0}} ${doubling(8, 'Query', '__typename')}`,
      `{...on Query{...f0}} ${doubling(24, 'Query', '__typename')}`,
    ],
    [
      'spreads of a fragment that asks for nothing much',
      `{${'...f0 '.repeat(900)}} fragment f0 on Query{__typename}`,
      `{${'...f0 '.repeat(1_100)}} fragment f0 on Query{__typename}`,
    ],
    [
      'inline fragments',
      `{${'...{__typename} '.repeat(900)}}`,
      `{${'...{__typename} '.repeat(1_100)}}`,
    ],
    [
      'objects, 200',
      `{${times(100, (n) => `a${n}:vendors{nodes{id}}`)}}`,
      `{${times(101, (n) => `a${n}:vendors{nodes{id}}`)}}`,
    ],
    [
      'objects that a fragment repeats',
      `{${times(50, (n) => `...on Query{a${n}:vendors{...v}}`)}} fragment v on VendorConnection{nodes{id}}`,
      `{${times(101, (n) => `a${n}:vendors{...v}`)}} fragment v on VendorConnection{nodes{id}}`,
    ],
    [
      'the schema',
      `{__schema{types{fields{name type{name}}}}}`,
      `{${times(100, (n) => `a${n}:__schema{types{fields{name type{name}}}}`)}}`,
    ],
    [
      'a type of the schema',
      `{${times(3, (n) => `a${n}:__type(name:"Vendor"){fields{name type{name}}}`)}}`,
      `{${times(100, (n) => `a${n}:__type(name:"Query"){fields{args{type{name}} type{fields{name}}}}`)}}`,
    ],
    [
      'the schema within the schema',
      '{__schema{types{fields{name}}}}',
      `{__schema{${times(60, (n) => `a${n}:types{fields{args{name}}}`)}}}`,
    ],
    [
      'the schema through fragments',
      '{__schema{types{...t}}} fragment t on __Type{fields{name}}',
      `{__schema{types{...f0}}} ${doubling(6, '__Type', 'fields{args{name}}')}`,
    ],
    [
      'the schema beside other fields',
      '{__schema{queryType{name}} vendors{totalCount}}',
      '{__schema{types{fields{name}}} vendors{totalCount}}',
    ],
    [
      'values in each other',
      `{vendors(filter:${'{not:'.repeat(10)}{}${'}'.repeat(10)}){totalCount}}`,
      `{vendors(filter:${'{not:'.repeat(13)}{}${'}'.repeat(13)}){totalCount}}`,
    ],
    [
      'operations, 20',
      times(20, (n) => `query q${n}{__typename}`),
      times(21, (n) => `query q${n}{__typename}`),
    ],
    [
      'fragments, 200',
      `{...f0} ${times(199, (n) => `fragment f${n} on Query{...f${n + 1}}`)} fragment f199 on Query{__typename}`,
      `{...f0} ${times(200, (n) => `fragment f${n} on Query{...f${n + 1}}`)} fragment f200 on Query{__typename}`,
    ],
    [
      'characters, 100,000',
      `{__typename}${' '.repeat(99_000)}`,
      `{__typename}${' '.repeat(100_000)}`,
    ],
    ['lines, 2,000', `{__typename${'\n'.repeat(1_900)}}`, `{__typename${'\n'.repeat(2_100)}}`],
    ['brackets in each other, 100', `${'{'.repeat(100)}`, `${'{'.repeat(101)}`],
  ];
  test.each(limits)('%s', (_, fits, exceeds) => {
    expect(codeOf(fits)).not.toBe('OB011');
    expect(codeOf(exceeds)).toBe('OB011');
  });

  test('a fragment that spreads itself is refused, and named', () => {
    const circle = '{...a} fragment a on Query{...b} fragment b on Query{';
    expect(codeOf(`${circle}__typename}`)).toBe('accepted');
    expect(codeOf(`${circle}...a}`)).toBe('not understood');
    expect(read(`${circle}...a}`).errors?.[0]?.message).toBe(
      'Fragment "a" must not contain itself. Remove the spread.',
    );
  });

  const condition = '@skip(if: $yes)';
  test.each([
    ['on the field', `{notificationReceived ${condition} {time}}`],
    ['on a fragment', `{... ${condition} {notificationReceived {time}}}`],
    ['on a spread', `{...f ${condition}} fragment f on Subscription {notificationReceived {time}}`],
    [
      'in a fragment',
      `{...f} fragment f on Subscription {notificationReceived ${condition} {time}}`,
    ],
  ])('a subscription has no condition %s at its root', (_, selections) => {
    const text = `subscription($yes: Boolean = true) ${selections}`;
    expect(read(text).errors?.[0]?.message).toMatch(
      /^The root field of a subscription cannot have @skip/,
    );
    const literal = `subscription ${selections.replace(condition, '@include(if: false)')}`;
    expect(read(literal).errors?.[0]?.message).toMatch(
      /^The root field of a subscription cannot have @include/,
    );
    expect(codeOf(`subscription ${selections.replace(condition, '')}`)).toBe('accepted');
    const below = selections.replace(condition, '').replace('time', 'time @skip(if: true) event');
    expect(codeOf(`subscription ${below}`)).toBe('accepted');
  });

  test('a subscription has one root field', () => {
    expect(
      codeOf('subscription {notificationReceived {time} b: notificationReceived {time}}'),
    ).toBe('not understood');
  });

  test('a refusal says what to do', () => {
    const messages = limits.map(([, , exceeds]) => read(exceeds).errors?.[0]?.message);
    for (const message of messages) {
      expect(message).toMatch(/(Ask|Send|Split|Leave out) .+\.$/);
    }
  });

  const tools: [string, string][] = [
    ['GraphQL.js', getIntrospectionQuery()],
    [
      'GraphiQL, Ruru and code generators',
      getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        oneOf: true,
      }),
    ],
    ['Apollo', getIntrospectionQuery({ descriptions: false, inputValueDeprecation: true })],
  ];
  test.each(tools)('the introspection of %s', (_, query) => {
    expect(codeOf(query)).toBe('accepted');
  });
});

describe('questions about the GraphQL schema', () => {
  const answer = makeAnswerIntrospection();
  const ask = (text: string, variableValues: Record<string, unknown> = {}) => {
    const document = parse(text);
    const operation = getOperationAST(document);
    if (!operation) {
      throw new Error('There is no operation.');
    }
    return answer({ schema, document, variableValues }, operation);
  };

  test('are answered once for each selection, however it is written', () => {
    const first = ask('query A { __schema { queryType { name } } }');
    expect(first.data).toEqual({ __schema: { queryType: { name: 'Query' } } });
    expect(ask('query B{__schema{queryType{name}}} # the same')).toBe(first);
    expect(ask('{__schema{queryType{kind}}}')).not.toBe(first);
  });

  test('are answered for each value of their variables', () => {
    const query = 'query($name: String!) { __type(name: $name) { name } }';
    const vendor = ask(query, { name: 'Vendor' });
    expect(vendor.data).toEqual({ __type: { name: 'Vendor' } });
    expect(ask(query, { name: 'Vendor', unused: 1 })).toBe(vendor);
    expect(ask(query, { name: 'City' }).data).toEqual({ __type: { name: 'City' } });
  });
});

describe('fields of one name', () => {
  const conflicts = (text: string, rule: typeof FieldsMergeRule): boolean =>
    validate(schema, parse(text), [rule]).length > 0;

  const merging: [string, string, boolean][] = [
    ['are the same', '{vendors{totalCount} vendors{nodes{id}}}', true],
    ['are others', '{a:vendors{totalCount} a:cities{totalCount}}', false],
    ['have other arguments', '{vendors(first:1){totalCount} vendors{totalCount}}', false],
    [
      'have the same arguments in another order',
      '{vendors(first:1,filter:{city:{},id:{}}){totalCount} vendors(filter:{id:{},city:{}},first:1){totalCount}}',
      true,
    ],
    ['differ deep inside', '{vendors{nodes{a:id}} vendors{nodes{a:city}}}', false],
    ['differ in a fragment', '{vendors{nodes{a:id ...f}}} fragment f on Vendor{a:city}', false],
    [
      'belong to different types',
      '{node(nodeId:"x"){...on Vendor{a:businessName} ...on City{a:name}}}',
      true,
    ],
    [
      'belong to different types and have other types',
      '{node(nodeId:"x"){...on Vendor{a:businessName} ...on City{a:createdAt}}}',
      false,
    ],
    [
      'belong to different types and differ in what they have inside',
      '{node(nodeId:"x"){...on Booking{a:vendor{b:id}} ...on Booking{x:id} ...on SupportTicket{a:customer{b:createdAt}}}}',
      false,
    ],
  ];
  test.each(merging)('that %s', (_, text, isFine) => {
    expect(conflicts(text, FieldsMergeRule)).toBe(!isFine);
    expect(conflicts(text, OverlappingFieldsCanBeMergedRule)).toBe(!isFine);
  });

  test('are judged as GraphQL.js judges them, in random documents', () => {
    const dice = new Dice(14);
    const leaf = () => `${dice.pick(['a', 'b', 'c'])}:${dice.pick(['id', 'nodeId', 'createdAt'])}`;
    const inside = (depth: number): string =>
      times(1 + dice.below(3), () => {
        const kind = depth > 3 ? 0 : dice.below(6);
        if (kind < 2) {
          return leaf();
        }
        if (kind === 2) {
          return `...{${inside(depth + 1)}}`;
        }
        if (kind === 3) {
          return `...f${dice.below(3)}`;
        }
        const args = dice.pick(['', '(first:1)', '(first:2)']);
        return `${dice.pick(['', 'x:'])}${dice.pick(['bookings', 'vendorReviews'])}${args}{nodes{vendor{${inside(depth + 1)}}}}`;
      });
    const judged = { fine: 0, conflicting: 0 };
    for (let n = 0; n < 150; n += 1) {
      const fragments = times(
        3,
        (f) =>
          `fragment f${f} on Vendor{${leaf()} ${dice.chance(0.5) ? `bookings{nodes{vendor{${leaf()}}}}` : ''}}`,
      );
      const text = `{node(nodeId:"x"){...on Vendor{${inside(0)}} ...on Booking{vendor{${inside(0)}}}}} ${fragments}`;
      const expected = conflicts(text, OverlappingFieldsCanBeMergedRule);
      judged[expected ? 'conflicting' : 'fine'] += 1;
      expect([text, conflicts(text, FieldsMergeRule)]).toEqual([text, expected]);
    }
    expect(Math.min(judged.fine, judged.conflicting)).toBeGreaterThan(15);
  });

  const times = (count: number, text: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => text(n)).join(' ');
});
