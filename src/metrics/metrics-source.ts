import type { z } from 'zod';
import type { Labels } from '../domain/alert.ts';
import type { Outcome } from '../domain/result.ts';

/** One series of an instant query's answer. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** A stretch of time to ask about: the values at `from`, `from + stepMs` … up to `to`. Epoch milliseconds. */
export interface RangeQuestion {
  readonly promql: string;
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

/** One series over time. Points without a finite value are left out. */
export interface Series {
  readonly labels: Labels;
  readonly points: readonly (readonly [at: number, value: number])[];
}

export interface RangeAnswer {
  readonly series: readonly Series[];
  /** What the server says is missing from it; empty where it is whole. */
  readonly warnings: readonly string[];
}

/** Where PromQL is asked: for verification, preconditions and populations, and for what an alert looked like. */
export interface MetricsSource {
  readonly name: string;
  readonly kind: string;
  serves(labels: Labels): boolean;
  /** An instant query. A scalar is one sample without labels. An empty answer is `[]`, which callers must not take for health. */
  query(promql: string, signal: AbortSignal): Promise<Outcome<readonly Sample[]>>;
  /** A range query. Unlike an instant one, an answer in part is given with its warnings: it is shown, not acted upon. */
  queryRange(question: RangeQuestion, signal: AbortSignal): Promise<Outcome<RangeAnswer>>;
}

export interface MetricsSourceKind<S extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly config: S;
  create(config: z.output<S>): MetricsSource;
}

export function defineMetricsSource<S extends z.ZodType>(kind: MetricsSourceKind<S>): MetricsSourceKind<S> {
  return kind;
}
