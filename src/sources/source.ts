import type { z } from 'zod';
import type { Alert, AlertGroup, Labels } from '../domain/alert.ts';
import type { Change } from '../domain/change.ts';
import type { Proof } from './auth/method.ts';

/** A request's headers as node gives them: lower-case names. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Why a body is not of the source's shape. `field` is a path such as `alerts[3].labels`, or '' for the whole. */
export interface ShapeProblem {
  readonly field: string;
  readonly problem: string;
}

/** One alert that could not be understood; its neighbours go on. `raw` is its JSON, cut. */
export interface SetAside {
  readonly index: number;
  readonly field: string;
  readonly problem: string;
  readonly raw: string;
}

/** Something odd that was taken and made harmless: a date far off, a label that is no text. The alert itself goes on. */
export interface Note {
  readonly index: number;
  readonly field: string;
  readonly problem: string;
}

export interface ParsedDelivery {
  readonly groups: readonly AlertGroup[];
  /** At most {@link FINDINGS_MAX}; the last one then says how many more there were. */
  readonly setAside: readonly SetAside[];
  /** What was changed, where the source tells of changes. */
  readonly changes?: readonly Change[];
  /** At most {@link FINDINGS_MAX}. */
  readonly notes: readonly Note[];
}

/** A hostile body of 32 MB can hold millions of things that are no alerts; nobody reads more than these. */
export const FINDINGS_MAX = 100;

/** What a source may use of the world around it: only for secrets in files. `parse` needs none of it. */
export interface SourceContext {
  /** Epoch milliseconds. */
  now(): number;
  /** Tells the operator, in one sentence without secrets. */
  warn(message: string): void;
}

/** What shows that a source lives: a delivery with a beat in it within each interval. */
export interface Heartbeat {
  readonly intervalMs: number;
  /** The alert that is waited for, for people: `Watchdog`. */
  readonly name: string;
  /** What the source adds to its alerts. */
  readonly labels: Labels;
  isBeat(alert: Alert): boolean;
}

/** An inbound adapter. Both steps are pure: `check` runs before the delivery is stored, `parse` after, in another thread. */
export interface Source {
  readonly name: string;
  readonly kind: string;
  /** The largest body in bytes that it takes. */
  readonly maxBody: number;
  /** What may stand behind `/webhooks/<name>` in the path; '' is the plain address. */
  readonly paths: readonly string[];
  /** Whether requests must prove who they are. */
  readonly authenticated: boolean;
  /** For `WWW-Authenticate`; '' where nothing is asked. */
  readonly challenge: string;
  /**
   * Constant-time. Asked before the body is read (null), and again with the raw bytes where the answer is `needs_body`.
   * Proven where nothing is asked.
   */
  authenticate(headers: RequestHeaders, body: Uint8Array | null): Proof;
  /** The cheap look that decides between 200 and 400: the top-level shape only. */
  check(json: unknown): ShapeProblem | null;
  /** Normalises a body that passed `check`. @param receivedAt epoch milliseconds */
  parse(json: unknown, receivedAt: number): ParsedDelivery;
  /** Whether this alert is the source's heartbeat (Watchdog), which is never an incident. */
  isHeartbeat(alert: Alert): boolean;
  /** Null where nobody watches whether it is silent. */
  readonly heartbeat: Heartbeat | null;
}

/** A kind of source: its name in the configuration, the shape of its settings, and how to make one. */
export interface SourceKind<S extends z.ZodType = z.ZodType> {
  readonly kind: string;
  readonly config: S;
  create(config: z.output<S>, context: SourceContext): Source;
}

export function defineSource<S extends z.ZodType>(kind: SourceKind<S>): SourceKind<S> {
  return kind;
}
