import type { z } from 'zod';
import type { Labels } from '../domain/alert.ts';
import type { Outcome } from '../domain/result.ts';

/** One series of an instant query's answer. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

/** Where PromQL is asked: for verification, preconditions and populations. */
export interface MetricsSource {
  readonly name: string;
  readonly kind: string;
  serves(labels: Labels): boolean;
  /** An instant query. A scalar is one sample without labels. An empty answer is `[]`, which callers must not take for health. */
  query(promql: string, signal: AbortSignal): Promise<Outcome<readonly Sample[]>>;
}

export interface MetricsSourceKind<S extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly config: S;
  create(config: z.output<S>): MetricsSource;
}

export function defineMetricsSource<S extends z.ZodType>(kind: MetricsSourceKind<S>): MetricsSourceKind<S> {
  return kind;
}
