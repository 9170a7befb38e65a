import type { AlertGroup } from '../domain/alert.ts';
import type { Evidence } from '../domain/incident.ts';
import type { Command } from '../incidents/command.ts';
import type { Remembered } from '../incidents/remembered.ts';
import type { FixOutcome } from './fix-desk.ts';
import type { Happening, Play, Script } from './play.ts';

/** What people did: to the whole trouble, in however many incidents it is told. */
export type Act =
  | Extract<Command, { by: unknown }>
  | { readonly type: 'approve'; readonly by: string }
  | { readonly type: 'deny'; readonly by: string; readonly reason: string }
  | { readonly type: 'run'; readonly by: string; readonly fix: string };

/** Deliveries as they came once, with all that was known beside them. Plain data; moments are epoch milliseconds. */
export interface Recording {
  readonly begin: number;
  /** Up to when it is played. */
  readonly until: number;
  readonly groups: readonly { readonly at: number; readonly delivery: string; readonly group: AlertGroup }[];
  readonly acts: readonly { readonly at: number; readonly act: Act }[];
  /** What the first look at the logs found, and when; null where none is on record. */
  readonly logs: { readonly at: number; readonly evidence: Evidence; readonly logLines: readonly string[] } | null;
  /** What came of the fixes that ran. */
  readonly outcomes: ReadonlyMap<string, FixOutcome>;
  /** The fixes that every guard let through, those that ask metrics included. */
  readonly granted: ReadonlySet<string>;
  readonly remembered: ReadonlyMap<string, Remembered>;
}

/** Deliveries alone: nobody answered, no logs, no fix ever ran. */
export function bareRecording(groups: Recording['groups'], until: number): Recording {
  const begin = groups.reduce((first, { at }) => Math.min(first, at), Infinity);
  return {
    ...{ begin: Number.isFinite(begin) ? begin : until, until, groups, acts: [], logs: null },
    ...{ outcomes: new Map(), granted: new Set(), remembered: new Map() },
  };
}

/** Why there are no logs where none are on record. */
const NO_LOGS = 'logs are not on record';
const NO_ANSWER = 'what a metrics source answered is not on record';

/** A recording as a story that can be played under any rules. */
export function scriptOfRecording(recording: Recording): Script {
  const { begin, remembered, groups, acts, logs, outcomes, granted } = recording;
  return {
    ...{ begin, remembered },
    happenings: [
      ...groups.map(({ at, delivery, group }): Happening => ({
        at,
        happen: ({ world }) => world.deliver(group, delivery),
      })),
      ...acts.map(({ at, act }): Happening => ({ at, happen: (play) => doAct(play, act) })),
    ],
    noLogs: () => (logs === null ? NO_LOGS : null),
    look: () => logs,
    says: (fix) => (outcomes.has(fix) ? 'as it was' : 'it never ran, so it is taken for one that did not help'),
    outcome: (fix) => outcomes.get(fix) ?? 'unverified',
    answers: (fix) =>
      granted.has(fix) ? null : () => ({ ok: false, retryable: false, reason: 'rejected', detail: NO_ANSWER }),
  };
}

function doAct({ incidents, world, fixes }: Play, act: Act): void {
  for (const { uid } of incidents) {
    if (act.type === 'approve') fixes.approve(uid, act.by);
    else if (act.type === 'deny') fixes.deny(uid, act.by, act.reason);
    else if (act.type === 'run') fixes.runByHand(uid, act.fix, act.by);
    else world.do(uid, act);
  }
}
