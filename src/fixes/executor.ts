import type { z } from 'zod';
import type { Labels } from '../domain/alert.ts';
import type { RenderedAction } from './rendered-action.ts';

/** How a run ended. `unknown`: it may or may not have taken effect (killed, timed out, connection lost). */
export interface RunResult {
  readonly state: 'succeeded' | 'failed' | 'unknown';
  /** Of a program; null for everything else. */
  readonly exitCode: number | null;
  /** What it said (standard output and error in order, or the body of an answer), cut at 64 KiB. */
  readonly output: string;
  readonly reason: string;
}

/** What may run known fixes; nothing else is reachable. */
export interface Executor {
  readonly name: string;
  readonly kind: string;
  serves(labels: Labels): boolean;
  /** Why this action is not allowed here, or null. Called at configuration time with blanks and again before each run. */
  refuses(action: RenderedAction): string | null;
  /** Runs once. `attempt` and `fence` are passed to the action, so that the other side can refuse a stale one. */
  run(
    action: RenderedAction,
    attempt: { readonly id: string; readonly fence: number },
    signal: AbortSignal,
  ): Promise<RunResult>;
}

/** What an executor is given besides its configuration. */
export interface ExecutorTools {
  /** Takes secrets and personal data out of output, whole lines at a time, before it is cut to size. */
  readonly redact?: (text: string) => string;
}

export interface ExecutorKind<S extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly config: S;
  create(config: z.output<S>, tools?: ExecutorTools): Executor;
}

export function defineExecutor<S extends z.ZodType>(kind: ExecutorKind<S>): ExecutorKind<S> {
  return kind;
}
