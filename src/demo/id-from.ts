/** SQL for the same id for the same row, in the form of a version 4 UUID. */
export function idFrom(expression: string): string {
  return `overlay(overlay(md5(${expression}) placing '4' from 13) placing '8' from 17)::uuid`;
}
