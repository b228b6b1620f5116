/** A mistake in how the command was called. */
export class CommandError extends Error {
  override name = 'CommandError';
}

export type Option = {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** What the help calls its value; absent: as the option. */
  readonly value?: string;
  readonly description: string;
};

export type VerbInput = {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
};

export type Verb = {
  /**
   * How it is called, after `ombaro`: `token <persona>`. What is in angle brackets must be given; what is in
   * square ones may be, and with `…` any number of times.
   */
  readonly usage: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option>>;
  /** The option that may be given in place of everything in angle brackets. */
  readonly insteadOption?: string;
  /** Lines after the options in its help. */
  readonly details?: readonly string[];
  readonly run: (input: VerbInput) => Promise<void>;
};

export const jsonOption: Option = { type: 'boolean', description: 'print JSON for programs' };
