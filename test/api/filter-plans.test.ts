import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'postgraphile/graphql';
import { withClient } from '../../src/lib/postgres.ts';
import { claimsOf, type Person, people, roleOf } from '../fixtures/people.ts';
import { seedTwoWorlds } from '../fixtures/two-worlds.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { isLong } from '../helpers/long-form.ts';
import { type Explainer, flatten, makeExplainer, type PlanNode, type Sent } from './explain.ts';

/** One of each database role, who asks everything. */
const ofEachRole: readonly Person[] = ['visitor', 'customer', 'super_admin'];

/**
 * The others ask all of it in the long form and each a share of it in the short one: a policy is of a role and
 * asks who it is when the statement runs, so that they have the plans of their role.
 */
const others = people.filter((person) => !ofEachRole.includes(person));

/** Operators that no index answers; each with why it is offered. */
const withoutIndex: Readonly<Record<string, string>> = {
  notEqualTo: 'leaves out few rows, so that a page is found in the order that was asked for',
  notIn: 'leaves out few rows, so that a page is found in the order that was asked for',
};

/** The operators of SQL that the others are. */
const operators: Readonly<Record<string, string>> = {
  equalTo: '=',
  in: '=',
  'look-up': '=',
  lessThan: '<',
  lessThanOrEqualTo: '<=',
  greaterThan: '>',
  greaterThanOrEqualTo: '>=',
};

/** Values by scalar; those of texts fit every list of values. */
const samples: Readonly<Record<string, string>> = {
  UUID: '"10000000-0000-4000-8000-000000000001"',
  Datetime: '"2026-11-30T11:00:00+05:30"',
  Date: '"2026-11-30"',
  Time: '"11:00"',
  Int: '1',
  BigInt: '"1"',
  Boolean: 'true',
};

function inputOf(type: GraphQLInputType): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    return [inputOf(nullable.ofType)];
  }
  const name = sampleOf(nullable);
  return isEnumType(nullable) ? name : JSON.parse(name);
}

function sampleOf(type: GraphQLInputType): string {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    return `[${sampleOf(nullable.ofType)}]`;
  }
  return isEnumType(nullable)
    ? (nullable.getValues()[0]?.name ?? '')
    : (samples[getNamedType(type).name] ?? '"x"');
}

type Question = {
  /** What is asked, as an error names it. */
  name: string;
  operator: string;
  text: string;
  /** What fills the text's variable. */
  filter?: object;
};

type Field = GraphQLField<unknown, unknown>;

/** Every operator of every column that a list can be filtered by. */
function filtersOf(field: Field): readonly Question[] {
  const filter = getNamedType(field.args.find(({ name }) => name === 'filter')?.type);
  if (!isInputObjectType(filter)) {
    return [];
  }
  return Object.values(filter.getFields()).flatMap((column) => {
    const operators = getNamedType(column.type);
    const isLogical = ['and', 'or', 'not'].includes(column.name);
    return isLogical || !isInputObjectType(operators)
      ? []
      : Object.values(operators.getFields()).map(({ name, type }) => ({
          name: `${field.name}(filter: ${column.name} ${name})`,
          operator: name,
          // One text for all filters of a list: it is planned once.
          text: `query ($filter: ${filter.name}) { ${field.name}(filter: $filter) { totalCount } }`,
          filter: { [column.name]: { [name]: inputOf(type) } },
        }));
  });
}

/** The look-up of one row by what is unique. */
function lookUpOf(field: Field): readonly Question[] {
  const type = getNullableType(field.type);
  const isLookUp =
    isObjectType(type) &&
    'nodeId' in type.getFields() &&
    field.args.length > 0 &&
    field.args.every((arg) => isRequiredArgument(arg) && arg.name !== 'nodeId');
  if (!isLookUp) {
    return [];
  }
  const column = Object.values(type.getFields()).find(
    (each) => isLeafType(getNullableType(each.type)) && each.name !== 'nodeId',
  );
  const args = field.args.map((arg) => `${arg.name}: ${sampleOf(arg.type)}`).join(', ');
  return [
    {
      name: field.name,
      operator: 'look-up',
      text: `{ ${field.name}(${args}) { ${column?.name} } }`,
    },
  ];
}

