/** One figure; `bound` is what it may be at most, in the same unit. */
export type Figure = {
  readonly what: string;
  readonly value: number;
  readonly unit: 's' | 'ms' | 'MB' | 'kB' | '/s' | 'rows' | '×' | 'σ';
  readonly bound?: number;
};

export type Benchmark = () => Promise<readonly Figure[]>;
