import { Kind, type ValueNode } from 'postgraphile/graphql';

/** Whether lists and objects of a request's variables are nested deeper than `limit`. */
export function isDeeperJson(value: unknown, limit: number): boolean {
  return isDeeperThan(value, limit, jsonChildren);
}

/** Whether lists and objects written in a document are nested deeper than `limit`. */
export function isDeeperValue(value: ValueNode, limit: number): boolean {
  return isDeeperThan(value, limit, valueNodeChildren);
}

/** Without recursion: what it guards against is what would exhaust the stack. */
function isDeeperThan<T>(value: T, limit: number, childrenOf: (value: T) => readonly T[]): boolean {
  let level: readonly T[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > limit) {
      return true;
    }
    level = level.flatMap((each) => childrenOf(each));
  }
  return false;
}

function jsonChildren(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function valueNodeChildren(node: ValueNode): readonly ValueNode[] {
  if (node.kind === Kind.OBJECT) {
    return node.fields.map((field) => field.value);
  }
  return node.kind === Kind.LIST ? node.values : [];
}