/** The table and the column that a statement filters; undefined for what functions give. */
function subjectOf({ text }: Sent): { table: string; column: string } | undefined {
  const [, table, column] =
    /from "public"\."(\w+)" as __\w+__\s+where[\s(]*__\w+__\."(\w+)"/.exec(text) ?? [];
  return table === undefined || column === undefined ? undefined : { table, column };
}

describe('filters and look-ups', () => {
  let database: TestDatabase;
  let explainer: Explainer;
  let asked: readonly (Question & { sent: Sent })[];
  /** The columns that an index begins with, and their types. */
  const leads = new Map<string, string>();
  /** Comparisons that a policy lets through to an index, such as `< uuid`. */
  const leakproof = new Set<string>();

  beforeAll(async () => {
    database = await createTestDatabase();
    await seedTwoWorlds(database.owner);
    explainer = await makeExplainer(database.apiUrl);
    await withClient(database.rootUrl, async (client) => {
      // As large as only years make them, and nothing known of what is in them.
      await client.query(`
        update pg_class set reltuples = 1000000, relpages = 1
          where relnamespace = 'public'::regnamespace and relkind in ('r', 'i');
        delete from pg_statistic`);
      const { rows } = await client.query<{ lead: string; type: string }>(`
        select distinct c.relname || '.' || a.attname as lead,
          coalesce(nullif(t.typbasetype, 0), t.oid)::regtype::text as type
        from pg_index i join pg_class c on c.oid = i.indrelid
        join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
        join pg_type t on t.oid = a.atttypid
        where c.relnamespace = 'public'::regnamespace and i.indpred is null`);
      for (const { lead, type } of rows) {
        leads.set(lead, type);
      }
      const { rows: safe } = await client.query<{ comparison: string }>(`
        select o.oprname || ' ' || o.oprleft::regtype as comparison
        from pg_operator o join pg_proc p on p.oid = o.oprcode
        where p.proleakproof and o.oprleft = o.oprright`);
      for (const { comparison } of safe) {
        leakproof.add(comparison);
      }
    });
    const fields = Object.values(explainer.schema.getQueryType()?.getFields() ?? {});
    const questions = fields.flatMap((field) =>
      field.args.some(isRequiredArgument) ? lookUpOf(field) : filtersOf(field),
    );
    const answers = [];
    for (const question of questions) {
      const { filter } = question;
      const { sent } = await explainer.sendGraphql(
        question.text,
        claimsOf('super_admin'),
        filter && { filter },
      );
      // The count has neither order nor limit that could take another index.
      const one = sent.find(({ text }) => text.includes('count(')) ?? sent[0];
      answers.push(...(one ? [{ ...question, sent: one }] : []));
    }
    asked = answers.filter(({ sent }) => {
      const subject = subjectOf(sent);
      return subject !== undefined && leads.has(`${subject.table}.${subject.column}`);
    });
  }, 120_000);
  afterAll(async () => {
    await explainer?.close();
    await database?.drop();
  });

  test('exist for every indexed column', () => {
    const of = (wanted: string) => asked.filter(({ operator }) => operator === wanted);
    expect(of('equalTo').length).toBeGreaterThan(250);
    expect(of('look-up').length).toBeGreaterThan(80);
  });

  test('that no index can serve are noticed by this test', async () => {
    await database.asUser(claimsOf('super_admin'), async (client) => {
      const mobile = `select count(*) from user_profiles where mobile = $1`;
      const rating = 'select count(*) from vendors where rating > $1::numeric';
      expect(await readsByIndex(client, `${mobile}::text`, ['x'], 'mobile')).toBe(true);
      expect(
        await readsByIndex(client, `${mobile}::text::mobile_number`, ['+919876543210'], 'mobile'),
      ).toBe(false);
      expect(await readsByIndex(client, rating, ['4'], 'rating')).toBe(false);
    });
  });

  test('compare with the base types of domains', () => {
    const domains = asked.filter(({ sent }) => /::"public"\."/.test(sent.text));
    expect(domains.map(({ name }) => name)).toEqual([]);
    const mobile = asked.find(({ name }) => name === 'userProfiles(filter: mobile equalTo)');
    expect(mobile?.sent.text).toContain('"mobile" = $1::"text"');
  });

  test.each(ofEachRole)('%s reads by the index whatever is asked', async (person) => {
    expect(await readWhole(person, asked)).toEqual([]);
  }, 120_000);

  test.each(others)('%s reads by the index as others of the same role do', async (person) => {
    const share = asked.filter((_, i) => isLong || i % others.length === others.indexOf(person));
    expect(share.length).toBeGreaterThan(50);
    expect(await readWhole(person, share)).toEqual([]);
  }, 120_000);

  /** The questions that this person's policies answer by reading a table whole. */
  async function readWhole(person: Person, questions: typeof asked): Promise<readonly string[]> {
    const seesAll = roleOf(person) === 'staff';
    return await database.asUser(claimsOf(person), async (client) => {
      const found: string[] = [];
      for (const { name, operator, sent } of questions) {
        if (operator in withoutIndex || !(await maySelect(client, sent))) {
          continue;
        }
        const { column } = subjectOf(sent) ?? {};
        const isByIndex = await readsByIndex(client, sent.text, sent.values, column);
        if (!isByIndex && !(seesAll && isSafe(operator, sent))) {
          found.push(name);
        }
      }
      return found;
    });
  }

  /**
   * Whether the index is the planner's to choose. Where it is, it may take the range of ids that a
   * policy gives who sees everything, as it knows nothing of the rows.
   */
  function isSafe(operator: string, sent: Sent): boolean {
    const { table, column } = subjectOf(sent) ?? {};
    const type = leads.get(`${table}.${column}`);
    const isNullTest = operator === 'isNull';
    return isNullTest || leakproof.has(`${operators[operator]} ${type}`);
  }

  const rights = new Map<string, boolean>();
  async function maySelect(client: PoolClient, sent: Sent): Promise<boolean> {
    const { table, column } = subjectOf(sent) ?? {};
    const { rows } = await client.query<{ role: string }>('select current_user as role');
    const key = `${rows[0]?.role} ${table}.${column}`;
    const known = rights.get(key);
    if (known !== undefined) {
      return known;
    }
    const { rows: answers } = await client.query<{ may: boolean }>(
      'select has_column_privilege($1, $2, $3) as may',
      [`public.${table}`, column, 'select'],
    );
    rights.set(key, answers[0]?.may === true);
    return answers[0]?.may === true;
  }
});

/**
 * Whether a condition of an index is about the column, or an equality narrows the reading to what is
 * one's own. The range of ids by which policies let everything be seen narrows nothing.
 */
async function readsByIndex(
  client: PoolClient,
  text: string,
  values: readonly unknown[],
  column: string | undefined,
) {
  await client.query('set local enable_seqscan = off');
  const { rows } = await client.query(`explain (format json) ${text}`, [...values]);
  const nodes: PlanNode[] = flatten(rows[0]['QUERY PLAN'][0].Plan);
  const isOfTable = (node: PlanNode) =>
    node['Relation Name'] === tableIn(text) || node['Node Type'] === 'Bitmap Index Scan';
  const conditions = nodes.filter(isOfTable).flatMap((node) => node['Index Cond'] ?? []);
  if (!nodes.some(isOfTable)) {
    // Nothing is read: since PostgreSQL 17 the planner knows that what is never null is not null.
    return true;
  }
  return (
    conditions.some((condition) => new RegExp(`\\b${column}\\b`).test(condition)) ||
    (conditions.length > 0 && conditions.every((condition) => / = /.test(condition)))
  );
}

function tableIn(text: string): string | undefined {
  return /from (?:"public"\.)?"?(\w+)/.exec(text)?.[1];
}
