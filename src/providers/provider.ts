import type { z } from 'zod';
import type { Labels } from '../domain/alert.ts';
import type { Outcome } from '../domain/result.ts';

/** One thing that a provider says is wrong with it. Texts are cleaned. */
export interface ProviderTrouble {
  /** Epoch milliseconds when it began; null where that is not told. */
  readonly at: number | null;
  /** `Elevated errors in Frankfurt (major, identified)`. */
  readonly text: string;
  /** `http(s)` only, or ''. */
  readonly url: string;
}

/** What a provider says of itself. */
export interface ProviderStatus {
  /** Its own sentence on the whole: `All Systems Operational`. */
  readonly summary: string;
  /** The worst first; empty where it reports none. */
  readonly troubles: readonly ProviderTrouble[];
}

/** Somebody whom we depend on and who tells how they are. */
export interface Provider {
  readonly name: string;
  readonly kind: string;
  /** The page for people. */
  readonly page: string;
  /** Whether it matters for an alert with these labels (`matchers`). */
  serves(labels: Labels): boolean;
  /** Asked at most once a minute, whoever asks. A failure is a sentence with the next step. */
  status(signal: AbortSignal): Promise<Outcome<ProviderStatus>>;
}

export interface ProviderKind<S extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly config: S;
  create(config: z.output<S>, now?: () => number): Provider;
}

export function defineProvider<S extends z.ZodType>(kind: ProviderKind<S>): ProviderKind<S> {
  return kind;
}
