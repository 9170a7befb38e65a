import type { Config } from '../config/schema.ts';
import type { StorageAddress } from '../store/open-storage.ts';
import type { ShadowFinding } from './report.ts';

/** What the thread of the shadow rules is given at its start: plain data. */
export interface ShadowSettings {
  readonly storage: StorageAddress;
  /** The running rules, beside which the others are laid. */
  readonly running: Config;
  readonly shadow: Config;
  /** Incidents that a thread before it did not survive. */
  readonly skip: readonly number[];
}

/** What the thread tells. Nothing is ever asked of it. */
export type FromShadow =
  /** From here on until the next message it works on this one. */
  | { readonly type: 'begins'; readonly number: number }
  | { readonly type: 'compared'; readonly finding: ShadowFinding; readonly behind: number }
  | { readonly type: 'skipped'; readonly number: number; readonly why: string; readonly behind: number }
  /** The store cannot be read at the moment; '' once it can. */
  | { readonly type: 'trouble'; readonly why: string };
