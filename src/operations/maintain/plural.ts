/** `1 row`, `2 rows`; `irregular` where an s does not do. */
export function plural(count: number, one: string, irregular = `${one}s`): string {
  return `${count.toLocaleString('en-IN')} ${count === 1 ? one : irregular}`;
}
