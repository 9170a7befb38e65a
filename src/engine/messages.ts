import type { Command } from '../incidents/command.ts';
import type { Config } from '../config/schema.ts';
import type { StorageAddress } from '../store/open-storage.ts';
import type { LogOptions } from '../telemetry/logger.ts';

/** What a person may ask of an incident. */
export type PersonCommand = Extract<Command, { by: unknown }>;

/** What the store worker is given at its start: plain data. */
export interface EngineSettings {
  readonly config: Config;
  /** Whoever starts the worker holds the lock of the folder. */
  readonly storage: StorageAddress;
  /** Without a trailing slash, route prefix included; null where messages carry no links. */
  readonly externalUrl: string | null;
  /** Becomes the first token of a store without any. */
  readonly adminToken: string | null;
  readonly log: LogOptions;
}

export interface CommandRequest {
  readonly number: number;
  readonly command: PersonCommand;
  /** A one-time value that goes with it: used once, a second use is refused. Epoch milliseconds. */
  readonly spend: { readonly key: string; readonly until: number } | null;
}

/** `done` also where it was done before by the same person. */
export type CommandResult =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'refused'; readonly detail: string }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'spent' };

/** What a person may ask of the known fixes. `by` is whose name goes on record. */
export type FixRequest = { readonly by: string; readonly reason: string } & (
  | { readonly action: 'freeze' }
  | { readonly action: 'unfreeze' }
  /** `attempt` null: the one that waits. `hash`: of what was looked at; null where that was not said. */
  | {
      readonly action: 'approve' | 'deny';
      readonly number: number;
      readonly attempt: string | null;
      readonly hash: string | null;
    }
  | { readonly action: 'run'; readonly number: number; readonly fix: string }
  | { readonly action: 'reset'; readonly fix: string }
);
export type FixDecision = Extract<FixRequest, { action: 'approve' | 'deny' }>;

/** `refused`: it does not apply; the detail says why and what to do. */
export type FixAnswer =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'refused'; readonly detail: string }
  | { readonly outcome: 'not_found'; readonly detail: string };

export type ToEngine =
  | { readonly type: 'open'; readonly settings: EngineSettings }
  | { readonly type: 'call'; readonly id: number; readonly call: EngineCall }
  | { readonly type: 'deliveries' };

export type EngineCall =
  | ({ readonly name: 'command' } & CommandRequest)
  | { readonly name: 'fix'; readonly request: FixRequest }
  | { readonly name: 'reload'; readonly config: Config }
  | { readonly name: 'metrics' }
  | { readonly name: 'secret' }
  | { readonly name: 'stop' };

export type FromEngine =
  | { readonly type: 'ready' }
  /** Timelines grew; several commits may share one. */
  | { readonly type: 'committed' }
  /** What is on disk cannot be worked on, or (null) again can. */
  | { readonly type: 'trouble'; readonly why: string | null }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly why: string; readonly code: string | null };
