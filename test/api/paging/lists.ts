import {
  buildClientSchema,
  type GraphQLField,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isEnumType,
  isObjectType,
} from 'graphql';
import type { TestApi } from '../support.ts';
import { parentId } from './plant.ts';

export type Field = GraphQLField<unknown, unknown>;

export type List = {
  /** What is asked around the list, with `LIST` for it. */
  around: string;
  /** The way from the data to the list. */
  path: readonly string[];
  field: Field;
};

/** So that pages end within rows that are alike, and the last is not full. */
const pageSize = 3;
const mostPages = 20;

export async function schemaOf(api: TestApi): Promise<GraphQLSchema> {
  return buildClientSchema((await api.graphql(getIntrospectionQuery())).data);
}

export function isConnection(field: Field): boolean {
  return getNamedType(field.type).name.endsWith('Connection');
}

/** The orders that a table's list offers; functions sort what they give themselves. */
export function ordersOf(field: Field): readonly string[] {
  const type = field.args.find(({ name }) => name === 'orderBy')?.type;
  const named = type && getNamedType(type);
  return isEnumType(named) && named.name.endsWith('OrderBy')
    ? named.getValues().map(({ name }) => name)
    : [];
}

/** Every list of a table. */
export function rootLists(schema: GraphQLSchema): readonly List[] {
  return Object.values(schema.getQueryType()?.getFields() ?? {})
    .filter((field) => isConnection(field) && ordersOf(field).length > 0)
    .map((field) => ({ around: '{ LIST }', path: [], field }));
}

/** Every list of a relation, of the row that all others refer to. */
export function nestedLists(schema: GraphQLSchema): readonly List[] {
  return Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap((root) => {
    const type = getNullableType(root.type);
    const isById = root.args.length === 1 && root.args[0]?.name === 'id';
    if (!isById || !isObjectType(type)) {
      return [];
    }
    return Object.values(type.getFields())
      .filter((field) => isConnection(field) && ordersOf(field).length > 0)
      .map((field) => ({
        around: `{ ${root.name}(id: "${parentId}") { LIST } }`,
        path: [root.name],
        field,
      }));
  });
}

/** What tells rows apart: the global id, or what else there is. */
function rowOf(field: Field): string {
  const connection = getNamedType(field.type);
  const nodes = isObjectType(connection) ? connection.getFields().nodes : undefined;
  const node = nodes && getNamedType(nodes.type);
  const fields = isObjectType(node) ? Object.keys(node.getFields()) : [];
  return fields.includes('nodeId') ? 'nodeId' : (fields[0] ?? '');
}

/** Reads a list from its beginning to its end, page by page. */
async function readPages(api: TestApi, { around, path, field }: List, order: string) {
  const orderBy = field.args.find(({ name }) => name === 'orderBy');
  const type = orderBy && getNamedType(orderBy.type);
  const query = `query ($after: Cursor, $order: [${type}!]) ${around.replace(
    'LIST',
    `list: ${field.name}(first: ${pageSize}, after: $after, orderBy: $order) {
      totalCount pageInfo { hasNextPage endCursor } nodes { ${rowOf(field)} } }`,
  )}`;
  const rows: string[] = [];
  let after: string | null = null;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const answer = await api.graphql(query, { variables: { after, order: [order] } });
    const list = path.reduce((data, name) => data?.[name], answer.data)?.list;
    if (answer.errors || !list) {
      return { rows, total: -1, errors: answer.errors?.map(({ message }) => message) ?? [] };
    }
    rows.push(...list.nodes.map((node: object) => JSON.stringify(node)));
    after = list.pageInfo.endCursor;
    if (!list.pageInfo.hasNextPage) {
      return { rows, total: list.totalCount, errors: [] };
    }
  }
  return { rows, total: -1, errors: ['It does not end.'] };
}

/** The lists and orders by which pages do not have each row once; of lists of tables also the empty ones. */
export async function findLosses(
  api: TestApi,
  lists: readonly List[],
  ordersFor = ordersOf,
): Promise<readonly string[]> {
  const tasks = lists.flatMap((list) => ordersFor(list.field).map((order) => ({ list, order })));
  const lost: string[] = [];
  const work = async () => {
    for (let task = tasks.pop(); task; task = tasks.pop()) {
      const { list, order } = task;
      const { rows, total, errors } = await readPages(api, list, order);
      const isWhole = rows.length === total && new Set(rows).size === total;
      if (!isWhole || (list.path.length === 0 && total < 2)) {
        const name = [...list.path, list.field.name].join('.');
        lost.push(`${name}(orderBy: ${order}): ${rows.length} of ${total} ${errors.join()}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return lost.toSorted();
}
