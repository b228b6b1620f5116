/** Where a code goes: one of the two is there. */
export type CodeAddress = {
  /** E.164, such as +919876543210. */
  readonly mobile: string | null;
  /** In lower case. */
  readonly email: string | null;
};
